"""`recognise = "calls"`."""

import pytest
from observed import observed

from grader.diagnosis.recognisers.calls import Calls

LISTED = ("*.backward", "torch.optim*")


@pytest.mark.parametrize(
    ("calls", "autograd", "line"),
    [
        ({"loss.backward": 4, "y.backward": 3}, True, 3),
        ({"loss.backward": 4}, None, 4),  # nobody watched
        ({"model.backward": 4}, False, None),  # a method of the student's own
        (
            {"model.backward": 3, "torch.optim.SGD": 4},
            False,
            4,
        ),  # torch's name speaks for itself
        ({"torch.mm": 4}, False, None),
        ({}, None, None),
    ],
)
def test_a_call_that_does_the_work(calls, autograd, line):
    seen = observed(
        [],
        evidence={"calls": calls, "autograd": autograd},
        listed_calls=LISTED,
    )
    clue = Calls().clue(seen)
    assert (clue and clue.line) == line


def test_autograd_is_told_without_a_line_where_no_call_is_listed():
    clue = Calls().clue(observed([], evidence={"autograd": True}))
    assert clue is not None
    assert clue.line is None
