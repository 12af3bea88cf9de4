"""`recognise = "rebinds"`."""

import pytest
import torch
from observed import observed, raised

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.rebinds import Rebinds

START, ADDED = torch.ones(2), torch.full((2,), 0.5)
SOURCE = "def f(x, dw, db):\n    dw = dw + x\n    db = db + x\n    return {}\n"


def readings(value, after=(START, START), returned="dw, db", error=None):
    outcome = Outcome(value, (ADDED, *after)) if error is None else error
    seen = observed(
        [outcome],
        arguments=[(ADDED, START, START)],
        source=SOURCE.format(returned),
        parameters=("x", "dw", "db"),
        accumulators=(1, 2),
    )
    return list(Rebinds().readings(seen))


def arguments(reading):
    return [
        argument.tolist() for argument in reading.outcomes[0].arguments[1:]
    ]


def test_what_is_returned_is_taken_for_the_new_value_and_for_what_was_to_be_added():
    whole, added = readings((ADDED, 2 * ADDED))
    assert arguments(whole) == [[0.5, 0.5], [1.0, 1.0]]
    assert arguments(added) == [[1.5, 1.5], [2.0, 2.0]]
    assert whole.line == added.line == 2
    assert whole.is_whole
    assert whole.conclusive


def test_the_source_says_in_which_order_they_are_returned():
    whole, _ = readings((ADDED, 2 * ADDED), returned="db, dw")
    assert arguments(whole) == [[1.0, 1.0], [0.5, 0.5]]


def test_what_has_changed_stands():
    whole, added = readings((ADDED, ADDED), after=(2 * START, START))
    assert arguments(whole) == [[2.0, 2.0], [0.5, 0.5]]
    assert arguments(added) == [[2.0, 2.0], [1.5, 1.5]]


@pytest.mark.parametrize(
    "value",
    [None, ADDED, (ADDED,), (ADDED, torch.ones(3)), (ADDED, 1.0)],
    ids=lambda value: str(value)[:20],
)
def test_what_does_not_fit_the_accumulators_is_not_read_so(value):
    assert readings(value) == []


def test_a_right_function_that_returns_its_accumulators_is_not_read_so():
    new = (START + ADDED, START + ADDED)
    assert readings(new, after=new) == []


def test_where_every_call_raised_nothing_was_returned():
    assert readings(None, error=raised("ValueError")) == []
