"""Learning platforms: what is written is parsed again, field by field."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace

import pytest
import report_samples as samples

from grader.errors import UsageError
from grader.reports.formats import lms
from grader.reports.views.overrides import Override
from grader.results import Result


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_canvas_rows_match_by_id_or_by_login():
    results = [
        samples.wrong("martinbruno_LATE_123_456_practical.ipynb"),
        samples.right("amelie"),
    ]
    rows = table(lms.canvas(results, title="Practical 3 (4711)"))
    assert rows[0] == [
        "Student",
        "ID",
        "SIS Login ID",
        "Section",
        "Practical 3 (4711)",
    ]
    assert rows[1] == ["    Points Possible", "", "", "", "20.00"]
    assert rows[2] == ["Amélie Poulain", "", "amelie", "", "20.00"]
    assert rows[3] == ["Bruno Martin", "123", "", "", "9.00"]


WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,"
    "Last modified (grade),Feedback comments\r\n"
    'Participant 7,"Martin, Bruno",b@x.invalid,Submitted,,10.00,-,\r\n'
    "Participant 8,Nobody,n@x.invalid,No submission,,10.00,-,\r\n"
)


def handed_in_as(file: str) -> Result:
    sample = samples.wrong("bruno")
    return replace(
        sample, submission=replace(sample.submission, files=(file,))
    )


def test_a_platform_s_name_is_found_in_the_files_too():
    moodle = handed_in_as("Bruno_7_assignsubmission_file_/practical.ipynb")
    canvas = handed_in_as("martinbruno_123_456_practical.ipynb")
    assert lms.moodle_folder(moodle) == "Bruno_7_assignsubmission_file_"
    assert lms.moodle_folder(samples.wrong("bruno")) is None
    assert table(lms.moodle(WORKSHEET, [moodle])[0])[1][4] == "4.50"
    assert table(lms.canvas([canvas]))[2][1] == "123"


def test_moodle_s_own_worksheet_is_filled_in_and_nothing_else_is_touched():
    bruno = samples.wrong("Martin Bruno_7_assignsubmission_file_")
    text, unmatched = lms.moodle(WORKSHEET, [bruno, samples.right("amelie")])
    rows = table(text)
    before = table(WORKSHEET.removeprefix("\ufeff"))
    assert rows[1][4] == "4.50"  # 9 of 20, of 10
    rows[1][4] = ""
    assert rows == before
    assert unmatched == ("amelie",)


def test_a_worksheet_in_another_language_is_refused():
    with pytest.raises(UsageError, match="Identifier"):
        lms.moodle("Identifiant,Note\r\n", [samples.right()])


def test_moodle_s_feedback_goes_back_into_its_own_folders():
    reports = {
        "Bruno_7_assignsubmission_file_": "<p>",
        "amelie": "<p>",
        "../x_7_assignsubmission_file": "<p>",
    }
    with zipfile.ZipFile(io.BytesIO(lms.moodle_feedback(reports))) as archive:
        assert archive.namelist() == [
            "Bruno_7_assignfeedback_file_/report.html"
        ]


def test_nbgrader_has_its_columns():
    rows = table(
        lms.nbgrader(
            [samples.wrong()], {"bruno": {"backward_pass": Override(4.5)}}
        )
    )
    assert dict(zip(*rows, strict=True)) == {
        "assignment": "practical3", "duedate": "", "timestamp": "2026-11-23 23:15:00", "student_id": "bruno",
        "last_name": "Bruno Martin", "first_name": "", "email": "", "raw_score": "12.50",
        "late_submission_penalty": "0.0", "score": "12.50", "max_score": "20.00",
    }  # fmt: skip
