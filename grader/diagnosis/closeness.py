"""All that the diagnosis calls equal, each tolerance with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

# Parameters after a few steps, relative to how far each tensor moved: a sum of a few products in another
# order differs by 1e-5 at most, the least visible mistake by far more than this.
MOVED_RTOL = 2e-3

# The same where the initial parameters are only estimated: the estimate's own error, of a percent, adds up.
ESTIMATED_START_RTOL = 2e-2

# The resolution of float32 is 1.2e-7 of an entry. Adding a small step to a large parameter rounds several
# times, which has nothing to do with how far the parameter moved.
FLOAT32_NOISE = 4e-7

# A drawn tensor of n entries misses its standard deviation by a relative standard error of 1 / sqrt(2 n), and
# its mean by one of 1 / sqrt(n). Five of them are missed once in two million draws.
SPREAD_STANDARD_ERRORS = 5

# Entries of a history: sums over the samples, and shares of them. The shares differ by 1 / samples or not at
# all; the sums are of float32 numbers, or of Python's own.
COLUMN_RTOL = 1e-4
COLUMN_ATOL = 1e-5


def parameters_agree(
    theirs: Sequence[Tensor], ours: Sequence[Tensor], start: Sequence[Tensor], rtol: float = MOVED_RTOL
) -> bool:
    """Whether two lists of parameters agree, each tensor within `rtol` of its greatest move from `start`.

    Infinite and undefined entries must be the same ones in both.
    """
    for others in (ours, start):
        if [p.shape for p in theirs] != [p.shape for p in others]:
            return False
    return all(_moved_alike(a, b, origin, rtol) for a, b, origin in zip(theirs, ours, start, strict=True))


def _moved_alike(a: Tensor, b: Tensor, origin: Tensor, rtol: float) -> bool:
    if b.numel() == 0:
        return True
    if not (a.isfinite().all() and b.isfinite().all()):
        return torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))
    moved = float((b.double() - origin.double()).abs().max())
    size = float(torch.maximum(b.abs(), origin.abs()).max())
    difference = float((a.double() - b.double()).abs().max())
    return difference <= rtol * moved + FLOAT32_NOISE * size


def spread_agrees(parameters: Sequence[Tensor], spreads: Sequence[float]) -> bool:
    """Whether each tensor looks drawn around 0 with its standard deviation of `spreads`."""
    if len(spreads) != len(parameters):
        return False
    return all(_drawn_with(tensor, spread) for tensor, spread in zip(parameters, spreads, strict=True))


def _drawn_with(tensor: Tensor, spread: float) -> bool:
    entries, count = tensor.double(), tensor.numel()
    if count == 0:
        return False
    found = float(entries.pow(2).mean().sqrt())
    mean = float(entries.mean())
    if abs(found - spread) > spread * SPREAD_STANDARD_ERRORS / (2 * count) ** 0.5:
        return False
    # Undefined entries are no evidence of another spread, and pass both.
    return not abs(mean) > spread * SPREAD_STANDARD_ERRORS / count**0.5


def column_agrees(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], column: int) -> bool:
    """Whether two histories are equally long and agree in one column."""
    if len(a) != len(b):
        return False
    for theirs, ours in zip(a, b, strict=True):
        if not abs(theirs[column] - ours[column]) <= COLUMN_ATOL + COLUMN_RTOL * abs(ours[column]):
            return False
    return True
