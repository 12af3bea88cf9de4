"""A function's derivative without autograd, which can take the place of a student's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_STEP = 1e-5  # in float64: the error is of the order of its square, and rounding of 1e-11


def derivative_of(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """The derivative with respect to the first argument, by central differences in float64.

    Of a function that gives an entry for each entry, entry by entry; of any other, of the sum of what it
    gives. The result has the first argument's shape and dtype.
    """

    def derivative(first: Tensor, *others: Any) -> Tensor:
        exact = first.detach().double()
        given = [_exact(one) for one in others]

        def value(at: Tensor) -> Tensor:
            given_back = function(at, *given)
            return torch.as_tensor(given_back, dtype=torch.float64).detach()

        if value(exact).shape == exact.shape and exact.dim():
            slope = (value(exact + _STEP) - value(exact - _STEP)) / (2 * _STEP)
            return slope.to(first.dtype)
        slope = torch.zeros_like(exact)
        moved = exact.clone()
        flat, slopes = moved.view(-1), slope.view(-1)
        for i in range(len(flat)):
            here = flat[i].clone()
            flat[i] = here + _STEP
            above = value(moved).sum()
            flat[i] = here - _STEP
            slopes[i] = (above - value(moved).sum()) / (2 * _STEP)
            flat[i] = here
        return slope.to(first.dtype)

    return derivative


def _exact(value: Any) -> Any:
    is_float = isinstance(value, Tensor) and value.is_floating_point()
    return value.detach().double() if is_float else value
