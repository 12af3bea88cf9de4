"""`recognise = "steps"`."""

import pytest

from grader.diagnosis.recognisers import STEPS, Steps


@pytest.mark.parametrize(
    ("reported", "is_constant", "is_seen"),
    [
        ({0: 4, 1: 4, 2: 4}, True, True),
        ({0: None, 1: None}, True, True),  # it reports nothing at all
        ({0: 0, 1: 1, 2: 2}, True, False),
        ({0: 4, 1: 4}, False, False),
    ],
)
def test_the_same_number_of_steps_whatever_is_asked(
    reported, is_constant, is_seen
):
    assert (
        STEPS.clue(Steps(reported=reported, is_constant=is_constant))
        is not None
    ) == is_seen
