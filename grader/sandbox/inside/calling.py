"""Calling a student's function, and what came of it as plain data: its value, its error, its arguments."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from grader.sandbox import protocol

_MESSAGE_LENGTH = 2_000
_FRAMES = 20
_FILE = "<submission "  # before a cell's number; how a code object tells that it is the student's


def seed(value: int) -> None:
    """Seed the three generators that a submission may draw from."""
    # torch.manual_seed asks after other devices, which takes 0.2 ms
    torch.default_generator.manual_seed(value)
    random.seed(value)
    numpy.random.seed(value % 2**32)


def make_call(
    function: Any, arguments: list[Any], keep: bool
) -> dict[str, Any]:
    """Call the function: {"value", "error", "changed"}, the last one empty.

    keep: copy the value's tensors, so that a later call does not change them.
    """
    value, error = None, None
    try:
        value = function(*arguments)
    except BaseException as raised:
        error = describe_error(raised)
    if keep:
        try:
            value = _Snapshot().of(value)
        except BaseException as raised:
            value, error = None, unreadable(raised)
    return {"value": value, "error": error, "changed": {}}


class _Snapshot:
    """A value as it is now, its tensors copied; within the bounds of a reply."""

    def __init__(self) -> None:
        self.left = protocol.BOUNDS.items

    def of(self, value: Any, depth: int = protocol.BOUNDS.depth) -> Any:
        """The copy. Raises ValueError where the value holds too much for a reply."""
        self.left -= 1
        if self.left < 0:
            raise ValueError("there are too many values")
        if isinstance(value, Tensor):
            return value.detach().clone()
        if depth == 0:
            return value
        if isinstance(value, list | tuple):
            items = [self.of(item, depth - 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict):
            return {
                key: self.of(item, depth - 1) for key, item in value.items()
            }
        return value


class ArgumentCopies:
    """The tensors among rows of arguments as they were before the calls, to see what the calls changed."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows
        # id -> the tensor, and its copy
        self._tensors: dict[int, tuple[Tensor, Tensor]] = {}
        # id -> the last row in which it stands
        self._last: dict[int, int] = {}
        for row, arguments in enumerate(rows):
            for argument in arguments:
                if isinstance(argument, Tensor):
                    self._tensors.setdefault(
                        id(argument), (argument, argument.clone())
                    )
                    self._last[id(argument)] = row

    def changed(self) -> dict[int, dict[str, Tensor]]:
        """Row -> place among its arguments -> the tensor there, where the calls changed it.

        A tensor of several rows is given with the last of them.
        """
        found: dict[int, dict[str, Tensor]] = {}
        for key, (now, was) in self._tensors.items():
            if _same(was, now):
                continue
            row = self._last[key]
            for place, argument in enumerate(self._rows[row]):
                if argument is now:
                    found.setdefault(row, {})[str(place)] = now
        return found


def _same(was: Tensor, now: Tensor) -> bool:
    """Whether a tensor kept its shape, dtype and entries; nan equals nan."""
    if was.shape != now.shape or was.dtype != now.dtype:
        return False
    return torch.equal(was, now) or torch.allclose(
        was, now, rtol=0, atol=0, equal_nan=True
    )


def describe_error(error: BaseException) -> dict[str, Any]:
    """An exception as plain data: its kind, its text, and its frames in the student's own file."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(_FILE):
            cell = code.co_filename.removeprefix(_FILE).removesuffix(">")
            number = int(cell) if cell.isdecimal() else None
            frames.append([code.co_name, trace.tb_lineno, number])
        trace = trace.tb_next
    try:
        text = str(error)[:_MESSAGE_LENGTH]
    except BaseException:
        # the exception may be of the student's own class
        text = ""
    return {
        "kind": type(error).__name__,
        "text": text,
        "frames": frames[-_FRAMES:],
    }


def unreadable(error: BaseException) -> dict[str, Any]:
    """The error of a call whose value cannot be sent."""
    what = describe_error(error) | {"frames": []}
    what["text"] = (
        f"what it returned or left in its arguments cannot be read: {what['text']}"
    )
    return what
