"""What lies in folders: grade.json files, whole or not there at all, and MNIST where the instructor has it.

GRADER_MNIST names a folder of real MNIST; with it, the full profile is tried too.
"""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import report_samples as samples
import torch

from grader import results
from grader.errors import UsageError
from grader.exercise import Exercise
from grader.grading import output
from grader.grading.session import Session
from grader.intake import submission
from grader.results import from_json, to_json, write_atomically

ROOT = Path(__file__).parent.parent
EXERCISE = Exercise.load("practical3")


@pytest.mark.parametrize("make", [samples.right, samples.wrong, samples.unfinished])
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, make: object) -> None:
    result = make()  # type: ignore[operator]
    output.save(tmp_path, result)
    assert output.load(tmp_path) == [result]


def test_no_half_a_file_is_ever_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grade.json"
    write_atomically(path, "before")

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(results.os, "fsync", broken)
        with pytest.raises(OSError, match="full"):
            write_atomically(path, "after")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["grade.json"]  # noqa: PTH208 - hidden files too


def test_a_report_is_a_file_like_any_other(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.html", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "report.html").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '{"schema": 1}', to_json(samples.right()).replace('"schema": 2', '"schema": 1')],
    ids=["empty", "no-schema", "list", "null", "nothing-else", "of-another-version"],
)
def test_what_is_no_grade_json_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "grade.json").write_text(text)
    with pytest.raises(UsageError, match=r"ada.grade\.json cannot be read"):
        output.load(tmp_path)


def test_a_number_that_json_lacks_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(replace(samples.right(), score=float("nan")))
    assert from_json(to_json(samples.right())) == samples.right()


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MNIST's own files where GRADER_MNIST says that they lie; else the embedded digits as such files."""
    if named := os.environ.get("GRADER_MNIST"):
        return Path(named)
    folder = tmp_path_factory.mktemp("data") / "MNIST" / "raw"
    folder.mkdir(parents=True)
    images, labels = EXERCISE.module("dataset").digits()
    count = len(images)
    pixels, classes = images.round().to(torch.uint8), labels.to(torch.uint8)
    (folder / "train-images-idx3-ubyte").write_bytes(
        struct.pack(">4I", 0x803, count, 28, 28) + pixels.numpy().tobytes()
    )
    (folder / "train-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, count) + classes.numpy().tobytes()
    )
    return folder.parent.parent


@pytest.mark.parametrize("profile", ["quick", "full"] if os.environ.get("GRADER_MNIST") else ["quick"])
def test_a_right_submission_is_right_on_mnist(mnist: Path, profile: str) -> None:
    (right,) = submission.find([ROOT / "submissions/practical3/right-batched.py"], EXERCISE.functions)
    with Session(EXERCISE, profile, seed=3, data=str(mnist)) as session:
        result = session.grade(right)
    assert result.score == result.max_score


def test_a_folder_without_mnist_is_named(tmp_path: Path) -> None:
    (right,) = submission.find([ROOT / "submissions/practical3/right-batched.py"], EXERCISE.functions)
    with pytest.raises(Exception, match="holds no MNIST"), Session(EXERCISE, data=str(tmp_path)) as session:
        session.grade(right)
