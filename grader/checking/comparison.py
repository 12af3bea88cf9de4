"""Comparing a student's value with the expected one: a finding with numbers, not a bare assert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.errors import CheckFailure
from grader.results import Mismatch
from grader.sandbox.protocol import Opaque

_DEFAULT_TOLERANCE = {"float64": 1e-7, "float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}


class Close:
    """`assert_close` of the checks, with an exercise's tolerances.

    A tolerance is relative to the expected tensor's largest entry, so that cancellation in one entry
    is not held against a student who adds in another order.
    """

    def __init__(self, tolerance: Mapping[str, float]) -> None:
        self.tolerance = {**_DEFAULT_TOLERANCE, **tolerance}

    def __call__(
        self,
        actual: Any,
        expected: Tensor,
        quantity: str,
        *,
        tolerance: float | None = None,
        dtype: bool = True,
    ) -> None:
        """Raise CheckFailure unless `actual` is a tensor like `expected`: shape, dtype, values."""
        mismatch = self.mismatch(actual, expected, quantity, tolerance=tolerance, dtype=dtype)
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
        """How `actual` differs from `expected`, None where it does not."""
        if not isinstance(actual, Tensor):
            return Mismatch(quantity, "type", type_in_words(actual), "a tensor")
        if actual.shape != expected.shape:
            return Mismatch(quantity, "shape", _shape(actual), _shape(expected))
        if dtype and actual.dtype != expected.dtype:
            return Mismatch(quantity, "dtype", _dtype(actual), _dtype(expected))
        return self._values(actual, expected, quantity, tolerance)

    def _values(
        self, actual: Tensor, expected: Tensor, quantity: str, tolerance: float | None
    ) -> Mismatch | None:
        if expected.numel() == 0:
            return None
        if tolerance is None:
            tolerance = max(self.tolerance.get(_dtype(t), 0.0) for t in (actual, expected))
        a, e = actual.double(), expected.double()
        difference = (a - e).abs()
        allowed = tolerance * e.abs().max()
        wrong = ~(difference <= allowed)  # nan is wrong
        if not wrong.any():
            return None
        worst = int(difference.nan_to_num(nan=torch.inf, posinf=torch.inf).argmax())
        where = tuple(int(i) for i in torch.unravel_index(torch.tensor(worst), expected.shape))
        greatest = float(difference.view(-1)[worst]) if difference.dim() else float(difference)
        return Mismatch(
            quantity,
            "values",
            number(float(a.reshape(-1)[worst])),
            number(float(e.reshape(-1)[worst])),
            wrong=int(wrong.sum()),
            total=wrong.numel(),
            greatest=greatest if greatest < float("inf") else None,
            where=where,
        )


def assert_unchanged(
    arguments: Sequence[Any], before: Sequence[Any], names: Sequence[str], function: str
) -> None:
    """Raise CheckFailure where a call has changed an argument. `before` are clones made before the call."""
    for now, was, name in zip(arguments, before, names, strict=True):
        if isinstance(was, Tensor) and not (
            now.shape == was.shape and now.dtype == was.dtype and torch.equal(now, was)
        ):
            raise CheckFailure(
                f"{function} changes its argument {name} in place. Whoever calls it still needs the old "
                f"values; compute a new tensor instead."
            )


def sentence(mismatch: Mismatch) -> str:
    """A mismatch in one sentence for the student."""
    q = mismatch.quantity
    if mismatch.kind == "type":
        return f"{q} is {mismatch.actual}, where {mismatch.expected} is expected."
    if mismatch.kind == "shape":
        return f"{q} has shape {mismatch.actual}, where {mismatch.expected} is expected."
    if mismatch.kind == "dtype":
        return f"{q} has dtype {mismatch.actual}, where {mismatch.expected} is expected, that of the inputs."
    at = f" at index {list(mismatch.where)}" if mismatch.where else ""
    share = "its value is" if mismatch.total == 1 else f"{mismatch.wrong} of {mismatch.total} entries are"
    return (
        f"{q}: {share} off; the greatest difference{at} is between your {mismatch.actual} "
        f"and the expected {mismatch.expected}."
    )


def number(value: float) -> str:
    """A number short enough to read, exact enough to compare."""
    return f"{value:.6g}"


def type_in_words(value: Any) -> str:
    """What a value is, for a sentence: "None", "a float", "a tuple of 5"."""
    if value is None:
        return "None"
    if isinstance(value, Opaque):
        return f"of type {value.type_name}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return f"a {type(value).__name__}"


def _shape(tensor: Tensor) -> str:
    return str(tuple(tensor.shape))


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
