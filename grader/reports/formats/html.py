"""The student's report: one HTML file that reads like an assistant's notes beside the student's own code."""

from __future__ import annotations

import shlex

from grader.reports.formats.pages import environment
from grader.reports.text.language import translations
from grader.reports.text.neutral import clean
from grader.reports.views import curves, network
from grader.reports.views.content import Notes, explain, is_unexplained, next_steps
from grader.reports.views.listing import listing
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import Result

MAX_NOTICES = 40


def student_report(result: Result, notes: Notes, lang: str = "en", manual: Manual | None = None) -> str:
    """One result as a self-contained page: nothing is fetched, no script is needed, nothing runs.

    `notes` tells what each misconception's id means; `manual` is the instructor's word on this submission.
    Raises UsageError for a language there is none of, or a manual mark that cannot be.
    """
    graded, result = clean(result), clean(apply_overrides(result, manual))
    gettext = translations(lang).gettext
    titles = [gettext("Training loss"), gettext("Training error"), gettext("Test error")]
    return (
        environment(lang)
        .get_template("student.html")
        .render(
            result=result,
            graded=graded,
            manual={name: clean(override) for name, override in (manual or {}).items()},
            steps=next_steps(result, notes),
            explanations={
                name: explain(name, function, notes) for name, function in result.functions.items()
            },
            unexplained={name for name, function in result.functions.items() if is_unexplained(function)},
            listings={name: listing(function) for name, function in result.functions.items()},
            drawings={
                name: network.draw(result.exercise, function.first_wrong)
                for name, function in result.functions.items()
            },
            panels=curves.panels(result.curves, titles),
            plot=(curves.WIDTH, curves.HEIGHT),
            command=_command(result),
            max_notices=MAX_NOTICES,
        )
    )


def _command(result: Result) -> str:
    """What the student types to run the checks again; a name must not pass for an option."""
    file = result.submission.files[0] if result.submission.files else "FILE"
    return f"grader check {shlex.quote(f'./{file}' if file.startswith('-') else file)}"
