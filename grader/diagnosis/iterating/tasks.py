"""What a function that iterates should give, and the right values on the way there, for `placing`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from grader.diagnosis.closeness import (
    FLOAT32_NOISE,
    HISTORY,
    MOVED,
    spread_agrees,
)
from grader.diagnosis.iterating.case import IteratingCase
from grader.diagnosis.iterating.runs import ReferenceRuns
from grader.diagnosis.observation import call
from grader.diagnosis.placing.search import Task
from grader.diagnosis.placing.values import RightValue, pool
from grader.diagnosis.verdict import Diagnosis
from grader.exercise.probes import LeadingArguments, Parameters

_STEPS = 2
# Of what each parameter moves by: a right sigma may round badly near 0, where it is in the first steps.
_FIRST_MOVED = 2e-2
_MOST_RUNS = 8_000  # each of them is a training
_MOST_RUNS_OF_KNOWN = 1_500


def tasks(case: IteratingCase, found: Diagnosis) -> list[Task]:
    """What the function has to do: begin as it should, and then go on. Empty where that cannot be seen."""
    runs = task_of_runs(case)
    start = task_of_start(case)
    if runs is None:
        return [] if start is None else [start]
    # each edit that is tried is a training; of mistakes that are known, their lines do
    if found.misconceptions:
        runs = replace(
            runs,
            only_there=bool(found.lines),
            most_runs=_MOST_RUNS_OF_KNOWN,
            most_edits=len(found.misconceptions),
        )
    return [runs] if start is None else [start, runs]


def task_of_start(case: IteratingCase) -> Task | None:
    """The task of the initial parameters; None where they are right, or cannot be seen."""
    arguments = case.student.inputs.wide
    run = case.student.run(0, arguments)
    reference = case.reference
    shapes = reference.shapes(arguments)
    spreads = reference.initial_spreads((), arguments)
    if run is None or not shapes:
        return None
    if run.shapes == shapes and spread_agrees(run.parameters, spreads):
        return None
    expected = []
    for shape, spread in zip(shapes, spreads, strict=True):
        expected.append([(torch.zeros(shape), spread)])
    row = (*arguments, 0)

    def start(function: Callable[..., Any]) -> None:
        call(function, row)

    return Task(
        rows=[row],
        expected=[expected],
        values=_values(reference, [start], [row]),
        reads="start",
        columns=len(reference.trajectory.columns),
    )


def task_of_runs(case: IteratingCase) -> Task | None:
    """The task of a few steps from the student's own initial parameters; None where these are not known."""
    few = _few(case)
    if few is None:
        return None
    asked = [(few, _STEPS, _FIRST_MOVED)]
    awake = case.reference.trajectory.awake
    if awake is not None:
        asked.append((*awake, MOVED))
    rows, expected, calls = [], [], []
    for arguments, steps, share in asked:
        run = case.student.run(0, arguments)
        if run is None or run.shapes != case.reference.shapes(arguments):
            return None
        parts = _expected(case, run.parameters, arguments, steps, share)
        if parts is None:
            return None
        rows.append((*arguments, steps))
        expected.append(parts)
        calls.append(_from(case.reference, run.parameters, rows[-1]))
    return Task(
        rows=rows,
        expected=expected,
        values=_values(case.reference, calls, rows),
        reads="run",
        columns=len(case.reference.trajectory.columns),
        turns=_STEPS,
        most_runs=_MOST_RUNS,
    )


def _few(case: IteratingCase) -> LeadingArguments | None:
    """The fewest samples, arranged for the student's initial parameters."""
    trajectory = case.reference.trajectory
    few = trajectory.few
    if few is None:
        return None
    run = case.student.run(0, few)
    if run is None or run.shapes != case.reference.shapes(few):
        return None
    return trajectory.arranged(few, run.parameters)


def _from(
    reference: ReferenceRuns, start: Parameters, row: Sequence[Any]
) -> Callable[[Callable[..., Any]], None]:
    started = {reference.trajectory.start: start}

    def run(function: Callable[..., Any]) -> None:
        def from_start(*given: Any) -> Any:
            return function(*given, **started)

        call(from_start, row)

    return run


def _values(
    reference: ReferenceRuns,
    calls: Sequence[Callable[[Callable[..., Any]], None]],
    rows: Sequence[Sequence[Any]],
) -> list[RightValue]:
    return pool(
        reference.exercise,
        reference.function,
        reference.namespace,
        calls,
        rows,
    )


def _expected(
    case: IteratingCase,
    start: Parameters,
    arguments: LeadingArguments,
    steps: int,
    share: float,
) -> list[list[tuple[Tensor, Any]]] | None:
    """Each parameter after the steps, then each column of the history, with how far an entry may be off.

    share: of what a parameter moves by, by which it may be off.
    """
    reference = case.reference
    run = reference.run((), start, arguments, steps + 1)
    end = reference.run((), start, arguments, steps)
    if run is None or end is None or run.history is None:
        return None
    parts: list[list[tuple[Tensor, Any]]] = []
    for before, after in zip(start, end.parameters, strict=True):
        moved = float((after - before).abs().max())
        greatest = float(torch.maximum(before.abs(), after.abs()).max())
        parts.append([(after, share * moved + FLOAT32_NOISE * greatest)])
    trajectory = reference.trajectory
    for index, name in enumerate(trajectory.columns):
        column = torch.tensor([entry[index] for entry in run.history])
        may_be_late = name in trajectory.late_columns
        alternatives = [column[:-1]]
        if may_be_late or case.evidence.is_lifted:
            alternatives.append(column[1:])
        with_tolerance = []
        for one in alternatives:
            allowed = HISTORY.absolute + HISTORY.relative * one.double().abs()
            with_tolerance.append((one, allowed))
        parts.append(with_tolerance)
    return parts
