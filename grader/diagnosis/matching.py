"""Which combinations of mistakes give the same numbers as a student's function, the cheapest first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from grader.diagnosis.closeness import matching_entries
from grader.diagnosis.observation import RAISED, Group, Trace, entry_counts
from grader.diagnosis.reference_runner import Combination, ReferenceRunner
from grader.diagnosis.variant_table import Block, Table

# What an exception of another text costs: more than one mistake, less than two.
OTHER_MESSAGE = 1.5
# What arguments cost that an exception left in another state: less than one mistake.
OTHER_STATE = 0.4
# What each mistake takes from a score that counts quantities: it only decides between equals.
PER_MISTAKE = 0.1
# Quantities that a combination must explain beyond the reference, to be recognised by state alone.
LEAST_GAIN = 2

_ROUNDING = 1e-9  # costs are sums of the above

# For each probe and each of its quantities, the number of entries.
Sizes = Sequence[Sequence[int]]
# For each probe and each of its quantities, whether it counts.
Marks = Sequence[Sequence[bool]]


@dataclass(frozen=True)
class Match:
    """A combination of mistakes that gives the student's numbers; without any, it is the reference itself.

    cost: the number of mistakes, and what does not fit exactly where the function raised.
    """

    combination: Combination
    cost: float


def by_cost(found: Iterable[Match]) -> list[Match]:
    """The cheapest first."""

    def rank(explanation: Match) -> tuple[float, Combination]:
        return explanation.cost, explanation.combination

    return sorted(found, key=rank)


def cheapest(found: Sequence[Match]) -> list[Match]:
    """Those of the least cost."""
    least = math.inf
    for explanation in found:
        least = min(least, explanation.cost)
    those = []
    for explanation in found:
        if explanation.cost <= least + _ROUNDING:
            those.append(explanation)
    return those


# comparing


def explanations(
    student: Trace,
    table: Table,
    ignored: Tensor | None = None,
) -> list[Match]:
    """Every variant of `table` that explains `student`, the cheapest first.

    Where the student's function returned, the numbers must agree; where it raised, the variant must have
    raised too. `ignored` marks entries, over all probes, that are not compared.
    """
    block = table.blocks.get(student.group)
    if block is None:
        return []
    any_returned = not bool(_raised(student).all())
    if not any_returned and not _tells_sizes(student):
        return []
    agrees = _agrees(student, block.numbers, ignored)
    same_message = _has_same_message(student, table, block)
    explains = _explains(student, agrees, same_message)
    found = []
    for row in explains.nonzero().flatten().tolist():
        combination = block.combination(row)
        not_fitting = _misfit(same_message[row], agrees[row])
        cost = len(combination) + not_fitting
        found.append(Match(combination, cost))
    return by_cost(found)


def misfit(
    student: Trace,
    variant: Trace,
    ignored: Tensor | None = None,
) -> float | None:
    """What does not fit where a variant explains `student`, as a cost; None where it does not explain it."""
    if student.group != variant.group:
        return None
    numbers = torch.cat(variant.numbers)[None]
    agrees = _agrees(student, numbers, ignored)
    pairs = zip(student.errors, variant.errors, strict=True)
    same = [ours == theirs for ours, theirs in pairs]
    same_message = torch.tensor([same])
    if not bool(_explains(student, agrees, same_message)[0]):
        return None
    return _misfit(same_message[0], agrees[0])


def fits(
    student: Trace, reference: Trace, ignored: Tensor | None = None
) -> bool:
    """Whether a function that never raised gives what the reference gives."""
    if any(student.errors):
        return False
    return misfit(student, reference, ignored) is not None


def _explains(student: Trace, agrees: Tensor, same_message: Tensor) -> Tensor:
    """(variants,): which variants explain the student, given what agrees on each probe."""
    raised = _raised(student)
    if bool(raised.all()):
        # Only messages speak here, and what was changed until then: both have to fit.
        return (agrees & same_message).all(dim=1)
    return (agrees | raised).all(dim=1)


def _tells_sizes(student: Trace) -> bool:
    """Whether some message has a number in it, such as a tensor's size; others are too common to tell."""
    text = "".join(student.errors)
    return any(character.isdigit() for character in text)


def _raised(student: Trace) -> Tensor:
    """(probes,): whether the student's function raised."""
    raised = [structure == RAISED for structure in student.structures]
    return torch.tensor(raised)


def _misfit(same_message: Tensor, agrees: Tensor) -> float:
    """What one variant costs for what does not fit exactly; both arguments are (probes,)."""
    cost = 0.0
    if not bool(same_message.all()):
        cost += OTHER_MESSAGE
    if not bool(agrees.all()):
        cost += OTHER_STATE
    return cost


def _agrees(
    student: Trace, variants: Tensor, ignored: Tensor | None
) -> Tensor:
    """(variants, probes): whether the numbers of a probe agree; infinities and nan agree with themselves."""
    ours = torch.cat(student.numbers)
    entries = matching_entries(ours, variants)
    entries |= variants == ours
    entries |= variants.isnan() & ours.isnan()
    if ignored is not None:
        entries |= ignored
    sizes = entry_counts(student.numbers)
    agrees = []
    for probe in torch.split(entries, sizes, dim=1):
        agrees.append(probe.all(dim=1))
    return torch.stack(agrees, dim=1)


