"""The search, here on small functions of its own."""

import torch

from grader.diagnosis.placing.inside import trial
from grader.diagnosis.placing.inside.switches import Switches
from grader.diagnosis.placing.instrument import NAME, instrumented


def found(source, rows, expected, values, **more):
    """(the kind and the text of each edit that is made, whether all is right then)."""
    switches = Switches()
    names = {NAME: switches, "torch": torch}
    functions = []
    for recording in (True, False):
        name = f"f{recording}"
        made = instrumented(source, name, recording=recording)
        exec(made.text, names)
        functions.append(names[name])
    places = [
        [
            p.kind,
            p.statement,
            p.size,
            p.is_assigned,
            list(p.reads),
            p.is_whole,
        ]
        for p in made.places
    ]
    task = {
        "rows": rows,
        "expected": [[[(part, 1e-6)] for part in parts] for parts in expected],
        "values": values,
        "places": places,
        "reads": "values",
        "accumulators": [],
        "added": [[] for _ in rows],
        "order": range(len(rows[0])),
        "columns": 0,
        "turns": 1,
        "seed": 0,
        "most": 5_000,
        "seconds": 60.0,
        "most_edits": 3,
        "focus": (),
        "only": False,
        **more,
    }
    _, *edits = trial.Search(
        *functions, switches, task, torch.manual_seed
    ).found()
    lines = source.split("\n")
    told = []
    for number, *_ in edits:
        if number == trial.INSERT:
            told.append(("insert", ""))
            continue
        place = made.places[number]
        text = lines[place.line - 1][place.column : place.end_column]
        told.append((place.kind, text))
    right = edits[-1][3] if edits else 0
    return told, right == (1 << len(expected[0])) - 1


A, B = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])


def test_the_smallest_expression_of_the_earliest_statement_is_found():
    source = "def f(a, b):\n    c = a + 3 * a\n    d = c * 2\n    return d\n"
    right = A + 3 * B
    values = [[[B]], [[3 * B]], [[right]], [[2 * right]]]
    assert found(source, [[A, B]], [[2 * right]], values) == (
        [("value", "a")],
        True,
    )


def test_what_comes_out_says_nothing_where_a_variable_before_is_wrong():
    source = "def f(a):\n    c = a.log2()\n    return c + 0\n"
    # nothing right is known of the first line, where the mistake is
    assert found(source, [[A]], [[A.sin() + 0.5]], [[[A.sin() + 0.5]]])[0] in (
        [],
        [("value", "a.log2()")],
    )


def test_a_statement_too_many_and_arguments_in_the_wrong_order():
    source = "def f(a, b):\n    a = a * 3\n    return a - b\n"
    assert found(source, [[A, B]], [[A - B]], [])[0] == [("drop", "a = a * 3")]
    source = "def f(a, b):\n    return torch.sub(b, a)\n"
    assert found(source, [[A, B]], [[A - B]], [])[0] == [
        ("swap", "torch.sub(b, a)")
    ]


def test_two_mistakes_are_found_one_after_the_other():
    source = "def f(a, b):\n    return a * 4, b * 7\n"
    expected = [[2 * A, 3 * B]]
    told, is_right = found(source, [[A, B]], expected, [[[2]], [[3]]])
    assert is_right
    assert told == [("value", "4"), ("value", "7")]


def test_an_edit_that_goes_on_for_ever_is_ended():
    lines = ["def f(a):", "    n = 3", "    while n > 1:", "        n -= 1"]
    source = "\n".join([*lines, "    return a * n * 2", ""])
    # without `n -= 1` there would be no end
    assert found(source, [[A]], [[A]], [[[0.5]]])[1]


def test_the_values_of_samples_serve_a_function_of_all_of_them():
    rows = [[torch.stack([A, B])]]
    source = "def f(a):\n    c = a * 3\n    return c.sum()\n"
    values = [[[2 * A, 2 * B]]]
    told, is_right = found(source, rows, [[2 * (A + B).sum()]], values)
    assert is_right
    assert told == [("value", "a * 3")]


def test_an_argument_that_never_changes_is_added_to():
    rows = [[torch.zeros(2), torch.zeros(2)]]
    more = {"accumulators": [0, 1], "added": [[A, B]]}
    source = "def f(a, b):\n    b += torch.tensor([3.0, 5.0])\n"
    told, is_right = found(source, rows, [[A, B]], [], **more)
    assert is_right
    assert told == [("insert", "")]
    # where nothing is right, nothing is said to be missing
    assert found("def f(a, b):\n    b + a\n", rows, [[A, B]], [], **more) == (
        [],
        False,
    )


def test_lines_that_are_known_come_first():
    source = "def f(a, b):\n    c = a * 3\n    return c * 2 + b * 2\n"
    right, values = 9 * A + 2 * B, [[[4.5 * A]]]
    everywhere = found(source, [[A, B]], [[right]], values)
    assert everywhere == ([("value", "a * 3")], True)
    made = instrumented(source, "f", recording=False)
    second = [n for n, one in enumerate(made.places) if one.line == 3]
    there = found(source, [[A, B]], [[right]], values, focus=second, only=True)
    assert there == ([("value", "c")], True)


def test_another_operator_function_sign_or_comparison():
    for wrong, right, kind in (
        ("a * b", A - B, "operator"),
        ("a.sin()", A.exp(), "function"),
        ("a.exp()", A, "function"),
        ("torch.mean(b)", B.sum(), "function"),
        ("-b", B, "sign"),
        ("a > b", A != B, "comparison"),
    ):
        source = f"def f(a, b):\n    return {wrong}\n"
        told, is_right = found(source, [[A, B]], [[right]], [])
        assert (told, is_right) == ([(kind, wrong)], True)


def test_another_variable():
    source = "def f(a, b):\n    c = a.log1p()\n    return b.sin() * b\n"
    right = B.sin() * A.log1p()
    told = found(source, [[A, B]], [[right]], [])
    assert told == ([("value", "b")], True)


def test_another_variable_to_add_to():
    source = "def f(a, b):\n    a += 3\n    a += 4\n    return a * 1, b * 1\n"
    told = found(source, [[A, B]], [[A + 3, B + 4]], [])
    assert told == ([("target", "a += 4")], True)
