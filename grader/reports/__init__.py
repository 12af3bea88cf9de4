"""The reports: views of a Result, and nothing else. A format is one module and one row of FORMATS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.reports.html import student_report
from grader.reports.markdown import markdown_report
from grader.reports.text import text_report


@dataclass(frozen=True)
class Format:
    """A file that is written beside each `grade.json`: `render(result, notes, lang, manual)` is its text."""

    filename: str
    render: Callable[..., str]


FORMATS = {
    "html": Format("report.html", student_report),
    "markdown": Format("report.md", markdown_report),
    "text": Format("report.txt", text_report),
}
