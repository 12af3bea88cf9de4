"""Gradescope's `results.json`, to be written to /autograder/results: one test per function."""

from __future__ import annotations

import json
from typing import Any

from grader.exercise import Exercise
from grader.reports.formats.markdown import function_section
from grader.reports.text.neutral import clean
from grader.reports.text.words import Words
from grader.reports.views.content import Notes
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import FunctionResult, Result


def gradescope_report(
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    manual: Manual | None = None,
) -> str:
    """One result as Gradescope reads it. It gives the score, so that rounding cannot change the sum."""
    result = clean(apply_overrides(result, manual), limit=1_000)
    words = Words(exercise, lang)
    notes = exercise.notes(lang)
    notices = [words.notice(notice) for notice in result.notices]
    tests = []
    for number, (name, function) in enumerate(result.functions.items(), 1):
        test = _test(number, name, function, notes, words)
        tests.append(test)
    data = {
        "score": round(result.score, 2),
        "execution_time": round(result.duration_s, 3),
        "output": "\n".join(notices),
        "output_format": "text",
        "visibility": "visible",
        # The grader's own output may hold what a student printed.
        "stdout_visibility": "hidden",
        "tests": tests,
        "extra_data": {
            "exercise": result.exercise,
            "profile": result.profile,
            "seed": result.seed,
        },
    }
    return (
        json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    )


def _test(
    number: int,
    name: str,
    function: FunctionResult,
    notes: Notes,
    words: Words,
) -> dict[str, Any]:
    lines = function_section(name, function, notes, words)
    section = "\n".join(lines)
    status = "failed"
    if function.score >= function.max_score:
        status = "passed"
    return {
        "name": name,
        "name_format": "text",
        "number": str(number),
        "score": round(function.score, 2),
        "max_score": round(function.max_score, 2),
        "status": status,
        "output": section.strip(),
        "output_format": "md",
        "tags": list(function.misconceptions),
        "visibility": "visible",
    }
