"""The class page: where the class stands, what to say in the next lecture, which submissions to look at."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from urllib.parse import quote

from grader.exercise import Exercise
from grader.reports.formats.pages import environment
from grader.reports.text.neutral import clean
from grader.reports.text.words import Words
from grader.reports.views import cohort
from grader.reports.views.overrides import Overrides, marked
from grader.results import Result


def class_page(
    results: Sequence[Result],
    exercise: Exercise,
    lang: str = "en",
    progress: tuple[int, int] | None = None,
    overrides: Overrides | None = None,
) -> str:
    """All results as one page; `progress` is (graded, to grade) while a batch is running.

    The page can be read without scripts; a small inline script sorts and filters the table. Raises
    UsageError for an unknown language, or a manual mark that does not fit its result.
    """
    shown = []
    scores = []
    links = {}
    for result in marked(results, overrides):
        clear = clean(result, limit=400)
        shown.append(clear)
        scores.append(clear.score)
        # Addresses are made from the ids as they are; the ids on the page may have been cut.
        links[clear.submission.id] = address(result)
    mean = median = None
    if scores:
        mean = statistics.fmean(scores)
        median = statistics.median(scores)
    if progress is not None and progress[0] >= progress[1]:
        progress = None  # a finished batch has nothing to say of its progress
    page = environment(lang).get_template("class.html")
    return page.render(
        words=Words(exercise, lang),
        results=shown,
        links=links,
        manual=set(overrides or {}),
        names=cohort.function_names(shown),
        progress=progress,
        full=cohort.full_mark(shown),
        mean=mean,
        median=median,
        bins=cohort.bins(shown),
        checks=cohort.check_statistics(shown),
        misconceptions=cohort.misconceptions(shown, exercise.notes(lang)),
        looks=cohort.needing_a_look(shown),
    )


def address(result: Result) -> str:
    """The address of the submission's report, relative to the class page.

    It begins with "./", so that no id can pass for another scheme, such as "javascript:".
    """
    # As bytes: a file's name need not be UTF-8, and its id then holds lone surrogates.
    name = os.fsencode(result.submission.id)
    folder = quote(name, safe="")
    return f"./{folder}/report.html"
