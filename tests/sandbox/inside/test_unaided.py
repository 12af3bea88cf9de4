"""Torch without autograd: nothing records, nothing switches it on again, and computing is what it was.

In a process of its own, as it is for good.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

SETUP = """
    import torch
    from grader.sandbox.inside.unaided import forbid_autograd

    forbid_autograd()
    p = torch.ones(3).requires_grad_()

    def graph():
        return torch.tanh(p).grad_fn
"""
STAYS_OFF = [
    "y = graph()",
    "torch.set_grad_enabled(True); y = graph()",
    "with torch.enable_grad(): y = graph()",
    "with torch.inference_mode(False): y = graph()",
    "torch._C._InferenceMode(False); y = graph()",
    "with torch._C._AutoDispatchBelowAutograd(): pass\ny = graph()",
    "import gc; gc.collect(); y = graph()",
    "y = torch.func.vmap(torch.tanh)(p[None]).grad_fn",
    "y = torch.nn.Linear(3, 1)(p).grad_fn",
]
REFUSED = [
    "torch.func.grad(torch.sum)(torch.ones(3))",
    "torch.func.jvp(torch.tanh, (torch.ones(3),), (torch.ones(3),))",
    "torch.autograd.forward_ad.enter_dual_level()",
    "torch.tanh(p).sum().backward()",
    "torch.autograd.grad(torch.tanh(p).sum(), p)",
]


def run(deed: str) -> str:
    source = textwrap.dedent(SETUP) + deed
    done = subprocess.run(
        [sys.executable, "-c", source],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("deed", STAYS_OFF)
def test_nothing_is_recorded(deed: str) -> None:
    assert run(f"{deed}\nprint(y)").strip() == "None"


def test_what_differentiates_is_refused() -> None:
    tries = [
        f"try:\n    {deed}\n    print('it differentiates')\nexcept RuntimeError:\n    print('refused')\n"
        for deed in REFUSED
    ]
    assert run("".join(tries)).split() == ["refused"] * len(REFUSED)
