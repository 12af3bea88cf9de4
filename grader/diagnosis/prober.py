"""A prober over the sandboxed student: the diagnosis asks, the worker answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from grader.checking.conventions import Convention
from grader.diagnosis.observation import Evidence, Outcome, Prober, Rows
from grader.errors import StudentFailure
from grader.results import Source
from grader.sandbox.calls import Calls
from grader.sandbox.replies import Reply


class StudentProber:
    """Calls a submission for the diagnosis, its functions as they are or with another text."""

    def __init__(self, calls: Calls, edits: Mapping[str, str] = {}) -> None:
        self._calls = calls
        self._edits = edits

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        supply: Mapping[str, Tensor] = {},
    ) -> Outcome:
        """What a call gives; raises StudentFailure where it hangs or dies."""
        reply = self._calls.call(function, arguments, supply, self._edits)
        return _outcome(reply)

    def calls(self, function: str, rows: Rows) -> list[Outcome]:
        """The same for each row, in one exchange; raises StudentFailure where a call hangs or dies."""
        apart = [_cloned(row) for row in rows]
        try:
            replies = self._calls.call_rows(function, apart, edits=self._edits)
            return [_outcome(reply) for reply in replies]
        except StudentFailure:
            # One by one, so that a call that fails takes no other with it.
            return [self.call(function, row) for row in rows]

    def search(self, function: str, search: Mapping[str, Any]) -> Any:
        """What a search among edits of the function finds; raises StudentFailure."""
        return self._calls.search(function, search)

    def edited(self, function: str, source: str) -> StudentProber:
        """A prober over the same submission with that function's text replaced."""
        return StudentProber(self._calls, {**self._edits, function: source})

    def evidence(self, function: str) -> Evidence:
        """What the source of a function shows, and whether autograd was at work when it ran."""
        reading = self._calls.reading
        source = reading.sources[function]
        findings = dict(reading.findings[function])
        raised = []
        for line, cell, gives_value in findings.pop("prepares"):
            if self._calls.has_raised_at(line, cell):
                raised.append(gives_value)
        helpers = {}
        for one in findings.pop("helpers"):
            label = reading.labels.get(one["cell"], "")
            helpers[one["name"]] = Source(
                one["text"], one["first_line"], one["cell"], label
            )
        return Evidence(
            source=source.text,
            first_line=source.first_line,
            autograd=bool(self._calls.by_hand.torch_names(function)),
            own_names=reading.own_names,
            order=self._calls.orders.get(function),
            is_lifted=self._calls.is_lifted(function),
            raised_before=bool(raised),
            unbound_before=any(raised),
            signatures=reading.parameters,
            helpers=helpers,
            **findings,
        )


class ConvertingProber:
    """A prober that lays out one function's vectors as the student has them, and gives vectors back."""

    def __init__(
        self, prober: Prober, function: str, convention: Convention
    ) -> None:
        self._prober = prober
        self._function = function
        self._convention = convention

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        supply: Mapping[str, Any] = {},
    ) -> Outcome:
        """What a call gives; raises StudentFailure where it hangs or dies."""
        if function != self._function:
            return self._prober.call(function, arguments, supply)
        given = self._convention.given(arguments)
        return self._as_vectors(self._prober.call(function, given, supply))

    def calls(self, function: str, rows: Rows) -> list[Outcome]:
        """The same for each row; raises StudentFailure where a call hangs or dies."""
        if function != self._function:
            return self._prober.calls(function, rows)
        given = self._convention.given_rows(rows)
        outcomes = self._prober.calls(function, given)
        return [self._as_vectors(outcome) for outcome in outcomes]

    def _as_vectors(self, outcome: Outcome) -> Outcome:
        value = self._convention.taken(outcome.value)
        arguments = self._convention.taken_arguments(outcome.arguments)
        return replace(outcome, value=value, arguments=arguments)

    def search(self, _function: str, _search: Mapping[str, Any]) -> Any:
        """Nothing: the right values are those of vectors."""
        return None

    def edited(self, function: str, source: str) -> ConvertingProber:
        """The same with that function's text replaced."""
        edited = self._prober.edited(function, source)
        return ConvertingProber(edited, self._function, self._convention)


def _cloned(row: Sequence[Any]) -> list[Any]:
    """A row of arguments with every tensor cloned: rows may share tensors, and a call may change them."""
    cloned = []
    for argument in row:
        is_tensor = isinstance(argument, Tensor)
        cloned.append(argument.clone() if is_tensor else argument)
    return cloned


def _outcome(reply: Reply) -> Outcome:
    """A worker's reply as the diagnosis looks at it."""
    error = reply.error
    if error is None:
        return Outcome(reply.value, reply.arguments)
    described = (error.kind, error.text)
    return Outcome(reply.value, reply.arguments, described, error.frames)
