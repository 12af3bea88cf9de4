"""The class while a batch is graded: what of each result the class page needs, and the page itself."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TypeVar

from grader.exercise import Exercise
from grader.grading import output
from grader.results import CheckResult, FunctionResult, Result, Source

_SHORTEST_PAUSE = 5.0  # seconds between two versions of the class page
_PAUSE_PER_COST = (
    20  # the pause is also this many times what writing the page takes
)

# characters of a function, of which the page shows a line
_MOST_SOURCE = 20_000

T = TypeVar("T")


class Overview:
    """The results so far, small enough for a class of thousands, and the class page that shows them."""

    def __init__(
        self, folder: Path, exercise: Exercise, lang: str, ids: Sequence[str]
    ) -> None:
        """`ids` are those of all submissions, in the order in which results are listed."""
        self._folder = folder
        self._exercise = exercise
        self._lang = lang
        self._ids = ids
        self._results: dict[str, Result] = {}
        self._shared: dict[Hashable, object] = {}
        self._written = time.monotonic()
        self._pause = _SHORTEST_PAUSE

    def __len__(self) -> int:
        return len(self._results)

    def add(self, result: Result) -> None:
        """Keep what the class page needs of a result."""
        self._results[result.submission.id] = self._without_details(result)

    def results(self) -> list[Result]:
        """The results so far, without what only the submissions' own reports show."""
        found = []
        for id_ in self._ids:
            if id_ in self._results:
                found.append(self._results[id_])
        return found

    def write(self) -> None:
        """Write the class page and the gradebook, if there is any result."""
        if not self._results:
            return
        started = time.monotonic()
        progress = (len(self._results), len(self._ids))
        output.render_class(
            self._folder, self.results(), self._exercise, self._lang, progress
        )
        self._written = time.monotonic()
        # the page of a large class takes seconds: it must not hold up the grading
        cost = self._written - started
        self._pause = max(_SHORTEST_PAUSE, _PAUSE_PER_COST * cost)

    def write_if_due(self) -> None:
        """Write the page if the last one is old. Grading goes on where this fails: the last `write` tells."""
        if time.monotonic() - self._written > self._pause:
            with contextlib.suppress(Exception):
                self.write()

    def _without_details(self, result: Result) -> Result:
        functions = {}
        for name, function in result.functions.items():
            checks = [
                self._without_message(check) for check in function.checks
            ]
            functions[name] = dataclasses.replace(
                function, source=_shown(function), checks=tuple(checks)
            )
        # a dict is no key: its text stands for it
        versions = self._one_of_equals(repr(result.versions), result.versions)
        isolation = self._one_of_equals(
            repr(result.isolation), result.isolation
        )
        return dataclasses.replace(
            result,
            functions=functions,
            curves=None,
            versions=versions,
            isolation=isolation,
        )

    def _without_message(self, check: CheckResult) -> CheckResult:
        bare = dataclasses.replace(check, message="", mismatch=None)
        return self._one_of_equals(bare, bare)

    def _one_of_equals(self, key: Hashable, value: T) -> T:
        """The first value that came with this key: a class shares most of what its results hold."""
        return self._shared.setdefault(key, value)  # type: ignore[return-value]  # one key, one type


def _shown(function: FunctionResult) -> Source | None:
    """The source of a function of which the page shows the lines that are wrong; None for any other."""
    source = function.source
    if source is None or len(source.text) > _MOST_SOURCE:
        return None
    is_placed = function.marks or function.lines or function.line
    return source if is_placed and function.status != "right" else None
