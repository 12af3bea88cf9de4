"""Gradients to compare with: finite differences and autograd, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

_STEP = 6e-6  # about the cube root of float64's epsilon: the best step for a central difference

Rows = Sequence[Sequence[Tensor]]


def finite_differences(function: Callable[[Tensor], Any], x: Tensor) -> Tensor:
    """The gradient of the sum of `function`'s entries at x, by central differences; of x's shape.

    For an elementwise function that is its derivative. (f(x + h) - f(x - h)) / 2h has an error of order
    h^2 f'''/6 (Press et al., Numerical Recipes, 5.7). `x` must be float64.
    """
    return differences_by_rows(lambda rows: [function(*row) for row in rows], [[x]])[0]


def differences_by_rows(each: Callable[[Rows], list[Any]], rows: Rows) -> list[Tensor]:
    """The same for each row of arguments, with respect to the first of them.

    `each` gives a function's values for rows of arguments, and may change what it is given. Elementwise
    functions tell all their derivatives in two calls.
    """
    points = [x for x, *_ in rows]
    ups, downs = (each([[x + step, *_own(rest)] for x, *rest in rows]) for step in (_STEP, -_STEP))
    if all(isinstance(up, Tensor) and up.shape == x.shape != () for up, x in zip(ups, points, strict=True)):
        return [(up - down) / (2 * _STEP) for up, down in zip(ups, downs, strict=True)]
    moved = [
        [_moved(x, i, step), *_own(rest)]
        for x, *rest in rows
        for i in range(x.numel())
        for step in (_STEP, -_STEP)
    ]
    totals = [float(v.sum()) if isinstance(v, Tensor) else float(v) for v in each(moved)]
    up, down = torch.tensor(totals, dtype=torch.float64).view(-1, 2).unbind(1)
    slopes = (up - down) / (2 * _STEP)
    parts = torch.split(slopes, [x.numel() for x in points])
    return [part.view_as(x) for part, x in zip(parts, points, strict=True)]


def _own(rest: Sequence[Tensor]) -> list[Tensor]:
    return [a.clone() for a in rest]


def _moved(x: Tensor, i: int, step: float) -> Tensor:
    moved = x.clone()
    moved.view(-1)[i] += step
    return moved


def autograd_gradients(function: Callable[..., Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    """The gradients of the scalar `function(*inputs)` with respect to each input, in the inputs' dtype."""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    with torch.enable_grad():
        return list(torch.autograd.grad(function(*leaves), leaves))
