"""The class page: where the class stands, what to say in the next lecture, which submissions to look at."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from grader.exercise import Exercise
from grader.reports.formats.pages import environment
from grader.reports.text import prose
from grader.reports.text.neutral import clean
from grader.reports.text.words import Words
from grader.reports.views import cohort
from grader.reports.views.content import (
    Explanation,
    Notes,
    explain,
    first_failed,
)
from grader.reports.views.listing import wrong_parts
from grader.reports.views.overrides import Overrides, marked
from grader.results import FunctionResult, Result

MOST_SHARED = 8  # misconceptions that are shown at once


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
    words = Words(exercise, lang)
    notes = exercise.notes(lang)
    shown = []
    scores = []
    links = {}
    for result in marked(results, overrides):
        clear = _cleaned(result)
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
    shared = cohort.misconceptions(shown, notes)
    page = environment(lang).get_template("class.html")
    return page.render(
        words=words,
        results=cohort.weakest_first(shown),
        links=links,
        manual=set(overrides or {}),
        names=cohort.function_names(shown),
        progress=progress,
        full=cohort.full_mark(shown),
        mean=mean,
        median=median,
        bins=cohort.bins(shown),
        checks=cohort.check_statistics(shown),
        misconceptions=shared,
        titles={one.note.id: one.note for one in shared},
        most=MOST_SHARED,
        standings=cohort.standings(shown),
        concerns=cohort.concerns(shown),
        concerns_of=cohort.concerns_of,
        nb_full=sum(one.score >= one.max_score for one in shown),
        why=lambda result: reasons(result, notes, words),
    )


def _cleaned(result: Result) -> Result:
    """A result with short texts; its sources stay whole, as a line is looked up in them."""
    clear = clean(result, limit=400)
    functions = {}
    for (name, short), function in zip(
        clear.functions.items(), result.functions.values(), strict=True
    ):
        functions[name] = replace(
            short,
            source=clean(function.source),
            helpers=clean(function.helpers),
        )
    return replace(clear, functions=functions)


def reasons(
    result: Result, notes: Notes, words: Words
) -> list[tuple[str, list[str]]]:
    """What is known of each function that is not right, in words."""
    found = []
    for name, function in result.functions.items():
        if function.status == "right":
            continue
        explanation = explain(name, function, notes)
        told = []
        for note in explanation.notes:
            told.append(prose.to_text(note.title, function.facts))
        if not told:
            told = list(_without_name(function, explanation, words))
        found.append((name, told))
    return found


def _without_name(
    function: FunctionResult, explanation: Explanation, words: Words
) -> Iterator[str]:
    """The same where no mistake is named: its place, or the first check that failed."""
    for part in wrong_parts(function):
        yield f"`{part}`"
    if explanation.first_wrong:
        yield words(
            "First wrong quantity: %(name)s.", name=explanation.first_wrong
        ).rstrip(".")
    elif function.status in ("missing", "blocked"):
        yield words.state(function.status)
    elif not explanation.is_placed:
        failed = first_failed(function)
        if failed is not None:
            yield words.title(failed.title)


def address(result: Result) -> str:
    """The address of the submission's report, relative to the class page.

    It begins with "./", so that no id can pass for another scheme, such as "javascript:".
    """
    # As bytes: a file's name need not be UTF-8, and its id then holds lone surrogates.
    name = os.fsencode(result.submission.id)
    folder = quote(name, safe="")
    return f"./{folder}/report.html"
