"""Hostile files in a class, and in a folder of grades: they cost nobody else anything."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

from grader import cli
from grader.grading import output
from grader.results import Result

CASES = Path(__file__).parent / "cases" / "verdict"
# the submission -> what its report says
SAYS = {
    "scan-bomb": "is larger than 8 MB",
    "entries-bomb": "more files than may be listed",
    "mallory-lzma": "is compressed by LZMA",
    "mallory-empty-name": "has no name in its zip",
    "piped": "is no ordinary file",
    "linked": "is a symbolic link",
    "nested": "nested too deeply",
}
# what is too deep for Python's own parser, or for what walks its trees
DEEP = {
    "deep-beside": f"{tiny.WRONG}y = {'-' * 300_000}1\n",
    "deep-inside": f"def double(x):\n    y = {'-' * 5_000}1\n    return x\n",
    "long-sum": f"def double(x):\n    y = {'1+' * 20_000}1\n    return x\n",
    "attributes": f"def double(x):\n    x{'.a' * 900}\n    return x\n",
    "open-strings": tiny.WRONG + "y = '''" * 3_000,
}


def run(*arguments: object) -> int:
    """The exit code of `grader` with these arguments."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["grader", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def grades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class with all of them in it, graded: the folder of the grades."""
    place = tmp_path_factory.mktemp("intake")
    tiny.exercise(place / "tiny")
    handed_in = tiny.submissions(place / "class", {"alice": tiny.RIGHT})
    for script, name in (
        ("05_zip_scan_bomb.py 10", "scan-bomb"),
        ("05b_zip_entries_bomb.py 10 60000", "entries-bomb"),
    ):
        file, *numbers = script.split()
        command = [sys.executable, CASES / file, *numbers]
        subprocess.run([*command, handed_in / f"{name}.zip"], check=True)
    shutil.copy(
        CASES / "06_file_named_index.html.py" / "index.html.py", handed_in
    )
    for case, name in (
        ("07_lzma_zip", "mallory-lzma"),
        ("08_zip_empty_name", "mallory-empty-name"),
    ):
        shutil.copy(CASES / case / "mallory.zip", handed_in / f"{name}.zip")
    for name in ("gradebook.csv", "CON", "INDEX.HTML", "overrides.toml"):
        (handed_in / f"{name}.py").write_text(tiny.RIGHT)
    deep = '{"cells": ' + "[" * 100_000 + "]" * 100_000 + ', "nbformat": 4}'
    (handed_in / "nested.ipynb").write_text(deep)
    for name, text in DEEP.items():
        (handed_in / f"{name}.py").write_text(text)
    os.mkfifo(handed_in / "piped.py")
    (handed_in / "linked").symlink_to(handed_in)
    command = ("grade", handed_in, "--exercise", place / "tiny")
    assert (
        run(
            *command, "--out", place / "out", "--jobs", 1, "--format", "canvas"
        )
        == 0
    )
    return place / "out"


@pytest.fixture(scope="module")
def results(grades: Path) -> dict[str, Result]:
    return {one.submission.id: one for one in output.load(grades)}


def test_all_are_graded_each_in_a_folder_of_its_own(
    grades: Path, results: dict[str, Result]
) -> None:
    right = {name for name, result in results.items() if result.score == 2}
    renamed = {"_CON", "gradebook.csv-2", "overrides.toml-2"}
    (upper,) = (name for name in right if name.startswith("INDEX"))
    assert right == {"alice", upper, *renamed}
    assert set(results) == {*right, *SAYS, *DEEP, "index.html-3"}
    assert (grades / "index.html").is_file()
    table = (grades / "gradebook.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(table)))
    assert {row[0] for row in rows[1:]} == set(results)


@pytest.mark.parametrize("name", SAYS)
def test_the_report_says_what_is_wrong(
    name: str, results: dict[str, Result]
) -> None:
    (check,) = results[name].functions["double"].checks
    assert SAYS[name] in check.message


def test_no_file_of_the_class_is_named_like_a_submission(grades: Path) -> None:
    files = {path.name for path in grades.iterdir() if path.is_file()}
    assert files <= set(output.names_of_class())
    assert len(files) == 3


def test_a_planted_grade_writes_nothing_outside_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a" / "b" / "grades"
    case = "11_planted_grade_json_report_writes_outside"
    shutil.copytree(CASES / case, folder)
    before = sorted(tmp_path.rglob("*"))
    assert run("report", folder, "--format", "junit") == cli.UNUSABLE
    assert "'../../evil_outside'" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_planted_exercise_is_read_and_never_run(
    tmp_path: Path, grades: Path
) -> None:
    """`grader report` reads the exercise that a grade names: what is Python in it must stay text."""
    shutil.copytree(grades / "alice", tmp_path / "grades" / "alice")
    evil = tiny.exercise(tmp_path / "evil")
    for path in evil.rglob("*.py"):
        mark = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
        path.write_text(path.read_text() + mark)
    grade = tmp_path / "grades" / "alice" / "grade.json"
    (result,) = output.load(tmp_path / "grades")
    text = grade.read_text().replace(
        str(result.exercise_folder), str(evil.resolve())
    )
    grade.write_text(text)
    assert run("report", tmp_path / "grades", "--format", "html") == 0
    assert not (tmp_path / "ran").exists()
