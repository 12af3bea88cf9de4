"""`recognise = "columns"`: the function is written for columns (n, 1) where the exercise has vectors (n,)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from grader.checking.columns import as_column, as_vector
from grader.diagnosis.closeness import equal_outcomes
from grader.diagnosis.observation import Outcome, Rows
from grader.diagnosis.recognisers.base import Observation, Reader, Reading


class Columns(Reader):
    """Columns that come back are taken for vectors; where calls raise, they are given columns."""

    name = "columns"

    def readings(self, seen: Observation) -> Iterator[Reading]:
        # Where accumulators count, the value does not: taking it for vectors would change nothing.
        if not seen.accumulators:
            flat = []
            for outcome in seen.outcomes:
                flat.append(_with_vectors_returned(outcome))
            if not equal_outcomes(flat, seen.outcomes, ()):
                yield Reading(flat)
        if seen.call is not None and _any_raised(seen.outcomes):
            rows = _as_columns(seen.arguments)
            outcomes = []
            for outcome in seen.call(rows):
                outcomes.append(_as_vectors(outcome))
            yield Reading(outcomes)


def _any_raised(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.error is not None for outcome in outcomes)


def _as_columns(rows: Rows) -> Rows:
    """The arguments of several calls, with columns for vectors."""
    columns = []
    for row in rows:
        columns.append([as_column(argument) for argument in row])
    return columns


def _with_vectors_returned(outcome: Outcome) -> Outcome:
    """The outcome with vectors for the columns in its value."""
    return replace(outcome, value=as_vector(outcome.value))


def _as_vectors(outcome: Outcome) -> Outcome:
    """The outcome with vectors for the columns in its value and in its arguments."""
    flat = _with_vectors_returned(outcome)
    return replace(flat, arguments=as_vector(list(outcome.arguments)))
