"""Functions that take the exercise's arguments in another order than the hand-out's.

Contracts are positional: who swaps two parameters is called with their values swapped. The names of the
parameters may tell what was meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Order = tuple[
    int, ...
]  # for each parameter of the student's, the position of the exercise's argument for it


def order_told(own: Sequence[str], parameters: Sequence[str]) -> Order | None:
    """The order that a function's parameters `own` tell by their names; None where they tell no other one.

    parameters: the exercise's. A single name that is none of these stands for the argument that is left over.
    """
    # further parameters have defaults
    names = [_plain(name) for name in own[: len(parameters)]]
    wanted = [_plain(name) for name in parameters]
    if len(names) < len(wanted) or len(set(names)) < len(names):
        return None
    order: dict[int, int] = {}
    for position, name in enumerate(names):
        if name in wanted:
            order[position] = wanted.index(name)
    for position in range(len(names)):
        # another name at its own place: nothing says that it has moved
        if position not in order and position not in order.values():
            order[position] = position
    places = set(range(len(names)))
    left = places - order.keys()
    free = places - set(order.values())
    if len(left) > 1:
        return None
    order.update(zip(left, free, strict=True))
    told = [order[position] for position in range(len(names))]
    if told == sorted(told):
        return None
    return tuple(told)


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def in_order(row: Sequence[Any], order: Order) -> list[Any]:
    """The arguments of a call in the student's order."""
    moved = [row[place] for place in order]
    return [*moved, *row[len(order) :]]


def put_back(row: Sequence[Any], order: Order) -> list[Any]:
    """The arguments of a call in the student's order in the exercise's again."""
    arguments = list(row)
    for position, place in enumerate(order):
        arguments[place] = row[position]
    return arguments
