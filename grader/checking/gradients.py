"""Gradients to compare with: central differences and autograd."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

# About the cube root of float64's epsilon, the best step for a central difference: a smaller one loses more
# to rounding than it gains in truncation (Press et al., Numerical Recipes, 5.7).
STEP = 6e-6

Row = Sequence[Tensor]  # the arguments of one call
Rows = Sequence[Row]
MapRows = Callable[[Rows], list[Any]]


def finite_differences(function: Callable[[Tensor], Any], x: Tensor) -> Tensor:
    """The gradient of the sum of `function`'s entries at x, by central differences; of x's shape.

    For an elementwise function that is its derivative. (f(x + h) - f(x - h)) / 2h has an error of
    h^2 f'''/6 (Press et al., Numerical Recipes, 5.7). `x` must be float64.
    """
    map_rows = partial(for_each_row, function)
    (gradient,) = differences_by_rows(map_rows, [[x]])
    return gradient


def for_each_row(
    function: Callable[..., Any], rows: Iterable[Sequence[Any]]
) -> list[Any]:
    """What a function returns for each row of arguments."""
    return [function(*row) for row in rows]


def differences_by_rows(map_rows: MapRows, rows: Rows) -> list[Tensor]:
    """`finite_differences` for each row of arguments, with respect to the first argument of the row.

    `map_rows` gives a function's value for each row of arguments, and may change what it is given. An
    elementwise function is called twice per row, any other twice per entry of the first argument.
    """
    ups = map_rows(_all_moved(rows, STEP))
    downs = map_rows(_all_moved(rows, -STEP))
    for up, row in zip(ups, rows, strict=True):
        if not _is_elementwise(up, row[0]):
            return _differences_by_entries(map_rows, rows)
    # no entry depends on another one, so that all could be moved at once
    return [_slope(up, down) for up, down in zip(ups, downs, strict=True)]


def _slope(up: Tensor, down: Tensor) -> Tensor:
    """The difference quotient, from the values after a step up and after a step down."""
    return (up - down) / (2 * STEP)


def _is_elementwise(value: Any, x: Tensor) -> bool:
    """Whether a function's value looks like that of an elementwise function of x."""
    if not isinstance(value, Tensor) or x.dim() == 0:
        return False
    return value.shape == x.shape


def _differences_by_entries(map_rows: MapRows, rows: Rows) -> list[Tensor]:
    # all in one list, since each call of map_rows may be an exchange with a student's process
    moved = []
    sizes = []
    for row in rows:
        size = row[0].numel()
        sizes.append(size)
        for entry in range(size):
            moved.append(_moved(row, STEP, entry))
            moved.append(_moved(row, -STEP, entry))
    sums = []
    for value in map_rows(moved):
        sums.append(_sum(value))
    pairs = torch.tensor(sums, dtype=torch.float64).view(-1, 2)
    up, down = pairs.unbind(1)
    parts = torch.split(_slope(up, down), sizes)
    gradients = []
    for part, row in zip(parts, rows, strict=True):
        gradients.append(part.view_as(row[0]))
    return gradients


def _sum(value: Any) -> float:
    if isinstance(value, Tensor):
        value = value.sum()
    return float(value)


def _all_moved(rows: Rows, step: float) -> list[Row]:
    """Copies of the rows with their first arguments moved by `step`."""
    return [_moved(row, step) for row in rows]


def _moved(row: Row, step: float, entry: int | None = None) -> list[Tensor]:
    """A copy of the row with one entry of its first argument moved by `step`, or all of them."""
    moved = [argument.clone() for argument in row]
    x = moved[0]
    if entry is None:
        x += step
    else:
        x.view(-1)[entry] += step
    return moved


def autograd_gradients(
    function: Callable[..., Tensor], inputs: Sequence[Tensor]
) -> list[Tensor]:
    """The gradients of the scalar `function(*inputs)` with respect to each input, in the inputs' dtype."""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    with torch.enable_grad():
        value = function(*leaves)
        gradients = torch.autograd.grad(value, leaves)
    return list(gradients)
