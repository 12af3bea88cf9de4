"""The gradebook: one row a submission, to open in a spreadsheet or to join with a list of students."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from grader.reports.text import neutral
from grader.reports.views.content import alarming
from grader.reports.views.overrides import Overrides, apply_overrides
from grader.results import Result


def gradebook(results: Sequence[Result], overrides: Overrides | None = None) -> str:
    """CSV with a header: id, name, score, max, each function's score and status, misconceptions, flags.

    Numbers are written with a point, whatever the language, as programs read them. Texts that a
    spreadsheet would take for a formula begin with an apostrophe.
    """
    overrides = overrides or {}
    marked = [apply_overrides(result, overrides.get(result.submission.id)) for result in results]
    marked.sort(key=lambda result: result.submission.id)
    names = list(dict.fromkeys(name for result in marked for name in result.functions))
    header = ["submission", "name", "score", "max_score"]
    header += [column for name in names for column in (name, f"{name}_status")]
    rows = [[*header, "misconceptions", "manual", "look", "seed"]]
    rows += [_row(result, names, set(overrides.get(result.submission.id, ()))) for result in marked]
    return to_csv(rows)


def to_csv(rows: Sequence[Sequence[str]]) -> str:
    """Rows of neutral texts as CSV, every cell quoted, lines ended as RFC 4180 has it."""
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    return file.getvalue()


def mark(value: float) -> str:
    """A mark with two decimals at most: "3", "2.5"."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _row(result: Result, names: Sequence[str], manual: set[str]) -> list[str]:
    row = [neutral.csv(result.submission.id), neutral.csv(result.submission.name)]
    row += [mark(result.score), mark(result.max_score)]
    for name in names:
        function = result.functions.get(name)
        row += [mark(function.score), function.status] if function else ["", ""]
    found = [identifier for function in result.functions.values() for identifier in function.misconceptions]
    return [
        *row,
        neutral.csv(" ".join(dict.fromkeys(found))),
        neutral.csv(" ".join(sorted(manual))),
        neutral.csv(" / ".join(alarming(result))),
        str(result.seed),
    ]
