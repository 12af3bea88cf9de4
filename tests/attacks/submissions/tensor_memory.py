"""Makes a tensor larger than its memory."""

from attacker import attempt


def before(x):
    return x + 1


def deed():
    import torch

    return torch.empty(150_000_000).shape


def attack(x):
    attempt(deed)


def after(x):
    return x * 2
