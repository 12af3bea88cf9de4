"""`recognise = "arguments"`."""

import torch
from handwritten import HEADS, diagnosed
from observed import observed

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.arguments import Arguments

V, T = torch.tensor([1.0, 2.0]), torch.tensor([0.5, 3.0])
SWAPPED = "# mine\ndef f(t, v):\n    return 2 * (v - t)\n"


def readings(source, right=2 * (V - T), **evidence):
    def call(rows):
        return [Outcome(2 * (row[1] - row[0]), row) for row in rows]

    rows = [(V, T)]
    seen = observed(
        call(rows),
        arguments=rows,
        source=source,
        parameters=("v", "t"),
        expected=[Outcome(right, (V, T))],
        call=call,
        evidence=evidence,
    )
    return list(Arguments().readings(seen))


def test_calls_are_made_in_the_order_of_the_names():
    (reading,) = readings(SWAPPED)
    assert torch.equal(reading.outcomes[0].value, 2 * (V - T))
    assert reading.outcomes[0].arguments == [V, T]
    assert reading.line == 2


def test_names_that_tell_nothing_are_left_alone():
    assert readings(SWAPPED.replace("(t, v)", "(v, t)")) == []
    assert readings(SWAPPED.replace("(t, v)", "(a, b)")) == []


def test_a_function_that_is_wrong_in_its_own_order_too_is_left_alone():
    assert readings(SWAPPED, right=3 * (V - T)) == []


def test_a_function_that_is_called_in_its_own_order_is_left_alone():
    assert readings(SWAPPED, order=(1, 0)) == []


def named(head, body):
    return diagnosed("dloss", f"{head}\n    return {body}\n").misconceptions


def test_the_order_is_named_and_not_what_it_looks_like():
    assert named("def dloss(t, v):", "2 * (v - t)") == ("arguments-order",)
    assert named("def dloss(t, output):", "2 * (output - t)") == (
        "arguments-order",
    )
    assert named(HEADS["dloss"], "2 * (t - v)") == ("dloss-sign",)


def test_another_mistake_is_named_without_the_order():
    assert named("def dloss(t, v):", "t - v") == ("dloss-no-factor",)
