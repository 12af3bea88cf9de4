"""The levels of isolation, and refusing where less is enforced."""

from __future__ import annotations

import pytest

from grader.errors import IsolationError, UsageError
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.sandbox.walls import levels
from grader.sandbox.walls.confinement import LAYERS

ALL = dict.fromkeys((*LAYERS, "bubblewrap"), "enforced")


def without(*layers: str) -> dict[str, str]:
    return ALL | dict.fromkeys(layers, "unavailable: not here")


@pytest.mark.parametrize(
    ("isolation", "level"),
    [
        (ALL, "best"),
        (without("uid"), "best"),
        (without("bubblewrap"), "default"),
        (without("bubblewrap", "landlock"), "limits"),
        (without("seccomp"), "limits"),
        (without("process"), "limits"),
        (without("rlimits"), "none"),
        ({}, "none"),
    ],
)
def test_levels(isolation: dict[str, str], level: str) -> None:
    assert levels.level(isolation) == level
    reached = levels.LEVELS.index(level)
    for wanted in levels.LEVELS[: reached + 1]:
        levels.require(isolation, wanted)
    for wanted in levels.LEVELS[reached + 1 :]:
        with pytest.raises(IsolationError, match="grader doctor"):
            levels.require(isolation, wanted)
    weak = levels.warning(isolation)
    assert (weak is None) == (level in ("default", "best"))


def test_the_warning_names_what_is_missing() -> None:
    weak = levels.warning(without("landlock"))
    assert weak is not None
    assert weak.kind == "weak-isolation"
    assert str(weak).startswith("WEAK ISOLATION")
    assert "landlock: not here" in str(weak)


def test_an_unknown_level() -> None:
    with pytest.raises(UsageError, match="none, limits, default, best"):
        levels.require(ALL, "total")
    with pytest.raises(UsageError):
        Session(Exercise.load("practical3"), require_isolation="total")


def test_a_session_refuses() -> None:
    """Without bubblewrap no machine reaches the best level; nothing is graded then."""
    session = Session(
        Exercise.load("practical3"), require_isolation="best", bubblewrap=False
    )
    with (
        session,
        pytest.raises(IsolationError, match="bubblewrap: not asked for"),
    ):
        _ = session.zygote
