"""`recognise = "columns"`: the function is written for columns (n, 1) where the exercise has vectors (n,)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.checking.columns import as_column, as_vector
from grader.diagnosis.closeness import equal_outcomes
from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.base import Observation, Reader, Reading


class Columns(Reader):
    """Columns that come back are taken for vectors; where calls raise, they are given columns."""

    name = "columns"

    def readings(self, seen: Observation) -> Iterator[Reading]:
        flat = [
            replace(outcome, value=as_vector(outcome.value))
            for outcome in seen.outcomes
        ]
        if not seen.accumulators and not equal_outcomes(flat, seen.outcomes, ()):
            yield Reading(flat)
        if seen.call is not None and any(
            outcome.error is not None for outcome in seen.outcomes
        ):
            rows = [[as_column(argument) for argument in row] for row in seen.arguments]
            yield Reading([_as_vectors(outcome) for outcome in seen.call(rows)])


def _as_vectors(outcome: Outcome) -> Outcome:
    arguments = [as_vector(argument) for argument in outcome.arguments]
    return replace(outcome, value=as_vector(outcome.value), arguments=arguments)
