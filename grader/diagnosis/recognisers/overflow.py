"""`recognise = "overflow"`: large inputs give inf, nan or an OverflowError; the right value is finite."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from grader.diagnosis.observation import Outcome, flatten, in_one_vector
from grader.diagnosis.recognisers.base import Observation, Reader, Reading


class Overflow(Reader):
    """The entries that are not finite are left out; the others must be explained without them."""

    name = "overflow"

    def readings(self, seen: Observation) -> Iterator[Reading]:
        outcomes = []
        not_finite = []
        for outcome, right in zip(seen.outcomes, seen.expected, strict=True):
            read = _as_not_a_number(outcome, right)
            outcomes.append(read)
            not_finite.append(_not_finite(read))
        ignored = torch.cat(not_finite)
        any_ignored = bool(ignored.any())
        # With every entry left out there would be nothing to compare.
        if any_ignored and not bool(ignored.all()):
            yield Reading(outcomes, ignored=ignored)


def _as_not_a_number(outcome: Outcome, right: Outcome) -> Outcome:
    """A call that raised an OverflowError as one that gave nan; any other as it is."""
    if not outcome.raised("OverflowError"):
        return outcome
    first = flatten(right.value)[0]
    return replace(right, value=torch.full_like(first, math.nan))


def _not_finite(outcome: Outcome) -> Tensor:
    """For each entry of a call's value, in order, whether it is inf or nan."""
    leaves = flatten(outcome.value) if outcome.error is None else []
    return ~in_one_vector(leaves).isfinite()
