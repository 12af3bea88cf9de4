"""What a grade depends on: the command, a grading process and a result say the same."""

import re
from pathlib import Path

import pytest
import tiny
import torch

import grader
from grader import results
from grader.exercise import Exercise
from grader.grading import batch
from grader.grading.process import Settings
from grader.grading.versions import EMBEDDED, versions

ROOT = Path(__file__).parents[2]


def test_the_command_and_a_grading_process_say_the_same(plan):
    order = plan({"a": tiny.RIGHT})
    batch.run(order)
    of_the_command = Settings.of(order.exercise, "quick", 1).versions
    of_the_process = results.from_json(
        (order.folder / "a" / "grade.json").read_text()
    ).versions
    assert of_the_process == of_the_command


@pytest.mark.parametrize("version", ["2.13.0+cu130", "2.13.0"])
def test_the_version_of_torch_is_the_modules_own(plan, monkeypatch, version):
    monkeypatch.setattr(torch, "__version__", version)
    assert versions(plan({"a": tiny.RIGHT}).exercise)["torch"] == version


def test_an_exercise_and_data_that_change_are_others(tmp_path):
    folder = tiny.exercise(tmp_path / "tiny")
    data = tmp_path / "data"
    data.mkdir()
    (data / "images").write_bytes(b"1")
    found = [versions(Exercise.load(str(folder)), data)]
    (data / "images").write_bytes(b"2")
    found.append(versions(Exercise.load(str(folder)), data))
    (folder / "inputs.py").write_text(
        (folder / "inputs.py").read_text() + "\n"
    )
    found.append(versions(Exercise.load(str(folder)), data))
    assert len({one["data"] for one in found}) == 2
    assert len({one["exercise"] for one in found}) == 2
    assert versions(Exercise.load(str(folder)))["data"] == EMBEDDED


def test_the_version_of_grader_is_said_in_one_place():
    assert re.fullmatch(r"\d+\.\d+\.\d+", grader.__version__)
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text()
    everywhere = {
        path: path.read_text(encoding="utf-8")
        for path in (ROOT / "grader").rglob("*.py")
    }
    assert [
        path.name
        for path, text in everywhere.items()
        if "metadata.version" in text
    ] == []
