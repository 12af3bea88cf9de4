"""A result as the text of a grade.json, and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import report_samples as samples

from grader.results import SCHEMA, Result, from_json, to_json

RESULTS = [samples.right(), samples.wrong()]


@pytest.mark.parametrize("result", RESULTS, ids=["right", "wrong"])
def test_a_result_reads_back(result: Result) -> None:
    assert from_json(to_json(result)) == result


def test_what_was_told_before_is_kept_and_left_out_elsewhere() -> None:
    result = samples.wrong()
    functions = dict(result.functions)
    name = next(iter(functions))
    assert "told_before" not in to_json(result)
    functions[name] = replace(functions[name], told_before=True)
    result = replace(result, functions=functions)
    assert from_json(to_json(result)) == result


def test_notices_are_told_in_english_beside_their_kind() -> None:
    data = json.loads(to_json(samples.wrong()))
    assert all(notice["text"] and notice["kind"] for notice in data["notices"])


@pytest.mark.parametrize(
    "change",
    [
        {"schema": SCHEMA + 1},
        {"notices": ["a sentence"]},
        {"functions": []},
        {"submission": None},
    ],
    ids=[
        "another schema",
        "a notice of schema 1",
        "no functions",
        "no submission",
    ],
)
def test_what_is_not_one_of_ours_is_refused(change: dict[str, object]) -> None:
    data = json.loads(to_json(samples.right()))
    with pytest.raises(ValueError, match=r"schema|grade\.json|notice"):
        from_json(json.dumps(data | change))


def test_what_has_no_place_in_json_is_refused() -> None:
    with pytest.raises(TypeError, match=r"no place in a grade\.json"):
        to_json(replace(samples.right(), versions={"torch": object()}))
