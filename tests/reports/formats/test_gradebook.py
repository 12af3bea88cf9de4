"""The gradebook: one row per submission."""

from __future__ import annotations

import csv
import io

import report_samples as samples

from grader.reports.formats.gradebook import gradebook


def test_the_gradebook_has_a_row_a_submission_and_plain_numbers():
    rows = list(
        csv.DictReader(
            io.StringIO(
                gradebook(
                    [samples.wrong(), samples.hostile(), samples.right()]
                )
            )
        )
    )
    assert [row["submission"] for row in rows[:2]] == ["amelie", "bruno"]
    assert rows[1]["score"] == "9" and rows[1]["max_score"] == "20"
    assert (
        rows[1]["backward_pass"] == "1"
        and rows[1]["backward_pass_status"] == "partial"
    )
    assert rows[1]["misconceptions"].split()[0] == "loss-sum-before-square"
    assert rows[2]["name"].startswith("'=cmd|")
