"""What a report says of a result, whichever form it takes: what to do next, and what explains a mistake."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grader.results import CheckResult, FunctionResult, Note, Result

Notes = Mapping[str, Note]

# What a notice says when a person should look: nothing else in a Result tells a limit from a remark.
ALARMING = re.compile(
    r"gave no result|did not return|used up|(out of|ran out of) (time|memory)|killed|denied|refused|forge",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Step:
    """Something to do next: on which function, why, and what it is worth."""

    kind: Literal["write", "correct", "look", "rerun"]
    function: str
    points: float
    notes: tuple[Note, ...] = ()
    check: CheckResult | None = None
    line: int | None = None


@dataclass(frozen=True)
class Explanation:
    """The notes of the set that explains a function's mistakes, and of the sets that explain them as well."""

    notes: tuple[Note, ...]
    others: tuple[tuple[Note, ...], ...]


def note_of(identifier: str, notes: Notes, function: str = "") -> Note:
    """The note of a misconception; one that has no text still shows its id."""
    return notes.get(identifier) or Note(identifier, function, identifier.replace("-", " "), "")


def explain(name: str, function: FunctionResult, notes: Notes) -> Explanation:
    """The function's explanation: the named set first, then the alternatives that are another set."""
    sets = [function.misconceptions, *function.alternatives]
    distinct = list(dict.fromkeys(ids for ids in sets if ids))
    told = [tuple(note_of(identifier, notes, name) for identifier in ids) for ids in distinct]
    return Explanation(told[0] if told else (), tuple(told[1:]))


def next_steps(result: Result, notes: Notes) -> tuple[Step, ...]:
    """What the student can do, in the exercise's order: what comes first may mend what comes after."""
    return tuple(
        _step(name, function, notes)
        for name, function in result.functions.items()
        if function.status != "right" or function.score < function.max_score
    )


def _step(name: str, function: FunctionResult, notes: Notes) -> Step:
    points = function.max_score - function.score
    if function.status == "missing":
        return Step("write", name, points)
    if function.status == "blocked":
        return Step("rerun", name, points)
    told = explain(name, function, notes).notes
    return Step("correct" if told else "look", name, points, told, first_failed(function), function.line)


def first_failed(function: FunctionResult) -> CheckResult | None:
    """The first check that failed, None where none did."""
    return next((check for check in function.checks if check.outcome == "failed"), None)


def grouped(checks: Sequence[CheckResult]) -> tuple[tuple[CheckResult, ...], ...]:
    """The checks in their order, those together that say the same one after the other: it is read once."""
    numbered = enumerate(checks)
    groups = itertools.groupby(
        numbered, key=lambda one: (one[1].outcome, one[1].message, one[0] if one[1].mismatch else None)
    )
    return tuple(tuple(check for _, check in group) for _, group in groups)


def is_unexplained(function: FunctionResult) -> bool:
    """Whether checks failed and nothing tells why: no misconception, no first wrong quantity."""
    failed = function.status in ("partial", "wrong") and first_failed(function) is not None
    return failed and not (function.misconceptions or function.alternatives or function.first_wrong)


def alarming(result: Result) -> tuple[str, ...]:
    """The notices that tell of a limit that was hit or a thing that was refused."""
    return tuple(notice for notice in map(str, result.notices) if ALARMING.search(notice))


def unexplained(result: Result) -> tuple[str, ...]:
    """The functions whose mistake nothing explains."""
    return tuple(name for name, function in result.functions.items() if is_unexplained(function))
