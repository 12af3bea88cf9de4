"""What a function should give on its probes, and the right values on the way there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from grader.diagnosis.observation import call, compared, copied, flatten
from grader.diagnosis.placing.search import Task
from grader.diagnosis.placing.values import (
    RightValue,
    counts,
    distinct,
    right_values,
    sizes,
)
from grader.diagnosis.reference_runner import ReferenceRunner

_RELATIVE, _OF_GREATEST = (
    1e-3,
    1e-4,
)  # of an entry, and of its tensor's greatest


def task_of_calls(runner: ReferenceRunner) -> Task:
    """The task for a function that is compared call by call."""
    probes = zip(runner.probes, runner.outcomes, strict=True)
    ordered = sorted(probes, key=lambda one: _nb_sizes(one[0]))
    rows = [tuple(row) for row, _ in ordered]
    expected, added = [], []
    for row, outcome in ordered:
        parts = flatten(compared(outcome, runner.accumulators))
        expected.append([[(part, _tolerance(part))] for part in parts])
        changes = []
        for position in runner.accumulators:
            changes.append(outcome.arguments[position] - row[position])
        added.append(changes)
    return Task(
        rows,
        expected,
        _values(runner, rows),
        runner.accumulators,
        added,
    )


def _nb_sizes(row: Sequence[Any]) -> int:
    """The number of different sizes in a call's arguments: where they are equal, little raises."""
    found: set[int] = set()
    for one in row:
        if isinstance(one, Tensor):
            found.update(one.shape)
    return len(found)


def _tolerance(part: Tensor) -> Tensor:
    numbers = part.double().abs().nan_to_num(0.0, 0.0, 0.0)
    greatest = float(numbers.max()) if numbers.numel() else 0.0
    return _RELATIVE * numbers + _OF_GREATEST * greatest


def _values(
    runner: ReferenceRunner, rows: Sequence[Sequence[Any]]
) -> list[RightValue]:
    function = runner.namespace[runner.function]
    if getattr(function, "__code__", None) is None:
        # the derivative of the student's own function: only what it gives is known
        given = [[copied(one.value)] for one in runner.outcomes]
        return [RightValue("", given)]
    solution = runner.exercise.solution
    helpers = [
        one for one in solution.trees if one not in runner.exercise.functions
    ]
    calls: list[Callable[..., Any]] = []
    for row in rows:
        calls.append(partial(_call, row))
    values = right_values(
        solution.trees, runner.function, helpers, runner.namespace, calls
    )
    return distinct([*values, *sizes(rows), *counts(rows)])


def _call(row: Sequence[Any], function: Callable[..., Any]) -> None:
    call(function, row)
