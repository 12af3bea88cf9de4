"""Finds the first wrong intermediate value, where no known mistake explains a function's result.

The exercise's `probes.chain` describes a function's quantities in the order of the computation, each with
what it must be *given the student's own earlier ones*: so the first wrong one is the step at fault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.diagnosis.closeness import LIKENESS, QUANTITY, close
from grader.diagnosis.likeness import likeness
from grader.diagnosis.local_values import local_values
from grader.diagnosis.observation import (
    Outcome,
    Prober,
    as_numbers,
    has_parts,
)
from grader.diagnosis.reference_runner import ReferenceRunner
from grader.exercise import Forest, patterns
from grader.exercise.probes import Arguments, InnerFactor, Link
from grader.results import Remark

_SEED = 1  # of the argument that is moved to see what depends on it
_SPREAD = 0.6  # its standard deviation, so that the activations there are not saturated


@dataclass(frozen=True)
class FirstWrong:
    """The first wrong quantity, and what its numbers are like."""

    quantity: str
    remark: Remark | None = None


def first_wrong(
    runner: ReferenceRunner,
    outcomes: Sequence[Outcome],
    prober: Prober,
    acquitted: Collection[str] = (),
) -> FirstWrong | None:
    """The first quantity that is wrong on any probe that returned; None where nothing can be said.

    acquitted: quantities that the student's source computes word for word as the reference does.
    """
    chain = _Chain(runner)
    first: tuple[int, int] | None = None
    for probe, outcome in enumerate(outcomes):
        if outcome.error is not None:
            continue
        index = chain.first_wrong(probe, outcome)
        if index is None:
            continue
        if first is None or index < first[0]:
            first = (index, probe)
    if first is None:
        return None
    index, _ = first
    link = chain.links[index]
    inner = link.inner
    if inner is not None and _is_inner_at_fault(
        chain, link, inner, outcomes, prober, acquitted
    ):
        return FirstWrong(inner.quantity)
    return FirstWrong(link.quantity, chain.remark(link, outcomes))


class _Chain:
    """The links of one function, and the student's values for them."""

    def __init__(self, runner: ReferenceRunner) -> None:
        self.runner = runner
        self.links = _links(runner)
        self.by_quantity = {link.quantity: link for link in self.links}
        self.returned = patterns.returned(runner.tree)

    def arguments(self, row: Sequence[Any]) -> Arguments:
        """The arguments of one call, by the reference's names."""
        pairs = zip(self.runner.parameters, row, strict=False)
        return Arguments(**dict(pairs))

    def observed(
        self,
        link: Link,
        before: Sequence[Any],
        outcome: Outcome,
    ) -> Tensor | None:
        """The student's quantity, None where there is no such thing."""
        if self.runner.accumulators:
            position = self.runner.parameters.index(link.observed)
            start = before[position]
            after = outcome.arguments[position]
            if not isinstance(after, Tensor) or after.shape != start.shape:
                return None
            return as_numbers(after - start)
        value = outcome.value
        if not has_parts(value, len(self.returned)):
            return None
        part = value[self.returned.index(link.observed)]
        if not isinstance(part, Tensor):
            return None
        return as_numbers(part)

    def first_wrong(self, probe: int, outcome: Outcome) -> int | None:
        """The index of the first wrong link on one probe; None where all are right, or none can be seen."""
        before = self.runner.probes[probe]
        seen: dict[str, Tensor] = {}
        for index, link in enumerate(self.links):
            try:
                is_right = self._is_acceptable(link, before, outcome, seen)
            except RuntimeError:
                # An earlier quantity has a shape that nothing can be computed from.
                return None
            if is_right:
                continue
            if self.runner.accumulators or isinstance(
                outcome.value, tuple | list
            ):
                return index
            # Of a value that is no sequence, it is not known which part is which.
            break
        return None

    def _is_acceptable(
        self,
        link: Link,
        before: Sequence[Any],
        outcome: Outcome,
        seen: dict[str, Tensor],
    ) -> bool:
        """Whether a quantity is right, or a later one that would not be right if it were wrong."""
        if self._is_right(link, before, outcome, seen):
            return True
        for name in link.unless:
            other = self.by_quantity[name]
            if self._is_right(other, before, outcome, seen):
                return True
        return False

    def _is_right(
        self,
        link: Link,
        before: Sequence[Any],
        outcome: Outcome,
        seen: dict[str, Tensor],
    ) -> bool:
        """Whether a quantity is right given the earlier ones in `seen`, to which it is added."""
        theirs = self.observed(link, before, outcome)
        if theirs is None:
            return False
        seen[link.quantity] = theirs
        expected = link.expect(self.arguments(before), seen)
        return close(theirs.float(), expected, QUANTITY)

    def remark(
        self, wrong: Link, outcomes: Sequence[Outcome]
    ) -> Remark | None:
        """What the first wrong quantity is like, given the student's own earlier ones."""
        pairs = []
        others: dict[str, list[Tensor]] = {}
        for probe, outcome in enumerate(outcomes):
            if outcome.error is not None:
                continue
            before = self.runner.probes[probe]
            seen = self._observed_until(wrong, before, outcome)
            theirs = self.observed(wrong, before, outcome)
            if theirs is None:
                return None
            expected = wrong.expect(self.arguments(before), seen)
            pairs.append((theirs.float(), expected))
            for name, value in [*self._named(before), *seen.items()]:
                others.setdefault(name, []).append(value)
        return likeness(pairs, wrong.quantity, others)

    def _observed_until(
        self, wrong: Link, before: Sequence[Any], outcome: Outcome
    ) -> dict[str, Tensor]:
        """The student's own quantities before one of them."""
        seen: dict[str, Tensor] = {}
        for link in self.links[: self.links.index(wrong)]:
            theirs = self.observed(link, before, outcome)
            if theirs is not None:
                seen[link.quantity] = theirs
        return seen

    def _named(self, row: Sequence[Any]) -> Iterator[tuple[str, Tensor]]:
        """The tensors among the arguments of a call, by the reference's names."""
        for name, value in zip(self.runner.parameters, row, strict=False):
            is_changed = name in self.runner.accumulator_names
            if isinstance(value, Tensor) and not is_changed:
                yield name, value


