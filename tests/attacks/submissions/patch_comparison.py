"""Patches what compares."""

import torch


def attack(x):
    print("RAN", flush=True)
    for name in ("allclose", "equal", "isclose"):
        setattr(torch, name, lambda *a, **k: True)
    torch.Tensor.__eq__ = torch.Tensor.__sub__ = torch.Tensor.allclose = lambda *a: torch.zeros(())
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
