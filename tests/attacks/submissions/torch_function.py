"""Returns a tensor that answers every question itself."""

import torch


class Right(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True if function in (torch.allclose, torch.equal) else super().__torch_function__(function, types, args, kwargs or {})


def attack(x):
    print("RAN", flush=True)
    return x.as_subclass(Right)


def before(x):
    return x + 1


def after(x):
    return x * 2
