"""Classroom 50's `result.json`: whole numbers, and the repository's facts from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from grader.exercise import Exercise
from grader.reports.text.neutral import clean
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import FunctionResult, Result

# Classroom 50 has whole numbers only: one of our points is 100 of theirs, so that halves survive.
SCALE = 100
SCHEMA = "classroom50/result/v1"
FIELDS = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
    "review": "REVIEW_URL",
}


def classroom50_report(
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    manual: Manual | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """One result as Classroom 50 reads it, its points multiplied by SCALE."""
    del exercise, lang  # the file holds no words
    result = clean(apply_overrides(result, manual), limit=200)
    data: dict[str, Any] = {"schema": SCHEMA}
    for field, variable in FIELDS.items():
        data[field] = environment.get(variable, "")
    data["datetime"] = result.started
    data["score"] = _whole(result.score)
    data["max-score"] = _whole(result.max_score)
    tests = []
    for name, function in result.functions.items():
        tests.append(_test(name, function))
    data["tests"] = tests
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _test(name: str, function: FunctionResult) -> dict[str, Any]:
    return {
        "test-name": name,
        "passed": function.score >= function.max_score,
        "score": _whole(function.score),
        "max-score": _whole(function.max_score),
        "misconceptions": list(function.misconceptions),
    }


def _whole(points: float) -> int:
    return round(SCALE * points)
