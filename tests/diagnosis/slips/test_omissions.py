"""What is left out: a `return`, or what would end a loop."""

from __future__ import annotations

import pytest

from grader.diagnosis.observation import Evidence, Outcome
from grader.diagnosis.slips import endless_loop, slip_without_value

NOTHING = [Outcome(None, ()), Outcome(None, ())]
OMITTED = [
    ("missing-return", "y = 2 * x"),
    ("missing-return", "if x > 0:\n        y = 2 * x\n    z = y.sum()"),
    ("print-for-return", "print(2 * x)"),
    ("print-for-return", "return print('y', 2 * x)"),
    (None, "pass"),
    (None, "..."),
    (None, "print('to do')"),
    (None, "y = None"),
    (None, "return g(x)"),
    (None, "return None"),
    (None, "raise NotImplementedError"),
]
LOOPS = [
    (True, "while i < n:\n        total += i"),
    (True, "while True:\n        x = x + 1"),
    (True, "while i < len(v):\n        print(v[i])"),
    (False, "while i < n:\n        i += 1"),
    (False, "while True:\n        break"),
    (False, "while True:\n        return x"),
    (False, "while values:\n        values.pop()"),
    (False, "while more():\n        x = x + 1"),
    (False, "while state.i < n:\n        x = x + 1"),
    (False, "while i < n:\n        advance(i)"),
    (False, "while False:\n        x = x + 1"),
    (False, "for i in range(n):\n        x = x + 1"),
]


def evidence(body):
    return Evidence(source=f"def f(x):\n    {body}\n", first_line=7)


@pytest.mark.parametrize(("id_", "body"), OMITTED)
def test_nothing_is_returned(id_, body):
    found = slip_without_value(evidence(body), NOTHING)
    assert (found[0] if found else None) == id_


def test_a_call_that_gives_something_has_its_return():
    given = [*NOTHING, Outcome(1.0, ())]
    assert slip_without_value(evidence("y = 2 * x"), given) is None


@pytest.mark.parametrize(("is_endless", "body"), LOOPS)
def test_a_loop_that_cannot_end(is_endless, body):
    found = endless_loop(evidence(body))
    assert (found is not None) == is_endless
    if found is not None:
        assert found[1].line == 8
