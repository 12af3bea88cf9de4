"""Returns a tensor of a terabyte that takes four bytes."""

import torch


def attack(x):
    print("RAN", flush=True)
    return torch.zeros(1).expand(2**38)


def before(x):
    return x + 1


def after(x):
    return x * 2
