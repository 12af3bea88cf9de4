"""`recognise = "order"`: the parts of a returned sequence stand in another order than the reference's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from grader.diagnosis.closeness import same
from grader.diagnosis.observation import Outcome, has_parts
from grader.diagnosis.recognisers.base import Observation, Reader, Reading

# Parts that equal none of the reference's: with more, any order would fit.
AT_MOST_UNKNOWN = 2


class Order(Reader):
    """Most parts are those of the reference at other places; the unknown ones are tried everywhere else."""

    name = "order"

    def readings(self, seen: Observation) -> Iterator[Reading]:
        right = _values(seen.expected)
        for value in right:
            if not isinstance(value, tuple):
                return
        count = len(right[0])
        theirs = _values(seen.outcomes)
        for value in theirs:
            if not has_parts(value, count):
                return
        as_it_is = list(range(count))
        places = _places(theirs, right)
        for order in _orders(places, count):
            if order == as_it_is:
                continue
            outcomes = _reordered(seen.outcomes, order)
            yield Reading(outcomes, is_whole=True)


def _values(outcomes: Sequence[Outcome]) -> list[Any]:
    return [outcome.value for outcome in outcomes]


def _reordered(
    outcomes: Sequence[Outcome], order: Sequence[int]
) -> list[Outcome]:
    """The outcomes with the parts of each value taken from the places `order`."""
    reordered = []
    for outcome in outcomes:
        parts = [outcome.value[place] for place in order]
        reordered.append(replace(outcome, value=tuple(parts)))
    return reordered


def _places(theirs: Sequence[Any], right: Sequence[Any]) -> dict[int, int]:
    """Part of the reference -> the place at which the student returns it; the unknown ones are left out."""
    count = len(right[0])
    places: dict[int, int] = {}
    for part, place in itertools.product(range(count), repeat=2):
        if part in places or place in places.values():
            continue
        if _stands_at(place, part, theirs, right):
            places[part] = place
    return places


def _stands_at(
    place: int,
    part: int,
    theirs: Sequence[Any],
    right: Sequence[Any],
) -> bool:
    """Whether the student's values have at `place` what the reference's have at `part`."""
    # On every probe: on a single one, two parts may be equal by chance.
    for value, expected in zip(theirs, right, strict=True):
        given, wanted = value[place], expected[part]
        if not same(given, wanted):
            return False
    return True


def _orders(places: dict[int, int], count: int) -> Iterator[list[int]]:
    """Every order of all parts in which the known ones have their places; none if too few are known."""
    everywhere = set(range(count))
    unknown = sorted(everywhere - set(places))
    free = sorted(everywhere - set(places.values()))
    if len(unknown) > AT_MOST_UNKNOWN:
        return
    for rest in itertools.permutations(free):
        order = dict(places)
        order.update(zip(unknown, rest, strict=True))
        yield [order[part] for part in range(count)]
