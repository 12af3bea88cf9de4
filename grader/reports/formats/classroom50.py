"""Classroom 50's `result.json`: whole numbers, the repository's facts from the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from grader.reports.text.neutral import clean
from grader.reports.views.content import Notes
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import Result

SCALE = 100  # scores are whole numbers there: a point is 100 of theirs
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
    notes: Notes,
    lang: str = "en",
    manual: Manual | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str:
    """One result as Classroom 50 reads it. Points are multiplied by SCALE, so that halves survive."""
    del notes, lang  # it holds numbers only
    result = clean(apply_overrides(result, manual), limit=200)
    data: dict[str, Any] = {"schema": SCHEMA}
    data |= {field: environment.get(variable, "") for field, variable in FIELDS.items()}
    data |= {
        "datetime": result.started,
        "score": _whole(result.score),
        "max-score": _whole(result.max_score),
        "tests": [
            {
                "test-name": name,
                "passed": function.score >= function.max_score,
                "score": _whole(function.score),
                "max-score": _whole(function.max_score),
                "misconceptions": list(function.misconceptions),
            }
            for name, function in result.functions.items()
        ],
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _whole(points: float) -> int:
    return round(SCALE * points)
