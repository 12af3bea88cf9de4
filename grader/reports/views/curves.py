"""Training curves as polylines: the student's over the reference's, one panel a quantity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.results import Curves

WIDTH, HEIGHT = 300, 150  # of a panel's plotting area, in the drawing's units
POINTS = 160  # of a curve at most: more cannot be seen


@dataclass(frozen=True)
class Tick:
    """A labelled place on the upright axis."""

    y: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One quantity over the steps: the points of both curves, in pieces where a value is not a number."""

    title: str
    student: tuple[str, ...]
    reference: tuple[str, ...]
    ticks: tuple[Tick, ...]
    steps: int
    last: tuple[float, float]
    logarithmic: bool
    diverged: bool


def panels(curves: Curves | None, titles: Sequence[str]) -> tuple[Panel, ...]:
    """A panel for each of loss, train error and test error; none where there are no curves."""
    if curves is None or not curves.student or not curves.reference:
        return ()
    return tuple(_panel(curves, column, title) for column, title in enumerate(titles))


def _panel(curves: Curves, column: int, title: str) -> Panel:
    student = [float(entry[column]) for entry in curves.student]
    reference = [float(entry[column]) for entry in curves.reference]
    finite = [value for value in (*student, *reference) if math.isfinite(value)] or [0.0]
    positive = [value for value in finite if value > 0]
    # Where one curve dwarfs the other, only a logarithmic axis shows both.
    logarithmic = len(positive) == len(finite) and max(finite) > 100 * min(finite)
    low, high, places = _decades(min(finite), max(finite)) if logarithmic else _axis(min(finite), max(finite))
    steps = max(len(student), len(reference))

    def y(value: float) -> float:
        share = math.log(value / low) / math.log(high / low) if logarithmic else (value - low) / (high - low)
        return round(HEIGHT * (1 - share), 1)

    def pieces(values: Sequence[float]) -> tuple[str, ...]:
        return tuple(
            " ".join(f"{round(WIDTH * step / max(steps - 1, 1), 1):g},{y(value):g}" for step, value in piece)
            for piece in _runs(_thinned(values))
        )

    ticks = tuple(Tick(y(place), f"{place:.5g}") for place in places)
    diverged = not all(math.isfinite(value) for value in student)
    last = (student[-1], reference[-1])
    return Panel(title, pieces(student), pieces(reference), ticks, steps, last, logarithmic, diverged)


def _thinned(values: Sequence[float]) -> list[tuple[int, float]]:
    stride = max(1, math.ceil(len(values) / POINTS))
    kept = sorted({*range(0, len(values), stride), len(values) - 1})
    return [(step, values[step]) for step in kept]


def _runs(points: Iterable[tuple[int, float]]) -> list[list[tuple[int, float]]]:
    """The points in runs of finite values; a lone point becomes a short line, or it would not be seen."""
    runs: list[list[tuple[int, float]]] = [[]]
    for step, value in points:
        if math.isfinite(value):
            runs[-1].append((step, value))
        elif runs[-1]:
            runs.append([])
    return [run if len(run) > 1 else run * 2 for run in runs if run]


def _axis(low: float, high: float) -> tuple[float, float, list[float]]:
    """A linear axis from 0 or below, with three to six round places."""
    low, high = min(low, 0.0), max(high, 1e-9)
    rough = (high - low) / 4
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 2.5, 5, 10) if factor * magnitude >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return first * step, last * step, [index * step for index in range(first, last + 1)]


def _decades(low: float, high: float) -> tuple[float, float, list[float]]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, (last - first) // 5)
    return 10.0**first, 10.0**last, [10.0**power for power in range(first, last + 1, stride)]
