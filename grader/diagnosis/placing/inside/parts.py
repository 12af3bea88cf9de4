"""Runs in the student's process: what a run of a function gives, and whether it is right.

The text of this module is sent there, so it needs nothing of grader's but what is sent before it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch

PERCENT = 100
MOST_SLACK = 0.05  # of a printed number, by which it may be off


class Told(list[Any]):
    """All that a loop tells: columns of numbers, each with how far it may be off as it was printed."""


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same, but for rounding."""
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        if one.shape != other.shape or one.is_complex():
            return False
        return torch.allclose(
            one.double(), other.double(), 1e-4, 1e-12, equal_nan=True
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        pairs = list(zip(one, other, strict=False))
        return len(one) == len(other) and all(is_same(*two) for two in pairs)
    if not isinstance(one, bool | int | float):
        return False
    return type(one) is type(other) and one == other


def comes_out(given: Sequence[Any], part: torch.Tensor) -> bool:
    """Whether values are a part of what a function gives: that part, or all of its entries in turn.

    Of tuples, whether those in one of their places are.
    """
    first = given[0]
    if isinstance(first, tuple):
        return any(
            comes_out(list(turns), part) or comes_out(turns[:1], part)
            for turns in zip(*given, strict=False)
        )
    if len(given) == 1 and isinstance(first, torch.Tensor):
        return is_same(first, part)
    if not all(isinstance(one, bool | int | float) for one in given):
        return False
    return is_same(torch.tensor(given, dtype=part.dtype), part)


def is_multiple(given: Sequence[Any], right: Sequence[Any]) -> bool:
    """Whether numbers are right but for a factor that is the same for all of them."""
    if len(given) != len(right) or len(given) < 2:
        return False
    factors = []
    for one, other in zip(given, right, strict=True):
        for number in (one, other):
            if not isinstance(number, int | float) or number == 0:
                return False
        factors.append(one / other)
    return math.isclose(min(factors), max(factors), rel_tol=1e-4)


def parts_of(
    task: Mapping[str, Any], value: Any, arguments: Sequence[Any]
) -> list[Any] | None:
    """The parts of what a run gives; None where it does not have them."""
    if task["accumulators"]:
        return [arguments[position] for position in task["accumulators"]]
    if task["reads"] in ("run", "start"):
        nb_columns = task["columns"]
        read = _parts_of_loop if _is_of_loop(value) else _parts_of_run
        parts = read(value, nb_columns)
        if parts is not None and task["reads"] == "start":
            return parts[: len(parts) - nb_columns]
        return parts
    leaves: list[Any] = []
    _collect(value, leaves)
    return leaves


def _collect(value: Any, parts: list[Any]) -> None:
    if isinstance(value, tuple | list):
        for one in value:
            _collect(one, parts)
    else:
        parts.append(value)


def _parts_of_run(value: Any, nb_columns: int) -> list[Any] | None:
    """The parameters, then the columns of the history; where there is none that is one, columns are empty."""
    if not isinstance(value, tuple | list) or len(value) < 2:
        return None
    *first, history = value
    parameters = first[0] if len(first) == 1 else first
    if not isinstance(parameters, tuple | list):
        return None
    columns = [torch.zeros(0)] * nb_columns
    try:
        rows = torch.tensor([[float(one) for one in row] for row in history])
        if rows.dim() == 2 and rows.shape[1] == nb_columns:
            columns = list(rows.t())
    except (TypeError, ValueError, RuntimeError):
        pass
    return [*parameters, *columns]


def _is_of_loop(value: Any) -> bool:
    """Whether a value is what a loop outside a function gives: see `inside.turns`."""
    if not isinstance(value, tuple) or len(value) != 4:
        return False
    final, _, nb_turns, _ = value
    return isinstance(nb_turns, int) and isinstance(final, list | tuple)


def _parts_of_loop(value: Any, nb_columns: int) -> list[Any] | None:
    """The same of a loop outside a function: the final parameters, and for each column all that it tells."""
    final, _, _, columns = value
    told = Told()
    for _, _, numbers, half_units in columns:
        # what is printed more coarsely tells nothing
        off = half_units.clamp(max=MOST_SLACK * numbers.abs().clamp(min=1))
        told += [(numbers, off), (numbers / PERCENT, off / PERCENT)]
    return [*final, *[told] * nb_columns]


def looks_drawn(value: Any, like: torch.Tensor, spread: float) -> bool:
    """Whether a tensor has a shape, and entries drawn around 0 with a standard deviation."""
    if not isinstance(value, torch.Tensor) or value.shape != like.shape:
        return False
    count = max(value.numel(), 1)
    entries = value.detach().double()
    found = float(entries.pow(2).mean().sqrt())
    mean = float(entries.mean())
    # five standard errors of each
    if abs(found - spread) > 5 * spread / math.sqrt(2 * count):
        return False
    return abs(mean) <= 5 * spread / math.sqrt(count)


def is_close(value: Any, expected: torch.Tensor, tolerance: Any) -> bool:
    """Whether a part is the expected one: of its shape, and no entry further from it than the tolerance."""
    if isinstance(value, Told):
        return any(
            is_close(one, expected, tolerance + off) for one, off in value
        )
    if not isinstance(value, torch.Tensor):
        if not isinstance(value, bool | int | float):
            return False
        value = torch.tensor(float(value))
    if value.shape != expected.shape or value.is_complex():
        return False
    value = value.detach().double()
    difference = (value - expected.double()).abs()
    same = (value == expected) | (value.isnan() & expected.isnan())
    same |= difference <= tolerance
    return bool(same.all())
