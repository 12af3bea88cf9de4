"""The command line: what cannot be used is said before anything is graded; exit codes are as documented."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import tiny
import typer

from grader import cli
from grader.errors import GraderFault
from grader.grading import batch, output

ROOT = Path(__file__).parents[1]
REPORT_FILES = ("report.html", "junit.xml")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an exercise, submissions, a batch that was graded, and all kinds of unusable things."""
    folder = tmp_path_factory.mktemp("cli")
    tiny.exercise(folder / "tiny")
    tiny.submissions(
        folder / "class", {"right": tiny.RIGHT, "wrong": tiny.WRONG}
    )
    (folder / "mine.py").write_text(tiny.RIGHT)
    (folder / "plain.txt").write_text("a,b\n1,2\n")
    (folder / "broken.csv").write_bytes(b'id,name\n"' + b"x" * 200_000)
    (folder / "empty").mkdir()
    with zipfile.ZipFile(folder / "mine.zip", "w") as archive:
        archive.writestr("mine.py", tiny.RIGHT)
    (folder / "no-labels").mkdir()
    (folder / "no-labels" / "right.py").write_text(tiny.RIGHT)
    tiny.submissions(folder / "labelled", {"right": tiny.RIGHT})
    (folder / "labelled" / "labels.toml").write_text(
        '["rihgt.py"]\ndouble = { verdict = "rihgt" }\n'
    )
    tiny.exercise(folder / "spoilt")
    (folder / "spoilt" / "exercise.toml").write_text(
        "[functions.triple]\npoints = 1\n"
    )
    tiny.submissions(folder / "graded", {})
    (folder / "marked").mkdir()
    (folder / "marked" / "overrides.toml").write_text(
        "[right.double]\npoints = 3\n"
    )
    assert (
        run(
            folder,
            "grade {class} --exercise {tiny} --out {graded} --jobs 1 --seed 1",
        )
        == 0
    )
    return folder


def run(place: Path, line: str) -> int:
    """The exit code of `grader` with these arguments; {name} stands for what has this name in `place`."""
    arguments = [
        re.sub(r"\{(.+?)\}", lambda name: str(place / name[1]), word)
        for word in line.split()
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["grader", *arguments])
        try:
            cli.main()
        except SystemExit as ended:
            return int(ended.code or 0)
    raise AssertionError("the command did not exit")


GRADE = "grade {class} --exercise {tiny} --out {none}"
CHECK = "check {mine.py} --exercise {tiny}"
EVALUATE = "evaluate {labelled} --exercise {tiny}"

