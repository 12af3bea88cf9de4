"""The levels of isolation, what `grader doctor` says of them, and refusing where less is enforced."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from grader.errors import IsolationError, UsageError
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.sandbox.walls import confinement, doctor, levels

ALL = dict.fromkeys((*confinement.LAYERS, "bubblewrap"), "enforced")


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
    assert weak.startswith("WEAK ISOLATION")
    assert "landlock: not here" in weak


def test_an_unknown_level() -> None:
    with pytest.raises(UsageError, match="none, limits, default, best"):
        levels.require(ALL, "total")
    with pytest.raises(UsageError):
        Session(Exercise.load("practical3"), require_isolation="total")


def test_a_session_refuses() -> None:
    """Without bubblewrap no machine reaches the best level; nothing is graded then."""
    session = Session(Exercise.load("practical3"), require_isolation="best", bubblewrap=False)
    with session, pytest.raises(IsolationError, match="bubblewrap: not asked for"):
        _ = session.zygote


def test_the_doctor_agrees_with_a_worker() -> None:
    diagnosis = doctor.diagnose()
    with Session(Exercise.load("practical3")) as session:
        assert session.zygote.alive
        assert levels.level(session.isolation) == diagnosis.level
        states = {layer.name: layer.enforced for layer in diagnosis.layers}
        assert states == {layer: state == "enforced" for layer, state in session.isolation.items()}


def test_the_doctor_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status = doctor.run(Console(file=io.StringIO()), as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (status == 0) == (told["level"] in ("default", "best"))
    assert [layer["name"] for layer in told["layers"]] == [*confinement.LAYERS, "bubblewrap"]


def test_the_doctor_advises() -> None:
    text = io.StringIO()
    doctor.show(doctor.of(without("landlock", "bubblewrap")), Console(file=text, width=200))
    assert "Level: limits" in text.getvalue()
    assert "landlock: Use Linux 5.13" in text.getvalue()
    assert "apt install bubblewrap" in text.getvalue()
    everything = io.StringIO()
    doctor.show(doctor.of(ALL | {"uid": "unavailable: not root"}), Console(file=everything, width=200))
    assert "CAP_SETUID" not in everything.getvalue()
