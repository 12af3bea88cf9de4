"""Naming what is wrong with one function of a student's.

`diagnose` asks, in this order: what the source and the calls show by themselves; which set of known mistakes
gives the same numbers; what lies behind an exception that has its own explanation; and, where nothing
explains the numbers, which quantity of the chain is the first that is off.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from grader.checking.columns import as_column, as_vector
from grader.diagnosis import first_wrong, trajectory
from grader.diagnosis.catalogue import Catalogue, Form, Misconception
from grader.diagnosis.explain import (
    OTHER_MESSAGE,
    Explanation,
    cheapest,
    explained_state,
    explains,
    explanations,
    promising,
    searched,
)
from grader.diagnosis.observation import (
    Diagnosis,
    Evidence,
    Outcome,
    Plugged,
    Prober,
    Trace,
    close,
    flatten,
    same,
    trace,
)
from grader.diagnosis.student_source import Wording, calls_told, renamed_local, renamed_parameter
from grader.diagnosis.variants import Bench, Indices, compiled, equal, table, tabulated
from grader.errors import StudentFailure
from grader.exercise import patterns

_NAME_ERROR = re.compile(r"name '([^']+)' is not defined")
_UNBOUND = re.compile(r"local variable '([^']+)'")
_AT_MOST_SUPPLIED = 8
_AT_MOST_REPAIRED = 5
_AT_MOST_UNKNOWN = 2  # parts of a result that are nowhere to be found, where the others are in another order

_benches: dict[tuple[str, str], Bench] = {}


def diagnose(
    catalogue: Catalogue,
    function: str,
    prober: Prober,
    evidence: Evidence,
    plugged: Plugged | None = None,
) -> Diagnosis:
    """What is wrong with a function that failed a check.

    plugged: the student's own earlier functions, to be used in the reference and its variants; those that
    are right are best left out, since without any the variants that are kept can be used.
    Never guesses: where nothing explains what was seen, no misconception is named.
    """
    try:
        if function in trajectory.described(catalogue):
            return trajectory.diagnose(catalogue, function, prober, evidence, plugged or {})
        if not catalogue.probes_of(function):
            return Diagnosis()
        return _Case(catalogue, function, prober, evidence, plugged or {}).diagnosis()
    except StudentFailure:  # it hung or died under the probes: nothing can be said
        return Diagnosis()


@dataclass(frozen=True)
class Reading:
    """One way to read the student's calls: as they are, or with what an outer mistake hides.

    ids: the mistakes it rests on. ignored: entries not compared. without: ids that it excludes.
    """

    outcomes: Sequence[Outcome]
    ids: tuple[str, ...] = ()
    ignored: Tensor | None = None
    without: tuple[str, ...] = ()


@dataclass
class Found:
    """What has been established so far."""

    ids: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def add(self, misconception: Misconception, line: int | None = None, **facts: str) -> None:
        if misconception.id not in self.ids:
            self.ids.append(misconception.id)
        if line is not None:
            self.lines.setdefault(misconception.id, line)
        self.facts.update(facts)


class _Case:
    """One function under diagnosis."""

    def __init__(
        self,
        catalogue: Catalogue,
        function: str,
        prober: Prober,
        evidence: Evidence,
        plugged: Plugged,
    ) -> None:
        self.catalogue = catalogue
        self.function = function
        self.prober = prober
        self.evidence = evidence
        self.plugged = plugged
        self.own = _bench(catalogue, function)
        self.bench = Bench(catalogue, function, plugged) if plugged else self.own
        self.order = {m.id: i for i, m in enumerate(catalogue.of(function))}
        self.by_id = {m.id: m for m in catalogue.of(function)}
        self.wording = wording(catalogue, function, evidence, self.own.probes)
        self.found = Found()

    def diagnosis(self) -> Diagnosis:
        outcomes: Sequence[Outcome] = self.probe(self.prober)
        if self.is_stub(outcomes):
            return self.told(())
        recognise_calls(self.catalogue, self.function, self.evidence, self.found)
        outcomes, prober = self.behind_exceptions(outcomes)
        self.recognise_changed(outcomes)
        reading, sets = self.explained(outcomes, prober)
        if reading is None:
            return self.unexplained(outcomes, prober)
        for id_ in reading.ids:
            rebound = self.wording.rebound(self.own.changed_names).values()
            self.found.add(self.by_id[id_], min(rebound, default=None) if reading.without else None)
        return self.told(sets)

    def probe(self, prober: Prober, supply: Mapping[str, Sequence[Any]] | None = None) -> list[Outcome]:
        if not supply:
            return prober.calls(self.function, self.own.probes)
        return [
            prober.call(self.function, probe, {n: v[i] for n, v in supply.items()})
            for i, probe in enumerate(self.own.probes)
        ]

    # What the source and the calls show by themselves.

    def is_stub(self, outcomes: Sequence[Outcome]) -> bool:
        misconception = self.catalogue.recognised_by(self.function, "stub")
        if misconception is None:
            return False
        unwritten = all(o.error is not None and o.error[0] == "NotImplementedError" for o in outcomes)
        silent = all(o.error is None and not flatten(o.value) for o in outcomes) and not any(
            self.changed(i, o) for i, o in enumerate(outcomes)
        )
        if unwritten or (silent and self.evidence.is_stub):
            self.found.add(misconception, self.evidence.first_line)
            return True
        return False

    def changed(self, probe: int, outcome: Outcome) -> list[int]:
        """Positions of the arguments that a call changed."""
        pairs = zip(self.own.probes[probe], outcome.arguments, strict=False)
        return [
            i
            for i, (before, after) in enumerate(pairs)
            if isinstance(before, Tensor)
            and not (
                isinstance(after, Tensor)
                and after.shape == before.shape
                and after.is_complex() == before.is_complex()
                and torch.equal(after.to(before.dtype), before)
            )
        ]

    def recognise_changed(self, outcomes: Sequence[Outcome]) -> None:
        misconception = self.catalogue.recognised_by(self.function, "mutates")
        changed = {self.own.parameters[i] for p, o in enumerate(outcomes) for i in self.changed(p, o)} - set(
            self.own.changed_names
        )
        if misconception is not None and changed:
            names = "`, `".join(n for n in self.own.parameters if n in changed)
            self.found.add(misconception, argument=names)

    # What lies behind an exception that has its own explanation.

    def behind_exceptions(self, outcomes: Sequence[Outcome]) -> tuple[Sequence[Outcome], Prober]:
        prober, source = self.prober, self.evidence.source
        edit = getattr(prober, "edited", None)
        for _ in range(_AT_MOST_REPAIRED):
            repaired = self.repaired(outcomes, source)
            if edit is None or repaired is None:
                break
            source = repaired
            prober = edit(self.function, source)
            outcomes = self.probe(prober)
        supplied = self.supplied(outcomes, prober)
        return (outcomes, prober) if supplied is None else supplied

    def repaired(self, outcomes: Sequence[Outcome], source: str) -> str | None:
        """The source without the cause of an UnboundLocalError, which is named where it has a name."""
        unbound = {
            match[1]
            for o in outcomes
            if o.error is not None and o.error[0] == "UnboundLocalError"
            if (match := _UNBOUND.search(o.error[1]))
        }
        misconception = self.catalogue.recognised_by(self.function, "shadow")
        for name in sorted(unbound & (set(self.evidence.shadows) | set(self.catalogue.trees))):
            if misconception is not None:
                line = self.evidence.shadows.get(name) or _line(outcomes)
                self.found.add(misconception, line, hidden=name)
            return renamed_local(source, name)
        # The parameter has another name than the one that the body changes: a slip, and not the mistake.
        for name in sorted(unbound & set(self.own.parameters)):
            self.found.facts["unbound"] = name
            return renamed_parameter(source, self.own.parameters.index(name), name)
        return None

    def supplied(
        self, outcomes: Sequence[Outcome], prober: Prober
    ) -> tuple[Sequence[Outcome], Prober] | None:
        """The calls again, with the values of the globals they should not have asked for."""
        misconception = self.catalogue.recognised_by(self.function, "global")
        if misconception is None:
            return None
        known = self.reference_values()
        supply = {name: known[name] for name in self.evidence.reads_globals if name in known}
        asked = set(supply)
        now = self.probe(prober, supply) if supply else outcomes
        for _ in range(_AT_MOST_SUPPLIED):
            missing = _undefined(now) - asked
            asked |= missing
            supply.update({name: known[name] for name in missing if name in known})
            if not missing & set(supply):
                break
            now = self.probe(prober, supply)
        mattered = equal_outcomes(now, outcomes, self.own.observed)
        unknown = {
            n for n in asked - set(supply) if n in self.evidence.reads_globals and self.wording.is_variable(n)
        }
        names = sorted(set() if mattered else set(supply)) + sorted(unknown)
        if not names:
            return None
        lines = [self.evidence.reads_globals[n] for n in names if n in self.evidence.reads_globals]
        self.found.add(misconception, min(lines, default=_line(outcomes)), name="`, `".join(names))
        return now, _Supplying(prober, self.own.probes, supply)

    def reference_values(self) -> dict[str, list[Any]]:
        """Names of the reference's function, arguments and locals -> their values, probe by probe."""
        values: dict[str, list[Any]] = {}
        for probe in self.own.probes:
            found = first_wrong.local_values(self.own.namespace[self.function], probe)
            found.update(zip(self.own.parameters, probe, strict=True))
            for name, value in found.items():
                values.setdefault(name, []).append(value)
        return {n: v for n, v in values.items() if len(v) == len(self.own.probes)}

    # Which set of known mistakes gives the same numbers.

    def explained(
        self, outcomes: Sequence[Outcome], prober: Prober
    ) -> tuple[Reading | None, tuple[tuple[Bench, Explanation], ...]]:
        """The reading under which the fewest mistakes explain the numbers, with all sets that do."""
        best: tuple[float, Reading, list[tuple[Bench, Explanation]]] | None = None
        for reading in self.readings(outcomes, prober):
            sets = self.sets(reading)
            if not sets:
                continue
            cost = sets[0][1].cost + len(reading.ids)
            if best is None or cost < best[0]:
                best = (cost, reading, sets)
            if cost <= 2 or "returned" in reading.without:
                break
        if best is None:
            return None, ()
        return best[1], tuple(best[2])

    def readings(self, outcomes: Sequence[Outcome], prober: Prober) -> Iterator[Reading]:
        yield from self.as_returned(outcomes)
        yield Reading(outcomes)
        yield from self.without_overflow(outcomes)
        yield from self.as_columns(outcomes, prober)
        yield from self.as_ordered(outcomes)

    def as_returned(self, outcomes: Sequence[Outcome]) -> Iterator[Reading]:
        """What is returned, taken for the arguments that should have changed and did not."""
        misconception = self.catalogue.recognised_by(self.function, "rebinds")
        if misconception is None or all(o.error is not None for o in outcomes):
            return
        names = self.own.changed_names
        order = self.wording.returned()
        positions = self.own.observed
        for added in (False, True):
            read = []
            for probe, outcome in enumerate(outcomes):
                arguments = list(outcome.arguments)
                if outcome.error is None:
                    value = outcome.value
                    if not isinstance(value, tuple | list) or len(value) != len(names):
                        return
                    given = order if order is not None and set(order) == set(names) else list(names)
                    for name, part in zip(given, value, strict=True):
                        at = positions[names.index(name)]
                        before = self.own.probes[probe][at]
                        if not isinstance(part, Tensor) or part.shape != before.shape:
                            return
                        if at not in self.changed(probe, outcome):
                            arguments[at] = before + part if added else part
                read.append(replace(outcome, arguments=arguments))
            if not equal_outcomes(read, outcomes, positions):
                yield Reading(read, (misconception.id,), without=("returned", misconception.id))

    def without_overflow(self, outcomes: Sequence[Outcome]) -> Iterator[Reading]:
        """Entries that are not finite, where the reference's are, are left out of the comparison."""
        misconception = self.catalogue.recognised_by(self.function, "overflow")
        if misconception is None:
            return
        read, ignored = [], []
        for outcome, right in zip(outcomes, self.bench.outcomes, strict=True):
            if outcome.error is not None and outcome.error[0] == "OverflowError":
                outcome = replace(right, value=torch.full_like(flatten(right.value)[0], math.nan))
            read.append(outcome)
            leaves = flatten(outcome.value) if outcome.error is None else []
            ignored.append(
                torch.cat([~leaf.float().isfinite().reshape(-1) for leaf in leaves])
                if leaves
                else torch.zeros(0, dtype=torch.bool)
            )
        mask = torch.cat(ignored)
        if bool(mask.any()) and not bool(mask.all()):
            yield Reading(read, (misconception.id,), mask)

    def as_columns(self, outcomes: Sequence[Outcome], prober: Prober) -> Iterator[Reading]:
        """Vectors handed over as columns, and columns that come back taken for vectors."""
        misconception = self.catalogue.recognised_by(self.function, "columns")
        if misconception is None:
            return
        flat = [replace(o, value=as_vector(o.value)) for o in outcomes]
        if not self.own.observed and not equal_outcomes(flat, outcomes, ()):
            yield Reading(flat, (misconception.id,))
        if all(o.error is None for o in outcomes):
            return
        columns = [tuple(as_column(argument) for argument in probe) for probe in self.own.probes]
        read = prober.calls(self.function, columns)
        yield Reading(
            [
                replace(o, value=as_vector(o.value), arguments=[as_vector(a) for a in o.arguments])
                for o in read
            ],
            (misconception.id,),
        )

    def as_ordered(self, outcomes: Sequence[Outcome]) -> Iterator[Reading]:
        """The parts of a returned sequence in another order, most of them being those of the reference."""
        misconception = self.catalogue.recognised_by(self.function, "order")
        right = [o.value for o in self.bench.outcomes]
        if misconception is None or not all(isinstance(value, tuple) for value in right):
            return
        theirs = [o.value for o in outcomes]
        count = len(right[0])
        if not all(isinstance(value, tuple | list) and len(value) == count for value in theirs):
            return
        found: dict[int, int] = {}
        for at, i in itertools.product(range(count), repeat=2):
            if i not in found.values() and all(same(t[i], r[at]) for t, r in zip(theirs, right, strict=True)):
                found.setdefault(at, i)
        unknown = [at for at in range(count) if at not in found]
        if len(unknown) > _AT_MOST_UNKNOWN:
            return
        for rest in itertools.permutations(i for i in range(count) if i not in found.values()):
            order = {**found, **dict(zip(unknown, rest, strict=True))}
            if any(at != i for at, i in order.items()):
                ordered = [tuple(value[order[at]] for at in range(count)) for value in theirs]
                read = [replace(o, value=value) for o, value in zip(outcomes, ordered, strict=True)]
                yield Reading(read, (misconception.id,), without=(misconception.id,))

    def sets(self, reading: Reading) -> list[tuple[Bench, Explanation]]:
        """The cheapest explanations of a reading; one without forms where it is right."""
        student = trace(reading.outcomes, self.own.observed)
        for bench in (self.bench, self.own):
            if _fits(student, bench.reference, reading.ignored):
                return [(bench, Explanation((), 0.0))]
        if self.bench is not self.own and self.fits_in_part(student, reading):
            return [(self.bench, Explanation((), 0.0))]
        found: list[tuple[Bench, Explanation]] = []
        if self.bench is not self.own:
            found = [(self.bench, e) for e in self.live(student, reading)]
        if not found:
            found = [(self.own, e) for e in self.kept(student, reading)]
        found = [(b, e) for b, e in found if not set(reading.without) & {b.forms[i].id for i in e.forms}]
        least = min((e.cost for _, e in found), default=0.0)
        return [(b, e) for b, e in found if e.cost <= least + 1e-9]

    def fits_in_part(self, student: Trace, reading: Reading) -> bool:
        """Whether the function is right with the student's own earlier functions at some of its calls.

        Who calls a wrong `f` here and writes its formula out there has made no mistake of this function's.
        """
        tree = self.catalogue.trees[self.function]
        calls = patterns.calls(tree, set(self.plugged))
        for chosen in range(1, 2 ** min(len(calls), 5) - 1):
            edited = patterns.called_otherwise(
                tree, [c for i, c in enumerate(calls) if chosen >> i & 1], "_right_"
            )
            right = {f"_right_{name}": self.own.namespace[name] for name in self.plugged}
            function = compiled(
                {**self.catalogue.trees, self.function: edited},
                self.catalogue.trees,
                {**self.bench.namespace, **right},
                self.function,
            )
            made = trace(self.bench.run(function), self.own.observed)
            if _fits(student, made, reading.ignored):
                return True
        return False

    def kept(self, student: Trace, reading: Reading) -> list[Explanation]:
        """Explanations among the variants that are kept, and by one mistake more where that is needed."""
        variants = table(self.catalogue, self.function)
        found = explanations(student, variants, reading.ignored)
        if not found:
            starts = promising(student, self.own.reference, variants, self.lengths(), 2)
            return searched(student, self.own, starts, reading.ignored)
        best = found[0]
        if best.cost - len(best.forms) >= OTHER_MESSAGE:
            # The numbers fit and the exception does not: perhaps a further mistake only shows there.
            starts = [e.forms for e in cheapest(found)][:2]
            found += searched(student, self.own, starts, reading.ignored, OTHER_MESSAGE)
        return sorted(found, key=lambda e: (e.cost, e.forms))

    def live(self, student: Trace, reading: Reading) -> list[Explanation]:
        """Explanations with the student's own earlier functions plugged in: alone, then the best in twos."""
        bench = self.bench
        rows: list[tuple[Indices, Trace]] = []
        for i in range(len(bench.forms)):
            made = bench.trace((i,))
            if made is not None and not equal(made, bench.reference):
                rows.append(((i,), made))
        found = []
        for forms, made in rows:
            cost = explains(student, made, reading.ignored)
            if cost is not None:
                found.append(Explanation(forms, 1 + cost))
        if not found:
            starts = promising(student, bench.reference, tabulated(rows), self.lengths(), 6)
            found = searched(student, bench, starts, reading.ignored)
        return sorted(found, key=lambda e: (e.cost, e.forms))

    def lengths(self) -> list[list[int]]:
        """The entries of each observed quantity, probe by probe."""
        return [
            [
                leaf.numel()
                for leaf in (
                    [outcome.arguments[i] for i in self.own.observed]
                    if self.own.observed
                    else flatten(outcome.value)
                )
            ]
            for outcome in self.own.outcomes
        ]

    # What is told.

    def told(self, sets: Iterable[tuple[Bench, Explanation]]) -> Diagnosis:
        """The diagnosis by these sets, which explain equally well; the source decides where it can."""
        ranked: dict[tuple[str, ...], tuple[int, int, Bench, Explanation]] = {}
        for bench, explanation in sets:
            ids = self.ordered(bench.forms[i].id for i in explanation.forms)
            support = sum(self.supported(self.by_id[i]) for i in ids)
            placed = sum(self.line_of(bench.forms[i]) is not None for i in explanation.forms)
            if ids not in ranked or placed > ranked[ids][1]:
                ranked[ids] = (support, placed, bench, explanation)
        if not ranked:
            return self.diagnosed((), (), None)
        # What the source speaks for, or at least not against, is preferred; equals are told together.
        best = max(support for support, _, _, _ in ranked.values())
        kept = {ids: r for ids, r in ranked.items() if r[0] == best}
        by_score = sorted(kept, key=lambda ids: (-kept[ids][1], [self.order[i] for i in ids]))
        _, _, bench, explanation = kept[by_score[0]]
        for index in explanation.forms:
            form = bench.forms[index]
            line = self.line_of(form) or self.wording.line_of_seen(self.by_id[form.id])
            if line is None and self.by_id[form.id].recognise == "rebinds":
                line = min(self.wording.rebound(self.own.changed_names).values(), default=None)
            if line is not None:
                self.found.lines.setdefault(form.id, line)
        quantity = None
        if explanation.forms:
            forest = bench.edited(explanation.forms)
            quantity = first_wrong.first_wrong_of_variant(bench, forest) if forest is not None else None
        return self.diagnosed(by_score[0], by_score[1:], quantity)

    def line_of(self, form: Form) -> int | None:
        return self.wording.line_of_form(form, self.catalogue.trees[form.function])

    def supported(self, misconception: Misconception) -> int:
        """1 where the source speaks for a mistake, -1 where it should and does not, 0 where it is silent."""
        if misconception.recognise == "rebinds" and self.wording.rebound(self.own.changed_names):
            return 1
        return self.wording.supports(misconception)

    def diagnosed(
        self, ids: Sequence[str], others: Sequence[Sequence[str]], quantity: str | None
    ) -> Diagnosis:
        named = self.ordered([*self.found.ids, *ids])
        lines = self.found.lines
        return Diagnosis(
            named,
            tuple(self.ordered([*self.found.ids, *other]) for other in others),
            quantity,
            next((lines[i] for i in named if i in lines), None),
            self.found.facts,
            lines,
        )

    def unexplained(self, outcomes: Sequence[Outcome], prober: Prober) -> Diagnosis:
        """No set explains the numbers: the first quantity that is off, or what stands in so many words."""
        if all(outcome.error is not None for outcome in outcomes):
            ids = [*self.by_state(outcomes), *self.in_so_many_words()]
            return self.diagnosed(ids or self.by_words_and_message(outcomes), (), None)
        place = first_wrong.first_wrong(self.bench, outcomes, prober, self.acquitted())
        if place is None:
            return self.diagnosed((), (), None)
        self.found.facts.update(place.facts)
        return self.diagnosed((), (), place.quantity)

    def by_state(self, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
        """The mistakes that explain what a function that always raises had changed until then."""
        if not self.own.observed:
            return ()
        student = trace(outcomes, self.own.observed)
        changed = [
            [i in self.changed(probe, outcome) for i in self.own.observed]
            for probe, outcome in enumerate(outcomes)
        ]
        forms = explained_state(
            student, self.own.reference, table(self.catalogue, self.function), self.lengths(), changed
        )
        return self.ordered(self.own.forms[i].id for i in forms)

    def acquitted(self) -> list[str]:
        """Quantities that the student's source computes word for word as the reference does."""
        tree = self.catalogue.trees[self.function]
        return [
            name
            for name in self.own.quantities
            if (statement := patterns.assignment(tree, name)) is not None
            and self.wording.line_of(statement) is not None
        ]

    def in_so_many_words(self) -> list[str]:
        """Mistakes whose wrong expression stands in the source, where an exception hides the numbers."""
        if not self.found.ids:
            return []
        ids = []
        for form in self.own.forms:
            line = self.line_of(form)
            if line is not None and form.id not in ids and all("_" not in e.by[:2] for e in form.edits):
                ids.append(form.id)
                self.found.lines.setdefault(form.id, line)
        return ids

    def by_words_and_message(self, outcomes: Sequence[Outcome]) -> list[str]:
        """The one mistake whose expression stands in the source and raises the same, from the same state.

        Once is enough: what is built on the wrong quantity may be written in ways that raise elsewhere.
        """
        student = trace(outcomes, self.own.observed)
        lines: dict[str, int] = {}
        for index, form in enumerate(self.own.forms):
            line = self.line_of(form)
            made = self.own.trace((index,)) if line is not None else None
            if line is not None and made is not None and _raise_alike(student, made):
                lines.setdefault(form.id, line)
        if len(lines) != 1:
            return []
        self.found.lines.update(lines)
        return list(lines)

    def ordered(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(ids), key=lambda id_: self.order[id_]))


