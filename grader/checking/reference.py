"""The reference solution as something to call, with the student's own functions in it where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from grader.checking.comparison import is_close
from grader.checking.conventions import as_column, as_vector, copies_of
from grader.checking.gradients import differences_by_rows, for_each_row
from grader.errors import Raised
from grader.exercise import Exercise

_MOST_ITEMS = 20  # of a sequence: a function may return several tensors

Implementation = Callable[..., Any]  # of one of the exercise's functions
Plugged = Mapping[str, Implementation]  # by the name whose place it takes
Row = Sequence[Any]  # the arguments of one call
Rows = Sequence[Row]
TensorRows = Sequence[Sequence[Tensor]]

_SAME_IN_DOUBLES = 1e-2  # float32 loses much near 0, where a formula subtracts


class Reference:
    """The reference solution's functions as attributes, some of them replaced by the student's own.

    plugged: the names of those. known: what an exercise finds out about this reference and keeps.

    A function and its derivative belong together, so that autograd works through what is plugged in. Where a
    function is plugged, autograd takes the student's derivative for its gradient; where the student's
    derivative is not plugged, it is found by central differences, as this is then what the student's
    derivative should be. Where the derivative alone is plugged, autograd takes it for the gradient of the
    reference's own function.
    """

    def __init__(
        self, exercise: Exercise, plugged: Plugged | None = None
    ) -> None:
        plugged = plugged or {}
        self.plugged = frozenset(plugged)
        self.known: dict[str, Any] = {}
        self._names: dict[str, Any] = {"__name__": "solution"}
        exec(exercise.solution.code, self._names)
        self._names.update(plugged)
        for function in exercise.functions.values():
            if function.derivative_of is not None:
                self._pair(function.derivative_of, function.name, plugged)

    def _pair(self, function: str, derivative: str, plugged: Plugged) -> None:
        """Make `derivative` the gradient of `function` where one of them is plugged."""
        own = plugged.get(function)
        own_slope = plugged.get(derivative)
        if own is not None:
            slope = own_slope or CentralDifference(own)
            self._names[derivative] = slope
            self._names[function] = Differentiable(own, slope)
        elif own_slope is not None:
            self._names[function] = Differentiable(
                self._names[function], own_slope
            )

    def map(self, name: str, rows: Rows) -> list[Any]:
        """What the function gives for each row of arguments, in order; a student's in one exchange."""
        return _map(self._names[name], rows)

    def __getattr__(self, name: str) -> Any:
        # for a check, which calls `reference.softmax(z)` as it calls `student.softmax(z)`
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(
                f"the reference solution has no {name}"
            ) from None


def _map(function: Any, rows: Rows) -> list[Any]:
    """A function's value for each row; by its own `map` where it has one."""
    if hasattr(function, "map"):
        return list(function.map(rows))
    return for_each_row(function, rows)


