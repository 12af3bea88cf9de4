"""Gradients to compare with: finite differences and autograd, in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

STEP = 6e-6  # about the cube root of float64's epsilon: the best step for a central difference


def finite_differences(function: Callable[[Tensor], Any], x: Tensor) -> Tensor:
    """The gradient of the sum of `function`'s entries at x, by central differences; of x's shape.

    For an elementwise function that is its derivative. (f(x + h) - f(x - h)) / 2h has an error of order
    h^2 f'''/6 (Press et al., Numerical Recipes, 5.7). `x` must be float64.
    """
    # an elementwise function tells all its derivatives in two calls
    up, down = function(x + STEP), function(x - STEP)
    if isinstance(up, Tensor) and up.shape == x.shape and x.dim() > 0:
        slope: Tensor = (up - down) / (2 * STEP)
        return slope
    gradient = torch.zeros_like(x)
    for i in range(x.numel()):
        step = torch.zeros_like(x).view(-1)
        step[i] = STEP
        step = step.view_as(x)
        gradient.view(-1)[i] = (_total(function(x + step)) - _total(function(x - step))) / (2 * STEP)
    return gradient


def _total(value: Any) -> float:
    return float(value.sum()) if isinstance(value, Tensor) else float(value)


def autograd_gradients(function: Callable[..., Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    """The gradients of the scalar `function(*inputs)` with respect to each input, in the inputs' dtype."""
    leaves = [x.detach().clone().requires_grad_() for x in inputs]
    with torch.enable_grad():
        return list(torch.autograd.grad(function(*leaves), leaves))
