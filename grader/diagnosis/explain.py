"""Which known mistakes explain a student's numbers, and how the calls have to be read for that."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

from grader.diagnosis.case import Case
from grader.diagnosis.closeness import equal_traces
from grader.diagnosis.matching import (
    OTHER_MESSAGE,
    Match,
    by_cost,
    cheapest,
    explanations,
    extended,
    fits,
    misfit,
    promising,
)
from grader.diagnosis.observation import Trace
from grader.diagnosis.recognisers import READERS, Reading
from grader.diagnosis.reference_runner import (
    Combination,
    ReferenceRunner,
    bound,
    code_of,
)
from grader.diagnosis.variant_table import tabulated, variant_table
from grader.exercise import Misconception, patterns

ENOUGH = 2  # mistakes; an explanation of so few is not beaten by reading the calls in another way
STARTS = 2  # combinations of the table that are extended by one form, where none of them explains
STARTS_ALONE = 6  # the same where only single mistakes have been run
AT_MOST_CALLS = (
    5  # of the student's earlier functions, tried one way and the other
)

_RIGHT = "_right_"  # stands before the name of a reference's function beside the student's own


@dataclass(frozen=True)
class Explained:
    """A reading of the calls, and what explains it equally well.

    misconception: the mistake that the reading rests on. runner: what gives the numbers of `explanations`.
    """

    runner: ReferenceRunner
    explanations: Sequence[Match]
    reading: Reading
    misconception: Misconception | None = None

    @property
    def cost(self) -> float:
        """How many mistakes it takes, and what does not fit exactly."""
        return self.explanations[0].cost + (self.misconception is not None)


def explain(case: Case) -> Explained | None:
    """The reading under which the fewest mistakes explain the numbers; None where nothing does."""
    best: Explained | None = None
    for reading, misconception in _readings(case):
        found = _explained(case, reading, misconception)
        if found is None:
            continue
        if best is None or found.cost < best.cost:
            best = found
        if found.cost <= ENOUGH or reading.conclusive:
            break
    return best


def _readings(case: Case) -> Iterator[tuple[Reading, Misconception | None]]:
    """The ways to read the calls: as they are, and with what each recogniser makes of them."""
    yield from _readings_of(case, comes_first=True)
    yield Reading(case.outcomes), None
    yield from _readings_of(case, comes_first=False)


def _readings_of(
    case: Case, comes_first: bool
) -> Iterator[tuple[Reading, Misconception]]:
    for reader in READERS:
        misconception = case.exercise.misconceptions.recognised_by(
            case.function, reader.name
        )
        if misconception is None or reader.comes_first != comes_first:
            continue
        for reading in reader.readings(case.seen):
            yield reading, misconception


def _explained(
    case: Case,
    reading: Reading,
    misconception: Misconception | None,
) -> Explained | None:
    """The cheapest explanations of a reading; one without mistakes where it is right."""
    student = case.plain.trace(reading.outcomes)
    right = _as_right(case, student, reading.ignored)
    if right is not None:
        return Explained(right, [Match((), 0.0)], reading, misconception)
    # With the student's own earlier functions first: what is wrong in them is no mistake of this one.
    runner, found = case.plugged, []
    if case.earlier:
        found = _explained_live(case, student, reading.ignored)
    if not found:
        runner = case.plain
        found = _explained_by_table(case, student, reading.ignored)
    if reading.is_whole and misconception is not None:
        found = _without(found, misconception, runner)
    if not found:
        return None
    return Explained(runner, cheapest(found), reading, misconception)


def _without(
    found: Sequence[Match],
    misconception: Misconception,
    runner: ReferenceRunner,
) -> list[Match]:
    """The explanations in which a mistake is not made."""
    without = []
    for explanation in found:
        if misconception.id not in runner.ids(explanation.combination):
            without.append(explanation)
    return without


# as it should be


def _as_right(
    case: Case,
    student: Trace,
    ignored: Tensor | None,
) -> ReferenceRunner | None:
    """What shows that the student's function is right: the reference with or without their functions."""
    for runner in (case.plugged, case.plain):
        if fits(student, runner.reference, ignored):
            return runner
    if case.earlier and _fits_in_part(case, student, ignored):
        return case.plugged
    return None


