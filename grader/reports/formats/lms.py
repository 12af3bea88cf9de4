"""Learning platforms: Canvas's and nbgrader's grades, Moodle's worksheet filled in, and its feedback zip.

Each platform's rows are matched by what it knows of a student, which the batch does not: the names that the
platform gave to the files hold it. What cannot be matched is returned, never guessed.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime

from grader.errors import UsageError
from grader.reports.formats.gradebook import to_csv
from grader.reports.text import neutral
from grader.reports.views.overrides import Overrides, apply_overrides
from grader.results import Result

_CANVAS = re.compile(r"^[^_]+(?:_LATE)?_(\d+)_\d+_")
_MOODLE = re.compile(r"^.+_(\d+)_assignsubmission_file_?$")
_NBGRADER = (
    "assignment,duedate,timestamp,student_id,last_name,first_name,email,"
    "raw_score,late_submission_penalty,score,max_score"
)
_GRADE, _IDENTIFIER, _MODIFIED, _MAXIMUM = "Grade", "Identifier", "Last modified (grade)", "Maximum Grade"


def canvas(results: Sequence[Result], overrides: Overrides | None = None, title: str = "") -> str:
    """Canvas's gradebook CSV; with another `title` than "Practical 3 (4711)" Canvas makes a new column.

    The user's id is read from a downloaded file's name; where the submission has another name, the
    submission's id stands as the login id, by which Canvas matches too.
    """
    marked = _marked(results, overrides)
    full = max((result.max_score for result in marked), default=0.0)
    head = [
        "Student",
        "ID",
        "SIS Login ID",
        "Section",
        neutral.csv(title or (marked[0].exercise if marked else "")),
    ]
    rows = [head, ["    Points Possible", "", "", "", f"{full:.2f}"]]
    for result in marked:
        found = _first_match(_CANVAS, result)
        login = "" if found else neutral.csv(result.submission.id)
        name = neutral.csv(result.submission.name)
        rows.append([name, found[1] if found else "", login, "", f"{result.score:.2f}"])
    return to_csv(rows)


def nbgrader(results: Sequence[Result], overrides: Overrides | None = None) -> str:
    """The CSV that `nbgrader export` writes; the submission's id is the student's."""
    rows = [_NBGRADER.split(",")]
    for result in _marked(results, overrides):
        name = neutral.csv(result.submission.name)
        score, full = f"{result.score:.2f}", f"{result.max_score:.2f}"
        rows.append(
            [
                neutral.csv(result.exercise),
                "",
                _timestamp(result.started),
                neutral.csv(result.submission.id),
                name,
                "",
                "",
                score,
                "0.0",
                score,
                full,
            ]
        )
    return to_csv(rows)


def moodle(
    worksheet: str, results: Sequence[Result], overrides: Overrides | None = None
) -> tuple[str, tuple[str, ...]]:
    """The instructor's own grading worksheet with the grades filled in, and the ids that have no row in it.

    Grades are scaled to the row's maximum. Raises UsageError where the worksheet lacks a column.
    """
    reader = csv.reader(io.StringIO(worksheet.removeprefix("\ufeff")))
    rows = [row for row in reader if row]
    header = rows[0] if rows else []
    missing = [column for column in (_IDENTIFIER, _GRADE, _MODIFIED) if column not in header]
    if missing:
        raise UsageError(
            f"The worksheet has no column {', '.join(missing)}; download it from Moodle in English."
        )
    grades = {_participant(result): result for result in _marked(results, overrides)}
    identifier, grade = header.index(_IDENTIFIER), header.index(_GRADE)
    maximum = header.index(_MAXIMUM) if _MAXIMUM in header else None
    found = set()
    for row in rows[1:]:
        participant = "".join(re.findall(r"\d+$", row[identifier]))
        if result := grades.get(participant):
            found.add(participant)
            row[grade] = f"{_scaled(result, row[maximum] if maximum is not None else ''):.2f}"
    unmatched = tuple(
        result.submission.id for participant, result in grades.items() if participant not in found
    )
    # The rows are Moodle's own and go back to it: an apostrophe put before a name would be a change.
    return to_csv(rows), unmatched


def moodle_feedback(reports: Mapping[str, str]) -> bytes:
    """The zip of reports for Moodle: submission id (the download's own folder) -> its page.

    Ids that are no folder of a Moodle download are left out: Moodle could not place them.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for identifier, page in sorted(reports.items()):
            if _MOODLE.match(identifier) and "/" not in identifier and "\\" not in identifier:
                folder = identifier.replace("_assignsubmission_file", "_assignfeedback_file")
                archive.writestr(zipfile.ZipInfo(f"{folder}/report.html"), page)  # same bytes at any time
    return file.getvalue()


def _marked(results: Sequence[Result], overrides: Overrides | None) -> list[Result]:
    marked = [apply_overrides(result, (overrides or {}).get(result.submission.id)) for result in results]
    return sorted(marked, key=lambda result: result.submission.id)


def moodle_folder(result: Result) -> str | None:
    """The submission's folder in Moodle's download; None where it does not come from one."""
    found = _first_match(_MOODLE, result)
    return found[0] if found else None


def _participant(result: Result) -> str:
    found = _first_match(_MOODLE, result)
    return found[1] if found else result.submission.id


def _first_match(pattern: re.Pattern[str], result: Result) -> re.Match[str] | None:
    """The platform's own name for a submission: that of a file or its folder, else the submission's id."""
    names = [path.split("/")[0] for path in result.submission.files]
    for name in (*names, result.submission.id):
        if match := pattern.match(name):
            return match
    return None


def _scaled(result: Result, maximum: str) -> float:
    try:
        full = float(maximum.replace(",", "."))
    except ValueError:
        return result.score
    return result.score * full / result.max_score if result.max_score else 0.0


def _timestamp(started: str) -> str:
    try:
        return datetime.fromisoformat(started).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return neutral.csv(started)
