"""Classroom 50's result.json."""

from __future__ import annotations

import json

import report_samples as samples

from grader.reports.formats.classroom50 import classroom50_report


def test_classroom50_has_whole_numbers_and_the_environment_s_facts():
    text = classroom50_report(
        samples.wrong(),
        samples.EXERCISE,
        environment={"CLASSROOM": "c", "COMMIT_URL": "u"},
    )
    data = json.loads(text)
    assert data["schema"] == "classroom50/result/v1"
    assert (data["classroom"], data["commit"], data["release"]) == (
        "c",
        "u",
        "",
    )
    assert (data["score"], data["max-score"]) == (900, 2000)
    assert all(isinstance(test["score"], int) for test in data["tests"])
    assert data["tests"][2] == {
        "test-name": "loss", "passed": False, "score": 0, "max-score": 100,
        "misconceptions": ["loss-sum-before-square"],
    }  # fmt: skip
