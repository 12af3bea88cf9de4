"""Learning platforms: what is written is parsed again, field by field."""

from __future__ import annotations

import csv
import io
import math
import zipfile
from dataclasses import replace

import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from grader.errors import UsageError
from grader.reports.formats import lms
from grader.reports.formats.gradebook import to_csv
from grader.reports.views.overrides import Override
from grader.results import Result


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


BRUNO = "martinbruno_LATE_123_456_practical.ipynb"


def test_canvas_rows_match_by_canvas_s_own_id():
    results = [samples.wrong(BRUNO), samples.right("amelie")]
    rows = table(lms.canvas(results, title="Practical 3 (4711)"))
    assert rows[0] == [
        "Student",
        "ID",
        "SIS Login ID",
        "Section",
        "Practical 3 (4711)",
    ]
    assert rows[1] == ["    Points Possible", "", "", "", "20.00"]
    assert rows[2:] == [["Bruno Martin", "123", "", "", "9.00"]]
    assert lms.not_in_canvas(results) == ("amelie",)


@pytest.mark.parametrize(
    "name",
    ["Points Possible", "  pOINTS \t po\u017f\u017fible", "X points possible"],
)
def test_no_student_is_canvas_s_own_row(name):
    sample = samples.wrong(BRUNO)
    named = replace(sample, submission=replace(sample.submission, name=name))
    rows = table(lms.canvas([named]))
    found = [row for row in rows if "points possible" in row[0].casefold()]
    assert found == rows[1:2]
    assert rows[2][1] == "123"


WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,"
    "Last modified (grade),Feedback comments\r\n"
    'Participant 7,"Martin, Bruno",b@x.invalid,Submitted,,10.00,-,\r\n'
    "Participant 8,Nobody,n@x.invalid,No submission,,10.00,-,\r\n"
)


def handed_in_as(file: str, id_: str) -> Result:
    sample = samples.wrong(id_)
    return replace(
        sample, submission=replace(sample.submission, files=(file,))
    )


def test_a_platform_s_name_is_found_in_the_files_too():
    moodle = handed_in_as(
        "Bruno_7_assignsubmission_file_/practical.ipynb", "Bruno_7"
    )
    canvas = handed_in_as(
        "martinbruno_123_456_practical.ipynb", "martinbruno_123-2"
    )
    assert lms.moodle_folder(moodle) == "Bruno_7_assignsubmission_file_"
    assert lms.moodle_folder(samples.wrong("bruno")) is None
    assert table(lms.moodle(WORKSHEET, [moodle])[0])[1][4] == "4.50"
    assert table(lms.canvas([canvas]))[2][1] == "123"


def test_a_students_own_file_claims_nobody_s_row():
    moodle = handed_in_as("Bruno_7_assignsubmission_file_/tp.py", "mallory")
    canvas = handed_in_as("martinbruno_123_456_tp.py", "mallory")
    assert lms.moodle_folder(moodle) is None
    text, unmatched = lms.moodle(WORKSHEET, [moodle])
    assert table(text) == table(WORKSHEET.removeprefix("\ufeff"))
    assert unmatched == ("mallory",)
    assert len(table(lms.canvas([canvas]))) == 2
    assert lms.not_in_canvas([canvas]) == ("mallory",)


def test_a_row_that_two_submissions_claim_is_left_alone():
    file = "Bruno_7_assignsubmission_file_/tp.py"
    both = [handed_in_as(file, id_) for id_ in ("Bruno_7", "Bruno_7-2")]
    text, unmatched = lms.moodle(WORKSHEET, both)
    assert table(text) == table(WORKSHEET.removeprefix("\ufeff"))
    assert unmatched == ("Bruno_7", "Bruno_7-2")


@given(
    rows=st.lists(
        st.lists(
            st.one_of(
                st.text(max_size=8),
                st.sampled_from(["Participant 7", "nan", "1e999", "10,00"]),
            ),
            max_size=8,
        ),
        max_size=6,
    )
)
def test_any_worksheet_keeps_what_it_says(rows):
    """Only the grade of the row that is meant changes; nothing in a row can end the filling in."""
    header = table(WORKSHEET.removeprefix("\ufeff"))[0]
    bruno = samples.wrong("Martin Bruno_7_assignsubmission_file_")
    text, _ = lms.moodle(to_csv([header, *rows]), [bruno])
    grade = header.index("Grade")
    filled = table(text)[1:]
    kept = [row for row in rows if row]
    assert len(filled) == len(kept)
    for after, before in zip(filled, kept, strict=True):
        assert len(after) == max(len(before), len(header))
        for place, cell in enumerate(before):
            if place != grade:
                assert after[place] == cell
        if after[grade] and after[grade] != (before + [""] * 8)[grade]:
            assert math.isfinite(float(after[grade]))


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
