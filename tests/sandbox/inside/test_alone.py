"""What would start a compiler or a process runs without, and gives the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]

SOURCES = {
    "compiled": "@torch.compile\ndef double(x):\n    return 2 * x\n",
    "compiled with options": "@torch.compile(mode='reduce-overhead')\ndef double(x):\n    return 2 * x\n",
    "compiled later": "def double(x):\n    return 2 * x\ndouble = torch.compile(double, fullgraph=True)\n",
    "scripted": "@torch.jit.script\ndef double(x):\n    return 2 * x\n",
    "traced": "def double(x):\n    return 2 * x\ndouble = torch.jit.trace(double, torch.ones(2))\n",
    "a compiler turned off": "@torch.compiler.disable\ndef double(x):\n    return 2 * x\n",
    "read back": (
        "import inspect\ndef double(x):\n    return 2 * x if 'return 2' in inspect.getsource(double) else x\n"
    ),
    "an optimiser": (
        "from torch import optim\ndef double(x):\n    w = x.clone().requires_grad_()\n"
        "    sgd = optim.SGD([w], lr=1.0)\n    (-(w * x).sum()).backward()\n    sgd.step()\n"
        "    return w.detach()\n"
    ),
    "workers": (
        "from torch.utils.data import DataLoader, TensorDataset\ndef double(x):\n"
        "    loader = DataLoader(TensorDataset(x), batch_size=1, num_workers=2, persistent_workers=True,\n"
        "        prefetch_factor=2, pin_memory=False, timeout=5)\n"
        "    return torch.cat([2 * row for (row,) in loader])\n"
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_it_gives_the_same(open_calls: OpenCalls, name: str) -> None:
    x = torch.tensor([1.0, -2.0])
    with open_calls("import torch\n" + SOURCES[name]) as calls:
        reply = calls.call("double", (x,))
    assert reply.error is None
    assert torch.equal(reply.value, 2 * x)
    kinds = [notice.kind for notice in calls.reading.notices]
    assert kinds == (["loader-workers"] if name == "workers" else [])
