"""Runs the reference's function, and variants of it with mistakes in them, on its probes."""

from __future__ import annotations

import ast
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checking.reference import CentralDifference
from grader.diagnosis.closeness import COARSE, close
from grader.diagnosis.observation import (
    RAISED,
    Outcome,
    Plugged,
    Trace,
    call,
    compared,
    entry_counts,
    flatten,
    names_at,
    trace,
)
from grader.exercise import Exercise, Forest, patterns
from grader.exercise.probes import probes_of

# The mistakes in a variant: indices into `ReferenceRunner.forms`.
Combination = tuple[int, ...]
Row = tuple[Any, ...]  # the arguments of one call

_runners: dict[tuple[str, str], ReferenceRunner] = {}


def shared_runner(exercise: Exercise, function: str) -> ReferenceRunner:
    """The runner of a function with nothing of a student's in it, made once per process."""
    key = (exercise.mistakes_sha256, function)
    if key not in _runners:
        _runners[key] = ReferenceRunner(exercise, function)
    return _runners[key]


class ReferenceRunner:
    """One function of the reference, run on its probes.

    plugged: functions of the student's that take the place of the reference's.

    forms: every known way to make a mistake in it. outcomes, reference: what it gives on the probes, and the
    same as numbers. accumulators: the positions of the arguments that it changes; where there are any, they
    are what is compared, otherwise the value.
    """

    def __init__(
        self,
        exercise: Exercise,
        function: str,
        plugged: Plugged | None = None,
    ) -> None:
        self.exercise = exercise
        self.function = function
        self.forms = exercise.misconceptions.forms_of(function)
        self.probes = probes_of(exercise, function)
        self.namespace = exercise.solution.namespace(
            all_remembered(plugged or {})
        )
        leader = exercise.functions[function].derivative_of
        if leader is not None and leader in (plugged or {}):
            # The derivative of the student's own function is right; mistakes in another one's tell nothing.
            self.namespace[function] = CentralDifference(
                self.namespace[leader]
            )
            self.forms = ()
        self.tree = exercise.solution.trees[function]
        self.parameters = patterns.parameters(self.tree)
        self.outcomes = self.run(self.namespace[function])
        self.accumulators = _changed_positions(self.probes, self.outcomes)
        self.reference = self.trace(self.outcomes)

    @property
    def accumulator_names(self) -> tuple[str, ...]:
        """The names of the arguments that the reference changes."""
        return names_at(self.accumulators, self.parameters)

    @property
    def sizes(self) -> list[list[int]]:
        """For each probe, the number of entries of each quantity that is compared."""
        sizes = []
        for outcome in self.outcomes:
            quantities = flatten(compared(outcome, self.accumulators))
            sizes.append(entry_counts(quantities))
        return sizes

    def run(self, function: Callable[..., Any]) -> list[Outcome]:
        """A trusted function on every probe."""
        return [call(function, arguments) for arguments in self.probes]

    def trace(self, outcomes: Sequence[Outcome]) -> Trace:
        """Outcomes as numbers, of what is compared of this function."""
        return trace(outcomes, self.accumulators)

    # variants

    def ids(self, combination: Combination) -> list[str]:
        """The ids of the mistakes in a variant."""
        return [self.forms[index].id for index in combination]

    def edited(self, combination: Combination) -> Forest | None:
        """The reference's functions with these mistakes; None where they exclude one another."""
        forest: Forest | None = dict(self.exercise.solution.trees)
        for index in combination:
            if forest is None:
                return None
            forest = self.forms[index].apply(forest)
        return forest

    def compiled(self, forest: Forest) -> Callable[..., Any]:
        """The function of an edited reference."""
        code = code_of(forest, self.exercise.solution.trees, self.function)
        return bound(code, self.namespace, self.function)

    def run_forest(self, forest: Forest) -> Trace:
        """What the function of an edited reference gives."""
        return self.trace(self.run(self.compiled(forest)))

    def run_variant(self, combination: Combination) -> Trace | None:
        """What the variant with these mistakes gives, None where they exclude one another."""
        forest = self.edited(combination)
        if forest is None:
            return None
        return self.run_forest(forest)

    def run_variant_like(
        self,
        combination: Combination,
        student: Trace,
    ) -> Trace | None:
        """The same, but None as soon as a probe shows that it is not what the student's function gives."""
        forest = self.edited(combination)
        if forest is None:
            return None
        function = self.compiled(forest)
        outcomes: dict[int, Outcome] = {}
        for probe in _returned_first(student):
            outcome = call(function, self.probes[probe])
            if not self._may_be(outcome, student, probe):
                return None
            outcomes[probe] = outcome
        in_order = [outcomes[probe] for probe in sorted(outcomes)]
        return self.trace(in_order)

    def _may_be(self, outcome: Outcome, student: Trace, probe: int) -> bool:
        """Whether a variant that gives this on a probe may be what the student's function is."""
        made = self.trace([outcome])
        if made.group[0] != student.group[probe]:
            return False
        if made.structures[0] == RAISED:
            return True
        return close(made.numbers[0], student.numbers[probe], COARSE)


