"""Whether a check still tells a function from one that does nothing, once something is plugged in.

With a student's own functions in the reference, the expected result can be what comes of doing nothing: no
step of the training moves anything where the derivative is zero. A check that expects this says nothing of
the function that is judged. To find out, the check is run on a function of grader's own in the student's
place: the reference's, with functions before it that give nothing but zeros.
"""

from __future__ import annotations

import contextlib
import hashlib
import types
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.checking.reference import Implementation, Reference
from grader.exercise import Exercise

_MOST_KEPT = 128  # calls, whose results are the same for each submission


class IdleFunctions:
    """The reference's functions, built on earlier ones that give zeros; their results are kept."""

    def __init__(self, exercise: Exercise) -> None:
        self._exercise = exercise
        self._references: dict[tuple[str, ...], Reference] = {}
        self._kept: OrderedDict[Any, tuple[Any, list[Any]]] = OrderedDict()

    def built_on_zeros(self, names: tuple[str, ...]) -> Idle:
        """The functions as a student's, where these give zeros."""
        if names not in self._references:
            plugged = {}
            for name in names:
                right = self._exercise.solution.reference[name]
                plugged[name] = zeros_of(right)
            self._references[names] = Reference(self._exercise, plugged)
        return Idle(self._references[names], names, self)

    def call(
        self, key: Any, function: Implementation, arguments: Sequence[Any]
    ) -> Any:
        """What the function returns and makes of its arguments, computed once."""
        key = key, tuple(map(_digest, arguments))
        if key not in self._kept:
            after = [_copy(argument) for argument in arguments]
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                value = function(*after)
            self._kept[key] = value, after
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        value, after = self._kept[key]
        for argument, now in zip(arguments, after, strict=True):
            if isinstance(argument, Tensor):
                argument.copy_(now)
        return _copy(value)


class Idle:
    """What stands in the place of `student` for a check."""

    def __init__(
        self, reference: Reference, names: tuple[str, ...], idle: IdleFunctions
    ) -> None:
        self._reference = reference
        self._names = names
        self._idle = idle

    def __getattr__(self, name: str) -> _IdleFunction:
        function = getattr(self._reference, name)
        key = self._names, name

        def call(*arguments: Any) -> Any:
            return self._idle.call(key, function, arguments)

        return _IdleFunction(call)


class IdleCalls:
    """What stands in the place of `calls` beside such functions: nothing is known of them."""

    standins: frozenset[str] = frozenset()

    def __init__(self, student: Any) -> None:
        self.student = student

    def by_torch(self, function: str) -> None:
        """Nothing differentiates."""

    def is_lifted(self, _: str) -> bool:
        """Each is a function."""
        return False

    def remark(self, text: str) -> None:
        """What is said of them is for nobody."""

    on_slow_run = remark

    def start_anew(self) -> None:
        """They keep nothing."""

    def time_for(self, _: str) -> float:
        """They take as long as they take."""
        return float("inf")

    @contextlib.contextmanager
    def replacing(self, _: Iterable[str]) -> Iterator[None]:
        """They call nothing that could be replaced."""
        yield

    def call(
        self, function: str, arguments: Sequence[Any], **_: Any
    ) -> types.SimpleNamespace:
        """The reply of a call, whatever is supplied or edited."""
        value = getattr(self.student, function)(*arguments)
        return types.SimpleNamespace(value=value, error=None)


class _IdleFunction:
    """One of them, to be called as a student's."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)

    def map(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """What it returns for each row of arguments."""
        return [self._call(*row) for row in rows]

    map_outcomes = map


def zeros_of(right: Implementation) -> Implementation:
    """A function that gives zeros in the place of what `right` gives, and changes nothing."""

    def zeros(*arguments: Any) -> Any:
        copies = [_copy(argument) for argument in arguments]
        return _zeros_like(right(*copies))

    return zeros


def _zeros_like(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.zeros_like(value)
    if isinstance(value, tuple | list):
        return type(value)([_zeros_like(part) for part in value])
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, tuple | list):
        return type(value)([_copy(part) for part in value])
    return value


def _digest(argument: Any) -> Any:
    """What an argument is known by."""
    if not isinstance(argument, Tensor):
        return argument
    data = argument.detach().contiguous().numpy().tobytes()
    digest = hashlib.sha256(data).digest()
    return digest, argument.shape, argument.dtype
