"""`recognise = "stale"`."""

import pytest

from grader.diagnosis.recognisers import STALE, Steps

LATE = ((4.0, 0.5), (3.0, 0.25), (2.0, 0.0))


@pytest.mark.parametrize(
    ("history", "off", "late", "is_seen"),
    [
        (
            ((4.0, 9.0), (3.0, 9.0), (9.0, 9.0)),
            {0},
            LATE,
            True,
        ),  # the last entry does not count
        (((4.0, 9.0), (3.0, 9.0), (2.0, 9.0)), {0, 1}, LATE, False),
        (LATE, set(), LATE, False),  # nothing is wrong
        (LATE, {0}, None, False),  # the parameters are not known
    ],
)
def test_columns_measured_after_the_step(history, off, late, is_seen):
    seen = Steps(history=history, off=off, measured_late=late)
    assert (STALE.clue(seen) is not None) == is_seen
