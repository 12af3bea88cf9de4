"""A result as the text of a grade.json, and back."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import any_result
import pytest
import report_samples as samples
from hypothesis import given
from hypothesis import strategies as st

from grader.results import SCHEMA, Result, from_json, to_json

RESULTS = [samples.right(), samples.wrong()]


@pytest.mark.parametrize("result", RESULTS, ids=["right", "wrong"])
def test_a_result_reads_back(result: Result) -> None:
    assert from_json(to_json(result)) == result


@given(any_result.results)
def test_any_result_reads_back(result: Result) -> None:
    """What cannot be written, such as half of a surrogate pair, is replaced once and stays."""
    kept = from_json(to_json(result))
    assert from_json(to_json(kept)) == kept
    assert (kept.score, kept.seed) == (result.score, result.seed)
    if "\ufffd" not in repr(kept) and "?" not in to_json(kept):
        assert kept == result


_PLAIN = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    max_leaves=6,
)


@given(data=st.data())
def test_a_claim_of_another_type_is_refused(data: st.DataObject) -> None:
    """One field anywhere in a grade.json is something else: it is a result of the same types, or none."""
    plain = json.loads(to_json(samples.wrong()))
    place = plain
    while True:
        keys = list(place) if isinstance(place, dict) else [*range(len(place))]
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner:
            break
        if data.draw(st.booleans()):
            break
        place = inner
    place[key] = data.draw(_PLAIN)
    try:
        result = from_json(json.dumps(plain))
    except ValueError:
        return
    assert isinstance(result, Result)
    assert from_json(to_json(result)) == result
    assert all(map(math.isfinite, (result.score, result.max_score)))


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a":' * 100_000, "1e999999", "9" * 100_000, '{"seed": 1e999999}', "\0", "\ufeff{}"],
)  # fmt: skip
def test_odd_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a grade\.json"):
        from_json(text)


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


@pytest.mark.parametrize("score", [-0.01, 1e300, 20.01])
def test_a_mark_that_cannot_be_given_is_refused(score: float) -> None:
    right = samples.right()
    name, function = next(iter(right.functions.items()))
    functions = {**right.functions, name: replace(function, score=score)}
    for one in (
        replace(right, score=score),
        replace(right, unjudged=score),
        replace(right, functions=functions),
    ):
        with pytest.raises(ValueError, match="from 0 to max_score"):
            from_json(to_json(one))


def test_what_has_no_place_in_json_is_refused() -> None:
    with pytest.raises(TypeError, match=r"no place in a grade\.json"):
        to_json(replace(samples.right(), versions={"torch": object()}))