def _links(runner: ReferenceRunner) -> Sequence[Link]:
    """The chain of a function as its exercise describes it, with the runner's plugged functions in it."""
    describe = getattr(runner.exercise.probes, "chain", None)
    if describe is None:
        return ()
    functions = Arguments(**runner.namespace)
    chains: Mapping[str, Sequence[Link]] = describe(functions)
    return chains.get(runner.function, ())


# one factor or the other


def _is_inner_at_fault(
    chain: _Chain,
    link: Link,
    inner: InnerFactor,
    outcomes: Sequence[Outcome],
    prober: Prober,
    acquitted: Collection[str],
) -> bool:
    """Whether it is the inner factor that makes a link wrong. The source decides where it can."""
    if inner.quantity in acquitted:
        return False
    if link.quantity in acquitted:
        return True
    return _is_outer_right(chain, link, inner, outcomes, prober)


def _is_outer_right(
    chain: _Chain,
    link: Link,
    inner: InnerFactor,
    outcomes: Sequence[Outcome],
    prober: Prober,
) -> bool:
    """Whether the outer factor is right wherever it is moved to, so that the fault must be the inner one's.

    The argument that only the outer factor depends on is changed; what is left after division by the
    factor must not change with it. A quantity that is merely off by a constant could be either's fault.
    """
    runner = chain.runner
    position = runner.parameters.index(inner.through)
    draw = torch.Generator().manual_seed(_SEED)
    is_off_by_constant = True
    any_returned = False
    for before, outcome in zip(runner.probes, outcomes, strict=True):
        if outcome.error is not None:
            continue
        moved = list(before)
        shape = before[position].shape
        moved[position] = _SPREAD * torch.randn(shape, generator=draw)
        outcome_there = prober.call(runner.function, moved)
        if outcome_there.error is not None:
            return False
        here = chain.observed(link, before, outcome)
        there = chain.observed(link, moved, outcome_there)
        if here is None or there is None:
            return False
        given = chain.arguments(before)
        left_here = here / inner.outer(given)
        left_there = there / inner.outer(chain.arguments(moved))
        if not close(left_here, left_there, LIKENESS):
            return False
        is_off_by_constant &= _is_constant(here / link.expect(given, {}))
        any_returned = True
    return any_returned and not is_off_by_constant


def _is_constant(ratio: Tensor) -> bool:
    """Whether all entries are the first one."""
    first = ratio.flatten()[0]
    deviation = (ratio - first).abs()
    allowed = LIKENESS.relative * ratio.abs()
    return bool((deviation < allowed).all())


# the first wrong quantity of a known mistake


def first_wrong_of_variant(
    runner: ReferenceRunner, forest: Forest
) -> str | None:
    """The first quantity of the reference that a variant computes differently, its local ones included."""
    variant = runner.compiled(forest)
    accumulators = patterns.mentioned(runner.tree, runner.accumulator_names)
    assigned = patterns.assigned(runner.tree)
    for arguments in runner.probes:
        right = local_values(runner.namespace[runner.function], arguments)
        wrong = local_values(variant, arguments)
        # The accumulators come last: they are computed from the local quantities.
        for name in assigned:
            if name in accumulators or name not in right:
                continue
            if not _alike(wrong.get(name), right[name]):
                return name
        for name in accumulators:
            if not _alike(wrong.get(name), right[name]):
                return name
    return None


def _alike(a: Any, b: Any) -> bool:
    """Whether two values are tensors with the same numbers."""
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return False
    return close(a, b)
