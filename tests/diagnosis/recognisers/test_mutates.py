"""`recognise = "mutates"`."""

import pytest
import torch
from observed import observed

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.mutates import Mutates

ONE, TWO = torch.ones(2), torch.full((2,), 2.0)


def clue(*calls, accumulators=()):
    """calls: for each, the arguments before and after."""
    seen = observed(
        [Outcome(None, after) for _, after in calls],
        arguments=[before for before, _ in calls],
        parameters=("x", "y", "n"),
        accumulators=accumulators,
    )
    return Mutates().clue(seen)


def test_changed_arguments_are_named_in_order():
    found = clue(
        ((ONE, ONE, 3), (ONE, TWO, 3)), ((ONE, ONE, 3), (TWO, ONE, 3))
    )
    assert found.facts == {"argument": "x`, `y"}


def test_accumulators_are_meant_to_change():
    assert clue(((ONE, ONE), (ONE, TWO)), accumulators=[1]) is None
    assert clue(((ONE, ONE), (TWO, TWO)), accumulators=[1]).facts == {
        "argument": "x"
    }


@pytest.mark.parametrize(
    "after",
    [torch.ones(1, 2), torch.ones(2, dtype=torch.complex64), TWO.double()],
)
def test_another_shape_or_another_number_is_a_change(after):
    assert clue(((ONE,), (after,))) is not None


@pytest.mark.parametrize("after", [ONE.clone(), ONE.double()])
def test_the_same_numbers_are_none(after):
    assert clue(((ONE, 3), (after, 4))) is None
