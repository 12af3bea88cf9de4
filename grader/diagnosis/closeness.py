"""Every way in which the diagnosis calls two things equal, and every tolerance with its reason.

The tolerances are not chosen freely. Each is larger than the rounding errors of a right computation, about
1e-6 in float32 after a dozen operations, and smaller than the effect of the smallest known mistake, which is
some percent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from grader.diagnosis.observation import Outcome, Trace, structure, trace

# A history: one row per step, one number per column.
Columns = Sequence[Sequence[float]]


class Tolerance(NamedTuple):
    """`relative` is of each entry; `absolute` is of the greatest entry of all, so that it has no unit."""

    relative: float
    absolute: float


# The same computation in another order: a hundred times float32's rounding, and far below any mistake.
SAME = Tolerance(1e-4, 1e-5)

# A student's numbers beside a variant's, entry by entry: twice the above, as both are rounded. `absolute` is
# in the units of the probes here, whose quantities are all between 0.05 and some tens.
MATCH = Tolerance(2e-4, 2e-5)

# Whether a variant is worth running on the other probes as well, and whether two calls raised from the same
# state. It decides nothing alone, so it may be coarse, but must not reject what MATCH accepts.
COARSE = Tolerance(1e-3, 1e-3)

# A quantity beside what it must be given the student's own earlier ones, whose rounding it inherits.
QUANTITY = Tolerance(1e-3, 1e-4)

# What a wrong quantity resembles: the right one times a factor, transposed or in another order. It is only
# reported as an observation, and a factor that is meant (2, -1, 1/n) is met to float32's rounding.
LIKENESS = Tolerance(1e-3, 1e-3)

# All entries of a quantity below this: it was never written. Right ones are above 0.05 on the probes.
ZERO = 1e-6

# An entry of a history beside the right one. Both absolute and relative: it may be an error rate of 0, or a
# loss that sums over many samples in another order.
HISTORY = Tolerance(1e-4, 1e-5)

# Parameters after a few steps, relative to how far each tensor moved. Rounding makes 1e-6 of it; the closest
# two sets of mistakes of the practical differ by 1.6e-2.
MOVED = 2e-3

# The same where the initial parameters are only estimated. Their error of up to 7e-3 is added.
MOVED_FROM_ESTIMATE = 2e-2

# Of the greatest entry of a tensor. It is three times float32's resolution: adding a small step to a large
# entry rounds, however far the entry moves.
FLOAT32_NOISE = 4e-7

# A tensor of n random entries misses their standard deviation by a relative standard error of 1 / sqrt(2 n),
# and their mean of 0 by 1 / sqrt(n). A right draw is off by five of these once in a million times.
STANDARD_ERRORS = 5

_TINY = 1e-30  # stands in for the greatest entry where all are 0


def close(a: Tensor, b: Tensor, tolerance: Tolerance = SAME) -> bool:
    """Whether `a` is `b`: of its shape, and within the tolerance at every entry. nan equals nan."""
    if a.shape != b.shape:
        return False
    a = a.detach().double()
    b = b.detach().double()
    finite = b[b.isfinite()]
    scale = 0.0
    if finite.numel():
        scale = float(finite.abs().max())
    absolute = tolerance.absolute * max(scale, _TINY)
    return torch.allclose(
        a, b, rtol=tolerance.relative, atol=absolute, equal_nan=True
    )


def same(a: Any, b: Any) -> bool:
    """Whether two values have the same structure and, but for rounding, the same numbers."""
    left: list[Tensor] = []
    right: list[Tensor] = []
    if structure(a, left) != structure(b, right):
        return False
    return _all_close(left, right)


def equal_traces(a: Trace, b: Trace) -> bool:
    """Whether two traces cannot be told apart by their numbers; the exceptions' texts are not compared."""
    return a.group == b.group and _all_close(a.numbers, b.numbers)


def _all_close(a: Sequence[Tensor], b: Sequence[Tensor]) -> bool:
    pairs = zip(a, b, strict=True)
    return all(close(x, y) for x, y in pairs)


def equal_outcomes(
    a: Sequence[Outcome],
    b: Sequence[Outcome],
    accumulators: Sequence[int],
) -> bool:
    """Whether two series of outcomes are the same in what is compared of them, exceptions included."""
    left, right = trace(a, accumulators), trace(b, accumulators)
    return left.errors == right.errors and equal_traces(left, right)


