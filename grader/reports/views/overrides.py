"""Manual marks: an instructor's `overrides.toml`. Grading again never touches it.

[alice.FUNCTION]             # the submission's id, the function's name
points = 4.5                 # replaces the function's score; may be left out
comment = "Right idea."      # shown to the student as the instructor's; may be left out
"""

from __future__ import annotations

import dataclasses
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import UsageError
from grader.results import FunctionResult, Result


@dataclass(frozen=True)
class Override:
    """What the instructor says about one function: points instead of the grader's, a comment, or both."""

    points: float | None = None
    comment: str = ""


Manual = Mapping[str, Override]  # one submission's, by function
Overrides = Mapping[str, Manual]  # a class's, by submission id


def load_overrides(path: Path) -> Overrides:
    """Read `overrides.toml`. Raises UsageError if it cannot be read or holds anything unknown."""
    try:
        # Windows' editors may begin a file with a byte order mark, which "utf-8-sig" skips.
        text = path.read_text(encoding="utf-8-sig")
        tables = tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    overrides = {}
    for submission, table in tables.items():
        overrides[submission] = _manual(path, submission, table)
    return overrides


def apply_overrides(result: Result, manual: Manual | None) -> Result:
    """`result` with the instructor's points. Raises UsageError for an unknown function or too many points."""
    if not manual:
        return result
    submission = result.submission.id
    functions = dict(result.functions)
    for name, override in manual.items():
        if name not in functions:
            raise UsageError(
                f"overrides: {submission} has no function {name}."
            )
        where = f"{submission}.{name}"
        functions[name] = _with_points(functions[name], override, where)
    score = sum(function.score for function in functions.values())
    unjudged = sum(function.unjudged for function in functions.values())
    return dataclasses.replace(
        result, functions=functions, score=score, unjudged=unjudged
    )


def marked(
    results: Iterable[Result], overrides: Overrides | None
) -> list[Result]:
    """A class's results with the instructor's points, sorted by submission id. Raises UsageError."""
    overrides = overrides or {}
    changed = []
    for result in results:
        manual = overrides.get(result.submission.id)
        changed.append(apply_overrides(result, manual))
    return sorted(changed, key=lambda result: result.submission.id)


def comment_on(function: str, manual: Manual | None) -> str:
    """The instructor's comment on a function; empty if there is none."""
    if not manual or function not in manual:
        return ""
    return manual[function].comment


def unused_overrides(
    overrides: Overrides, results: Iterable[Result]
) -> tuple[str, ...]:
    """The ids in `overrides` that no result has: most likely misspelt."""
    known = {result.submission.id for result in results}
    unused = set(overrides) - known
    return tuple(sorted(unused))


def _manual(path: Path, submission: str, table: Any) -> Manual:
    if not isinstance(table, dict):
        example = f"[{submission}.FUNCTION]"
        raise UsageError(
            f"{path}: {submission} must be a table, such as {example}."
        )
    manual = {}
    for name, entry in table.items():
        where = f"{path}, [{submission}.{name}]"
        manual[name] = _override(entry, where)
    return manual


def _override(entry: Any, where: str) -> Override:
    if not isinstance(entry, dict) or set(entry) - {"points", "comment"}:
        raise UsageError(f"{where} may hold only points and comment.")
    points = entry.get("points")
    comment = entry.get("comment", "")
    if not isinstance(comment, str):
        raise UsageError(f"{where}: comment must be a text.")
    if points is not None and not _is_mark(points):
        raise UsageError(f"{where}: points must be a number, 0 or more.")
    if points is not None:
        points = float(points)
    return Override(points, comment)


def _is_mark(value: Any) -> bool:
    # To Python, True is a number; and TOML can write nan and inf.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    # an integer may be larger than any float
    return 0 <= value <= sys.float_info.max


def _with_points(
    function: FunctionResult, override: Override, where: str
) -> FunctionResult:
    if override.points is None:
        return function
    if override.points > function.max_score:
        points = (
            f"{override.points:g} points of at most {function.max_score:g}"
        )
        raise UsageError(f"overrides: {where} has {points}.")
    # whatever grader could not judge, the instructor now has
    return dataclasses.replace(
        function, score=float(override.points), unjudged=0.0
    )
