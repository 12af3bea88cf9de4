"""The student's report: one HTML file that reads like an assistant's notes beside the student's own code."""

from __future__ import annotations

import shlex

from grader.exercise import Exercise
from grader.reports.formats.pages import environment
from grader.reports.text.neutral import clean
from grader.reports.text.words import Words
from grader.reports.views import curves, network
from grader.reports.views.content import explain, next_steps
from grader.reports.views.listing import listing
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import Result

MAX_NOTICES = 40


def student_report(
    result: Result, exercise: Exercise, lang: str = "en", manual: Manual | None = None
) -> str:
    """One result as a self-contained page: it fetches nothing, and needs and runs no script.

    `manual` holds the instructor's marks and comments for this submission. Raises UsageError for an unknown
    language, or a manual mark that does not fit the result.
    """
    words = Words(exercise, lang)
    notes = exercise.notes(lang)
    graded = clean(result)
    shown = clean(apply_overrides(result, manual))
    functions = shown.functions.items()
    page = environment(lang).get_template("student.html")
    return page.render(
        words=words,
        result=shown,
        graded=graded,
        manual={name: clean(override) for name, override in (manual or {}).items()},
        steps=next_steps(shown, notes),
        explanations={
            name: explain(name, function, notes) for name, function in functions
        },
        listings={name: listing(function) for name, function in functions},
        drawings={
            name: network.draw(exercise.graph, function.first_wrong)
            for name, function in functions
        },
        panels=curves.panels(shown.curves, exercise.curve_titles(lang)),
        plot=(curves.WIDTH, curves.HEIGHT),
        command=_command(shown),
        max_notices=MAX_NOTICES,
    )


def _command(result: Result) -> str:
    """What the student types to run the checks again."""
    file = result.submission.files[0] if result.submission.files else "FILE"
    if file.startswith("-"):
        file = f"./{file}"  # or its name would pass for an option
    return f"grader check {shlex.quote(file)}"