class _Supplying:
    """A prober that supplies the same globals with every call, as far as a probe of these sizes had them."""

    def __init__(
        self, prober: Prober, probes: Sequence[tuple[Any, ...]], supply: Mapping[str, Sequence[Any]]
    ) -> None:
        self.prober = prober
        self.probes = probes
        self.values = supply

    def call(self, function: str, arguments: Sequence[Any], supply: Mapping[str, Tensor] = {}) -> Outcome:
        shapes = [a.numel() for a in arguments if isinstance(a, Tensor)]
        at = next(
            i
            for i, probe in enumerate(self.probes)
            if [p.numel() for p in probe if isinstance(p, Tensor)] == shapes
        )
        return self.prober.call(function, arguments, {**{n: v[at] for n, v in self.values.items()}, **supply})

    def calls(self, function: str, rows: Sequence[Sequence[Any]]) -> list[Outcome]:
        return [self.call(function, row) for row in rows]


def wording(
    catalogue: Catalogue, function: str, evidence: Evidence, probes: Sequence[tuple[Any, ...]] = ()
) -> Wording:
    """The student's source in the words of the reference's function."""
    parameters = patterns.parameters(catalogue.trees[function])
    known = {*parameters, *catalogue.trees, "torch", "pass"}
    matrices = [
        name
        for name, value in zip(parameters, probes[0] if probes else (), strict=False)
        if isinstance(value, Tensor) and value.dim() > 1
    ]
    return Wording(evidence, parameters, sorted(known), matrices)


