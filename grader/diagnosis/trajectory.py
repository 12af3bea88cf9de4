"""Diagnosis of a function that iterates: what it starts from, how it moves, and what it reports.

The three are told apart. The first is compared by the spread of the parameters at no steps; the second by
the parameters after one, two and three steps, with every variant started from the student's own initial
ones, and relative to each tensor's own change; the third column by column, along the student's own steps.
"""

from __future__ import annotations

import fnmatch
import functools
import itertools
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from grader.diagnosis import repairs
from grader.diagnosis.local_values import rebound_arguments
from grader.diagnosis.observation import Evidence, Outcome, Plugged, Prober, call
from grader.diagnosis.recognisers import Observation, claim_signs
from grader.diagnosis.reference_runner import bound, code_of, remembered
from grader.diagnosis.student_source import StudentSource
from grader.diagnosis.verdict import Claims, Diagnosis
from grader.exercise import Exercise, Forest, Form, Misconception, patterns

STEPS = (0, 1, 2, 3)
RTOL = 2e-3  # of a tensor's greatest change; variants that differ do so by far more
NOISE = 4e-7  # of a tensor's greatest entry: float32's own resolution
MOST_STEPS = 60  # a constant number of steps is replayed up to here
MOST_ENTRIES = 1_000_000  # of a history that is a tensor
MOST_SUPPLIED = 40  # ways to supply the variables of a notebook that are tried

_codes: dict[tuple[str, str, tuple[Form, ...]], types.CodeType | None] = {}

Parameters = tuple[Tensor, ...]
Columns = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Trajectory:
    """How a function is followed; see `probes.trajectories` of the exercise."""

    arguments: tuple[Tensor, ...]
    extra: tuple[int, ...]
    start: str
    steps: str
    columns: tuple[str, ...]
    measure: Callable[[Parameters, tuple[Tensor, ...]], tuple[float, ...]]
    again: tuple[Tensor, ...]
    actual: Mapping[str, Any]
    wide: tuple[Any, ...]
    spreads: tuple[float, ...]
    still: Callable[..., tuple[Tensor, ...]]
    arranged: Callable[[tuple[Tensor, ...], Parameters], tuple[Tensor, ...]]


@dataclass(frozen=True)
class Run:
    """What a call gave: the parameters and the history's entries, None where it is not made of such."""

    parameters: Parameters
    history: Columns | None


def described(exercise: Exercise, namespace: Mapping[str, Any] | None = None) -> Mapping[str, Trajectory]:
    """The functions of an exercise that are followed step by step."""
    make = getattr(exercise.probes, "trajectories", None)
    if make is None:
        return {}
    tables = make(types.SimpleNamespace(**(namespace or exercise.solution.reference)))
    return {function: Trajectory(**table) for function, table in tables.items()}


def diagnose(
    exercise: Exercise, function: str, prober: Prober, evidence: Evidence, plugged: Plugged
) -> Diagnosis:
    """What is wrong with an iterating function."""
    return _Case(exercise, function, prober, evidence, plugged).diagnosis()


