"""Runs of a function that iterates: the student's, and the reference's with known mistakes in it."""

from __future__ import annotations

import itertools
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.checking import Rounded, as_tensor
from grader.diagnosis.local_values import rebound_arguments
from grader.diagnosis.observation import Outcome, Plugged, Prober, call
from grader.diagnosis.reference_runner import all_remembered, bound, code_of
from grader.exercise import Exercise, Forest, Form, patterns
from grader.exercise.probes import (
    LeadingArguments,
    Parameters,
    trajectories,
)

ASKED_STEPS = (0, 1, 2, 3)  # numbers of steps, asked of a student's function
MOST_STEPS = 60  # a function that always takes more than this is not followed
MOST_ENTRIES = (
    1_000_000  # of a history that is a tensor; a longer one is not read
)

History = tuple[tuple[float, ...], ...]
Forms = tuple[Form, ...]  # of mistakes that are made together
Outcomes = dict[int, Outcome]  # by the number of steps asked for
Runs = Mapping[int, "Run"]  # by the number of steps


def ids_of(forms: Forms) -> list[str]:
    """The ids of the mistakes that are made in these ways."""
    return [form.id for form in forms]


@dataclass(frozen=True)
class Run:
    """What one call returned: the parameters, and the history where it consists of rows of numbers."""

    parameters: Parameters
    history: History | None

    @property
    def shapes(self) -> list[torch.Size]:
        """The shape of each parameter."""
        return [parameter.shape for parameter in self.parameters]

    @property
    def reported(self) -> int | None:
        """The number of steps that the history tells of."""
        return len(self.history) if self.history is not None else None


def read_run(outcome: Outcome) -> Run | None:
    """A call's outcome as a run; None where it raised, or returned anything but parameters and a history.

    The parameters may also stand beside the history, in one sequence with it.
    """
    value = outcome.value
    if outcome.error is not None or not isinstance(value, tuple | list):
        return None
    if len(value) < 2:
        return None
    *first, history = value
    parameters = first[0] if len(first) == 1 else first
    if not isinstance(parameters, tuple | list):
        return None
    read = []
    for parameter in parameters:
        if not isinstance(parameter, Tensor) or parameter.is_complex():
            return None
        read.append(parameter.detach().to(torch.float32))
    return Run(tuple(read), _read_history(history))


def read_runs(outcomes: Outcomes) -> dict[int, Run]:
    """Those outcomes that can be read as a run, by the number of steps."""
    runs = {}
    for steps, outcome in outcomes.items():
        run = read_run(outcome)
        if run is not None:
            runs[steps] = run
    return runs


def _read_history(history: Any) -> History | None:
    """The rows of numbers that a history consists of; None where it does not."""
    history = as_tensor(history)
    try:
        if isinstance(history, Tensor):
            if history.numel() + len(history) > MOST_ENTRIES:
                return None
            history = history.tolist()
        rows = []
        for row in map(as_tensor, history):
            rows.append(tuple(map(_as_number, row)))
        return tuple(rows)
    except (TypeError, ValueError, RuntimeError):
        return None


def _as_number(value: Any) -> float:
    # what was printed keeps how far it may be off
    return value if isinstance(value, Rounded) else float(value)


