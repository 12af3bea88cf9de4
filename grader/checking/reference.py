"""The reference solution as something to call, with the student's own functions in it where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checking.columns import as_column, as_vector
from grader.checking.gradients import differences_by_rows
from grader.errors import Raised
from grader.exercise import Exercise


class Reference:
    """The reference solution's functions as attributes, each free to be replaced by the student's own.

    A plugged function that has a derivative in the exercise stays differentiable: its backward is the
    student's derivative where that is plugged too. A derivative whose function is plugged, while it is
    not itself, becomes that function's, by finite differences: that is what is asked of the student then.
    """

    def __init__(self, exercise: Exercise, plugged: Mapping[str, Callable[..., Any]] | None = None) -> None:
        plugged = plugged or {}
        self.plugged = frozenset(plugged)
        self.known: dict[str, Any] = {}  # what an exercise has found out about this one
        names: dict[str, Any] = {"__name__": "solution"}
        exec(exercise.solution.code, names)
        derivatives = {f.derivative_of: f.name for f in exercise.functions.values() if f.derivative_of}
        replaced = dict(plugged)
        for function, derivative in derivatives.items():
            if function in plugged and derivative not in plugged:
                replaced[derivative] = _derivative(plugged[function])
        for function, derivative in derivatives.items():
            if function in plugged:
                slope = replaced[derivative]
                replaced[function] = _differentiable(plugged[function], slope)
            elif derivative in plugged:
                replaced[function] = _differentiable(names[function], plugged[derivative])
        names.update(replaced)
        self._names = names

    def map(self, name: str, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """What a function gives for each row of arguments, called in order; a student's in one exchange."""
        return _map(self._names[name], rows)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(f"the reference solution has no {name}") from None


def _map(function: Any, rows: Sequence[Sequence[Any]]) -> list[Any]:
    rows_of = getattr(function, "map", None)
    return [function(*row) for row in rows] if rows_of is None else list(rows_of(rows))


def _with_map(function: Callable[..., Any], map_rows: Callable[..., list[Any]]) -> Callable[..., Any]:
    function.map = map_rows  # type: ignore[attr-defined]
    return function


def taking_columns(function: Callable[..., Any], gives_nothing: Callable[[], None]) -> Callable[..., Any]:
    """`function`, tried with columns (n, 1) for the vectors (n,) where it raises on these.

    Whoever writes everything for columns hands it such. Columns come back as vectors, and what it changes in
    place reaches the vectors that were given. Raises what it raises on vectors, after `gives_nothing()`.
    """

    def call(*arguments: Any) -> Any:
        before = [a.clone() if isinstance(a, Tensor) else a for a in arguments]
        try:
            return function(*arguments)
        except Raised as raised:
            for argument, was in zip(arguments, before, strict=True):
                if isinstance(argument, Tensor):
                    argument.copy_(was)
            try:
                return as_vector(function(*map(as_column, arguments)))
            except Raised:
                gives_nothing()
                raise raised from None

    return _with_map(call, lambda rows: _map(function, rows))


def _derivative(function: Callable[..., Any]) -> Callable[..., Tensor]:
    """The derivative of `function` with respect to its first argument, by central differences."""

    def map_rows(rows: Sequence[Sequence[Tensor]]) -> list[Tensor]:
        exact = [[a.double() for a in row] for row in rows]
        slopes = differences_by_rows(lambda moved: _map(function, moved), exact)
        return [slope.to(row[0].dtype) for slope, row in zip(slopes, rows, strict=True)]

    return _with_map(lambda *arguments: map_rows([arguments])[0], map_rows)


def _differentiable(function: Callable[..., Any], derivative: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with `derivative` as its gradient with respect to the first argument."""

    class Plugged(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor, *rest: Tensor) -> Tensor:
            ctx.save_for_backward(x, *rest)
            value = function(x.detach().clone(), *(r.detach().clone() for r in rest))
            return value if isinstance(value, Tensor) else torch.tensor(value, dtype=x.dtype)

        @staticmethod
        def backward(ctx: Any, *outer: Tensor) -> Any:
            x, *rest = ctx.saved_tensors
            slope = outer[0] * derivative(x.detach().clone(), *(r.detach().clone() for r in rest))
            # a gradient that was summed up to a scalar broadcasts, as it does in the student's own code
            return (slope.expand_as(x), *(None for _ in rest))

    def call(x: Tensor, *rest: Tensor) -> Any:
        return Plugged.apply(x, *rest)  # type: ignore[no-untyped-call]

    def map_rows(rows: Sequence[Sequence[Tensor]]) -> list[Any]:
        return _map(function, [[a.detach().clone() for a in row] for row in rows])

    return _with_map(call, map_rows)
