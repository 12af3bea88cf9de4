"""Gradescope's results.json."""

from __future__ import annotations

import json

import report_samples as samples

from grader.reports.formats.gradescope import gradescope_report
from grader.reports.views.overrides import Override

MANUAL = {"backward_pass": Override(4.5)}


def test_gradescope_shows_everything_and_the_score_is_the_sum():
    data = json.loads(
        gradescope_report(samples.wrong(), samples.EXERCISE, manual=MANUAL)
    )
    assert (
        data["score"] == sum(test["score"] for test in data["tests"]) == 12.5
    )
    assert {test["visibility"] for test in data["tests"]} == {
        "visible"
    }  # a hidden test hides the total
    assert {test["status"] for test in data["tests"]} == {"passed", "failed"}
    backward = data["tests"][5]
    assert (
        backward["output_format"] == "md"
        and "a node of the graph is skipped" in backward["output"]
    )
