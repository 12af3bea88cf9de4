"""The gradebook: one row per submission, to open in a spreadsheet or to join with a list of students."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence

from grader.reports.text import neutral
from grader.reports.views.cohort import function_names
from grader.reports.views.content import to_look_at
from grader.reports.views.overrides import Overrides, marked
from grader.results import Result


def gradebook(
    results: Sequence[Result], overrides: Overrides | None = None
) -> str:
    """CSV with a header: id, name, score, max, each function's score and status, misconceptions, flags.

    The column "unjudged" has the points that an incomplete mark still lacks, and is empty for all others.

    Programs read this file, so numbers have a decimal point in every language. A text that a spreadsheet
    would take for a formula begins with an apostrophe.
    """
    overrides = overrides or {}
    found = marked(results, overrides)
    names = function_names(found)
    header = ["submission", "name", "score", "max_score"]
    for name in names:
        header += [name, f"{name}_status"]
    header += ["misconceptions", "manual", "look", "seed", "unjudged"]
    rows = [header]
    for result in found:
        manual = overrides.get(result.submission.id, {})
        rows.append(_row(result, names, manual))
    return to_csv(rows)


def to_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows of texts as CSV by RFC 4180, every cell quoted. The texts must already be neutral."""
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    return file.getvalue()


def mark(value: float) -> str:
    """A mark with at most two decimals: "3", "2.5"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _row(
    result: Result, names: Sequence[str], manual: Collection[str]
) -> list[str]:
    row = [
        neutral.csv(result.submission.id),
        neutral.csv(result.submission.name),
        mark(result.score),
        mark(result.max_score),
    ]
    for name in names:
        function = result.functions.get(name)
        if function:
            row += [mark(function.score), function.status]
        else:
            # A result of another version of the exercise may lack the function.
            row += ["", ""]
    named: list[str] = []
    for function in result.functions.values():
        named += function.misconceptions
    misconceptions = " ".join(dict.fromkeys(named))  # each once
    by_hand = " ".join(sorted(manual))
    looks = map(str, to_look_at(result))
    notices = " / ".join(looks)
    row += [
        neutral.csv(misconceptions),
        neutral.csv(by_hand),
        neutral.csv(notices),
        str(result.seed),
        mark(result.unjudged) if result.incomplete else "",
    ]
    return row