class TakingColumns:
    """A student's function that gets columns (n, 1) for the vectors (n,) where it raises on these.

    A student who writes everything for columns calls it with such. Columns that it returns become vectors,
    and what it changes in place reaches the vectors that were given. What it returns is no larger than what
    it was given allows: see `SizeLimit`.

    refuses: it has raised on vectors and on columns alike.
    """

    def __init__(self, function: Implementation) -> None:
        self.refuses = False
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns. Raises Raised, as it did on vectors, where columns do not help.

        Raises ValueError where it returns too much.
        """
        limit = SizeLimit(arguments)
        value = self._on_vectors_or_columns(arguments)
        limit.check_all(value, arguments)
        return value

    def _on_vectors_or_columns(self, arguments: Row) -> Any:
        before = copies_of(arguments)
        try:
            return self._function(*arguments)
        except Raised as on_vectors:
            _restore(arguments, before)
            try:
                return self._on_columns(arguments)
            except Raised:
                self.refuses = True
                raise on_vectors from None

    def _on_columns(self, arguments: Row) -> Any:
        columns = [as_column(argument) for argument in arguments]
        return as_vector(self._function(*columns))

    def map(self, rows: Rows) -> list[Any]:
        """What the function returns for each row; vectors as they are. Raises ValueError as well."""
        limits = [SizeLimit(row) for row in rows]
        values = _map(self._function, rows)
        for limit, value, row in zip(limits, values, rows, strict=True):
            limit.check_all(value, row)
        return values


class SizeLimit:
    """How large a student's value may be that the reference is to compute with.

    A tensor has no dimension that is longer than the longest of the arguments, and at most one dimension more
    than they have; a sequence has no more items. So whatever the reference combines it with, in an outer
    product say, has a size that the exercise's inputs allow.
    """

    def __init__(self, arguments: Row) -> None:
        """The limit of what a call with these arguments may return, and of what it may make of them."""
        self._longest, self._most_dimensions = 1, 1
        for argument in arguments:
            if isinstance(argument, Tensor):
                self._longest = max(self._longest, *argument.shape, 1)
                dimensions = argument.dim() + 1
                self._most_dimensions = max(self._most_dimensions, dimensions)

    def check_all(self, value: Any, arguments: Row) -> None:
        """Raise ValueError where the value or one of the arguments, after the call, is too large."""
        for one in (value, *arguments):
            self._check(one)

    def _check(self, value: Any) -> None:
        if isinstance(value, Tensor):
            shape = tuple(value.shape)
            is_long = max(shape, default=0) > self._longest
            if is_long or len(shape) > self._most_dimensions:
                raise ValueError(
                    f"there is a tensor of shape {shape}, where no argument is longer than {self._longest}"
                )
        if isinstance(value, list | tuple):
            if len(value) > max(self._longest, _MOST_ITEMS):
                raise ValueError(f"there are {len(value)} items")
            for item in value:
                self._check(item)


def _restore(arguments: Row, before: Row) -> None:
    """Undo what a call has changed in place before it raised."""
    for argument, was in zip(arguments, before, strict=True):
        if isinstance(argument, Tensor):
            argument.copy_(was)


class CentralDifference:
    """The derivative of `function` with respect to its first argument, by central differences in float64."""

    def __init__(self, function: Implementation) -> None:
        self._function = function

    def __call__(self, *arguments: Tensor) -> Tensor:
        """The derivative at these arguments, in the dtype of the first one."""
        return self.map([arguments])[0]

    def map(self, rows: TensorRows) -> list[Tensor]:
        """The derivative at each row of arguments."""
        # with so small a step, float32 would lose nearly all of its digits in the difference
        exact = []
        for row in rows:
            exact.append([argument.double() for argument in row])
        self._assert_same_in_doubles(rows, exact)
        values_of = partial(_map, self._function)
        exact_slopes = differences_by_rows(values_of, exact)
        slopes = []
        for slope, row in zip(exact_slopes, rows, strict=True):
            slopes.append(slope.to(row[0].dtype))
        return slopes

    def _assert_same_in_doubles(
        self, rows: TensorRows, exact: TensorRows
    ) -> None:
        """Raise ValueError where the function is another one in float64: its derivative says nothing then."""
        of_rows = _map(self._function, list(map(copies_of, rows)))
        of_exact = _map(self._function, list(map(copies_of, exact)))
        for one, other in zip(of_rows, of_exact, strict=True):
            one, other = torch.as_tensor(one), torch.as_tensor(other)
            if not one.isfinite().all():
                continue  # it overflows in float32 alone
            if one.shape != other.shape or not is_close(
                one, other, _SAME_IN_DOUBLES
            ):
                raise ValueError("a function is another one in float64")


class Differentiable:
    """`function`, with `derivative` as its gradient with respect to the first argument for autograd."""

    def __init__(
        self, function: Implementation, derivative: Implementation
    ) -> None:
        self._function = function
        self._derivative = derivative

    def __call__(self, x: Tensor, *others: Tensor) -> Any:
        """What the function returns."""
        return _WithDerivative.apply(
            self._function, self._derivative, x, *others
        )  # type: ignore[no-untyped-call]

    def map(self, rows: TensorRows) -> list[Any]:
        """What the function returns for each row; autograd does not follow it."""
        copies = []
        for row in rows:
            copies.append(copies_of(row))
        return _map(self._function, copies)


class _WithDerivative(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        function: Implementation,
        derivative: Implementation,
        x: Tensor,
        *others: Tensor,
    ) -> Tensor:
        ctx.derivative = derivative
        ctx.save_for_backward(x, *others)
        # copies, since the function may change its arguments in place
        value = function(*copies_of([x, *others]))
        if isinstance(value, Tensor):
            return value
        return torch.tensor(value, dtype=x.dtype)

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> Any:
        x, *others = ctx.saved_tensors
        slope = outer[0] * ctx.derivative(*copies_of([x, *others]))
        # a gradient that the student has summed to a scalar broadcasts, as it does in the student's own code
        of_others = [None] * len(others)
        return None, None, slope.expand_as(x), *of_others
