"""Student: the functions of one submission, called as if they were those of a module of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from torch import Tensor

from grader.errors import StudentFailure

if TYPE_CHECKING:
    from grader.sandbox.calls import Calls
    from grader.sandbox.replies import Reply


class Student:
    """A submission's graded functions as attributes, and nothing else: they may have any name."""

    def __init__(self, calls: Calls, names: Iterable[str]) -> None:
        for name in names:
            vars(self)[name] = StudentFunction(calls, name)

    def __getattr__(self, name: str) -> StudentFunction:
        raise AttributeError(f"the exercise has no function {name}")


class StudentFunction:
    """One function of a student's, to be called as if it were a function of this process."""

    def __init__(self, calls: Calls, name: str) -> None:
        self._calls = calls
        self.__name__ = name

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns; the arguments are changed as it changes them. Raises StudentFailure."""
        reply = self._calls.call(self.__name__, arguments)
        return _take(arguments, reply)

    def map(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """What the function returns for each row of arguments, called in order. Raises StudentFailure."""
        try:
            replies = self._calls.call_rows(self.__name__, rows)
        except StudentFailure:
            # together they had the time of one call: alone, each may still come to its end
            return [self(*row) for row in rows]
        values = []
        for row, reply in zip(rows, replies, strict=True):
            values.append(_take(row, reply))
        return values

    def map_outcomes(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """For each row of arguments what the function returns, or the StudentFailure that it ends in."""
        try:
            replies = self._calls.call_rows(self.__name__, rows)
        except StudentFailure:
            return [_outcome(self, *row) for row in rows]
        outcomes = []
        for row, reply in zip(rows, replies, strict=True):
            outcomes.append(_outcome(_take, row, reply))
        return outcomes


def _outcome(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except StudentFailure as failure:
        return failure


def _take(arguments: Sequence[Any], reply: Reply) -> Any:
    """The value of a reply; the caller's arguments become what the call made of them. Raises Raised."""
    for argument, now in zip(arguments, reply.arguments, strict=True):
        if now is not argument:
            _copy_back(argument, now)
    if reply.error is not None:
        raise reply.error
    return reply.value


def _copy_back(argument: Any, now: Any) -> None:
    """Give the caller's tensor what the call made of it, as an in-place change would have."""
    if not isinstance(argument, Tensor) or not isinstance(now, Tensor):
        return
    plain = argument.detach()
    if plain.shape == now.shape and plain.dtype == now.dtype:
        try:
            plain.copy_(now)
            return
        except RuntimeError:
            # an expanded tensor: its entries share memory
            pass
    if now.is_floating_point() or not argument.requires_grad:
        argument.data = now
