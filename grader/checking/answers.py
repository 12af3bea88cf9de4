"""What a student's function has answered, and whether it can be relied on elsewhere.

A function that takes part in judging another one is asked there, far from its own checks. It could say
something else there. So it is asked again what it has been asked before, in the worker in which it takes
part: only if it says the same, it takes part. Nor does a function that says the same whatever it is asked:
what is built on it can be right without computing anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checking.comparison import is_close
from grader.errors import Raised, StudentFailure
from grader.sandbox.calls import Answer, Calls
from grader.sandbox.protocol import Opaque

SAME = 1e-4  # of an answer and the same one again: nothing but rounding is between them
CONSTANT = 1e-3  # of the largest entry: what varies less than this says nothing of what it was asked


def stands_by_its_answers(calls: Calls, function: str) -> bool:
    """Whether a function answers again, in the worker of its own, what it has answered to its own checks."""
    for answer in calls.answers.get(function, ()):
        arguments = [_copy(argument) for argument in answer.arguments]
        try:
            again = calls.apart.call(function, arguments)
        except StudentFailure:
            return False
        if not _is_same(
            [answer.value, *answer.after], [again.value, *again.arguments]
        ):
            return False
        if not _is_same_error(answer.error, again.error):
            return False
    return True


def is_answered_by(function: Callable[..., Any], answer: Answer) -> bool:
    """Whether a function of this process answers the same, and leaves its arguments the same."""
    if answer.error is not None:
        return False
    arguments = [_copy(argument) for argument in answer.arguments]
    try:
        value = function(*arguments)
    except Exception:
        # it is the catalogue's, and need not take whatever a check has asked
        return False
    return _is_same([answer.value, *answer.after], [value, *arguments])


def is_constant(answers: Sequence[Answer]) -> bool:
    """Whether a function has said one and the same number everywhere, whatever it was asked."""
    if len(answers) < 2:
        return False
    entries = []
    for answer in answers:
        if answer.error is not None:
            return False
        said = list(_tensors(answer.value))
        if answer.value is None:
            said = list(_changes(answer))
        if not said:
            return False
        entries += [tensor.reshape(-1).double() for tensor in said]
    numbers = torch.cat(entries)
    if numbers.numel() == 0 or not numbers.isfinite().all():
        return False
    spread = numbers.max() - numbers.min()
    return bool(spread <= CONSTANT * numbers.abs().max())


def _changes(answer: Answer) -> Iterator[Tensor]:
    """By what a call has changed its arguments."""
    for before, after in zip(answer.arguments, answer.after, strict=True):
        are_tensors = isinstance(before, Tensor) and isinstance(after, Tensor)
        if are_tensors and before.shape == after.shape:
            yield after.double() - before.double()


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        if not value.is_complex():
            yield value
    elif isinstance(value, int | float):
        yield torch.tensor(float(value))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)


def _copy(argument: Any) -> Any:
    return argument.clone() if isinstance(argument, Tensor) else argument


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return _is_same_tensor(one, other)
    if isinstance(one, float) and isinstance(other, float):
        return is_close(_finite(one), _finite(other), SAME)
    if type(one) is not type(other):
        return False
    if isinstance(one, list | tuple):
        return len(one) == len(other) and _are_same(one, other)
    if isinstance(one, dict):
        return list(one) == list(other) and _are_same(
            one.values(), other.values()
        )
    if isinstance(one, Opaque):
        return bool(one.type_name == other.type_name)
    return bool(one == other)


def _are_same(some: Iterable[Any], others: Iterable[Any]) -> bool:
    return all(map(_is_same, some, others))


def _is_same_tensor(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.is_complex():
        one, other = torch.view_as_real(one), torch.view_as_real(other)
    return is_close(_finite(one), _finite(other), SAME)


def _finite(value: Tensor | float) -> Tensor:
    """What is not a number, or infinite, in numbers that can be compared."""
    return torch.as_tensor(value, dtype=torch.float64).nan_to_num()


def _is_same_error(one: Raised | None, other: Raised | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.kind == other.kind
