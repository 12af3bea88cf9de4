"""A prober over the sandboxed student: the diagnosis asks, the worker answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from grader.diagnosis.observation import Evidence, Outcome
from grader.errors import StudentFailure
from grader.sandbox.calls import Calls
from grader.sandbox.replies import Reply


class StudentProber:
    """Calls a submission for the diagnosis, its functions as they are or with another text."""

    def __init__(self, calls: Calls, edits: Mapping[str, str] = {}) -> None:
        self._calls = calls
        self._edits = edits

    def call(
        self, function: str, arguments: Sequence[Any], supply: Mapping[str, Tensor] = {}
    ) -> Outcome:
        """What a call gives; raises StudentFailure where it hangs or dies."""
        return _outcome(self._calls.call(function, arguments, supply, self._edits))

    def calls(self, function: str, rows: Sequence[Sequence[Any]]) -> list[Outcome]:
        """The same for each row, in one exchange; raises StudentFailure where a call hangs or dies."""
        apart = [
            [a.clone() if isinstance(a, Tensor) else a for a in row] for row in rows
        ]
        try:
            return [
                _outcome(r)
                for r in self._calls.call_rows(function, apart, edits=self._edits)
            ]
        except StudentFailure:
            return [self.call(function, row) for row in rows]

    def edited(self, function: str, source: str) -> StudentProber:
        """A prober over the same submission with that function's text replaced."""
        return StudentProber(self._calls, {**self._edits, function: source})

    def evidence(self, function: str) -> Evidence:
        """What the source of a function shows, and whether autograd was at work when it ran."""
        reading = self._calls.reading
        source = reading.sources[function]
        return Evidence(
            source=source.text,
            first_line=source.first_line,
            autograd=bool(self._calls.autograd.get(function)),
            **reading.findings[function],
        )


def _outcome(reply: Reply) -> Outcome:
    error = reply.error
    return Outcome(
        reply.value,
        reply.arguments,
        (error.kind, error.text) if error else None,
        error.frames if error else (),
    )
