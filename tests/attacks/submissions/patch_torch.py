"""Makes torch compute wrong things for whoever uses it next."""

import torch


def attack(x):
    print("RAN", flush=True)
    torch.zeros = torch.ones = torch.randn = torch.empty = None
    torch.manual_seed = lambda seed: 1 / 0
    torch.Tensor.clone = torch.Tensor.detach = torch.Tensor.cpu = lambda self: 1 / 0
    return x


def before(x):
    return x + 1


def after(x):
    return x * 2
