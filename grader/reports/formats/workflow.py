"""GitHub Actions: annotations on the student's own lines, for a job's log."""

from __future__ import annotations

from grader.exercise import Exercise
from grader.reports.text.neutral import clean, one_line, workflow, workflow_property
from grader.reports.text.prose import to_text
from grader.reports.views.content import Notes, explain, first_failed
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import FunctionResult, Result

MOST = 10  # GitHub shows this many annotations of one level per step


def workflow_commands(
    result: Result, exercise: Exercise, lang: str = "en", manual: Manual | None = None
) -> str:
    """One `::error` for each function that lost points, and a `::notice` with the mark."""
    result = clean(apply_overrides(result, manual), limit=1_000)
    notes = exercise.notes(lang)
    lines = [
        _error(name, function, result, notes)
        for name, function in result.functions.items()
        if function.score < function.max_score
    ]
    total = workflow(f"{result.score:g} / {result.max_score:g}")
    notice = f"::notice title={workflow_property('grader')}::{total}"
    return "\n".join([*lines[:MOST], notice]) + "\n"


def _error(name: str, function: FunctionResult, result: Result, notes: Notes) -> str:
    properties = {}
    if (
        result.submission.files
        and function.line is not None
        and not _in_notebook(function)
    ):
        properties = {"file": result.submission.files[0], "line": str(function.line)}
    properties["title"] = f"{name}: {function.score:g} / {function.max_score:g}"
    listed = ",".join(
        f"{key}={workflow_property(one_line(value))}"
        for key, value in properties.items()
    )
    return f"::error {listed}::{workflow(_message(name, function, notes))}"


def _message(name: str, function: FunctionResult, notes: Notes) -> str:
    named = explain(name, function, notes).notes
    if named:
        return "\n".join(to_text(note.title, function.facts) for note in named)
    check = first_failed(function)
    return check.message if check else f"{name} is {function.status}."


def _in_notebook(function: FunctionResult) -> bool:
    """Whether the line counts in a cell: GitHub's lines are those of the notebook's JSON."""
    return function.source is not None and function.source.cell is not None
