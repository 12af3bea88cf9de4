"""Submissions whose diagnosis once claimed what was not so, or said nothing: what is said of them.

Each case of `cases/diagnosis.toml` is `cases/diagnosis/right.py` with a few changes, and stands for a kind.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shared
from broken import quick

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake import submission
from grader.reports.text.words import Words
from grader.reports.views.content import explain
from grader.results import FunctionResult, Result

CASES = Path(__file__).parent / "cases"
RIGHT = (CASES / "diagnosis" / "right.py").read_text(encoding="utf-8")
ROWS = tomllib.loads((CASES / "diagnosis.toml").read_text(encoding="utf-8"))
# one of them never ends
EXERCISE = quick(Exercise.load("practical3"))
WORDS = Words(EXERCISE, "en")
SEED = 3


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with shared.session(EXERCISE, seed=SEED) as warm:
        yield warm


@pytest.mark.parametrize("name", ROWS)
def test_case(session: Session, tmp_path: Path, name: str) -> None:
    row = ROWS[name]
    text = changed(row["changes"])
    (tmp_path / "case.py").write_text(text, encoding="utf-8")
    (one,) = submission.find([tmp_path], EXERCISE.functions)
    result = session.grade(one)
    functions = result.functions
    assert named(result) == row.get("named", {})
    for function, line in row.get("line", {}).items():
        assert line_of(functions[function], text) == line
    for function, stop in row.get("stop", {}).items():
        assert functions[function].stop == stop
    for function, quantity in row.get("first_wrong", {}).items():
        assert functions[function].first_wrong == quantity
    for function, graded in functions.items():
        assert_says_what_stopped(function, graded)


def changed(changes: list[list[str]]) -> str:
    text = RIGHT
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def named(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for function, graded in result.functions.items():
        assert not graded.alternatives
        if graded.misconceptions:
            found[function] = list(graded.misconceptions)
    return found


def line_of(graded: FunctionResult, text: str) -> str:
    assert graded.line is not None
    return text.splitlines()[graded.line - 1].strip()


def assert_says_what_stopped(function: str, graded: FunctionResult) -> None:
    """That no mistake is known never follows an exception."""
    notes = EXERCISE.notes()
    said = WORDS.before_notes(explain(function, graded, notes))
    messages = " ".join(check.message for check in graded.checks)
    if " raised " in messages or "did not return" in messages:
        assert "No known mistake" not in said
