"""The reports: views of a Result. To add a format, write one module and add one row to a table below.

formats/ has one module per format; views/ decides what all of them say, and in which order; text/ holds
words, languages, formulas, and what makes a student's text harmless.
"""

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
    """A file's name, and the function that returns its text."""

    filename: str
    render: Callable[..., str]


# Written beside each `grade.json`: render(result, exercise, lang, manual).
FORMATS = {
    "html": Format("report.html", student_report),
    "markdown": Format("report.md", markdown_report),
    "text": Format("report.txt", text_report),
    "junit": Format("junit.xml", junit_report),
    "gradescope": Format("results.json", gradescope_report),
    "classroom50": Format("result.json", classroom50_report),
    "github": Format("annotations.txt", workflow_commands),
}

# Written beside the class page: render(results, overrides).
CLASS_FORMATS = {
    "csv": Format("gradebook.csv", gradebook),
    "canvas": Format("canvas.csv", canvas),
    "nbgrader": Format("nbgrader.csv", nbgrader),
}
