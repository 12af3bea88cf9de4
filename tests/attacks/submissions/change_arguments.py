"""Turns its arguments into something else."""

import torch


def attack(x):
    print("RAN", flush=True)
    x.data = torch.zeros(3, dtype=torch.complex64)
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
