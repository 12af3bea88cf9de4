"""The reports: views of a Result, and nothing else. A format is one module and one row of a table below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from grader.reports.formats.classroom50 import classroom50_report
from grader.reports.formats.gradebook import gradebook
from grader.reports.formats.gradescope import gradescope_report
from grader.reports.formats.html import student_report
from grader.reports.formats.junit import junit_report
from grader.reports.formats.lms import canvas, nbgrader
from grader.reports.formats.markdown import markdown_report
from grader.reports.formats.text import text_report
from grader.reports.formats.workflow import workflow_commands


@dataclass(frozen=True)
class Format:
    """A file and the function that gives its text."""

    filename: str
    render: Callable[..., str]


# Beside each `grade.json`: render(result, notes, lang, manual).
FORMATS = {
    "html": Format("report.html", student_report),
    "markdown": Format("report.md", markdown_report),
    "text": Format("report.txt", text_report),
    "junit": Format("junit.xml", junit_report),
    "gradescope": Format("results.json", gradescope_report),
    "classroom50": Format("result.json", classroom50_report),
    "github": Format("annotations.txt", workflow_commands),
}

# Beside the class page: render(results, overrides).
CLASS_FORMATS = {
    "csv": Format("gradebook.csv", gradebook),
    "canvas": Format("canvas.csv", canvas),
    "nbgrader": Format("nbgrader.csv", nbgrader),
}