def _returned_first(student: Trace) -> list[int]:
    """The probes, those that returned first: their numbers rule most variants out."""
    returned, raised = [], []
    for probe, found in enumerate(student.structures):
        if found == RAISED:
            raised.append(probe)
        else:
            returned.append(probe)
    return returned + raised


def code_of(forest: Forest, trees: Forest, function: str) -> types.CodeType:
    """The definitions of `function` and of what `forest` has otherwise than `trees`, compiled."""
    # The function itself is defined anew in any case: it must see the edited ones, not the reference's.
    edited: list[ast.stmt] = []
    for name, tree in forest.items():
        if tree is not trees[name] or name == function:
            edited.append(tree)
    module = ast.Module(edited, type_ignores=[])
    return compile(module, "variant.py", "exec")


def bound(
    code: types.CodeType,
    namespace: Mapping[str, Any],
    function: str,
) -> Callable[..., Any]:
    """`function` as `code` defines it, in a copy of `namespace`."""
    names = dict(namespace)
    exec(code, names)
    return names[function]  # type: ignore[no-any-return]


def all_remembered(functions: Plugged) -> dict[str, Callable[..., Any]]:
    """Functions by name, each `remembered`."""
    made = {}
    for name, function in functions.items():
        made[name] = remembered(function)
    return made


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, called once for the same numbers: a student's is far away. Replays what it changed.

    Raises RuntimeError where the function raised anything.
    """
    known: dict[bytes, Outcome] = {}  # by the arguments' shapes and numbers

    def recall(*arguments: Any) -> Any:
        key = _fingerprint(arguments)
        if key not in known:
            known[key] = call(function, arguments)
        outcome = known[key]
        if outcome.error is not None:
            raise RuntimeError(f"{outcome.error[0]}: {outcome.error[1]}")
        for argument, after in zip(arguments, outcome.arguments, strict=True):
            if isinstance(argument, Tensor) and argument.shape == after.shape:
                argument.copy_(after)
        return outcome.value

    return recall


def _fingerprint(arguments: Row) -> bytes:
    """The shapes and numbers of all tensors among the arguments."""
    parts = []
    for tensor in flatten(arguments):
        numbers = tensor.detach().contiguous().numpy()
        parts.append(str(tensor.shape).encode())
        parts.append(numbers.tobytes())
    return b"|".join(parts)


def _changed_positions(
    probes: Sequence[Row], outcomes: Sequence[Outcome]
) -> tuple[int, ...]:
    """The positions of the arguments that the reference changes in some call."""
    changed = set()
    for arguments, outcome in zip(probes, outcomes, strict=True):
        pairs = zip(arguments, outcome.arguments, strict=True)
        for position, (before, after) in enumerate(pairs):
            if isinstance(before, Tensor) and not torch.equal(before, after):
                changed.add(position)
    return tuple(sorted(changed))