class ReferenceRuns:
    """Runs the reference's function from given initial parameters, with known mistakes in it or without."""

    def __init__(
        self, exercise: Exercise, function: str, earlier: Plugged
    ) -> None:
        """earlier: the student's own earlier functions, used in place of the reference's."""
        self.exercise = exercise
        self.function = function
        self.namespace = exercise.solution.namespace(all_remembered(earlier))
        self.original = self.namespace[function]
        self.trajectory = trajectories(exercise, self.namespace)[function]
        self.parameters = patterns.parameters(
            exercise.solution.trees[function]
        )

    def run(
        self,
        forms: Forms,
        start: Parameters,
        arguments: LeadingArguments,
        steps: int,
    ) -> Run | None:
        """The run with these mistakes; None where they exclude one another or cannot be run."""
        code = _code(self.exercise, self.function, forms)
        if code is None:
            return None
        function = bound(code, self.namespace, self.function)
        started = {self.trajectory.start: start}

        def run_from_start(*given: Any) -> Any:
            return function(*given, **started)

        return read_run(call(run_from_start, (*arguments, steps)))

    def shapes(self, arguments: LeadingArguments) -> list[torch.Size]:
        """The shapes of the parameters that the reference draws for these arguments."""
        outcome = call(self.original, (*arguments, 0))
        run = read_run(outcome)
        return run.shapes if run is not None else []

    def initial_spreads(
        self, forms: Forms, arguments: LeadingArguments
    ) -> list[float]:
        """The standard deviation of each parameter that is drawn with these mistakes.

        Empty where the mistakes exclude one another or nothing is drawn.
        """
        spreads = []
        for parameter in self.initial(forms, arguments):
            # They are drawn around 0.
            variance = parameter.pow(2).mean()
            spreads.append(float(variance.sqrt()))
        return spreads

    def initial(self, forms: Forms, arguments: LeadingArguments) -> Parameters:
        """Parameters that are drawn with these mistakes; empty where these exclude one another."""
        code = _code(self.exercise, self.function, forms)
        if code is None:
            return ()
        function = bound(code, self.namespace, self.function)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            run = read_run(call(function, (*arguments, 0)))
        return () if run is None else run.parameters

    def measured(
        self,
        parameters: Parameters,
        arguments: LeadingArguments,
    ) -> tuple[float, ...] | None:
        """The history's entry for a student's parameters; None where they do not fit the network."""
        try:
            return self.trajectory.measure(parameters, arguments)
        except (RuntimeError, TypeError, ValueError, IndexError):
            # the parameters do not fit, or the student's own functions give something else
            return None

    def right_values(self, arguments: LeadingArguments) -> list[Tensor]:
        """The tensors among the arguments, and those that the reference puts in their place."""
        rebound = rebound_arguments(self.original, (*arguments, 0))
        values = (*arguments, *rebound)
        tensors = []
        for value in values:
            if isinstance(value, Tensor):
                tensors.append(value)
        return tensors

    def combinations(self, stage: str, size: int) -> Iterator[Forms]:
        """All sets of `size` forms of a stage, each of another mistake."""
        all_forms = self.exercise.misconceptions.forms_of(self.function, stage)
        for forms in itertools.combinations(all_forms, size):
            mistakes = set(ids_of(forms))
            if len(mistakes) == size:
                yield forms


class StudentRuns:
    """Asks the student's function for runs.

    While the diagnosis goes on it may take other inputs, supply variables that the function reads and does
    not have, and edit the function's source, so that one mistake does not hide the others.
    """

    def __init__(
        self, reference: ReferenceRuns, prober: Prober, source: str
    ) -> None:
        self.function = reference.function
        self.reference = reference
        self.prober = prober
        self.source = source
        self.inputs = reference.trajectory.inputs
        # Whether a loop is judged in the function's place: no contract says when it measures.
        self.is_lifted = False
        # Later arranged for the student's own initial parameters.
        self.arguments = self.inputs.arguments
        self.supply: dict[str, Tensor] = {}

    def ask(
        self, steps: int, arguments: LeadingArguments | None = None
    ) -> Outcome:
        """What the function gives for that many steps; `arguments` are `self.arguments` if not given."""
        given = self.arguments if arguments is None else arguments
        row = (*given, steps)
        return self.prober.call(self.function, row, self.supply)

    def run(
        self, steps: int, arguments: LeadingArguments | None = None
    ) -> Run | None:
        """The same, read as a run."""
        return read_run(self.ask(steps, arguments))

    def ask_each(self) -> Outcomes:
        """The outcome for each number of `ASKED_STEPS`, on arguments arranged for the initial parameters.

        A function that takes a great number of steps by itself is asked twice only.
        """
        outcomes = {0: self.ask(0)}
        run = read_run(outcomes[0])
        arguments = self.inputs.arguments
        if run is not None and run.shapes == self.reference.shapes(arguments):
            self.arguments = self.reference.trajectory.arranged(
                arguments, run.parameters
            )
            outcomes[0] = self.ask(0)
        wanted: Sequence[int] = ASKED_STEPS[1:]
        reported = run.reported if run is not None else None
        if reported is not None and reported > MOST_STEPS:
            wanted = ASKED_STEPS[1:2]
        for steps in wanted:
            outcomes[steps] = self.ask(steps)
        return outcomes

    def edit(self, source: str) -> None:
        """Go on with another source of the function."""
        self.source = source
        self.prober = self.prober.edited(self.function, source)


_codes: dict[tuple[str, str, Forms], types.CodeType | None] = {}


def _code(
    exercise: Exercise, function: str, forms: Forms
) -> types.CodeType | None:
    """The reference with these mistakes, compiled once; None where they exclude one another."""
    key = (exercise.mistakes_sha256, function, forms)
    if key not in _codes:
        _codes[key] = _compiled(exercise, function, forms)
    return _codes[key]


def _compiled(
    exercise: Exercise, function: str, forms: Forms
) -> types.CodeType | None:
    forest: Forest | None = exercise.solution.trees
    for form in forms:
        if forest is None:
            return None
        forest = form.apply(forest)
    if forest is None:
        return None
    return code_of(forest, exercise.solution.trees, function)