def _has_same_message(student: Trace, table: Table, block: Block) -> Tensor:
    """(variants, probes): whether the exceptions are the same; where the student returned, they are."""
    messages = []
    for error in student.errors:
        index = -1  # of no variant's message
        if error in table.messages:
            index = table.messages.index(error)
        messages.append(index)
    is_same = block.errors == torch.tensor(messages)
    return is_same | ~_raised(student)


# searching further


def promising(
    student: Trace,
    reference: Trace,
    variants: Table,
    sizes: Sizes,
    most: int,
) -> list[Combination]:
    """The combinations that give the most of the student's quantities, and more than the reference does.

    They are worth extending by a further mistake. sizes: per probe, the entries of each quantity.
    """
    numbers = torch.cat(reference.numbers)[None]
    ranked: list[tuple[float, Combination]] = []
    for group, block in variants.blocks.items():
        wanted = _wanted_where_alike(student, group, sizes)
        if not any(map(any, wanted)):
            continue
        score = _shared(student, block.numbers, group, sizes, wanted)
        own = _shared(student, numbers, reference.group, sizes, wanted)
        best = score.topk(min(most, len(score)))
        for row in best.indices.tolist():
            if score[row] > own[0]:
                combination = block.combination(row)
                cost = PER_MISTAKE * len(combination) - float(score[row])
                ranked.append((cost, combination))
    ranked.sort()
    return [combination for _, combination in ranked[:most]]


def _wanted_where_alike(
    student: Trace, group: Group, sizes: Sizes
) -> list[list[bool]]:
    """For each probe and quantity, whether it counts: where both returned, and values of one structure."""
    wanted = []
    for probe, parts in enumerate(sizes):
        returned = student.structures[probe] != RAISED
        alike = returned and student.group[probe] == group[probe]
        wanted.append([alike] * len(parts))
    return wanted


def explained_state(
    student: Trace,
    reference: Trace,
    variants: Table,
    sizes: Sizes,
    changed: Marks,
) -> Combination:
    """The smallest combination that gives the most of what calls that raised had changed until then.

    changed: per probe, for each quantity, whether the call changed it. Empty where no combination gives
    LEAST_GAIN quantities more than the reference itself.
    """
    best: Combination = ()
    best_value = 0.0
    numbers = torch.cat(reference.numbers)[None]
    own = _shared(student, numbers, reference.group, sizes, changed)
    lengths = _lengths(student.group)
    for group, block in variants.blocks.items():
        # The student's calls raised: only the sizes can be compared, not what the structures say.
        if _lengths(group) != lengths:
            continue
        score = _shared(student, block.numbers, group, sizes, changed)
        mistakes = (block.combinations >= 0).sum(dim=1)
        value = score - PER_MISTAKE * mistakes
        row = int(value.argmax())
        gain = float(score[row] - own[0])
        if gain >= LEAST_GAIN and float(value[row]) > best_value:
            best_value = float(value[row])
            best = block.combination(row)
    return best


def _lengths(group: Group) -> list[int]:
    """The number of entries of each probe."""
    return [size for _, size in group]


def _shared(
    student: Trace,
    numbers: Tensor,
    group: Group,
    sizes: Sizes,
    wanted: Marks,
) -> Tensor:
    """(variants,): how many of the wanted quantities each row of `numbers` has in common with the student."""
    score = torch.zeros(len(numbers))
    start = 0
    for probe, (_, size) in enumerate(group):
        theirs = numbers[:, start : start + size]
        start += size
        # Quantities can only be told apart where both gave all entries.
        is_whole = sum(sizes[probe]) == size == student.numbers[probe].numel()
        if not is_whole or not any(wanted[probe]):
            continue
        entries = matching_entries(student.numbers[probe], theirs)
        quantities = torch.split(entries, list(sizes[probe]), dim=1)
        for quantity, counts in zip(quantities, wanted[probe], strict=True):
            if counts:
                score += quantity.all(dim=1)
    return score


def extended(
    student: Trace,
    runner: ReferenceRunner,
    starts: Sequence[Combination],
    ignored: Tensor | None = None,
    below: float = math.inf,
) -> list[Match]:
    """Explanations among the combinations of `starts`, each extended by one form; they are run now.

    below: what may not fit exactly must cost less than this.
    """
    found = []
    tried = set()
    for start in starts:
        used = runner.ids(start)
        for index, form in enumerate(runner.forms):
            # Sorted, so that what two starts lead to is run once.
            combination = tuple(sorted((*start, index)))
            if form.id in used or combination in tried:
                continue
            tried.add(combination)
            made = runner.run_variant_like(combination, student)
            if made is None:
                continue
            cost = misfit(student, made, ignored)
            if cost is not None and cost < below:
                found.append(Match(combination, len(combination) + cost))
    return by_cost(found)