UNUSABLE = {
    # arguments -> what is said
    "grade": "PATH",
    "grade {absent} --exercise {tiny} --out {none}": "does not exist",
    "grade {empty} --exercise {tiny} --out {none}": "no submission",
    "grade {plain.txt} --exercise {tiny} --out {none}": "neither a folder nor a zip",
    "grade {class} --exercise {tiny} --out {plain.txt}": "is a file",
    "grade {class} --exercise {tiny} --out {plain.txt}/below": "cannot be made",
    "grade {class} --exercise {tiny} --out {marked}": "3 points of at most 2",
    "grade {class} --exercise nowhere --out {none}": "there is no exercise 'nowhere'",
    "grade {class} --exercise {spoilt} --out {none}": "there is no function of solution.py 'triple'",
    f"{GRADE} --profile fast": "no profile 'fast'; it has quick",
    f"{GRADE} --jobs -1": "--jobs",
    f"{GRADE} --jobs 0": "--jobs",
    f"{GRADE} --seed x": "--seed",
    f"{GRADE} --data {{absent}}": "--data",
    f"{GRADE} --data {{plain.txt}}": "--data",
    f"{GRADE} --scheduler localhost:8786": "tcp://HOST:8786",
    f"{GRADE} --scheduler nonsense": "tcp://HOST:8786",
    f"{GRADE} --scheduler http://localhost:8786": "tcp://HOST:8786",
    f"{GRADE} --roster {{absent}}": "--roster",
    f"{GRADE} --roster {{empty}}": "--roster",
    f"{GRADE} --roster {{plain.txt}}": "no column",
    f"{GRADE} --roster {{broken.csv}}": "is not a CSV",
    f"{GRADE} --require-isolation total": "choose one of none, limits, default, best",
    f"{GRADE} --lang de": "known are en, fr",
    f"{GRADE} --format pdf": "there is no format 'pdf'",
    f"{GRADE} --fail-under -1": "from 0 to 2",
    f"{GRADE} --fail-under 3": "from 0 to 2",
    f"{GRADE} --fail-under nan": "from 0 to 2",
    "explain": "ID",
    "explain nothing-of-the-kind --exercise {tiny}": "there is no mistake 'nothing-of-the-kind'",
    "explain missing-return --exercise nowhere": "there is no exercise 'nowhere'",
    "explain missing-return --exercise {tiny} --lang de": "known are en, fr",
    "check": "FILE",
    "check {absent} --exercise {tiny}": "does not exist",
    "check {class} --exercise {tiny}": "is a directory",
    "check {mine.zip} --exercise {tiny}": "is not a .py or .ipynb file",
    "check {mine.py} --exercise nowhere": "there is no exercise 'nowhere'",
    f"{CHECK} --format pdf": "--format",
    f"{CHECK} --lang de": "known are en, fr",
    f"{CHECK} --profile fast": "no profile 'fast'; it has quick",
    f"{CHECK} --seed x": "--seed",
    f"{CHECK} --data {{absent}}": "--data",
    f"{CHECK} --require-isolation total": "choose one of none, limits, default, best",
    f"{CHECK} --fail-under inf": "from 0 to 2",
    "report": "DIR",
    "report {absent}": "does not exist",
    "report {plain.txt}": "is a file",
    "report {empty}": "holds no grade.json",
    "report {graded} --lang de": "known are en, fr",
    "report {graded} --format pdf": "there is no format 'pdf'",
    "report {graded} --exercise nowhere": "there is no exercise 'nowhere'",
    "report {graded} --moodle-worksheet {absent}": "--moodle-worksheet",
    "report {graded} --moodle-worksheet {plain.txt}": "The worksheet has no column Identifier",
    "evaluate": "FOLDER",
    "evaluate {absent}": "does not exist",
    "evaluate {no-labels} --exercise {tiny}": "labels.toml: the file is missing",
    EVALUATE: "there is no submission 'rihgt.py'; did you mean 'right.py'?",
    f"{EVALUATE} --exercise nowhere": "there is no exercise 'nowhere'",
    f"{EVALUATE} --profile fast": "no profile 'fast'",
    f"{EVALUATE} --jobs 0": "--jobs",
    f"{EVALUATE} --seed x": "--seed",
    "doctor --yaml": "--yaml",
    "misconceptions --exercise nowhere": "there is no exercise 'nowhere'",
    "misconceptions --exercise {spoilt}": "exercise.toml: [functions.triple]",
    "exercise check": "FOLDER",
    "exercise check {absent}": "there is no exercise",
    "exercise check {spoilt}": "exercise.toml: it has no profile; add a table such as [profiles.quick]",
    "nonsense": "nonsense",
}


@pytest.mark.parametrize("line", UNUSABLE)
def test_what_cannot_be_used_is_said_before_anything_is_graded(
    place: Path,
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        batch._Run, "run", lambda _: pytest.fail("the batch was begun")
    )
    monkeypatch.setattr(
        cli.Session, "grade", lambda *_: pytest.fail("grading was begun")
    )
    capsys.readouterr()
    assert run(place, line) == cli.UNUSABLE
    said = capsys.readouterr()
    assert UNUSABLE[line].casefold() in " ".join(said.err.split()).casefold()
    assert "Traceback" not in said.err + said.out
    assert not (place / "none").exists()


