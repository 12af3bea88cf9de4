"""The folder of a batch: grade.json files, whole or not there at all, and the reports beside them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import report_samples as samples

from grader.errors import GraderFault, UsageError
from grader.grading import output
from grader.grading.output import Formats, write_atomically
from grader.reports import CLASS_FORMATS
from grader.results import from_json, to_json


@pytest.mark.parametrize(
    "make", [samples.right, samples.wrong, samples.unfinished]
)
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, make: object) -> None:
    result = make()  # type: ignore[operator]
    output.save(tmp_path, result)
    assert output.load(tmp_path) == [result]


def test_no_half_a_file_is_ever_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grade.json"
    write_atomically(path, "before")

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(output.os, "fsync", broken)
        with pytest.raises(OSError, match="full"):
            write_atomically(path, "after")
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["grade.json"]  # noqa: PTH208 - hidden files too


def test_a_report_is_a_file_like_any_other(tmp_path: Path) -> None:
    write_atomically(tmp_path / "report.html", "x")
    (tmp_path / "plain").write_text("x")
    assert (tmp_path / "report.html").stat().st_mode == (
        tmp_path / "plain"
    ).stat().st_mode


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"schema": 2}',
        to_json(samples.right()).replace('"schema": 2', '"schema": 1'),
    ],
    ids=[
        "empty",
        "no-schema",
        "list",
        "null",
        "nothing-else",
        "of-another-version",
    ],
)
def test_what_is_no_grade_json_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "grade.json").write_text(text)
    with pytest.raises(UsageError, match=r"ada.grade\.json cannot be read"):
        output.load(tmp_path)


@pytest.mark.parametrize("id_", ["../../evil", "", ".", "..", "amelie2", "/a"])
def test_a_result_belongs_to_the_folder_that_it_lies_in(
    tmp_path: Path, id_: str
) -> None:
    files = replace(samples.right().submission, id=id_)
    text = to_json(replace(samples.right(), submission=files))
    (tmp_path / "amelie").mkdir()
    (tmp_path / "amelie" / "grade.json").write_text(text)
    with pytest.raises(UsageError, match=f"submission '{id_}'"):
        output.load(tmp_path)
    assert output.load_one(tmp_path, "amelie") is None


@pytest.mark.parametrize(
    "id_", ["../evil", "", ".", "..", "a/b", "a\\b", "/a"]
)
def test_nothing_is_written_outside_the_folder(
    tmp_path: Path, id_: str
) -> None:
    files = replace(samples.right().submission, id=id_)
    result = replace(samples.right(), submission=files)
    folder = tmp_path / "grades"
    folder.mkdir()
    for write in (
        lambda: output.save(folder, result),
        lambda: output.render_one(folder, result, samples.EXERCISE),
    ):
        with pytest.raises(GraderFault, match="no id of a submission"):
            write()
    assert list(tmp_path.rglob("*")) == [folder]


def test_a_pipe_and_a_link_among_the_grades_are_named(tmp_path: Path) -> None:
    output.save(tmp_path, samples.right())
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped" / "grade.json")
    with pytest.raises(UsageError, match=r"piped.*ordinary file"):
        output.load(tmp_path)
    (tmp_path / "piped" / "grade.json").unlink()
    (tmp_path / "linked").symlink_to(tmp_path / "amelie")
    with pytest.raises(UsageError, match=r"linked.*symbolic link"):
        output.load(tmp_path)


def test_all_files_of_a_class_are_named(tmp_path: Path) -> None:
    output.save(tmp_path, samples.right())
    formats = Formats.named(CLASS_FORMATS)
    output.render(tmp_path, [samples.right()], samples.EXERCISE, "en", formats)
    output.zip_moodle_feedback(tmp_path, [samples.right()])
    files = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert len(files) == 2 + len(CLASS_FORMATS)
    assert files <= set(output.names_of_class())


def test_a_number_that_json_lacks_is_not_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json(replace(samples.right(), score=float("nan")))
    assert from_json(to_json(samples.right())) == samples.right()


def test_formats_are_those_of_a_submission_or_of_a_class() -> None:
    assert Formats.named(["junit", "canvas", "junit"]) == Formats(
        ("junit",), ("canvas",)
    )
    with pytest.raises(UsageError, match="no format 'pdf'"):
        Formats.named(["junit", "pdf"])


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        output.create(tmp_path / "file")
    with pytest.raises(UsageError, match="cannot be made"):
        output.create(tmp_path / "file" / "below")
    output.create(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()
