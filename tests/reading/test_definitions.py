"""Which definition is graded, and whether a notebook ran another one later."""

import pytest
from texts import notebook, sliced, value_of_f

from grader.notices import Notice
from grader.reading.trees import kind_of

DEFINITIONS = [
    pytest.param(
        "x = 1\ndef f():\n    return 1\n",
        ("def f():\n    return 1", 2, "def"),
        id="def",
    ),
    pytest.param(
        "@d\n@e\ndef f():\n    return 1",
        ("@d\n@e\ndef f():\n    return 1", 1, "def"),
        id="with decorators",
    ),
    pytest.param("f = lambda: 1", ("f = lambda: 1", 1, "lambda"), id="lambda"),
    pytest.param(
        "from g import f", ("from g import f", 1, "import"), id="import"
    ),
    pytest.param(
        "from g import h\nf = h",
        ("f = h", 2, "assignment"),
        id="no further than an import",
    ),
    pytest.param(
        "f = torch.tanh", ("f = torch.tanh", 1, "assignment"), id="assignment"
    ),
    pytest.param(
        "def g():\n    return 1\nf = g",
        ("def g():\n    return 1", 1, "def"),
        id="past an alias",
    ),
    pytest.param(
        "def f():\n    return 1\nf = d(f)",
        ("def f():\n    return 1", 1, "def"),
        id="past a decoration",
    ),
    pytest.param(
        "if x:\n    def f():\n        return 1",
        ("def f():\n    return 1", 2, "def"),
        id="conditional",
    ),
    pytest.param(
        "def f(): pass\nf = g.h",
        ("f = g.h", 2, "assignment"),
        id="the last one",
    ),
    pytest.param(
        "def f():\n    return 1\nf = 3",
        ("def f():\n    return 1", 1, "def"),
        id="but no data",
    ),
]


@pytest.mark.parametrize(("source", "expected"), DEFINITIONS)
def test_definitions(source, expected):
    found = sliced(source).definitions["f"]
    assert (found.text, found.first_line, kind_of(found.tree)) == expected


EXECUTED = [
    pytest.param([1, 2], False, id="in order"),
    pytest.param([5, 2], True, id="the first cell ran last"),
    pytest.param([1, None], True, id="the last cell was never run"),
    pytest.param([None, None], False, id="outputs were cleared"),
    pytest.param([None, 1], False, id="only the last one ran"),
]


@pytest.mark.parametrize(("counts", "noticed"), EXECUTED)
def test_execution_counts(counts, noticed):
    cells = [
        (f"def f():\n    return {n}", count)
        for n, count in enumerate(counts, start=1)
    ]
    found = sliced(notebook(*cells))
    assert value_of_f(found) == 2
    sentences = [str(notice) for notice in found.notices]
    where = "is graded (the cell that begins `def f():`"
    assert any(where in sentence for sentence in sentences) is noticed


def test_order_notices_say_which_cell_ran_last():
    sources = ["def f(): pass", "x = 1", "def f(): pass"]
    label = "`def f(): pass`"
    values = {"function": "f", "other": f"{label} (In [9])"}
    ran_before = sliced(
        notebook(*zip(sources, (9, 1, 2), strict=True))
    ).notices
    notice = Notice(
        "executed-out-of-order", values, cell=3, label=f"{label} (In [2])"
    )
    assert ran_before == (notice,)
    never_ran = sliced(
        notebook(*zip(sources, (9, 1, None), strict=True))
    ).notices
    notice = Notice("never-executed", values, cell=3, label=label)
    assert never_ran == (notice,)


def test_text_is_dedented_and_names_its_cell():
    found = sliced(
        notebook("x = 1", "if x:\n    def f():\n        return x")
    ).definitions["f"]
    assert (found.text, found.first_line, found.cell) == (
        "def f():\n    return x",
        2,
        2,
    )


def test_aliases_are_followed_some_steps_only():
    source = "def f0(): pass\n" + "".join(
        f"f{n + 1} = f{n}\n" for n in range(30)
    )
    assert sliced(source, ["f10"]).definitions["f10"].text == "def f0(): pass"
    assert sliced(source, ["f30"]).definitions["f30"].text == "f20 = f19"
