"""What probes.py describes: every name in it is one of the exercise's."""

from __future__ import annotations

import types

from grader.exercise import Exercise, patterns
from grader.exercise.probes import Link, Trajectory

EXERCISE = Exercise.load("practical3")
SOLUTION = types.SimpleNamespace(**EXERCISE.solution.reference)


def test_links_name_what_the_function_takes_or_returns() -> None:
    assert EXERCISE.probes is not None
    for function, links in EXERCISE.probes.chain(SOLUTION).items():
        tree = EXERCISE.solution.trees[function]
        visible = {*patterns.parameters(tree), *patterns.returned(tree)}
        quantities = {link.quantity for link in links}
        for link in links:
            assert isinstance(link, Link)
            assert link.observed in visible
            assert set(link.unless) <= quantities
            assert link.inner is None or link.inner.through in visible


def test_a_trajectory_names_the_reference_s_parameters() -> None:
    assert EXERCISE.probes is not None
    for function, trajectory in EXERCISE.probes.trajectories(SOLUTION).items():
        assert isinstance(trajectory, Trajectory)
        parameters = patterns.parameters(EXERCISE.solution.trees[function])
        assert {trajectory.start, trajectory.steps} <= set(parameters)
        assert len(trajectory.columns) == len(EXERCISE.curves)
