"""Which sets of mistakes explain what a student's function gave: the smallest that give the same numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
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
        # Only messages speak here, and what was changed until then: both have to fit, and sizes be told.
        if not any(any(c.isdigit() for c in error) for error in student.errors):
            return []
        explains &= worded.all(dim=1) & agrees.all(dim=1)
    found = []
    for row in explains.nonzero().flatten().tolist():
        forms = _forms(block, row)
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
    if not bool((agrees | raised).all()) or (bool(raised.all()) and not bool((worded & agrees).all())):
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
    return torch.stack([part.all(dim=1) for part in torch.split(close, lengths, dim=1)], dim=1)


def _worded(student: Trace, table: Table, block: Block) -> Tensor:
    """(variants, probes): whether the exceptions are the same."""
    known = {message: i for i, message in enumerate(table.messages)}
    return block.errors == torch.tensor([known.get(error, -1) for error in student.errors])


def cheapest(found: Iterable[Explanation], margin: float = 1e-9) -> list[Explanation]:
    """Those of the least cost."""
    found = list(found)
    least = min((explanation.cost for explanation in found), default=0.0)
    return [explanation for explanation in found if explanation.cost <= least + margin]


def promising(
    student: Trace, reference: Trace, variants: Table, lengths: Sequence[Sequence[int]], most: int
) -> list[Indices]:
    """The sets that give the most of the student's quantities, and more than the reference does.

    They are worth extending by a further mistake. lengths: per probe, the entries of each observed
    quantity, in order.
    """
    ranked: list[tuple[float, Indices]] = []
    for group, block in variants.blocks.items():
        both = [
            ours == theirs and form != RAISED
            for form, ours, theirs in zip(student.forms, student.group, group, strict=True)
        ]
        if not any(both):
            continue
        wanted = [[both[probe]] * len(parts) for probe, parts in enumerate(lengths)]
        score = _shared(student, block.numbers, group, lengths, wanted)
        own = _shared(student, torch.cat(reference.numbers)[None], reference.group, lengths, wanted)
        for row in score.topk(min(most, len(score))).indices.tolist():
            if score[row] > own[0]:
                forms = _forms(block, row)
                ranked.append((len(forms) * 0.1 - float(score[row]), forms))
    return [forms for _, forms in sorted(ranked)[:most]]


def explained_state(
    student: Trace,
    reference: Trace,
    variants: Table,
    lengths: Sequence[Sequence[int]],
    changed: Sequence[Sequence[bool]],
) -> Indices:
    """The smallest set that gives the most of what calls that raised had changed until then.

    changed: per probe, for each observed quantity, whether the call changed it. Empty where no set
    gives two quantities more than the reference itself.
    """
    best: tuple[float, Indices] = (0.0, ())
    own = _shared(student, torch.cat(reference.numbers)[None], reference.group, lengths, changed)
    for group, block in variants.blocks.items():
        if [n for _, n in group] != [n for _, n in student.group]:
            continue
        score = _shared(student, block.numbers, group, lengths, changed)
        value = score - 0.1 * (block.sets >= 0).sum(dim=1)
        row = int(value.argmax())
        if float(score[row] - own[0]) >= 2 and float(value[row]) > best[0]:
            best = (float(value[row]), _forms(block, row))
    return best[1]


def _forms(block: Block, row: int) -> Indices:
    return tuple(i for i in block.sets[row].tolist() if i >= 0)


def _shared(
    student: Trace,
    numbers: Tensor,
    group: Group,
    lengths: Sequence[Sequence[int]],
    wanted: Sequence[Sequence[bool]],
) -> Tensor:
    """How many of the wanted quantities each row of `numbers` has in common with the student."""
    score = torch.zeros(len(numbers))
    start = 0
    for probe, (_, length) in enumerate(group):
        if any(wanted[probe]) and sum(lengths[probe]) == length == student.numbers[probe].numel():
            theirs = numbers[:, start : start + length]
            close = (theirs - student.numbers[probe]).abs() <= ATOL + RTOL * theirs.abs()
            parts = torch.split(close, list(lengths[probe]), dim=1)
            for part, counts in zip(parts, wanted[probe], strict=True):
                score += part.all(dim=1) & counts
        start += length
    return score


def searched(
    student: Trace,
    bench: Bench,
    starts: Sequence[Indices],
    ignored: Tensor | None = None,
    below: float = math.inf,
) -> list[Explanation]:
    """Explanations among the sets of `starts`, each extended by one form; they are run now.

    below: what they may cost besides their number."""
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
            if cost is not None and cost < below:
                found.append(Explanation(forms, len(forms) + cost))
    return sorted(found, key=lambda explanation: (explanation.cost, explanation.forms))
