"""Names a mistake that stands where a function is mended, where no numbers can prove it: each call raises."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from grader.diagnosis.case import Case
from grader.diagnosis.observation import all_raised
from grader.diagnosis.verdict import Clue, Diagnosis
from grader.exercise import Form, Misconception, patterns


def named_where_it_stands(case: Case, found: Diagnosis) -> Diagnosis:
    """The diagnosis with the only known mistake whose wrong expression stands at what mends the function."""
    is_placed = found.mended and found.marks and not found.helpers
    if found.misconceptions or not is_placed:
        return found
    if not all_raised(case.outcomes):
        return found
    lines = {mark.line for mark in found.marks}
    standing = {}
    for misconception in case.exercise.misconceptions.of(case.function):
        line = _line_of(case, misconception)
        if line in lines:
            standing[misconception.id] = line
    if len(standing) != 1:
        return found
    ((id_, line),) = standing.items()
    return found.also(id_, Clue(line), case.order)


def _line_of(case: Case, misconception: Misconception) -> int | None:
    """The line where what a form of the mistake writes stands, and what is right does not."""
    for form in misconception.forms:
        for line in _lines(case, form):
            return line
    return None


def _lines(case: Case, form: Form) -> Iterator[int]:
    if form.function != case.function:
        return
    for edit in form.edits:
        if not _says_something(edit.by):
            continue
        line = case.source.line_of(edit.by)
        if line is not None and case.source.line_of(edit.replace) is None:
            yield line


def _says_something(pattern: str) -> bool:
    """Whether a pattern is more than a name or a number, which would be found anywhere."""
    statements = patterns.fragment(pattern)
    node = patterns.expression(statements)
    return node is not None and not isinstance(
        node, ast.Name | ast.Constant | ast.Call
    )
