"""Training curves as polylines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.reports.views import curves
from grader.results import Curves


def test_curves_are_thinned_and_break_where_they_are_no_numbers():
    steps = [(float(step), 0.5, 0.5) for step in range(1_000)]
    broken = [*steps[:400], *[(float("nan"), 0.5, 0.5)] * 200, *steps[600:]]
    loss, error, _ = curves.panels(
        Curves(tuple(broken), tuple(steps)), ["a", "b", "c"]
    )
    assert len(loss.student) == 2 and len(loss.reference) == 1
    assert loss.diverged and not error.diverged
    assert len(loss.reference[0].split()) <= curves.POINTS + 1


def test_a_curve_that_explodes_is_drawn_on_a_logarithmic_axis():
    entry = (1e12, 0.9, 0.9)
    loss, *_ = curves.panels(
        Curves((entry, entry), ((800.0, 0.9, 0.9), (30.0, 0.1, 0.1))),
        ["a", "b", "c"],
    )
    assert loss.logarithmic
    heights = [
        float(point.split(",")[1])
        for line in (*loss.student, *loss.reference)
        for point in line.split()
    ]
    assert all(0 <= height <= curves.HEIGHT for height in heights)


@given(
    st.lists(st.tuples(st.floats(), st.floats(), st.floats()), min_size=1),
    st.lists(st.tuples(st.floats(), st.floats(), st.floats()), min_size=1),
)
def test_any_curve_can_be_drawn(student, reference):
    """A history is what a student returns: its numbers may be of any size."""
    both = Curves(tuple(student), tuple(reference))
    for panel in curves.panels(both, ["a", "b", "c"]):
        assert panel.ticks
        for line in (*panel.student, *panel.reference):
            for point in line.split():
                _, height = map(float, point.split(","))
                assert -0.1 <= height <= curves.HEIGHT + 0.1


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e300, -5.0])
def test_flat_and_extreme_curves_still_have_an_axis(value):
    one = ((value, value, value),)
    for panel in curves.panels(Curves(one, one), ["a", "b", "c"]):
        assert panel.ticks and panel.student
