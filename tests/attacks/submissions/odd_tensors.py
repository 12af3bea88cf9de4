"""Returns tensors of every odd kind."""

import torch


def attack(x):
    print("RAN", flush=True)
    return [torch.zeros(3).to_sparse(), torch.empty(2**40, device="meta"), torch.zeros(3, dtype=torch.complex64).conj(), torch.zeros(0, 2**30), torch.nn.Parameter(x), torch.quantize_per_tensor(x, 0.1, 0, torch.quint8)]


def before(x):
    return x + 1


def after(x):
    return x * 2
