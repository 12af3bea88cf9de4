"""Learning platforms: grades for Canvas and nbgrader, Moodle's worksheet filled in, Moodle's feedback zip.

A platform knows its students by its own ids. The names that it gave to the files of its download hold them.
What cannot be matched is returned, never guessed. A mark that is incomplete is left empty, as a platform
would take it for the final one.
"""

from __future__ import annotations

import csv
import io
import math
import re
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from grader.errors import UsageError
from grader.reports.formats.gradebook import to_csv
from grader.reports.text import neutral
from grader.reports.views.cohort import full_mark
from grader.reports.views.overrides import Overrides, marked
from grader.results import Result

# The names that Canvas and Moodle give in a download; the number is the user's or the participant's.
_CANVAS = re.compile(r"^[^_]+(?:_LATE)?_(\d+)_\d+_")
_MOODLE = re.compile(r"^.+_(\d+)_assignsubmission_file_?$")
_POINTS_POSSIBLE = re.compile(r"(points) (possible)", re.IGNORECASE)
_NBGRADER = [
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
]  # fmt: skip
# The columns of Moodle's worksheet that are read or filled in.
_IDENTIFIER = "Identifier"
_GRADE = "Grade"
_MODIFIED = "Last modified (grade)"
_MAXIMUM = "Maximum Grade"


def canvas(
    results: Sequence[Result],
    overrides: Overrides | None = None,
    title: str = "",
) -> str:
    """Canvas's gradebook CSV. `title` is the assignment's column, such as "Practical 3 (4711)".

    With a title that Canvas does not know, it makes a new column. The user's id is read from the name of a
    downloaded file. A submission without such a name has no row: see `not_in_canvas`.
    """
    found = marked(results, overrides)
    full = full_mark(found)
    if not title and found:
        title = found[0].exercise
    rows = [
        ["Student", "ID", "SIS Login ID", "Section", neutral.csv(title)],
        # Canvas knows this row by its name, which begins with four spaces.
        ["    Points Possible", "", "", "", f"{full:.2f}"],
    ]
    for result in found:
        match = _first_match(_CANVAS, result)
        if match is not None:
            name = _canvas_name(result.submission.name)
            rows.append([name, match[1], "", "", _mark(result)])
    return to_csv(rows)


def not_in_canvas(results: Sequence[Result]) -> tuple[str, ...]:
    """The ids of the submissions that have no row in Canvas's CSV, as no user of Canvas is known for them."""
    left = []
    for result in results:
        if _first_match(_CANVAS, result) is None:
            left.append(result.submission.id)
    return tuple(left)


def _canvas_name(name: str) -> str:
    """A student's name that is not that of Canvas's own row."""
    return _POINTS_POSSIBLE.sub(r"\1-\2", neutral.csv(name))


def nbgrader(
    results: Sequence[Result], overrides: Overrides | None = None
) -> str:
    """The CSV that `nbgrader export` writes; the submission's id is the student's."""
    rows = [_NBGRADER]
    for result in marked(results, overrides):
        # A result knows nothing of the other columns, such as the date when it was due.
        cells = dict.fromkeys(_NBGRADER, "")
        cells |= {
            "assignment": neutral.csv(result.exercise),
            "timestamp": _timestamp(result.started),
            "student_id": neutral.csv(result.submission.id),
            "last_name": neutral.csv(result.submission.name),
            "raw_score": _mark(result),
            "late_submission_penalty": "0.0",
            "score": _mark(result),
            "max_score": f"{result.max_score:.2f}",
        }
        rows.append(list(cells.values()))
    return to_csv(rows)


