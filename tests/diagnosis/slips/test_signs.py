"""Each slip that can be confirmed is one of the table, and the nearest names are found."""

from __future__ import annotations

import pytest

from grader.diagnosis.slips.signs import CONFIRMS, nearest
from grader.exercise.slips import slips


def test_every_slip_that_raises_has_its_sign() -> None:
    raising = {id_ for id_, slip in slips().items() if slip.raises}
    # of the call itself, before any statement of the student's
    assert raising - {"parameter-count"} == set(CONFIRMS)


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("x_1", {"x1", "x2", "w1"}, ["x1"]),
        ("b", {"b1", "b2", "w1"}, ["b1", "b2"]),
        ("tahn", {"tan", "tanh"}, ["tanh"]),
        ("hidden", {"s1", "x1"}, []),
    ],
)
def test_the_nearest_names(name, known, meant) -> None:
    assert nearest(name, known, 0.65) == meant
