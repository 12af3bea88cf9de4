"""Calling a student's function, and what came of it as plain data: its value, its error, its arguments."""

from __future__ import annotations

import random
from typing import Any

import numpy
import torch
from torch import Tensor

from grader.sandbox import protocol
from grader.sandbox.inside import entropy

_MESSAGE_LENGTH = 2_000
_FRAMES = 20
_FILE = "<submission "  # before a cell's number; how a code object tells that it is the student's


def seed(value: int) -> None:
    """Seed the three generators that a submission may draw from, and whatever else seeds itself."""
    # torch.manual_seed asks after other devices, which takes 0.2 ms
    torch.default_generator.manual_seed(value)
    random.seed(value)
    numpy.random.seed(value % 2**32)
    entropy.begin(value)


def make_call(
    function: Any, arguments: list[Any], keep: bool
) -> dict[str, Any]:
    """Call the function: {"value", "error"}.

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
    return {"value": value, "error": error}


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
            return protocol.copied(protocol.detached(value))
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