def moodle(
    worksheet: str,
    results: Sequence[Result],
    overrides: Overrides | None = None,
) -> tuple[str, tuple[str, ...]]:
    """The instructor's own grading worksheet with the grades filled in, and the ids that have no row in it.

    Grades are scaled to the row's maximum. Raises UsageError if the worksheet lacks a column.
    """
    rows = _worksheet_rows(worksheet)
    header = rows[0]
    identifier = header.index(_IDENTIFIER)
    grade = header.index(_GRADE)
    has_maximum = _MAXIMUM in header
    found = defaultdict(list)
    for result in marked(results, overrides):
        found[_participant(result)].append(result)
    for row in rows[1:]:
        # a row may be shorter than the header
        row += [""] * (len(header) - len(row))
        participant = _number_at_end(row[identifier])
        # of two submissions that claim one row, none is believed
        if len(found[participant]) != 1:
            continue
        (result,) = found.pop(participant)
        full = ""
        if has_maximum:
            full = row[header.index(_MAXIMUM)]
        if not result.incomplete:
            row[grade] = f"{_scaled(result, full):.2f}"
    left = []
    for unmatched in found.values():
        for result in unmatched:
            left.append(result.submission.id)
    # The rows are Moodle's own and go back to it: an apostrophe before a name would be a change.
    return to_csv(rows), tuple(left)


def moodle_feedback(reports: Mapping[str, str]) -> bytes:
    """The zip of reports for Moodle; `reports` maps submission ids to pages.

    The id must be the submission's folder in a download from Moodle. Any other id is left out, as Moodle
    could not place it.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for identifier, page in sorted(reports.items()):
            if not _is_moodle_folder(identifier):
                continue
            folder = identifier.replace(
                "_assignsubmission_file", "_assignfeedback_file"
            )
            # A ZipInfo has a fixed date: the same reports give the same bytes at any time.
            entry = zipfile.ZipInfo(f"{folder}/report.html")
            archive.writestr(entry, page)
    return file.getvalue()


def moodle_folder(result: Result) -> str | None:
    """The submission's folder in Moodle's download; None if it does not come from one."""
    found = _first_match(_MOODLE, result)
    return found[0] if found else None


def _worksheet_rows(worksheet: str) -> list[list[str]]:
    """The header and the rows below it. Raises UsageError if a column is missing."""
    # A byte order mark would be read as part of the first column's name.
    file = io.StringIO(worksheet.removeprefix("\ufeff"), newline="")
    try:
        rows = [row for row in csv.reader(file) if row]
    except csv.Error as error:
        raise UsageError(f"The worksheet is not a CSV: {error}.") from error
    header = rows[0] if rows else []
    needed = (_IDENTIFIER, _GRADE, _MODIFIED)
    missing = [column for column in needed if column not in header]
    if missing:
        columns = ", ".join(missing)
        raise UsageError(
            f"The worksheet has no column {columns}; download it from Moodle in English."
        )
    return rows


def _is_moodle_folder(identifier: str) -> bool:
    # The id becomes a path in the zip, and must not lead to another folder.
    if "/" in identifier or "\\" in identifier:
        return False
    return _MOODLE.match(identifier) is not None


def _participant(result: Result) -> str:
    found = _first_match(_MOODLE, result)
    return found[1] if found else result.submission.id


def _first_match(
    pattern: re.Pattern[str], result: Result
) -> re.Match[str] | None:
    """The name that a platform gave: to a file or its folder, else to the submission.

    A student may call a file as the platform would call another student's. It counts where the submission has
    its id from it, which ends in the same number.
    """
    id_ = result.submission.id
    for path in result.submission.files:
        outermost = path.split("/")[0]
        found = pattern.match(outermost)
        if found and re.search(rf"_{found[1]}(?:-\d+)?$", id_):
            return found
    return pattern.match(id_)


def _number_at_end(text: str) -> str:
    found = re.search(r"\d+$", text)
    return found[0] if found else ""


def _mark(result: Result) -> str:
    """The mark as a platform reads it; empty where it is incomplete."""
    return "" if result.incomplete else f"{result.score:.2f}"


def _scaled(result: Result, maximum: str) -> float:
    try:
        full = float(maximum.replace(",", "."))  # some languages write a comma
    except ValueError:
        return result.score
    if not result.max_score or not math.isfinite(full):
        return result.score
    return result.score * full / result.max_score


def _timestamp(started: str) -> str:
    try:
        return datetime.fromisoformat(started).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return neutral.csv(started)
