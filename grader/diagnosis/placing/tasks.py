"""What a function should give on its probes, and the right values on the way there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from torch import Tensor

from grader.diagnosis.observation import call, compared, copied, flatten
from grader.diagnosis.placing.search import Task
from grader.diagnosis.placing.values import RightValue, pool
from grader.diagnosis.reference_runner import ReferenceRunner

_RELATIVE = 1e-3  # of an entry
_OF_GREATEST = 1e-4  # of its tensor's greatest one

# the reference's own runners live as long as the process, so their tasks are made once
_tasks: WeakKeyDictionary[ReferenceRunner, Task] = WeakKeyDictionary()


def task_of_calls(runner: ReferenceRunner) -> Task:
    """The task for a function that is compared call by call."""
    if runner not in _tasks:
        _tasks[runner] = _made(runner)
    return _tasks[runner]


def _made(runner: ReferenceRunner) -> Task:
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
    if _has_source(runner):
        values = _values(runner, rows)
    else:
        # the derivative of the student's own function: only what it gives is known
        given = [[copied(outcome.value)] for _, outcome in ordered]
        values = [RightValue("", given)]
    return Task(
        rows,
        expected,
        values,
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


def _has_source(runner: ReferenceRunner) -> bool:
    function = runner.namespace[runner.function]
    return hasattr(function, "__code__")


def _values(
    runner: ReferenceRunner, rows: Sequence[Sequence[Any]]
) -> list[RightValue]:
    calls: list[Callable[..., Any]] = []
    for row in rows:
        calls.append(partial(_call, row))
    return pool(
        runner.exercise, runner.function, runner.namespace, calls, rows
    )


def _call(row: Sequence[Any], function: Callable[..., Any]) -> None:
    call(function, row)
