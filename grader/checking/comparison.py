"""Comparing a student's value with the expected one: what is close, and how a difference is told.

There is one notion of closeness: two tensors are close where no entry differs by more than a tolerance times
the largest entry of the expected tensor. So a student who adds in another order loses nothing for the
rounding in one entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from grader.errors import CheckFailure
from grader.results import Mismatch
from grader.sandbox.protocol import Array, Opaque

# For each dtype what an exercise does not set itself: some thousand times its rounding error, as a student
# may take many more operations than the reference. float32 rounds at 6e-8 and float64 at 1e-16; its tolerance
# leaves room for a constant typed with eight digits. The two short ones round at 5e-4 and 4e-3.
DEFAULT_TOLERANCE: Mapping[str, float] = {
    "float64": 1e-7,
    "float32": 1e-4,
    "float16": 1e-2,
    "bfloat16": 5e-2,
}

# Where a finite difference is the expected value, or part of it: with the step of `gradients` it is off by
# about 1e-10 itself.
OF_DIFFERENCES = 1e-6


class Rounded(float):
    """A number as it was printed. slack: half a unit of its last digit, by which it may be off."""

    slack: float

    def __new__(cls, value: float, slack: float) -> Rounded:
        """The number, and how far the one that was rounded may be from it."""
        made = super().__new__(cls, value)
        made.slack = slack
        return made


class Close:
    """`assert_close` of the checks, with an exercise's tolerances for each dtype."""

    def __init__(self, tolerance: Mapping[str, float]) -> None:
        self.tolerance = {**DEFAULT_TOLERANCE, **tolerance}

    def __call__(
        self,
        actual: Any,
        expected: Tensor,
        quantity: str,
        *,
        tolerance: float | None = None,
        dtype: bool = True,
    ) -> None:
        """Raise CheckFailure unless `actual` is a tensor like `expected`: see `mismatch`."""
        mismatch = self.mismatch(
            actual, expected, quantity, tolerance=tolerance, dtype=dtype
        )
        if mismatch is not None:
            raise CheckFailure(sentence(mismatch), mismatch)

    def mismatch(
        self,
        actual: Any,
        expected: Tensor,
        quantity: str,
        *,
        tolerance: float | None = None,
        dtype: bool = True,
    ) -> Mismatch | None:
        """How `actual` differs from `expected` in type, shape, dtype or values; None where it does not.

        quantity: its name in the message. tolerance: in place of the exercise's. dtype: whether that counts.
        """
        if not isinstance(actual, Tensor):
            return Mismatch(
                quantity, "type", type_in_words(actual), "a tensor"
            )
        if actual.shape != expected.shape:
            return Mismatch(
                quantity, "shape", _shape(actual), _shape(expected)
            )
        # complex numbers are never like real ones
        counts = dtype or actual.is_complex()
        if counts and actual.dtype != expected.dtype:
            return Mismatch(
                quantity, "dtype", _dtype(actual), _dtype(expected)
            )
        if tolerance is None:
            # where dtypes may differ, the coarser one sets how exact a result can be
            of_actual = self.tolerance.get(_dtype(actual), 0.0)
            of_expected = self.tolerance.get(_dtype(expected), 0.0)
            tolerance = max(of_actual, of_expected)
        return _difference(actual, expected, quantity, tolerance)


def is_close(
    actual: Tensor | float, expected: Tensor | float, tolerance: float
) -> bool:
    """Whether two tensors of one shape, or two numbers, are close: see the top of this file."""
    if torch.is_tensor(actual) and actual.is_complex():
        return False
    actual = torch.as_tensor(actual, dtype=torch.float64)
    expected = torch.as_tensor(expected, dtype=torch.float64)
    difference, allowed = _compared(actual, expected, tolerance)
    return bool((difference <= allowed).all())


def _compared(
    actual: Tensor, expected: Tensor, tolerance: float
) -> tuple[Tensor, Tensor]:
    """(the absolute difference of each entry, the greatest that is allowed), in float64."""
    expected = expected.double()
    difference = (actual.double() - expected).abs()
    if expected.numel() == 0:
        return difference, torch.zeros(())
    return difference, tolerance * expected.abs().max()


def _difference(
    actual: Tensor, expected: Tensor, quantity: str, tolerance: float
) -> Mismatch | None:
    """How the values of two tensors of one shape differ; None where they are close."""
    difference, allowed = _compared(actual, expected, tolerance)
    wrong = ~(difference <= allowed)  # not `>`, so that nan is wrong
    if not wrong.any():
        return None
    comparable = difference.nan_to_num(nan=torch.inf, posinf=torch.inf)
    worst = int(comparable.argmax())
    where = numpy.unravel_index(worst, tuple(expected.shape))
    greatest = float(difference.reshape(-1)[worst])
    shown = None
    if greatest < float("inf"):  # false for nan too
        shown = greatest
    return Mismatch(
        quantity,
        "values",
        _entry(actual, worst),
        _entry(expected, worst),
        wrong=int(wrong.sum()),
        total=wrong.numel(),
        greatest=shown,
        where=tuple(map(int, where)),
    )


def _entry(tensor: Tensor, position: int) -> str:
    """One entry for a message; `position` counts through all dimensions."""
    return number(float(tensor.reshape(-1)[position]))


def assert_unchanged(
    arguments: Sequence[Any],
    before: Sequence[Any],
    names: Sequence[str],
    function: str,
) -> None:
    """Raise CheckFailure where a call has changed an argument. `before` are clones made before the call."""
    for now, was, name in zip(arguments, before, names, strict=True):
        if isinstance(was, Tensor) and not _same(now, was):
            raise CheckFailure(
                f"{function} changes its argument {name} in place. The caller still needs the old values: "
                "compute a new tensor instead."
            )


def _same(now: Tensor, was: Tensor) -> bool:
    # torch.equal does not look at the dtype
    if now.shape != was.shape or now.dtype != was.dtype:
        return False
    return torch.equal(now, was)


def sentence(mismatch: Mismatch) -> str:
    """A mismatch in words for the student."""
    quantity, actual, expected = (
        mismatch.quantity,
        mismatch.actual,
        mismatch.expected,
    )
    subject = quantity
    if quantity.startswith("the "):
        subject = "The " + quantity.removeprefix("the ")
    if mismatch.kind == "shape":
        return f"{subject} has shape {actual}; expected {expected}."
    if mismatch.kind == "dtype":
        return f"{subject} has dtype {actual}; expected {expected}, the dtype of the inputs."
    if mismatch.kind == "type" or mismatch.total == 1:
        return f"{subject} is {actual}; expected {expected}."
    # of several entries, the worst one as an example
    verb = "are"
    if mismatch.wrong == 1:
        verb = "is"
    return (
        f"{mismatch.wrong} of {mismatch.total} entries of {quantity} {verb} wrong. "
        f"The largest difference is at index {list(mismatch.where)}: "
        f"yours is {actual}, expected is {expected}."
    )


def number(value: float) -> str:
    """A number short enough to read and exact enough to compare."""
    return f"{value:.6g}"


def as_tensor(value: Any) -> Any:
    """The entries of an array of numpy's as a tensor; anything else as it is."""
    return value.entries if isinstance(value, Array) else value


def type_in_words(value: Any) -> str:
    """What a value is, for a sentence: "None", "a float", "an int", "a tuple of 5"."""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        return f"of type {value.type_name}"
    name = type(value).__name__
    if isinstance(value, list | tuple):
        return f"a {name} of {len(value)}"
    if name[:1] in "aeiou":
        return f"an {name}"
    return f"a {name}"


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
