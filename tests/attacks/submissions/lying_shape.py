"""Returns a tensor that lies about its shape and entries."""

import torch


class Lying(torch.Tensor):
    shape = property(lambda self: torch.Size([5]))
    dtype = property(lambda self: torch.float32)
    numel = lambda self: 5
    numpy = lambda self, **k: b""


def attack(x):
    print("RAN", flush=True)
    return torch.zeros(2, 3).as_subclass(Lying)


def before(x):
    return x + 1


def after(x):
    return x * 2
