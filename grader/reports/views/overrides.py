"""Manual marks: an instructor's `overrides.toml`, which regrading never touches.

[alice.FUNCTION]             # the submission's id, the function's name
points = 4.5                 # replaces the function's score; may be left out
comment = "Right idea."      # shown to the student as the instructor's; may be left out
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.results import FunctionResult, Result


@dataclass(frozen=True)
class Override:
    """What the instructor says of one function: points instead of the grader's, a comment, or both."""

    points: float | None = None
    comment: str = ""


Manual = Mapping[str, Override]  # one submission's, by function
Overrides = Mapping[str, Manual]  # a class's, by submission id


def load_overrides(path: Path) -> Overrides:
    """Read `overrides.toml`. Raises UsageError where it cannot be read or holds anything unknown."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    return {
        submission: {
            name: _override(entry, f"{path}, [{submission}.{name}]") for name, entry in table.items()
        }
        for submission, table in _tables(tables, str(path))
    }


def apply_overrides(result: Result, manual: Manual | None) -> Result:
    """`result` with the instructor's points. Raises UsageError for an unknown function or too many points."""
    if not manual:
        return result
    functions = dict(result.functions)
    for name, override in manual.items():
        if name not in functions:
            raise UsageError(f"overrides: {result.submission.id} has no function {name}.")
        functions[name] = _with_points(functions[name], override, f"{result.submission.id}.{name}")
    score = sum(function.score for function in functions.values())
    return dataclasses.replace(result, functions=functions, score=score)


def unused_overrides(overrides: Overrides, results: Iterable[Result]) -> tuple[str, ...]:
    """The ids in `overrides` that no result has: most likely misspelt."""
    known = {result.submission.id for result in results}
    return tuple(sorted(set(overrides) - known))


def _tables(tables: Mapping[str, Any], where: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(f"{where}: {name} must be a table, such as [{name}.FUNCTION].")
        yield name, table


def _override(entry: Any, where: str) -> Override:
    if not isinstance(entry, dict) or set(entry) - {"points", "comment"}:
        raise UsageError(f"{where} may hold points and comment only.")
    points, comment = entry.get("points"), entry.get("comment", "")
    if not isinstance(comment, str):
        raise UsageError(f"{where}: comment must be a text.")
    if points is not None and (not _is_number(points) or points < 0):
        raise UsageError(f"{where}: points must be a number, 0 or more.")
    return Override(points, comment)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _with_points(function: FunctionResult, override: Override, where: str) -> FunctionResult:
    if override.points is None:
        return function
    if override.points > function.max_score:
        raise UsageError(
            f"overrides: {where} has {override.points:g} points of at most {function.max_score:g}."
        )
    return dataclasses.replace(function, score=float(override.points))