def _fits_in_part(case: Case, student: Trace, ignored: Tensor | None) -> bool:
    """Whether the function is right with the student's own earlier functions at some of its calls.

    Who calls a wrong `f` here and writes its formula out there has made no mistake of this function's.
    """
    calls = patterns.calls(case.plain.tree, case.earlier.keys())
    namespace = dict(case.plugged.namespace)
    for name in case.earlier:
        namespace[_RIGHT + name] = case.plain.namespace[name]
    trees = case.exercise.solution.trees
    # Neither none nor all of them: these are the runners themselves.
    ways = 2 ** min(len(calls), AT_MOST_CALLS)
    for chosen in range(1, ways - 1):
        right = _chosen_calls(calls, chosen)
        tree = patterns.with_prefix(case.plain.tree, right, _RIGHT)
        edited = {**trees, case.function: tree}
        code = code_of(edited, trees, case.function)
        function = bound(code, namespace, case.function)
        made = case.plain.trace(case.plugged.run(function))
        if fits(student, made, ignored):
            return True
    return False


def _chosen_calls(calls: Sequence[ast.Call], chosen: int) -> list[ast.Call]:
    """Those of the calls whose bit in `chosen` is set: they are made of the reference's function."""
    right = []
    for i, call in enumerate(calls):
        if chosen >> i & 1:
            right.append(call)
    return right


# by mistakes


def _explained_by_table(
    case: Case,
    student: Trace,
    ignored: Tensor | None,
) -> list[Match]:
    """Explanations among the variants that are kept, and by one mistake more where that is needed."""
    runner = case.plain
    variants = variant_table(case.exercise, case.function)
    found = explanations(student, variants, ignored)
    if not found:
        starts = promising(
            student, runner.reference, variants, runner.sizes, STARTS
        )
        return extended(student, runner, starts, ignored)
    best = found[0]
    if best.cost - len(best.combination) >= OTHER_MESSAGE:
        # The numbers fit and the exception does not: perhaps a further mistake only shows there.
        starts = []
        for explanation in cheapest(found)[:STARTS]:
            starts.append(explanation.combination)
        further = extended(
            student, runner, starts, ignored, below=OTHER_MESSAGE
        )
        found = by_cost([*found, *further])
    return found


def _explained_live(
    case: Case,
    student: Trace,
    ignored: Tensor | None,
) -> list[Match]:
    """Explanations with the student's own earlier functions plugged in: by one mistake, or else by two."""
    runner = case.plugged
    singles = []
    for index in range(len(runner.forms)):
        made = runner.run_variant((index,))
        if made is not None and not equal_traces(made, runner.reference):
            singles.append(((index,), made))
    found = []
    for combination, made in singles:
        cost = misfit(student, made, ignored)
        if cost is not None:
            found.append(Match(combination, 1 + cost))
    if not found:
        variants = tabulated(singles)
        starts = promising(
            student, runner.reference, variants, runner.sizes, STARTS_ALONE
        )
        starts = list(dict.fromkeys([*starts, *_in_source(case)]))
        found = extended(student, runner, starts, ignored)
    return by_cost(found)


def _in_source(case: Case) -> list[Combination]:
    """The mistakes that the source speaks for, the first form of each; at most STARTS_ALONE."""
    by_id: dict[str, Combination] = {}
    for index, form in enumerate(case.plugged.forms):
        known = case.misconception(form.id)
        speaks = case.line_of(form) is not None
        if speaks or case.source.line_of_seen(known) is not None:
            by_id.setdefault(form.id, (index,))
    return list(by_id.values())[:STARTS_ALONE]
