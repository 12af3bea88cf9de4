"""GitHub Actions: annotations on the student's own lines, for a job's log."""

from __future__ import annotations

from grader.reports.text.neutral import clean, one_line, workflow, workflow_property
from grader.reports.text.prose import to_text
from grader.reports.views.content import Notes, explain, first_failed
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import FunctionResult, Result

MOST = 10  # annotations of a level that GitHub shows a step


def workflow_commands(result: Result, notes: Notes, lang: str = "en", manual: Manual | None = None) -> str:
    """An `::error` a function that lost points, and a `::notice` with the mark."""
    del lang  # the sentences are the notes' and the checks' own
    result = clean(apply_overrides(result, manual), limit=1_000)
    lines = [
        _error(name, function, result, notes)
        for name, function in result.functions.items()
        if function.score < function.max_score
    ]
    total = f"{result.score:g} / {result.max_score:g}"
    return (
        "\n".join([*lines[:MOST], f"::notice title={workflow_property('grader')}::{workflow(total)}"]) + "\n"
    )


def _error(name: str, function: FunctionResult, result: Result, notes: Notes) -> str:
    properties = {"title": f"{name}: {function.score:g} / {function.max_score:g}"}
    if result.submission.files and function.line is not None and not _in_notebook(function):
        properties = {"file": result.submission.files[0], "line": str(function.line)} | properties
    check = first_failed(function)
    told = [to_text(note.title, function.facts) for note in explain(name, function, notes).notes]
    message = "\n".join(told) or (check.message if check else f"{name} is {function.status}.")
    listed = ",".join(f"{key}={workflow_property(one_line(value))}" for key, value in properties.items())
    return f"::error {listed}::{workflow(message)}"


def _in_notebook(function: FunctionResult) -> bool:
    """Whether the line counts in a cell: GitHub's lines are those of the notebook's JSON."""
    return function.source is not None and function.source.cell is not None
