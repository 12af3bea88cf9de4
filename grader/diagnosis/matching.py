"""Which sets of mistakes explain what a student's function gave: the smallest that give the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from grader.diagnosis.observation import RAISED, Trace
from grader.diagnosis.variants import Bench, Block, Group, Indices, Table

RTOL = 2e-4  # a float32 student's rounding, amplified by a chain of a dozen operations
ATOL = 2e-5

OTHER_MESSAGE = 1.5  # what an exception of another text weighs against a smaller set
OTHER_STATE = 0.4  # the same for arguments left in another state by an exception


@dataclass(frozen=True)
class Explanation:
    """A set of forms that gives the student's numbers; without forms, the reference itself.

    cost: the number of mistakes, and what does not fit exactly where the function raised.
    """

    forms: Indices
    cost: float


def explanations(student: Trace, table: Table, ignored: Tensor | None = None) -> list[Explanation]:
    """Every variant of `table` that explains `student`, the cheapest first.

    Where the student's function returned, the numbers must agree; where it raised, the variant must have
    raised too. `ignored` marks entries, over all probes, that are not compared.
    """
    block = table.blocks.get(student.group)
    if block is None:
        return []
    agrees = _agreeing(student, block, ignored)
    raised = torch.tensor([form == RAISED for form in student.forms])
    worded = _worded(student, table, block) | ~raised
    explains = (agrees | raised).all(dim=1)
    if bool(raised.all()):
        # Only messages speak here, so they have to be the same, and about this network's sizes.
        if not any(any(c.isdigit() for c in error) for error in student.errors):
            return []
        explains &= worded.all(dim=1)
    found = []
    for row in explains.nonzero().flatten().tolist():
        forms = tuple(i for i in block.sets[row].tolist() if i >= 0)
        found.append(Explanation(forms, _cost(len(forms), worded[row], agrees[row])))
    return sorted(found, key=lambda explanation: (explanation.cost, explanation.forms))


def explains(student: Trace, variant: Trace, ignored: Tensor | None = None) -> float | None:
    """What it costs to explain `student` by one variant that was just run, the forms' number left out."""
    if student.group != variant.group:
        return None
    block = Block(torch.cat(variant.numbers)[None], torch.zeros(1), torch.zeros(1))
    agrees = _agreeing(student, block, ignored)[0]
    raised = torch.tensor([form == RAISED for form in student.forms])
    worded = torch.tensor([a == b for a, b in zip(student.errors, variant.errors, strict=True)])
    if not bool((agrees | raised).all()) or (bool(raised.all()) and not bool(worded.all())):
        return None
    return _cost(0, worded, agrees)


def _cost(size: int, worded: Tensor, agrees: Tensor) -> float:
    return size + OTHER_MESSAGE * (not bool(worded.all())) + OTHER_STATE * (not bool(agrees.all()))


def _agreeing(student: Trace, block: Block, ignored: Tensor | None) -> Tensor:
    """(variants, probes): whether the numbers of a probe agree."""
    ours, theirs = torch.cat(student.numbers), block.numbers
    close = (theirs - ours).abs() <= ATOL + RTOL * theirs.abs()
    close |= (theirs == ours) | (theirs.isnan() & ours.isnan())
    if ignored is not None:
        close |= ignored
    lengths = [vector.numel() for vector in student.numbers]
    return torch.stack([part.all(dim=1) for part in close.split(lengths, dim=1)], dim=1)


def _worded(student: Trace, table: Table, block: Block) -> Tensor:
    """(variants, probes): whether the exceptions are the same."""
    known = {message: i for i, message in enumerate(table.messages)}
    return block.errors == torch.tensor([known.get(error, -1) for error in student.errors])


def cheapest(found: Iterable[Explanation], margin: float = 1e-9) -> list[Explanation]:
    """Those of the least cost."""
    found = list(found)
    least = min((explanation.cost for explanation in found), default=0.0)
    return [explanation for explanation in found if explanation.cost <= least + margin]


def promising(student: Trace, table: Table, lengths: Sequence[Sequence[int]], most: int) -> list[Indices]:
    """The sets that give the most of the student's quantities, to be extended by a further mistake.

    lengths: per probe, the entries of each observed quantity, in order.
    """
    ranked: list[tuple[float, Indices]] = []
    for group, block in table.blocks.items():
        both = _comparable(student, group)
        if not any(both):
            continue
        score = torch.zeros(len(block.sets))
        start = 0
        for probe, (_, length) in enumerate(group):
            if both[probe]:
                theirs = block.numbers[:, start : start + length]
                ours = student.numbers[probe]
                close = (theirs - ours).abs() <= ATOL + RTOL * theirs.abs()
                for part in close.split(list(lengths[probe]), dim=1):
                    score += part.all(dim=1)
            start += length
        sizes = (block.sets >= 0).sum(dim=1)
        score -= 0.1 * sizes
        for row in score.topk(min(most, len(score))).indices.tolist():
            forms = tuple(i for i in block.sets[row].tolist() if i >= 0)
            ranked.append((-float(score[row]), forms))
    return [forms for _, forms in sorted(ranked)[:most]]


def _comparable(student: Trace, group: Group) -> list[bool]:
    return [
        ours == theirs and form != RAISED
        for form, ours, theirs in zip(student.forms, student.group, group, strict=True)
    ]


def searched(
    student: Trace,
    bench: Bench,
    starts: Sequence[Indices],
    ignored: Tensor | None = None,
    wanted: Callable[[float], bool] = lambda cost: True,
) -> list[Explanation]:
    """Explanations among the sets of `starts`, each extended by one form; they are run now."""
    found, tried = [], set()
    for start in starts:
        used = {bench.forms[i].id for i in start}
        for i, form in enumerate(bench.forms):
            forms = tuple(sorted((*start, i)))
            if form.id in used or forms in tried:
                continue
            tried.add(forms)
            made = bench.trace(forms, like=student)
            cost = explains(student, made, ignored) if made is not None else None
            if cost is not None and wanted(cost):
                found.append(Explanation(forms, len(forms) + cost))
    return sorted(found, key=lambda explanation: (explanation.cost, explanation.forms))
