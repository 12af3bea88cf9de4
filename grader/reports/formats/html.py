"""The student's report: one HTML file that reads like an assistant's notes beside the student's own code."""

from __future__ import annotations

import shlex

from grader.exercise import Exercise
from grader.reports.formats.pages import environment
from grader.reports.text.lead import lead
from grader.reports.text.neutral import clean
from grader.reports.text.words import Words
from grader.reports.views import curves
from grader.reports.views.overrides import Manual, apply_overrides
from grader.reports.views.review import review
from grader.results import Result

MAX_NOTICES = 40


def student_report(
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    manual: Manual | None = None,
) -> str:
    """One result as a self-contained page: it fetches nothing, and needs and runs no script.

    `manual` holds the instructor's marks and comments for this submission. Raises UsageError for an unknown
    language, or a manual mark that does not fit the result.
    """
    words = Words(exercise, lang)
    notes = exercise.notes(lang)
    # The page shows the grader's own points beside the instructor's: both results are needed.
    graded = clean(result)
    shown = clean(apply_overrides(result, manual))
    told = review(shown, notes, exercise.graph)
    comments = {}
    for name, override in (manual or {}).items():
        comments[name] = clean(override)
    page = environment(lang).get_template("student.html")
    return page.render(
        words=words,
        result=shown,
        graded=graded,
        manual=comments,
        lead=lead(shown, told, words),
        segments=told.segments,
        sections=told.wrong,
        rights=told.rights,
        panels=curves.panels(shown.curves, exercise.curve_titles(lang)),
        plot=(curves.WIDTH, curves.HEIGHT),
        command=_command(shown),
        max_notices=MAX_NOTICES,
    )


def _command(result: Result) -> str:
    """What the student types to run the checks again."""
    file = "FILE"
    if result.submission.files:
        file = result.submission.files[0]
    # The name of a file may look like an option of the command.
    if file.startswith("-"):
        file = f"./{file}"
    return f"grader check {shlex.quote(file)}"
