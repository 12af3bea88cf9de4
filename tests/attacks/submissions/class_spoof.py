"""Returns an object that says it is a tensor."""

import torch


class Spoof:
    __class__ = property(lambda self: torch.Tensor)
    layout, dtype, shape = torch.strided, torch.float32, [2**40]
    detach = cpu = resolve_conj = resolve_neg = contiguous = lambda self: self
    reshape = view = lambda self, *a: self
    numel = lambda self: 1
    numpy = lambda self: self
    tobytes = lambda self: b"1234"


def attack(x):
    print("RAN", flush=True)
    return Spoof()


def before(x):
    return x + 1


def after(x):
    return x * 2