class _Case:
    def __init__(
        self, exercise: Exercise, function: str, prober: Prober, evidence: Evidence, plugged: Plugged
    ) -> None:
        self.exercise = exercise
        self.function = function
        self.prober = prober
        self.evidence = evidence
        self.namespace = exercise.solution.namespace({n: remembered(f) for n, f in plugged.items()})
        self.way = described(exercise, self.namespace)[function]
        self.parameters = patterns.parameters(exercise.solution.trees[function])
        known = [*self.parameters, *exercise.solution.trees, "torch", "math"]
        self.wording = StudentSource(evidence, self.parameters, known)
        self.order = {m.id: i for i, m in enumerate(exercise.misconceptions.of(function))}
        self.by_id = {m.id: m for m in exercise.misconceptions.of(function)}
        self.found = Claims()
        self.supply: dict[str, Tensor] = {}
        self.arguments = self.way.arguments
        self.source = evidence.source  # with what hides other mistakes repaired

    # The calls.

    def ask(self, steps: int, arguments: Sequence[Any] | None = None) -> Outcome:
        given = (*self.arguments, *self.way.extra) if arguments is None else arguments
        return self.prober.call(self.function, (*given, steps), self.supply)

    def asked(self) -> dict[int, Outcome]:
        """The calls for each number of steps. One that takes far too many by itself is asked twice only."""
        first = {0: self.ask(0)}
        run = self.read(first[0])
        if run is not None and _shapes(run.parameters) == self.shapes():
            self.arguments = self.way.arranged(self.way.arguments, run.parameters)
            first[0] = self.ask(0)
        many = run is not None and run.history is not None and len(run.history) > MOST_STEPS
        return {**first, **{steps: self.ask(steps) for steps in (STEPS[1:2] if many else STEPS[1:])}}

    def shapes(self) -> tuple[torch.Size, ...]:
        """The shapes of the reference's parameters on these arguments."""
        run = self.read(call(self.namespace[self.function], (*self.way.arguments, *self.way.extra, 0)))
        return _shapes(run.parameters) if run is not None else ()

    def followed(
        self,
        forms: Sequence[Form],
        start: Parameters,
        steps: int,
        arguments: Sequence[Tensor] | None = None,
    ) -> Run | None:
        """The reference with these mistakes from `start`; None where the mistakes exclude one another."""
        code = _code(self.exercise, self.function, tuple(forms))
        if code is None:
            return None
        function = bound(code, self.namespace, self.function)
        given = self.arguments if arguments is None else arguments
        outcome = call(
            lambda *given: function(*given, **{self.way.start: start}), (*given, *self.way.extra, steps)
        )
        return self.read(outcome)

    def read(self, outcome: Outcome) -> Run | None:
        """A call's outcome; parameters and history may also stand side by side in one sequence."""
        value = outcome.value
        if outcome.error is not None or not isinstance(value, tuple | list) or len(value) < 2:
            return None
        *first, history = value
        parameters = first[0] if len(first) == 1 else first
        if not isinstance(parameters, tuple | list) or not all(isinstance(p, Tensor) for p in parameters):
            return None
        return Run(tuple(p.detach().to(torch.float32) for p in parameters), _rows(history))

    # The diagnosis.

    def diagnosis(self) -> Diagnosis:
        first = self.asked()
        if self.claim_signs(list(first.values()), conclusive=True):
            return self.told()
        first = self.behind_exceptions(first)
        first = self.behind_constant_sizes(first)
        first = self.behind_constant_steps(first)
        self.claim_signs([first[1]], conclusive=False)
        runs = self.runs(first)
        if len(runs) < len(first) and self.supplied_for_right():
            runs = self.runs(self.asked())
        if self.is_endless(runs):
            return self.told()
        if len(runs) < len(STEPS) or len({_shapes(run.parameters) for run in runs.values()}) > 1:
            self.in_so_many_words()
            self.initial(still=False)
            return self.told()
        constant = self.is_constant(runs)
        self.initial(still=constant is not None)
        if constant is not None:
            return self.told(self.by_constant_steps(runs, constant))
        again = self.read(self.ask(1))
        if again is None or not _agree(again.parameters, runs[1].parameters, runs[0].parameters):
            return self.told()  # not reproducible: nothing can be compared
        sets = self.updates(runs[0].parameters, runs)
        if not sets and self.supplied_for_right():
            runs, sets = self.runs(self.asked()), [()]
        if not sets:
            self.history_by_measure(runs)
            return self.told()
        self.history(runs, runs[0].parameters, sets[0])
        return self.told(sets)

    def runs(self, outcomes: Mapping[int, Outcome]) -> dict[int, Run]:
        """The outcomes that are of a run's form, by the number of steps."""
        return {steps: run for steps, outcome in outcomes.items() if (run := self.read(outcome)) is not None}

    def seen(self, outcomes: Sequence[Outcome]) -> Observation:
        """What the recognisers may look at, after calls that all had the same arguments."""
        listed = self.exercise.misconceptions.recognised_by(self.function, "calls")
        return Observation(
            outcomes=outcomes,
            arguments=[self.arguments] * len(outcomes),
            parameters=self.parameters,
            functions=self.exercise.solution.trees.keys(),
            evidence=self.evidence,
            source=self.wording,
            listed_calls=listed.calls if listed is not None else (),
            iterates=True,
        )

    def claim_signs(self, outcomes: Sequence[Outcome], conclusive: bool) -> bool:
        misconceptions, seen = self.exercise.misconceptions, self.seen(outcomes)
        return claim_signs(misconceptions, self.function, seen, self.found, conclusive)

    def behind_exceptions(self, first: dict[int, Outcome]) -> dict[int, Outcome]:
        """The calls again where an exception has an explanation of its own."""
        for _ in range(3):
            error = next((o.error for o in reversed(first.values()) if o.error is not None), None)
            if error is None and not self.globals_read():
                break
            changed = self.repaired(error, list(first.values())) if error is not None else False
            if not changed and not self.supplied(error, first):
                break
            first = self.asked()
        return first

    def repaired(self, error: tuple[str, str], outcomes: Sequence[Outcome]) -> bool:
        """Name the mistake that an exception tells, and go on with the source repaired if it can be."""
        line = next((o.frames[-1][1] for o in reversed(outcomes) if o.frames), None)
        source: str | None = None
        text = f"{error[0]}: {error[1]}"
        shadow = self.exercise.misconceptions.recognised_by(self.function, "shadow")
        hidden = re.search(r"local variable '([^']+)'", error[1])
        if shadow is not None and error[0] == "UnboundLocalError" and hidden:
            if hidden[1] in {*self.evidence.shadows, *self.exercise.solution.trees}:
                self.name(shadow, self.evidence.shadows.get(hidden[1], line), hidden=hidden[1])
                source = repairs.renamed_local(self.source, hidden[1])
            else:  # a slip in a name, and not the mistake
                source = repairs.respelt(self.source, hidden[1])
        for misconception in self.exercise.misconceptions.of(self.function):
            if any(fnmatch.fnmatchcase(text, pattern) for pattern in misconception.raises):
                # once something is repaired, the lines of exceptions are not those of the student's source
                original = self.source is self.evidence.source
                self.name(misconception, line if original else self.wording.line_of_seen(misconception))
                source = repairs.edited(self.source, misconception.repair)
        edit = getattr(self.prober, "edited", None)
        if source is None or edit is None:
            return False
        self.prober, self.source = edit(self.function, source), source
        return True

    def behind_constant_sizes(self, first: dict[int, Outcome]) -> dict[int, Outcome]:
        """The calls again on samples of the actual sizes, where numbers may stand for these in the source."""
        if self.runs(first) or not all(o.error and o.error[0] == "RuntimeError" for o in first.values()):
            return first
        plain = self.way, self.arguments
        self.way = replace(self.way, **self.way.actual)
        self.arguments = self.way.arguments
        again = self.behind_exceptions(self.asked())
        if self.runs(again):
            return again
        self.way, self.arguments = plain
        return first

    def globals_read(self) -> dict[str, Tensor]:
        """Arguments that the function asks the module for by the reference's name, not supplied yet."""
        values = dict(zip(self.parameters, self.arguments, strict=False))
        return {n: values[n] for n in self.evidence.reads_globals if n in values and n not in self.supply}

    def supplied(self, error: tuple[str, str] | None, before: Mapping[int, Outcome]) -> bool:
        misconception = self.exercise.misconceptions.recognised_by(self.function, "global")
        if misconception is None:
            return False
        wanted = self.globals_read()
        missing = re.search(r"name '([^']+)' is not defined", error[1]) if error is not None else None
        if error is not None and error[0] == "NameError" and missing:
            name = missing[1]
            known = name in self.evidence.reads_globals or name in self.known_names()
            if not known or not self.wording.is_variable(name):
                return False
            self.name(misconception, self.evidence.reads_globals.get(name), name=name)
        if not wanted:
            return False
        self.supply.update(wanted)
        now, then = self.read(self.ask(2)), self.read(before[2])
        if now is not None and (then is None or not _agree(now.parameters, then.parameters, then.parameters)):
            line = min(self.evidence.reads_globals[n] for n in wanted)
            self.name(misconception, line, name="`, `".join(wanted))
        return now is not None

    def known_names(self) -> set[str]:
        return {
            n
            for tree in self.exercise.solution.trees.values()
            for n in (*patterns.parameters(tree), *patterns.assigned(tree))
        }

    def supplied_for_right(self) -> bool:
        """Whether it follows the reference once the variables it reads hold the right values: then name them.

        A variable `Y = 0.9 * train_target` of the notebook's does not hold what the caller hands over.
        """
        misconception = self.exercise.misconceptions.recognised_by(self.function, "global")
        names = [name for name in self.evidence.reads_globals if name not in self.supply]
        values = self.right_values() if misconception is not None and names else []
        if misconception is None or not 0 < len(values) ** len(names) <= MOST_SUPPLIED:
            return False
        before = dict(self.supply)
        for chosen in itertools.product(values, repeat=len(names)):
            self.supply = {**before, **dict(zip(names, chosen, strict=True))}
            runs = self.runs({steps: self.ask(steps) for steps in (0, 1, 3)})
            if len(runs) == 3 and self.leads((), runs[0].parameters, runs, (1, 3), RTOL):
                line = min(self.evidence.reads_globals[name] for name in names)
                self.name(misconception, line, name="`, `".join(names))
                return True
        self.supply = before
        return False

    def right_values(self) -> list[Tensor]:
        """The arguments, and what the reference makes of them."""
        rebound = rebound_arguments(self.namespace[self.function], (*self.arguments, *self.way.extra, 0))
        return [value for value in (*self.arguments, *rebound) if isinstance(value, Tensor)]

    def behind_constant_steps(self, first: dict[int, Outcome]) -> dict[int, Outcome]:
        """The calls again with the parameter where a constant number of steps stands, which is named then."""
        many = self.exercise.misconceptions.recognised_by(self.function, "steps")
        runs = [self.read(outcome) for outcome in first.values()]
        lengths = {len(r.history) if r is not None and r.history is not None else 0 for r in runs}
        edit = getattr(self.prober, "edited", None)
        if many is None or edit is None or len(lengths) != 1 or min(lengths) < 2:
            return first
        repaired = repairs.counted_by(self.source, self.parameters.index(self.way.steps))
        if repaired is None:
            return first
        source, line = repaired
        plain = self.prober
        self.prober = edit(self.function, source)
        again = self.asked()
        found = [self.read(outcome) for outcome in again.values()]
        if [len(r.history) if r is not None and r.history is not None else -1 for r in found] != list(STEPS):
            self.prober = plain
            return first
        self.name(many, line + self.evidence.first_line - 1)
        return again

    # The start.

    def initial(self, still: bool) -> None:
        """Compare the spread of the initial parameters with the reference's and its variants'."""
        wide = self.way.wide
        if still:
            count = len(self.arguments)
            wide = (*self.way.still(wide[:count]), *wide[count:])
        run = self.read(self.ask(0, wide))
        if run is None:
            return
        reference = self.spread(())
        accepted = [reference, *([s] * len(reference) for s in self.way.spreads)]
        if any(_same_spread(run.parameters, spreads) for spreads in accepted):
            return
        for form in self.exercise.misconceptions.forms_of(self.function, "initial"):
            if _same_spread(run.parameters, self.spread((form,))):
                self.name(self.by_id[form.id], self.line_of(form))
                return

    def spread(self, forms: tuple[Form, ...]) -> list[float]:
        """The standard deviations of the parameters that a variant draws; none where it draws none."""
        code = _code(self.exercise, self.function, forms)
        if code is None:
            return []
        function = bound(code, self.namespace, self.function)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            run = self.read(call(function, (*self.way.wide, 0)))
        return [float(p.pow(2).mean().sqrt()) for p in run.parameters] if run is not None else []

    # The steps.

    def is_endless(self, runs: Mapping[int, Run]) -> bool:
        """Whether it makes a great number of steps of its own; then nothing more is asked but its start."""
        many = self.exercise.misconceptions.recognised_by(self.function, "steps")
        lengths = {len(run.history) for run in runs.values() if run.history is not None}
        if many is None or len(lengths) != 1 or min(lengths) <= MOST_STEPS:
            return False
        self.name(many, None)
        self.initial(still=True)
        return True

    def is_constant(self, runs: Mapping[int, Run]) -> int | None:
        """The number of steps where it is always the same: 0 where only that much is known; else None."""
        first = runs[0]
        if not all(_agree(run.parameters, first.parameters, first.parameters) for run in runs.values()):
            return None
        lengths = {len(run.history) if run.history is not None else -1 for run in runs.values()}
        if len(lengths) > 1:
            return None
        still = self.read(self.ask(0, (*self.way.still(self.arguments), *self.way.extra)))
        moved = still is not None and not _agree(still.parameters, first.parameters, first.parameters)
        return max(lengths) if moved else None

    def by_constant_steps(self, runs: Mapping[int, Run], constant: int) -> list[tuple[Form, ...]]:
        """The mistakes of a function that makes the same number of steps, whatever it is told."""
        start = self.start_of(runs[0])
        one = self.exercise.misconceptions.recognised_by(self.function, "one step")
        many = self.exercise.misconceptions.recognised_by(self.function, "steps")
        last = {1: runs[3]}
        sets = self.updates(start, last, rtol=2e-2) if start is not None else []
        if one is not None and (sets or constant == 1):
            self.name(one, None)
            if sets and start is not None and constant == 1:
                self.history({1: runs[3]}, start, sets[0])
            return sets
        if many is None:
            return []
        self.name(many, None)
        if start is None or not 1 < constant <= MOST_STEPS:
            return []
        sets = self.updates(start, {constant: runs[3]}, rtol=2e-2)
        if sets:
            self.history({constant: runs[3]}, start, sets[0])
        return sets

    def start_of(self, run: Run) -> Parameters | None:
        """The initial parameters of a function that always steps: data on which a step changes nothing."""
        estimate: Parameters | None = None
        for _ in range(6):
            arguments = self.way.still(self.arguments, *([] if estimate is None else [estimate]))
            found = self.read(self.ask(0, (*arguments, *self.way.extra)))
            if found is None or _shapes(found.parameters) != _shapes(run.parameters):
                return None
            estimate = found.parameters
        return estimate

    def updates(
        self, start: Parameters, runs: Mapping[int, Run], rtol: float = RTOL
    ) -> list[tuple[Form, ...]]:
        """The smallest sets of mistakes that lead from `start` to the student's parameters; `()`: none."""
        steps = sorted(n for n in runs if n > 0)
        for size in range(4):
            found = [
                forms for forms in self.sets("update", size) if self.leads(forms, start, runs, steps, rtol)
            ]
            if found:
                return self.ranked(found)
        return []

    def leads(
        self,
        forms: Sequence[Form],
        start: Parameters,
        runs: Mapping[int, Run],
        steps: Sequence[int],
        rtol: float,
    ) -> bool:
        for count in steps:
            made = self.followed(forms, start, count)
            if made is None or not _agree(runs[count].parameters, made.parameters, start, rtol):
                return False
        return True

    def sets(self, stage: str, size: int) -> Iterator[tuple[Form, ...]]:
        """All sets of `size` forms of a stage, each of another mistake."""
        for forms in itertools.combinations(
            self.exercise.misconceptions.forms_of(self.function, stage), size
        ):
            if len({form.id for form in forms}) == size:
                yield forms

    def ranked(self, found: Iterable[tuple[Form, ...]]) -> list[tuple[Form, ...]]:
        """One set of forms for each set of ids, those that the source speaks for first."""
        by_ids: dict[frozenset[str], tuple[Form, ...]] = {}
        for forms in found:
            by_ids.setdefault(frozenset(form.id for form in forms), forms)
        scores = {ids: sum(self.wording.support(self.by_id[id_]) for id_ in ids) for ids in by_ids}
        best = max(scores.values())
        return [forms for ids, forms in by_ids.items() if scores[ids] == best]

    # The report.

    def history(self, runs: Mapping[int, Run], start: Parameters, forms: Sequence[Form]) -> None:
        """Name what is wrong with the columns, given the mistakes that explain the parameters."""
        steps = max(runs)
        theirs = runs[steps].history
        made = self.followed(forms, start, steps)
        if theirs is None or made is None or made.history is None or len(theirs) != len(made.history):
            return
        if any(len(row) != len(self.way.columns) for row in theirs):
            return
        measured = self.measured(runs, start, steps)
        count = len(self.way.columns)
        open_columns = {
            c
            for c in range(count)
            if not _same_column(theirs, made.history, c)
            and not (measured is not None and _same_column(theirs, measured, c))
        }
        self.explain_columns(theirs, open_columns, forms, start, steps)

    def history_by_measure(self, runs: Mapping[int, Run]) -> None:
        """The same where nothing explains the parameters: by what the student's own parameters give."""
        steps = max(runs)
        theirs, measured = runs[steps].history, self.measured(runs, runs[0].parameters, steps)
        if theirs is None or measured is None or len(theirs) != len(measured):
            return
        if any(len(row) != len(self.way.columns) for row in theirs):
            return
        # Columns that follow from the parameters by one of the mistakes: the reference's own forms, as
        # seen along the reference's trajectory, cannot be used; only what measuring later explains is.
        later = self.measured(runs, runs[0].parameters, steps, shift=1)
        stale = [m for m in self.exercise.misconceptions.of(self.function) if m.recognise == "stale"]
        columns = range(len(self.way.columns))
        off = [c for c in columns if not _same_column(theirs, measured, c)]
        if later is not None and off and stale and all(_same_column(theirs[:-1], later[:-1], c) for c in off):
            self.name(stale[0], None)

    def measured(
        self, runs: Mapping[int, Run], start: Parameters, steps: int, shift: int = 0
    ) -> Columns | None:
        """The history that the student's own parameters give, as far as they are known."""
        known = {0: start, **{n: run.parameters for n, run in runs.items()}}
        wanted = [min(n + shift, steps) for n in range(steps)]
        if any(n not in known for n in wanted):
            return None
        try:
            return tuple(self.way.measure(known[n], self.arguments) for n in wanted)
        except RuntimeError:
            return None

    def explain_columns(
        self, theirs: Columns, off: set[int], forms: Sequence[Form], start: Parameters, steps: int
    ) -> None:
        """Name the fewest mistakes that explain all columns that are off; those of one column if not all."""
        explained: dict[int, list[frozenset[str]]] = {c: [] for c in off}
        lines: dict[str, int | None] = {}
        for size in (1, 2, 3):
            open_columns = [c for c in off if not explained[c]]
            if not open_columns:
                break
            for chosen in self.sets("history", size):
                first = self.followed((*forms, *chosen), start, 1)  # most are off from the first entry on
                if first is None or not _any_entry(theirs, first.history, open_columns):
                    continue
                made = self.followed((*forms, *chosen), start, steps)
                if made is None or made.history is None or len(made.history) != len(theirs):
                    continue
                for column in open_columns:
                    if _same_column(theirs, made.history, column) and self.holds_again(
                        (*forms, *chosen), steps, column
                    ):
                        explained[column].append(frozenset(form.id for form in chosen))
                        lines.update({form.id: self.line_of(form) for form in chosen})
        choices = [explained[c] for c in off if explained[c]]
        if not choices:
            return
        named = min((frozenset().union(*choice) for choice in itertools.product(*choices)), key=len)
        for id_ in sorted(named, key=lambda id_: self.order[id_]):
            self.name(self.by_id[id_], lines.get(id_))

    def holds_again(self, forms: Sequence[Form], steps: int, column: int) -> bool:
        """Whether the mistakes give the student's column on other samples too, and not by chance on a few.

        Where the initial parameters are not to be had, one mistake may be told from the first samples alone.
        """
        if self.second is None:
            return True
        start, runs = self.second
        made = self.followed(forms, start.parameters, steps, self.way.again)
        theirs = runs(steps)
        if made is None or made.history is None or theirs is None or theirs.history is None:
            return False
        return _same_column(theirs.history, made.history, column)

    @functools.cached_property
    def second(self) -> tuple[Run, Callable[[int], Run | None]] | None:
        """The student's start on other samples, and its runs there by the number of steps."""
        start = self.read(self.ask(0, (*self.way.again, *self.way.extra)))
        if start is None or start.history:
            return None
        return start, functools.cache(
            lambda steps: self.read(self.ask(steps, (*self.way.again, *self.way.extra)))
        )

    # What is told.

    def in_so_many_words(self) -> None:
        """Mistakes whose wrong expression stands in the source, where an exception hides the numbers."""
        for misconception in self.exercise.misconceptions.of(self.function):
            line = self.wording.line_of_seen(misconception)
            # Unless something else is known to be wrong, only what does not depend on the rest is told.
            certain = misconception.stage == "initial" or (self.found.ids and misconception.stage)
            if line is not None and certain:
                self.name(misconception, line)

    def line_of(self, form: Form) -> int | None:
        line = self.wording.line_of_form(form, self.exercise.solution.trees[form.function])
        return line if line is not None else self.wording.line_of_seen(self.by_id[form.id])

    def name(self, misconception: Misconception, line: int | None, **facts: str) -> None:
        if misconception.id not in self.found.ids:
            self.found.ids.append(misconception.id)
        if line is not None:
            self.found.lines.setdefault(misconception.id, line)
        self.found.facts.update(facts)

    def told(self, sets: Sequence[tuple[Form, ...]] = ()) -> Diagnosis:
        """The diagnosis; `sets` explain the parameters equally well, the first is named."""
        for form in sets[0] if sets else ():
            line = self.line_of(form)
            if line is not None:
                self.found.lines.setdefault(form.id, line)
        named, *others = [self.ordered(form.id for form in forms) for forms in sets] or [()]
        ids = self.ordered(named)
        lines = self.found.lines
        return Diagnosis(
            ids,
            tuple(others),
            None,
            next((lines[i] for i in ids if i in lines), None),
            self.found.facts,
            lines,
        )

    def ordered(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted({*ids, *self.found.ids}, key=lambda id_: self.order[id_]))


