"""A derivative without autograd is the one that autograd computes."""

from __future__ import annotations

import pytest
import torch

from grader.sandbox.inside.derivative import derivative_of

FUNCTIONS = {
    "entry by entry": lambda x: torch.tanh(x) + x**3,
    "a sum": lambda x, t: ((x - t) ** 2).sum(),
    "a float": lambda x, t: ((x - t) ** 2).mean().item(),
    "a vector of another size": lambda x: torch.stack(
        [x.sum(), (x * x).sum()]
    ),
}


@pytest.mark.parametrize("shape", [(), (1,), (5,), (4, 3), (5, 1)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_what_autograd_gives(name: str, shape: tuple[int, ...]) -> None:
    function = FUNCTIONS[name]
    x = torch.randn(shape, dtype=torch.float64)
    given = [torch.randn(shape)] * (function.__code__.co_argcount - 1)
    leaf = x.clone().requires_grad_()
    value = function(leaf, *given)
    if isinstance(value, float):
        value = ((leaf - given[0].double()) ** 2).mean()
    (expected,) = torch.autograd.grad(value.sum(), leaf)
    for dtype in (torch.float64, torch.float32):
        found = derivative_of(function)(x.to(dtype), *given)
        assert found.shape == x.shape
        assert found.dtype == dtype
        assert torch.allclose(found.double(), expected, 1e-5, 1e-5)


def test_the_argument_stays_as_it_is() -> None:
    x = torch.randn(4)
    before = x.clone()
    derivative_of(lambda v: v.mul_(2).sum())(x)
    assert torch.equal(x, before)
