"""What part each sample, and each parameter, has in a step that nothing names.

A step along the sum of the gradients is the mean of the steps that each sample alone would cause. So the
student's step from the same parameters is a combination of these, and its coefficients say what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from grader.diagnosis.iterating.runs import ReferenceRuns, Run
from grader.diagnosis.likeness import shown
from grader.exercise.probes import LeadingArguments, Parameters
from grader.results import Remark

_EXACT = 2e-3  # of a step: what may be left over, and how far a coefficient may be off
_MOST_SAMPLES = 60
_MOST_UNUSED = 3  # samples that are listed


def remarks(
    reference: ReferenceRuns,
    before: Run,
    after: Run,
    arguments: LeadingArguments,
) -> list[Remark]:
    """What a student's step shows, from the parameters before it and after it; may be empty."""
    start = before.parameters
    right = _step(reference, start, arguments)
    if right is None or before.shapes != after.shapes:
        return []
    lengths = [float(one.norm()) for one in right]
    if not all(lengths):
        return []
    # each parameter counts as much as the others, however small its gradients are
    theirs = _scaled(_differences(start, after.parameters), lengths)
    right = _scaled(right, lengths)
    moved = torch.cat(theirs)
    if not bool(moved.isfinite().all()) or _is_same(moved, torch.cat(right)):
        return []
    apart = []
    for single in _one_by_one(arguments):
        step = _step(reference, start, single)
        if step is None:
            break
        apart.append(torch.cat(_scaled(step, lengths)))
    of_samples = list(_of_samples(apart, moved, torch.cat(right)))
    names = reference.trajectory.parameters
    return of_samples or list(_of_parameters(names, theirs, right))


def _of_samples(
    apart: Sequence[Tensor], theirs: Tensor, right: Tensor
) -> Iterator[Remark]:
    """What the step is along the samples' own steps."""
    if len(apart) < 2:
        return
    steps = torch.stack(list(apart), 1) / len(apart)
    if not _is_same(steps.sum(1), right):
        return
    if int(torch.linalg.matrix_rank(steps)) < len(apart):
        return
    shares = torch.linalg.lstsq(steps, theirs[:, None]).solution[:, 0]
    if not _is_same(steps @ shares, theirs):
        return
    used = [
        i for i, share in enumerate(shares.tolist()) if abs(share) > _EXACT
    ]
    if not used:
        return
    factor = float(shares[used].mean())
    if float((shares[used] - factor).abs().max()) > _EXACT * abs(factor):
        return
    yield from _factor(factor)
    yield from _unused(used, len(apart))


def _unused(used: Sequence[int], total: int) -> Iterator[Remark]:
    """Samples without a part in the step, counted from 0."""
    first, last = used[0], used[-1]
    unused = sorted(set(range(total)) - set(used))
    if not unused:
        return
    if len(used) == 1:
        yield Remark("samples-only", str(total), str(first))
    elif len(unused) <= _MOST_UNUSED:
        listed = ", ".join(map(str, unused))
        yield Remark("samples-unused", str(total), listed)
    elif last - first + 1 == len(used):
        yield Remark("samples-only", str(total), f"{first}-{last}")


def _factor(factor: float, about: str = "") -> Iterator[Remark]:
    if abs(factor + 1) < _EXACT:
        yield Remark("step-opposite", about)
    elif abs(factor - 1) > _EXACT:
        yield Remark("step-factor", about, shown(factor))


def _of_parameters(
    names: Sequence[str], theirs: Sequence[Tensor], right: Sequence[Tensor]
) -> Iterator[Remark]:
    """Which parameters stay, and which go another way or further, where the others go as they should."""
    found = []
    if len(names) != len(right):
        return
    for name, their, ours in zip(names, theirs, right, strict=True):
        if not bool(their.any()):
            found.append(Remark("never-moves", name))
            continue
        factor = float(their @ ours)  # `ours` has length 1
        if not _is_same(their, factor * ours):
            return
        found += _factor(factor, name)
    yield from found


def _step(
    reference: ReferenceRuns, start: Parameters, arguments: LeadingArguments
) -> list[Tensor] | None:
    """How the reference's first step changes each parameter."""
    run = reference.run((), start, arguments, 1)
    return None if run is None else _differences(start, run.parameters)


def _one_by_one(arguments: LeadingArguments) -> Iterator[LeadingArguments]:
    """The arguments with one sample only, each in turn; nothing where there are too many."""
    first = arguments[0]
    count = len(first) if isinstance(first, Tensor) and first.dim() else 0
    if count > _MOST_SAMPLES:
        return
    for index in range(count):
        single = []
        for one in arguments:
            is_sampled = isinstance(one, Tensor) and one.shape[:1] == (count,)
            single.append(one[index : index + 1] if is_sampled else one)
        yield tuple(single)


def _differences(before: Parameters, after: Parameters) -> list[Tensor]:
    differences = []
    for one, other in zip(before, after, strict=True):
        differences.append(other.double() - one.double())
    return differences


def _scaled(
    differences: Sequence[Tensor], lengths: Sequence[float]
) -> list[Tensor]:
    """Each parameter's difference as a vector, in units of its right length."""
    scaled = []
    for one, length in zip(differences, lengths, strict=True):
        scaled.append(one.reshape(-1) / length)
    return scaled


def _is_same(one: Tensor, other: Tensor) -> bool:
    """Whether two steps are the same, but for float32's rounding of the parameters."""
    left = float((one - other).norm())
    return left <= _EXACT * float(other.norm())
