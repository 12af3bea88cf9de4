"""GitHub's annotations: on lines of files, one command per line."""

from __future__ import annotations

import report_samples as samples

from grader.reports.formats.workflow import workflow_commands


def test_github_annotations_mark_lines_of_files_and_not_of_notebook_cells():
    lines = workflow_commands(samples.wrong(), samples.EXERCISE).splitlines()
    assert lines[0] == (
        "::error file=practical-3.ipynb,line=13,title=loss%3A 0 / 1::"
        "The differences are summed before they are squared"
    )
    assert lines[1].startswith(
        "::error title=backward_pass%3A 1 / 6::The arguments of `dloss` are swapped%0A"
    )
    assert lines[-1] == "::notice title=grader::9 / 20"


def test_no_student_s_text_is_a_workflow_command_of_its_own():
    for line in workflow_commands(
        samples.hostile(), samples.EXERCISE
    ).splitlines():
        assert line.startswith(("::error ", "::notice "))
        keys = [
            part.split("=")[0]
            for part in line.split("::")[1].split(" ", 1)[1].split(",")
        ]
        assert keys in (["title"], ["file", "line", "title"])
