"""Torch at work for the student: seen where it differentiates or optimises, and not where it computes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]

SEEN = {
    "x.sum().backward()": "Tensor.backward",
    "torch.autograd.grad(x.sum(), x)": "torch.autograd.grad",
    "torch.func.grad(torch.sum)(x.detach())": "torch.func.grad",
    "torch.optim.SGD([x], lr=0.1)": "torch.optim",
    "torch.nn.Linear(3, 2)(x)": "torch.nn.Linear",
    "helper(x)": "Tensor.backward",
}
NOT_SEEN = [
    "torch.nn.MSELoss()(x, x)",
    "torch.nn.Tanh()(x)",
    "torch.nn.init.normal_(x.detach())",
    "x @ x",
]
SOURCE = """
    import torch

    def helper(x):
        x.sum().backward()

    def double(x):
        x = x.clone().requires_grad_()
        {}
        return x
"""


@pytest.mark.parametrize("deed", SEEN)
def test_what_torch_does_for_a_function_is_seen(
    open_calls: OpenCalls, deed: str
) -> None:
    with open_calls(SOURCE.format(deed)) as calls:
        # torch imports some of it only now, which takes its time, and may fail without a folder to write to
        calls.call_seconds = {"double": 20}
        calls.call("double", (torch.ones(3),))
        assert SEEN[deed] in calls.autograd["double"]
        said = calls.by_torch("double")
        assert said is not None
        assert SEEN[deed] in said


@pytest.mark.parametrize("deed", NOT_SEEN)
def test_what_is_computed_is_not(open_calls: OpenCalls, deed: str) -> None:
    with open_calls(SOURCE.format(deed)) as calls:
        assert calls.call("double", (torch.ones(3),)).error is None
        assert calls.by_torch("double") is None
