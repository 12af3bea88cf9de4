"""The formats that other programs read, field by field."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from xml.etree import ElementTree

import pytest
import report_samples as samples

from grader.errors import UsageError
from grader.reports import CLASS_FORMATS, FORMATS
from grader.reports.formats import lms
from grader.reports.formats.classroom50 import classroom50_report
from grader.reports.views.overrides import Override

MANUAL = {"backward_pass": Override(4.5)}


def rendered(name: str, sample=samples.wrong, manual=None) -> str:
    return FORMATS[name].render(sample(), samples.NOTES, "en", manual)


def test_junit_counts_fail_skip_and_properties():
    root = ElementTree.fromstring(rendered("junit"))
    assert (root.get("tests"), root.get("failures"), root.get("skipped"), root.get("errors")) == (
        str(len(root.findall(".//testcase"))), str(len(root.findall(".//failure"))),
        str(len(root.findall(".//skipped"))), "0",
    )  # fmt: skip
    suite = root.find("testsuite[@name='backward_pass']")
    named = [one.get("value") for one in suite.findall("properties/property[@name='misconception']")]
    assert named[0] == "backward-dloss-swapped"
    assert suite.find("testcase/skipped").get("message").startswith("Not judged")
    assert root.find("testsuite[@name='loss']/testcase/failure").text.startswith("The differences are summed")


def test_junit_tells_of_functions_that_are_missing_and_stays_xml_whatever_a_student_wrote():
    root = ElementTree.fromstring(rendered("junit", samples.hostile))
    assert len(root.findall(".//failure[@type='Missing']")) == 6
    assert root.find(".//failure").get("message").startswith("`sigma` raised Evil: </script>")


def test_gradescope_shows_everything_and_the_score_is_the_sum():
    data = json.loads(rendered("gradescope", manual=MANUAL))
    assert data["score"] == sum(test["score"] for test in data["tests"]) == 12.5
    assert {test["visibility"] for test in data["tests"]} == {"visible"}  # a hidden test hides the total
    assert {test["status"] for test in data["tests"]} == {"passed", "failed"}
    backward = data["tests"][5]
    assert backward["output_format"] == "md" and "a node of the graph is skipped" in backward["output"]


def test_classroom50_has_whole_numbers_and_the_environment_s_facts():
    text = classroom50_report(
        samples.wrong(), samples.NOTES, environment={"CLASSROOM": "c", "COMMIT_URL": "u"}
    )
    data = json.loads(text)
    assert data["schema"] == "classroom50/result/v1"
    assert (data["classroom"], data["commit"], data["release"]) == ("c", "u", "")
    assert (data["score"], data["max-score"]) == (900, 2000)
    assert all(isinstance(test["score"], int) for test in data["tests"])
    assert data["tests"][2] == {
        "test-name": "loss", "passed": False, "score": 0, "max-score": 100,
        "misconceptions": ["loss-sum-before-square"],
    }  # fmt: skip


def test_github_annotations_mark_lines_of_files_and_not_of_notebook_cells():
    lines = rendered("github").splitlines()
    assert lines[0] == (
        "::error file=practical-3.ipynb,line=13,title=loss%3A 0 / 1::"
        "The differences are summed before they are squared"
    )
    assert lines[1].startswith(
        "::error title=backward_pass%3A 1 / 6::The arguments of `dloss` are swapped%0A"
    )
    assert lines[-1] == "::notice title=grader::9 / 20"


def test_no_student_s_text_is_a_workflow_command_of_its_own():
    for line in rendered("github", samples.hostile).splitlines():
        assert line.startswith(("::error ", "::notice "))
        keys = [part.split("=")[0] for part in line.split("::")[1].split(" ", 1)[1].split(",")]
        assert keys in (["title"], ["file", "line", "title"])


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_canvas_rows_match_by_id_or_by_login():
    results = [samples.wrong("martinbruno_LATE_123_456_practical.ipynb"), samples.right("amelie")]
    rows = table(lms.canvas(results, title="Practical 3 (4711)"))
    assert rows[0] == ["Student", "ID", "SIS Login ID", "Section", "Practical 3 (4711)"]
    assert rows[1] == ["    Points Possible", "", "", "", "20.00"]
    assert rows[2] == ["Amélie Poulain", "", "amelie", "", "20.00"]
    assert rows[3] == ["Bruno Martin", "123", "", "", "9.00"]


WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,"
    "Last modified (grade),Feedback comments\r\n"
    'Participant 7,"Martin, Bruno",b@x.invalid,Submitted,,10.00,-,\r\n'
    "Participant 8,Nobody,n@x.invalid,No submission,,10.00,-,\r\n"
)


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
        assert archive.namelist() == ["Bruno_7_assignfeedback_file_/report.html"]


def test_nbgrader_has_its_columns():
    rows = table(CLASS_FORMATS["nbgrader"].render([samples.wrong()], {"bruno": MANUAL}))
    assert dict(zip(*rows, strict=True)) == {
        "assignment": "practical3", "duedate": "", "timestamp": "2026-11-23 23:15:00", "student_id": "bruno",
        "last_name": "Bruno Martin", "first_name": "", "email": "", "raw_score": "12.50",
        "late_submission_penalty": "0.0", "score": "12.50", "max_score": "20.00",
    }  # fmt: skip


@pytest.mark.parametrize("name", CLASS_FORMATS)
def test_no_export_of_a_class_holds_a_formula(name):
    for row in table(CLASS_FORMATS[name].render([samples.hostile(), samples.right()], None)):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
