"""What wrong numbers are like: the right ones times a factor, squared, transposed, or something else's.

An observation, never a cause. It must hold on all calls that returned, and at least on two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from grader.diagnosis.closeness import LIKENESS, ZERO, close
from grader.results import Remark, RemarkKind

Pair = tuple[Tensor, Tensor]  # what a call gave, and what it should have given

# what the right numbers may have been put through
_OPERATIONS: Mapping[RemarkKind, Callable[[Tensor], Tensor]] = {
    "square": torch.square,
    "absolute": torch.abs,
    "sum": torch.sum,
    "mean": torch.mean,
    "one-off": lambda right: right.roll(1, 0),
    "one-off-back": lambda right: right.roll(-1, 0),
    "transposed": torch.t,
    "reordered": lambda right: right.flip(0),
}


def likeness(
    pairs: Sequence[Pair],
    about: str = "",
    others: Mapping[str, Sequence[Tensor]] | None = None,
) -> Remark | None:
    """What the wrong numbers are like; None where they are like nothing.

    pairs: by call. about: the quantity's name, "" for what the function gives. others: other values by name,
    each by call, whose place the wrong ones may have taken.
    """
    rights = [right for _, right in pairs]
    if len(pairs) < 2:
        return None
    if any(not theirs.numel() or not right.numel() for theirs, right in pairs):
        return None
    if not _vary(rights):
        return None
    for kind, value in _likenesses(pairs, others or {}):
        return Remark(kind, about, value)
    return None


def _likenesses(
    pairs: Sequence[Pair], others: Mapping[str, Sequence[Tensor]]
) -> Iterator[tuple[RemarkKind, str]]:
    """All of them, the plainest first."""
    if all(float(theirs.abs().max()) <= ZERO for theirs, _ in pairs):
        yield "zero", ""
        return
    if all(theirs.shape == right.shape for theirs, right in pairs):
        yield from _factors(pairs)
    for name, values in others.items():
        given = zip(pairs, values, strict=True)
        if not _vary(values):
            continue
        if all(_is(theirs, other) for (theirs, _), other in given):
            yield "is", name
    for kind, operation in _OPERATIONS.items():
        if _are_made(operation, pairs):
            yield kind, ""
    if any(theirs.shape != right.shape for theirs, right in pairs):
        theirs, right = pairs[-1]
        yield "shape", f"{tuple(theirs.shape)}, {tuple(right.shape)}"


def _factors(pairs: Sequence[Pair]) -> Iterator[tuple[RemarkKind, str]]:
    """A factor that is the same for all calls, or goes with the number of entries."""
    factors, counts = [], []
    for theirs, right in pairs:
        factor = _factor(theirs, right)
        if factor is None:
            return
        factors.append(factor)
        counts.append(right.numel())
    if _are_equal(factors):
        if abs(factors[0] + 1) < LIKENESS.relative:
            yield "opposite", ""
        else:
            yield "factor", shown(factors[0])
    elif _are_equal([f * n for f, n in zip(factors, counts, strict=True)]):
        yield "divided", ""


def _factor(theirs: Tensor, right: Tensor) -> float | None:
    """The factor from the right numbers to these, by least squares; None where there is none."""
    theirs, right = theirs.double(), right.double()
    norm = float((right * right).sum())
    if norm == 0 or not math.isfinite(norm):
        return None
    factor = float((theirs * right).sum()) / norm
    return factor if close(theirs, factor * right, LIKENESS) else None


def _are_equal(numbers: Sequence[float]) -> bool:
    first = numbers[0]
    return all(
        math.isclose(one, first, rel_tol=LIKENESS.relative) for one in numbers
    )


def _are_made(
    operation: Callable[[Tensor], Tensor], pairs: Sequence[Pair]
) -> bool:
    """Whether an operation makes these numbers of the right ones, and is not without effect."""
    changes = False
    for theirs, right in pairs:
        if right.dim() > 2:
            return False
        if right.dim() == 0 and operation is not torch.square:
            return False
        made = operation(right)
        if not _is(theirs, made):
            return False
        changes |= not _is(made, right)
    return changes


def _vary(values: Sequence[Tensor]) -> bool:
    """Whether values are not all the same number, which others are by chance."""
    numbers = torch.cat([one.reshape(-1).double() for one in values])
    return bool((numbers != numbers[0]).any())


def _is(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and close(one, other, LIKENESS)


def shown(number: float) -> str:
    """A number as a sentence shows it."""
    return f"{number:.4g}" if math.isfinite(number) else str(number)
