"""GitHub Actions: annotations on the student's own lines, for a job's log."""

from __future__ import annotations

from grader.exercise import Exercise
from grader.reports.text.neutral import (
    clean,
    one_line,
    workflow,
    workflow_property,
)
from grader.reports.text.prose import titles
from grader.reports.text.words import Words
from grader.reports.views.content import Notes, explain, first_failed
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import FunctionResult, Result

MOST = 10  # GitHub shows this many annotations of one level per step


def workflow_commands(
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    manual: Manual | None = None,
) -> str:
    """One `::error` for each function that lost points, and a `::notice` with the mark."""
    result = clean(apply_overrides(result, manual), limit=1_000)
    notes = exercise.notes(lang)
    words = Words(exercise, lang)
    lines = []
    for name, function in result.functions.items():
        if function.lost > 0:
            error = _error(name, function, result, notes, words)
            lines.append(error)
    mark = f"{result.score:g} / {result.max_score:g}"
    if result.incomplete:
        mark += f" ({words.incomplete(result)})"
    total = workflow(mark)
    title = workflow_property("grader")
    notice = f"::notice title={title}::{total}"
    return "\n".join([*lines[:MOST], notice]) + "\n"


def _error(
    name: str,
    function: FunctionResult,
    result: Result,
    notes: Notes,
    words: Words,
) -> str:
    properties = _place(function, result)
    properties["title"] = (
        f"{name}: {function.score:g} / {function.max_score:g}"
    )
    written = []
    for key, value in properties.items():
        value = workflow_property(one_line(value))
        written.append(f"{key}={value}")
    listed = ",".join(written)
    message = _message(name, function, notes)
    if function.in_notebook:
        place = words.place(function.line, function.source)
        message = f"{message}\n({place})"
    message = workflow(message)
    return f"::error {listed}::{message}"


def _place(function: FunctionResult, result: Result) -> dict[str, str]:
    """The file and line to be annotated; empty if they are not known."""
    files = result.submission.files
    if not files or function.line is None:
        return {}
    if function.in_notebook:
        # GitHub would look for the line in the notebook's JSON, where the numbers are different
        return {}
    file = files[0]
    if function.source is not None and function.source.file is not None:
        file = function.source.file
    return {"file": file, "line": str(function.line)}


def _message(name: str, function: FunctionResult, notes: Notes) -> str:
    named = explain(name, function, notes).notes
    if named:
        return "\n".join(titles(named, function.facts))
    check = first_failed(function)
    if check:
        return check.message
    return f"{name} is {function.status}."