def _code(exercise: Exercise, function: str, forms: tuple[Form, ...]) -> types.CodeType | None:
    """The reference with these mistakes, compiled once; None where they exclude one another."""
    key = (exercise.mistakes_sha256, function, forms)
    if key not in _codes:
        forest: Forest | None = exercise.solution.trees
        for form in forms:
            forest = form.apply(forest) if forest is not None else None
        _codes[key] = code_of(forest, exercise.solution.trees, function) if forest is not None else None
    return _codes[key]


def _rows(history: Any) -> Columns | None:
    """A history's entries as numbers, None where they are none."""
    try:
        if isinstance(history, Tensor):
            if history.numel() + len(history) > MOST_ENTRIES:
                return None
            return tuple(tuple(map(float, row)) for row in history.tolist())
        return tuple(tuple(float(v) for v in row) for row in history)
    except (TypeError, ValueError, RuntimeError):
        return None


def _shapes(parameters: Parameters) -> tuple[torch.Size, ...]:
    return tuple(p.shape for p in parameters)


def _agree(theirs: Parameters, ours: Parameters, start: Parameters, rtol: float = RTOL) -> bool:
    """Whether two sets of parameters agree, relative to how far each tensor moved from `start`."""
    if not _shapes(theirs) == _shapes(ours) == _shapes(start):
        return False
    for a, b, origin in zip(theirs, ours, start, strict=True):
        if not (torch.equal(a.isfinite(), b.isfinite()) and bool(a.isfinite().all())):
            if torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)):
                continue
            return False
        moved = float((b.double() - origin.double()).abs().max()) if b.numel() else 0.0
        size = float(torch.maximum(b.abs(), origin.abs()).max()) if b.numel() else 0.0
        if float((a.double() - b.double()).abs().max()) > rtol * moved + NOISE * size:
            return False
    return True


def _same_spread(parameters: Parameters, spreads: Sequence[float]) -> bool:
    """Whether each tensor looks drawn with that standard deviation, within what its size allows."""
    if len(spreads) != len(parameters):
        return False
    for tensor, spread in zip(parameters, spreads, strict=True):
        found, count = float(tensor.double().pow(2).mean().sqrt()), tensor.numel()
        if abs(found - spread) > spread * 5 / (2 * count) ** 0.5:
            return False
        if abs(float(tensor.double().mean())) > spread * 5 / count**0.5:
            return False
    return True


def _any_entry(theirs: Columns, ours: Columns | None, columns: Iterable[int]) -> bool:
    """Whether the first entries agree in one of these columns."""
    return bool(ours) and any(_same_column(theirs[:1], (ours or ())[:1], column) for column in columns)


def _same_column(a: Columns, b: Columns, column: int) -> bool:
    return len(a) == len(b) and all(
        abs(x[column] - y[column]) <= 1e-5 + 1e-4 * abs(y[column]) for x, y in zip(a, b, strict=True)
    )