def raise_alike(a: Trace, b: Trace) -> bool:
    """Whether on some probe both raise the same exception, after the same changes."""
    probes = zip(a.errors, b.errors, a.numbers, b.numbers, strict=True)
    for error, other, x, y in probes:
        # Without an error the probe returned, which says nothing of exceptions.
        if not error or error != other:
            continue
        if close(x, y, COARSE):
            return True
    return False


def matching_entries(student: Tensor, variants: Tensor) -> Tensor:
    """(variants, entries): which entries of each variant are those of the student, of shape (entries,)."""
    allowed = MATCH.absolute + MATCH.relative * variants.abs()
    return (variants - student).abs() <= allowed


def same_column(a: Columns, b: Columns, column: int) -> bool:
    """Whether one column of two histories is the same, from the first row to the last."""
    if len(a) != len(b):
        return False
    for row, right in zip(a, b, strict=True):
        allowed = HISTORY.absolute + HISTORY.relative * abs(right[column])
        # what was printed is rounded
        allowed += getattr(row[column], "slack", 0.0)
        # Asked in this way, nan is never the same.
        if not abs(row[column] - right[column]) <= allowed:
            return False
    return True


def parameters_agree(
    theirs: Sequence[Tensor],
    ours: Sequence[Tensor],
    start: Sequence[Tensor],
    tolerance: float = MOVED,
) -> bool:
    """Whether two lists of parameters agree, each tensor relative to how far it moved from `start`.

    Infinite and undefined entries must be the same ones in both.
    """
    if not len(theirs) == len(ours) == len(start):
        return False
    for a, b, origin in zip(theirs, ours, start, strict=True):
        if not a.shape == b.shape == origin.shape:
            return False
        if not _moved_alike(a, b, origin, tolerance):
            return False
    return True


def _moved_alike(
    a: Tensor, b: Tensor, origin: Tensor, tolerance: float
) -> bool:
    if b.numel() == 0:
        return True
    if not (_is_finite(a) and _is_finite(b)):
        return torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))
    moved = _greatest_difference(b, origin)
    greatest = torch.maximum(b.abs(), origin.abs()).max()
    size = float(greatest)
    allowed = tolerance * moved + FLOAT32_NOISE * size
    return _greatest_difference(a, b) <= allowed


def _is_finite(tensor: Tensor) -> bool:
    return bool(tensor.isfinite().all())


def _greatest_difference(a: Tensor, b: Tensor) -> float:
    """The greatest difference of two entries, in double precision."""
    difference = a.double() - b.double()
    return float(difference.abs().max())


# of a value that is the same everywhere, in float32
_CONSTANT = 1e-4
# how far the greatest entry of a draw may exceed that of another from the same interval
_BOUND = 1.3


def spread_agrees(
    parameters: Sequence[Tensor], spreads: Sequence[float]
) -> bool:
    """Whether each tensor looks drawn around 0 with its standard deviation of `spreads`."""
    if len(spreads) != len(parameters):
        return False
    pairs = zip(parameters, spreads, strict=True)
    return all(_drawn_with(tensor, spread) for tensor, spread in pairs)


def drawn_alike(theirs: Sequence[Tensor], ours: Sequence[Tensor]) -> bool:
    """Whether each tensor looks drawn from the distribution of the other: mean, spread and greatest value.

    A constant is a distribution too. Two draws of few entries may differ by more than this allows.
    """
    if len(theirs) != len(ours):
        return False
    pairs = zip(theirs, ours, strict=True)
    return all(_of_one_distribution(one, other) for one, other in pairs)


def _of_one_distribution(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape or one.numel() < 2:
        return False
    one, other = one.double(), other.double()
    spread = float(other.std())
    if spread == 0:
        return torch.allclose(one, other, rtol=_CONSTANT, atol=0)
    # of 6 standard errors; those of a mean and of a standard deviation, both of two draws
    slack = 6 * spread * (2 / one.numel()) ** 0.5
    if abs(float(one.mean() - other.mean())) > slack:
        return False
    if abs(float(one.std()) - spread) > slack:
        return False
    return float(one.abs().max()) <= _BOUND * float(other.abs().max())


def _drawn_with(tensor: Tensor, spread: float) -> bool:
    """Whether a tensor's entries may be a draw around 0 with the standard deviation `spread`."""
    count = tensor.numel()
    if count == 0:
        return False
    entries = tensor.double()
    variance = entries.pow(2).mean()
    found = float(variance.sqrt())
    mean = float(entries.mean())
    allowed = spread * STANDARD_ERRORS
    if abs(found - spread) > allowed / (2 * count) ** 0.5:
        return False
    # Undefined entries are no evidence of another spread, and pass both.
    return not abs(mean) > allowed / count**0.5
