"""Results of every kind that a grade.json may hold, for properties of the reports."""

from __future__ import annotations

from dataclasses import replace

import report_samples as samples
from hypothesis import strategies as st

from grader.notices import Notice
from grader.results import (
    CheckResult,
    Curves,
    FunctionResult,
    GradedFiles,
    Mismatch,
    Result,
    Source,
)

# what has a meaning in some format
_SPECIAL = (
    samples.HOSTILE, "", " ", "=1+1", "]]>", "</testcase>", "a\r\nb", '"', "|", "```", "::error::x", "\ud800",
    "\x1b[31m", "&amp;", "<b>", "\\", "a\tb", "# h", "- x", "1. x", "[a](b)", "$x$", "{x}", "%s", "'",
)  # fmt: skip
_LARGE = 2**63 - 1

texts = st.one_of(st.text(max_size=20), st.sampled_from(_SPECIAL))
names = st.one_of(st.sampled_from([*samples.POINTS]), texts)
points = st.integers(0, 2000).map(lambda hundredths: hundredths / 100)


def possible(marked):
    """A result, or that of a function, whose mark can be given."""
    return replace(marked, score=min(marked.score, marked.max_score))


wholes = st.one_of(st.integers(-5, 60), st.sampled_from([_LARGE, -_LARGE]))
numbers = st.floats(allow_nan=False, allow_infinity=False)
mismatches = st.builds(
    Mismatch,
    quantity=texts,
    kind=st.sampled_from(["type", "shape", "dtype", "values"]),
    actual=st.one_of(texts, st.just("(3, 4)")),
    expected=st.one_of(texts, st.just("()")),
    wrong=wholes,
    total=wholes,
    greatest=st.none() | numbers,
    where=st.lists(wholes, max_size=3).map(tuple),
)
checks = st.builds(
    CheckResult,
    id=texts,
    title=texts,
    outcome=st.sampled_from(["passed", "failed", "blocked"]),
    points=points,
    max_points=points,
    message=texts,
    mismatch=st.none() | mismatches,
)
sources = st.builds(
    Source,
    text=texts,
    first_line=wholes,
    cell=st.none() | wholes,
    label=texts,
    file=st.none() | texts,
    is_lifted=st.booleans(),
    places=st.dictionaries(
        wholes, st.tuples(wholes, wholes, texts), max_size=3
    ),
)
ids = st.one_of(st.sampled_from([*samples.NOTES]), texts)
functions = st.builds(
    FunctionResult,
    status=st.sampled_from(
        ["right", "partial", "wrong", "missing", "blocked"]
    ),
    score=points,
    max_score=points,
    follow_through=st.booleans(),
    misconceptions=st.lists(ids, max_size=3).map(tuple),
    alternatives=st.lists(
        st.lists(ids, max_size=2).map(tuple), max_size=2
    ).map(tuple),
    first_wrong=st.none() | texts | st.just("dl_dx2"),
    line=st.none() | wholes,
    checks=st.lists(checks, max_size=4).map(tuple),
    source=st.none() | sources,
    facts=st.dictionaries(
        st.sampled_from(["name", "shape"]), texts, max_size=2
    ),
    lines=st.dictionaries(ids, wholes, max_size=2),
    told_before=st.booleans(),
).map(possible)
notices = st.one_of(
    st.builds(
        Notice,
        st.just("remark"),
        st.builds(lambda text: {"text": text}, texts),
    ),
    st.builds(
        Notice,
        st.sampled_from(
            ["no-result", "file-left-out", "loop-not-run", "more"]
        ),
        st.dictionaries(
            st.sampled_from(["function", "reason", "count"]), texts
        ),
        st.none() | wholes,
        st.none() | wholes,
        texts,
        st.integers(0, 9),
    ),
)
_rows = st.lists(st.tuples(numbers, numbers, numbers), max_size=4).map(tuple)
results = st.builds(
    Result,
    exercise=texts,
    profile=texts,
    submission=st.builds(
        GradedFiles,
        # a folder's name, which can be written
        id=texts.filter(lambda text: text.isascii() or "\ud800" not in text),
        name=texts,
        files=st.lists(texts, max_size=3).map(tuple),
        sha256=texts,
    ),
    seed=wholes,
    versions=st.dictionaries(texts, texts, max_size=2),
    started=texts | st.just("2026-11-26T20:05:40+00:00"),
    duration_s=numbers,
    score=points,
    max_score=points,
    functions=st.dictionaries(names, functions, max_size=4),
    notices=st.lists(notices, max_size=3).map(tuple),
    isolation=st.dictionaries(texts, texts, max_size=2),
    curves=st.none() | st.builds(Curves, _rows, _rows),
    exercise_folder=st.none() | texts,
).map(possible)