def commands(group: object, name: str = "") -> dict[str, object]:
    """Every command by the words that call it."""
    found: dict[str, object] = {}
    for word, command in group.commands.items():  # type: ignore[attr-defined]
        path = f"{name} {word}".strip()
        found |= (
            commands(command, path)
            if hasattr(command, "commands")
            else {path: command}
        )
    return found


COMMANDS = commands(typer.main.get_command(cli.app))
ANY_VALUE = {"--out"}  # what is wrong with these is tried by other rows


@pytest.mark.parametrize("name", COMMANDS)
def test_a_bad_value_of_every_option_is_tried(name: str) -> None:
    lines = [
        line
        for line in UNUSABLE
        if line == name or line.startswith(f"{name} ")
    ]
    assert lines
    for parameter in COMMANDS[name].params:  # type: ignore[attr-defined]
        option = parameter.opts[-1]
        takes_value = option.startswith("--") and not getattr(
            parameter, "is_flag", False
        )
        if takes_value and option not in ANY_VALUE:
            assert any(option in line for line in lines), option


def test_help_is_not_cut_off(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(place, "--help") == 0
    text = capsys.readouterr().out
    assert "..." not in text.split("Commands:")[1]
    assert "…" not in text
    assert "--debug" not in text


@pytest.mark.parametrize(("limit", "code"), [("0", 0), ("1", cli.BELOW)])
def test_a_score_below_the_limit_is_told_by_the_exit_code(
    place: Path, limit: str, code: int
) -> None:
    assert (
        run(
            place,
            "grade {class} --exercise {tiny} --out {graded} --fail-under "
            + limit,
        )
        == code
    )


def test_check_writes_json(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(place, f"{CHECK} --format json --fail-under 2") == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["score"], data["exercise_folder"]) == (2, str(place / "tiny"))


@pytest.mark.parametrize(
    "error",
    [KeyError("fast"), GraderFault("the sandbox is gone", "Traceback: …")],
)
def test_a_fault_of_graders_own_is_one_sentence_and_with_debug_a_traceback(
    place: Path,
    error: Exception,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(batch, "run", broken)
    capsys.readouterr()
    assert run(place, GRADE) == cli.FAULT
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "grader failed: " in said
    assert "--debug" in said
    try:
        with pytest.raises(type(error)):
            run(place, f"--debug {GRADE}")
    finally:
        cli._global.debug = False


def test_a_submission_on_which_grader_fails_is_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.exercise(tmp_path / "tiny")
    tiny.submissions(tmp_path / "class", {"right": tiny.RIGHT})
    broken = "class Inputs:\n    def __init__(self, seed, settings):\n        1 / 0\n"
    (tmp_path / "tiny" / "inputs.py").write_text(broken)
    assert run(tmp_path, GRADE) == 0
    said = capsys.readouterr()
    assert "incomplete" in said.out
    assert "Traceback" not in said.err + said.out
    grade = (tmp_path / "none" / "right" / "grade.json").read_text()
    assert "ZeroDivisionError" in grade
    assert (
        "Traceback"
        not in (tmp_path / "none" / "right" / "report.html").read_text()
    )


def test_data_that_is_no_data_set_is_told_once(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right = ROOT / "submissions" / "practical3" / "right-batched.py"
    assert (
        run(place, f"grade {right} --data {{empty}} --out {{unused}} --jobs 1")
        == cli.UNUSABLE
    )
    assert "holds no MNIST" in capsys.readouterr().err
    assert not list(place.glob("unused/*"))


# -- report ----------------------------------------------------------------------------------------------


def test_reports_of_a_copied_exercise_are_found_from_elsewhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tiny.exercise(tmp_path / "mine" / "tiny")
    tiny.submissions(tmp_path / "class", {"right": tiny.RIGHT})
    assert (
        run(tmp_path, "grade {class} --exercise {mine/tiny} --out {out}") == 0
    )
    monkeypatch.chdir("/")
    for name in REPORT_FILES:
        (tmp_path / "out" / "right" / name).unlink(missing_ok=True)
    assert run(tmp_path, "report {out} --format junit --format canvas") == 0
    assert all(
        (tmp_path / "out" / "right" / name).is_file() for name in REPORT_FILES
    )
    assert (tmp_path / "out" / "canvas.csv").is_file()
    (tmp_path / "mine").rename(tmp_path / "moved")
    capsys.readouterr()
    assert run(tmp_path, "report {out}") == cli.UNUSABLE
    assert "--exercise FOLDER" in capsys.readouterr().err
    assert run(tmp_path, "report {out} --exercise {moved/tiny}") == 0


WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade),Feedback\r\n"
    "Participant 7,Ada Lovelace,a@x.invalid,Submitted,,10.00,-,\r\n"
    "Participant 8,Nobody,n@x.invalid,No submission,,10.00,-,\r\n"
)


def test_moodle_gets_its_worksheet_and_feedback_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.exercise(tmp_path / "tiny")
    with zipfile.ZipFile(tmp_path / "moodle.zip", "w") as archive:
        archive.writestr(
            "Ada Lovelace_7_assignsubmission_file_/mine.py", tiny.RIGHT
        )
        archive.writestr(
            "Alan Turing_9_assignsubmission_file_/mine.py", tiny.WRONG
        )
    (tmp_path / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
    assert (
        run(tmp_path, "grade {moodle.zip} --exercise {tiny} --out {out}") == 0
    )
    assert (
        run(tmp_path, "report {out} --moodle-worksheet {worksheet.csv}") == 0
    )
    assert "no row for Alan-Turing_9" in capsys.readouterr().err
    written = (tmp_path / "out" / output.MOODLE_WORKSHEET).read_text(
        encoding="utf-8"
    )
    rows = list(csv.DictReader(io.StringIO(written)))
    assert [row["Grade"] for row in rows] == ["10.00", ""]
    with zipfile.ZipFile(tmp_path / "out" / output.MOODLE_FEEDBACK) as archive:
        assert sorted(archive.namelist()) == [
            "Ada Lovelace_7_assignfeedback_file_/report.html",
            "Alan Turing_9_assignfeedback_file_/report.html",
        ]


def test_marks_for_nobody_are_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = place / "graded" / output.OVERRIDES
    overrides.write_text("[rihgt.double]\npoints = 1\n")
    try:
        for line in (
            "report {graded}",
            "grade {class} --exercise {tiny} --out {graded}",
        ):
            capsys.readouterr()
            assert run(place, line) == 0
            assert "marks for rihgt" in capsys.readouterr().err
    finally:
        overrides.unlink()


# -- exercises -------------------------------------------------------------------------------------------


def test_a_sound_exercise_is_said_to_be_so(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(place, "exercise check {tiny}") == 0
    assert "1 functions, 2 points" in capsys.readouterr().out
    assert run(place, "misconceptions --exercise practical3") == 0
    assert "loss-sum-before-square" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_name_that_the_terminal_cannot_write_ends_nothing(
    place, tmp_path, encoding
):
    name = "Łukasz 李.py"
    (tmp_path / name).write_text(tiny.RIGHT, encoding="utf-8")
    command = "grade {here} --exercise {tiny} --out {here}/out --seed 1"
    arguments = command.format(here=tmp_path, tiny=place / "tiny").split()
    done = subprocess.run(
        [sys.executable, "-m", "grader", *arguments],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\u0141ukasz" in done.stdout


def test_who_has_no_row_in_canvas_s_csv_is_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "report {graded} --exercise {tiny} --format canvas"
    assert run(place, command) == 0
    said = capsys.readouterr().err
    assert "canvas.csv has no row for 2" in said
    assert "right, wrong" in said


def test_a_files_name_does_not_act_in_what_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    name = "a\n::error::pwned ##vso[x]y\x1b]0;title\x07.txt"
    path = tmp_path / name
    path.write_text("x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["grader", "check", str(path)])
        with pytest.raises(SystemExit):
            cli.main()
    said = "".join(capfd.readouterr())
    assert "is not a .py" in said
    assert "\x1b]" not in said
    assert "\n::" not in said
    assert "##vso[" not in said
