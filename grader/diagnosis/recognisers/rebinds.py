"""`recognise = "rebinds"`: `g = g + d` binds a local name to a new tensor; the caller's `g` stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from grader.diagnosis.closeness import equal_outcomes
from grader.diagnosis.observation import Outcome, all_raised, has_parts
from grader.diagnosis.recognisers.base import Observation, Reader, Reading


class Rebinds(Reader):
    """What is returned, taken for the accumulators that should have changed and did not.

    The new values may be returned whole, or only what should have been added.
    """

    name = "rebinds"
    comes_first = True

    def line_in_source(self, seen: Observation) -> int | None:
        """The first line that assigns an accumulator's name anew."""
        lines = seen.source.rebound(seen.accumulator_names)
        return min(lines.values(), default=None)

    def readings(self, seen: Observation) -> Iterator[Reading]:
        if not seen.accumulators or all_raised(seen.outcomes):
            return
        returned = _names_returned(seen)
        line = self.line_in_source(seen)
        for is_addend in (False, True):
            outcomes = _as_changed(seen, returned, is_addend)
            if outcomes is None:
                return
            if not equal_outcomes(outcomes, seen.outcomes, seen.accumulators):
                yield Reading(outcomes, line, is_whole=True, conclusive=True)


def _names_returned(seen: Observation) -> Sequence[str]:
    """The accumulators in the order in which the source returns them; the reference's where it is silent."""
    names = seen.source.returned()
    if names is not None and set(names) == set(seen.accumulator_names):
        return names
    return seen.accumulator_names


def _as_changed(
    seen: Observation,
    returned: Sequence[str],
    is_addend: bool,
) -> list[Outcome] | None:
    """The outcomes as if each returned value stood in its accumulator; None where they do not fit."""
    outcomes = []
    for index, outcome in enumerate(seen.outcomes):
        if outcome.error is not None:
            outcomes.append(outcome)
            continue
        values = _values_by_name(outcome.value, returned)
        if values is None:
            return None
        changed = _with_returned(seen, index, values, is_addend)
        if changed is None:
            return None
        outcomes.append(changed)
    return outcomes


def _values_by_name(value: Any, names: Sequence[str]) -> dict[str, Any] | None:
    """What was returned, by name; None where it is no sequence of that many."""
    if not has_parts(value, len(names)):
        return None
    return dict(zip(names, value, strict=True))


def _with_returned(
    seen: Observation,
    index: int,
    values: Mapping[str, Any],
    is_addend: bool,
) -> Outcome | None:
    """Outcome number `index` with returned values in the accumulators that the call left as they were."""
    outcome = seen.outcomes[index]
    before = seen.arguments[index]
    arguments = list(outcome.arguments)
    changed = seen.changed(index)
    for position in seen.accumulators:
        value = values[seen.parameters[position]]
        start = before[position]
        if not isinstance(value, Tensor) or value.shape != start.shape:
            return None
        if position not in changed:
            arguments[position] = start + value if is_addend else value
    return replace(outcome, arguments=arguments)
