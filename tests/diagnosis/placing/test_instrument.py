"""What can be switched in a source leaves it as it was where nothing is switched."""

import ast

import pytest
import torch
from handwritten import BACKWARD, FORWARD, written

from grader.diagnosis.placing.inside.switches import Switches
from grader.diagnosis.placing.instrument import NAME, instrumented

LOOPS = '''
def total(rows, start=0):
    """A text stays what it is."""
    found = start
    for é, row in enumerate(rows[1:, :2]):
        if é % 2 and "a" in "ab":
            continue
        found += sum(x for x in row) * (é, 2)[1]
    while found > 100:
        found -= 10
    return found, f"{found}"
'''


def switched(source, function, on, *, recording=False):
    made = instrumented(source, function, recording=recording)
    switches = Switches()
    switches.on = on
    names = {"torch": torch, NAME: switches, "sigma": torch.tanh}
    exec(made.text, names)
    return made, switches, names[function]


@pytest.mark.parametrize("recording", [False, True])
def test_nothing_changes_where_nothing_is_switched(recording):
    names = {}
    exec(LOOPS, names)
    _, _, function = switched(LOOPS, "again", {}, recording=recording)
    rows = torch.arange(12).reshape(4, 3)
    assert function(rows) == names["total"](rows)


def test_a_place_is_where_its_text_stands_in_characters():
    made, _, _ = switched(LOOPS, "again", {})
    lines = LOOPS.split("\n")
    found = set()
    for place in made.places:
        if place.line == place.end_line:
            found.add(lines[place.line - 1][place.column : place.end_column])
    assert {'é % 2 and "a" in "ab"', "(é, 2)[1]", "found -= 10"} <= found


def test_any_expression_can_be_replaced_and_any_statement_left_out():
    source = written("forward_pass", FORWARD)
    made, _, _ = switched(source, "again", {})
    texts = {}
    for number, place in enumerate(made.places):
        text = source.split("\n")[place.line - 1]
        part = text[place.column : place.end_column]
        texts[part, place.kind] = str(number)
    w, x = torch.eye(3), torch.ones(3)
    on = {texts["w1 @ x", "value"]: [[2 * x]]}
    _, _, function = switched(source, "again", on)
    assert function(w, x, w, x, x)[1].tolist() == [3, 3, 3]
    on = {texts["x1 = sigma(s1)", "drop"]: True}
    _, _, function = switched(source, "again", on)
    with pytest.raises(UnboundLocalError):
        function(w, x, w, x, x)


def test_an_assignment_can_add_and_an_addition_assign():
    source = "def f(a):\n    a -= 2\n    a.sub_(1)\n    return a\n"
    made, _, _ = switched(source, "f", {})
    adding = [str(n) for n, p in enumerate(made.places) if p.kind == "add"]
    _, _, function = switched(source, "f", dict.fromkeys(adding, True))
    assert function(torch.zeros(())).item() == 3


def test_places_are_the_same_in_both_texts():
    source = written("backward_pass", BACKWARD)
    recorded = instrumented(source, "f", recording=True)
    assert recorded.places == instrumented(source, "f", recording=False).places
    assert instrumented("def f(:", "f", recording=True) is None
    ast.parse(recorded.text)


def test_a_comprehension_s_own_variables_are_no_variables_of_the_function() -> (
    None
):
    source = "def f(x):\n    y = x\n    return sum(v * y for v in x)\n"
    found = instrumented(source, "f", recording=False)
    assert found is not None
    whole = [
        one for one in found.places if one.kind == "value" and one.is_whole
    ]
    read = {found.places[number].column for number in whole[-1].reads}
    assert read == {19}
