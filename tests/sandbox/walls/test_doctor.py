"""`grader doctor`: it says what a worker would find, and advises where something is missing."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.sandbox.walls import doctor, levels
from grader.sandbox.walls.confinement import LAYERS

ALL = dict.fromkeys((*LAYERS, "bubblewrap"), "enforced")


def without(*layers: str) -> dict[str, str]:
    return ALL | dict.fromkeys(layers, "unavailable: not here")


def test_the_doctor_agrees_with_a_worker() -> None:
    report = doctor.examine()
    with Session(Exercise.load("practical3")) as session:
        assert session.zygote.alive
        assert levels.level(session.isolation) == report.level
        states = {layer.name: layer.enforced for layer in report.layers}
        assert states == {
            layer: state == "enforced"
            for layer, state in session.isolation.items()
        }


def test_the_doctor_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status = doctor.run(Console(file=io.StringIO()), as_json=True)
    report = json.loads(capsys.readouterr().out)
    assert (status == 0) == (report["level"] in ("default", "best"))
    assert [layer["name"] for layer in report["layers"]] == [
        *LAYERS,
        "bubblewrap",
    ]


def test_the_doctor_advises() -> None:
    text = io.StringIO()
    doctor.show(
        doctor.report_of(without("landlock", "bubblewrap")),
        Console(file=text, width=200),
    )
    assert "Level: limits" in text.getvalue()
    assert "landlock: Use Linux 5.13" in text.getvalue()
    assert "apt install bubblewrap" in text.getvalue()
    everything = io.StringIO()
    doctor.show(
        doctor.report_of(ALL | {"uid": "unavailable: not root"}),
        Console(file=everything, width=200),
    )
    assert "CAP_SETUID" not in everything.getvalue()