def recognise_calls(catalogue: Catalogue, function: str, evidence: Evidence, found: Found) -> None:
    """Name what is told by the calls that stand in the source, or by autograd seen at work."""
    misconception = catalogue.recognised_by(function, "calls")
    if misconception is not None:
        told, line = calls_told(misconception, evidence)
        if told:
            found.add(misconception, line)


def equal_outcomes(a: Sequence[Outcome], b: Sequence[Outcome], observed: Sequence[int]) -> bool:
    """Whether two series of outcomes are the same, exceptions included."""
    left, right = trace(a, observed), trace(b, observed)
    return left.errors == right.errors and equal(left, right)


def _bench(catalogue: Catalogue, function: str) -> Bench:
    key = (catalogue.sha256, function)
    if key not in _benches:
        _benches[key] = Bench(catalogue, function)
    return _benches[key]


def _fits(student: Trace, reference: Trace, ignored: Tensor | None) -> bool:
    return not any(student.errors) and explains(student, reference, ignored) is not None


def _raise_alike(a: Trace, b: Trace) -> bool:
    """Whether on some probe both raise the same exception, after the same changes."""
    pairs = zip(a.errors, b.errors, a.numbers, b.numbers, strict=True)
    return any(e and e == f and x.shape == y.shape and close(x, y, 1e-3, 1e-3) for e, f, x, y in pairs)


def _undefined(outcomes: Sequence[Outcome]) -> set[str]:
    """Names that a call found no variable of."""
    return {
        match[1]
        for o in outcomes
        if o.error is not None and o.error[0] == "NameError"
        if (match := _NAME_ERROR.search(o.error[1]))
    }


def _line(outcomes: Sequence[Outcome]) -> int | None:
    """The line of the student's own code on which the first exception was raised."""
    return next((o.frames[-1][1] for o in outcomes if o.error is not None and o.frames), None)
