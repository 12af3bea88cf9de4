"""`recognise = "one step"`."""

import pytest

from grader.diagnosis.recognisers import ONE_STEP, Steps


@pytest.mark.parametrize(
    ("seen", "is_seen"),
    [
        (Steps(reported={0: 1, 1: 1}, is_constant=True), True),
        (
            Steps(reported={0: 9, 1: 9}, is_constant=True, is_one_step=True),
            True,
        ),  # one row per sample, say
        (Steps(reported={0: 9, 1: 9}, is_constant=True), False),
        (Steps(reported={0: 1, 1: 1}), False),
    ],
)
def test_one_step_only(seen, is_seen):
    assert (ONE_STEP.clue(seen) is not None) == is_seen
