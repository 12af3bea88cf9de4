"""The class page: where the class stands, what to say in the next lecture, and whom to look at."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from urllib.parse import quote

from grader.reports.formats.pages import environment
from grader.reports.text.neutral import clean
from grader.reports.views import cohort
from grader.reports.views.content import Notes
from grader.reports.views.overrides import Overrides, apply_overrides
from grader.results import Result


def class_page(
    results: Sequence[Result],
    notes: Notes,
    lang: str = "en",
    progress: tuple[int, int] | None = None,
    overrides: Overrides | None = None,
) -> str:
    """All results as one page; `progress` is (graded, to grade) while a batch is running.

    It needs no script to be read; a small inline one sorts and filters the table. Raises UsageError for a
    language there is none of, or a manual mark that cannot be.
    """
    overrides = overrides or {}
    marked = [apply_overrides(result, overrides.get(result.submission.id)) for result in results]
    marked.sort(key=lambda result: result.submission.id)
    links = [address(result) for result in marked]
    shown = [clean(result, limit=400) for result in marked]
    names = list(dict.fromkeys(name for result in shown for name in result.functions))
    scores = [result.score for result in shown]
    return (
        environment(lang)
        .get_template("class.html")
        .render(
            results=shown,
            links=dict(zip((result.submission.id for result in shown), links, strict=True)),
            manual=set(overrides),
            names=names,
            progress=progress if progress and progress[0] < progress[1] else None,
            full=max((result.max_score for result in shown), default=0.0),
            mean=statistics.fmean(scores) if scores else None,
            median=statistics.median(scores) if scores else None,
            bins=cohort.bins(shown),
            checks=cohort.check_statistics(shown),
            misconceptions=cohort.misconceptions(shown, notes),
            looks=cohort.needing_a_look(shown),
        )
    )


def address(result: Result) -> str:
    """Where the submission's report lies, seen from the class page; "./" keeps an id from being a scheme."""
    return f"./{quote(os.fsencode(result.submission.id), safe='')}/report.html"
