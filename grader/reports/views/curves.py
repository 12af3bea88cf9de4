"""Training curves as polylines: the student's over the reference's, one panel per quantity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.results import Curve, Curves

WIDTH, HEIGHT = 300, 150  # of a panel's plotting area, in the drawing's units
_LARGEST = 1e100  # value that is drawn: an axis has to reach beyond it
POINTS = 160  # a curve's points at most: more cannot be seen

Point = tuple[int, float]  # a step, and the value there


@dataclass(frozen=True)
class Tick:
    """A labelled place on the vertical axis."""

    y: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One quantity over the steps. A curve is in pieces where a value is not a finite number.

    student, reference: the points of each piece, as SVG wants them. last: the last value of both curves.
    diverged: whether the student's curve has a value that is not a finite number.
    """

    title: str
    student: tuple[str, ...]
    reference: tuple[str, ...]
    ticks: tuple[Tick, ...]
    steps: int
    last: tuple[float, float]
    logarithmic: bool
    diverged: bool


def panels(curves: Curves | None, titles: Sequence[str]) -> tuple[Panel, ...]:
    """One panel for each title, the column of the curves' entries; none if a curve has no entries."""
    if curves is None or not curves.student or not curves.reference:
        return ()
    found = []
    for column, title in enumerate(titles):
        found.append(_panel(curves, column, title))
    return tuple(found)


@dataclass(frozen=True)
class _Axis:
    """The vertical axis: the values at its ends, and those that get a label."""

    low: float
    high: float
    places: tuple[float, ...]
    logarithmic: bool

    def y(self, value: float) -> float:
        """Where a value lies, in the drawing's units; 0 is at the top."""
        if self.logarithmic:
            above = math.log(value / self.low)
            share = above / math.log(self.high / self.low)
        else:
            above = value - self.low
            share = above / (self.high - self.low)
        return round(HEIGHT * (1 - share), 1)


def _panel(curves: Curves, column: int, title: str) -> Panel:
    student = _values(curves.student, column)
    reference = _values(curves.reference, column)
    # One axis for both curves, so that their heights can be compared.
    axis = _axis_for([*student, *reference])
    steps = max(len(student), len(reference))
    ticks = []
    for place in axis.places:
        label = f"{place:.5g}"
        ticks.append(Tick(axis.y(place), label))
    all_finite = all(map(math.isfinite, student))
    return Panel(
        title,
        student=_pieces(student, steps, axis),
        reference=_pieces(reference, steps, axis),
        ticks=tuple(ticks),
        steps=steps,
        last=(curves.student[-1][column], curves.reference[-1][column]),
        logarithmic=axis.logarithmic,
        diverged=not all_finite,
    )


def _values(curve: Curve, column: int) -> list[float]:
    return [_drawable(float(entry[column])) for entry in curve]


def _drawable(value: float) -> float:
    """The value, or the nearest one for which an axis can be drawn."""
    if not math.isfinite(value):
        return value
    if abs(value) < 1 / _LARGEST:
        return 0.0
    return max(-_LARGEST, min(_LARGEST, value))


def _pieces(
    values: Sequence[float], steps: int, axis: _Axis
) -> tuple[str, ...]:
    """The curve's pieces, each as "x,y x,y ..."."""
    pieces = []
    for run in _runs(_thinned(values)):
        pieces.append(_polyline(run, steps, axis))
    return tuple(pieces)


def _polyline(run: Sequence[Point], steps: int, axis: _Axis) -> str:
    last_step = max(steps - 1, 1)
    points = []
    for step, value in run:
        x = round(WIDTH * step / last_step, 1)
        y = axis.y(value)
        points.append(f"{x:g},{y:g}")
    return " ".join(points)


def _thinned(values: Sequence[float]) -> list[Point]:
    """At most POINTS of the values and the last one, each with its step."""
    last = len(values) - 1
    stride = max(1, math.ceil(len(values) / POINTS))
    kept = set(range(0, len(values), stride))
    kept.add(last)
    points = []
    for step in sorted(kept):
        points.append((step, values[step]))
    return points


def _runs(points: Iterable[Point]) -> list[list[Point]]:
    """The points in runs of finite values. A lone point stands twice: a line of one point is not drawn."""
    runs: list[list[Point]] = [[]]
    for step, value in points:
        if math.isfinite(value):
            runs[-1].append((step, value))
        elif runs[-1]:
            runs.append([])
    if not runs[-1]:
        runs.pop()  # the last value was not finite
    for run in runs:
        if len(run) == 1:
            run.append(run[0])
    return runs


def _axis_for(values: Sequence[float]) -> _Axis:
    finite = list(filter(math.isfinite, values))
    if not finite:
        finite = [0.0]
    low = min(finite)
    high = max(finite)
    # If one curve is a hundred times higher than the other, only a logarithmic axis shows both.
    if low > 0 and high > 100 * low:
        return _decades(low, high)
    return _linear(low, high)


def _linear(low: float, high: float) -> _Axis:
    """An axis from 0 or below, with three to six round places."""
    low = min(low, 0.0)
    high = max(high, 1e-9)  # or an axis of zeros only would have no length
    step = _round_step((high - low) / 4)
    first = math.floor(low / step)
    last = math.ceil(high / step)
    places = [index * step for index in range(first, last + 1)]
    return _Axis(places[0], places[-1], tuple(places), logarithmic=False)


def _round_step(rough: float) -> float:
    """The next number from `rough` on that is 1, 2, 2.5 or 5 times a power of ten."""
    magnitude = 10.0 ** math.floor(math.log10(rough))
    for factor in (1, 2, 2.5, 5):
        step = factor * magnitude
        if step >= rough:
            return step
    return 10 * magnitude


def _decades(low: float, high: float) -> _Axis:
    """A logarithmic axis from one power of ten to another, with about five of them as places."""
    first = math.floor(math.log10(low))
    last = math.ceil(math.log10(high))
    stride = max(1, (last - first) // 5)
    places = [10.0**power for power in range(first, last + 1, stride)]
    return _Axis(10.0**first, 10.0**last, tuple(places), logarithmic=True)
