"""What a worker's reply to a call says, as records. The reply may be false, and of any form.

If it is not as `protocol` describes it, these functions raise a ValueError, TypeError, KeyError or another
exception. The caller then treats the reply as invalid.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from grader.errors import Frame, Raised
from grader.notices import place
from grader.results import Source
from grader.sandbox import protocol

# what a reply may fill a report with; the worker keeps to less
_NAMED = re.compile(r"^name '([^']+)' is not defined")
ROUNDING = (
    1e-4  # of a result and the same one again, as a part of its largest entry
)
LONGEST_TEXT, LONGEST_NAME, MOST_ITEMS = 2_000, 200, 20


@dataclass(frozen=True)
class Reply:
    """What one call gave: its value, or its error, and the arguments as they were afterwards."""

    value: Any
    arguments: tuple[Any, ...]
    error: Raised | None = None


def name_missing(kind: str, text: str) -> str:
    """The name that an exception of this kind says is not defined; empty where it says none."""
    named = _NAMED.search(text) if kind == "NameError" else None
    return named[1] if named else ""


@dataclass(frozen=True)
class ErrorContext:
    """What helps to explain an exception of a student's function.

    undefined: name -> why its definition failed. memory_mb: the memory that is allowed. sources: the graded
    functions. labels: a notebook's cell -> what it is called.
    """

    undefined: Mapping[str, str]
    memory_mb: int
    sources: Mapping[str, Source] = field(default_factory=dict)
    labels: Mapping[int | None, str] = field(default_factory=dict)

    def explain(self, kind: str, text: str) -> str:
        """The text of an exception of this kind, in words that help the student."""
        missing = name_missing(kind, text)
        if missing in self.undefined:
            text = f"{text} ({self.undefined[missing]})"
        if kind == "MemoryError" or _is_torchs_memory_error(text):
            return f"it asked for more memory than the {self.memory_mb} MB that are allowed"
        if kind == "EOFError" and "reading a line" in text:
            return "input() cannot be used here: nobody is there to type"
        return text

    def raiser(self, frames: Sequence[Frame]) -> str:
        """The student's function in which an exception was raised; empty where that is not known."""
        for frame in reversed(frames):
            for name, source in self.sources.items():
                if _holds(source, frame):
                    # by its place: a lambda has no name, and the student may call a function otherwise
                    return name
            if not frame.function.startswith("<"):
                return frame.function
        return ""

    def place(self, frames: Sequence[Frame]) -> str:
        """Where an exception was raised, in words; empty where that is not known."""
        if not frames:
            return ""
        innermost = frames[-1]
        for source in self.sources.values():
            if source.places and _holds(source, innermost):
                return place(*source.place_of(innermost.line))
        label = self.labels.get(innermost.cell, "")
        return place(innermost.line, innermost.cell, label)


def _holds(source: Source, frame: Frame) -> bool:
    """Whether a frame stands within the source of a function."""
    nb_lines = source.text.count("\n") + 1
    first = source.first_line
    return frame.cell == source.cell and first <= frame.line < first + nb_lines


def _is_torchs_memory_error(text: str) -> bool:
    # torch raises a RuntimeError, which only its text tells from others
    return "can't allocate memory" in text or "DefaultCPUAllocator" in text


def read_replies(
    message: dict[str, Any],
    function: str,
    rows: Sequence[Sequence[Any]],
    context: ErrorContext,
) -> list[Reply]:
    """A Reply for each row of arguments that `function` was called with.

    What the calls made of a tensor is told with the last row in which it stands.
    """
    changed = _changed(rows, message["arguments"])
    found: list[Reply] = []
    pairs = zip(rows, message["rows"], strict=True)
    for number, (arguments, row) in enumerate(pairs):
        after = []
        for argument in arguments:
            last_row, now = changed.get(id(argument), (None, None))
            after.append(now if last_row == number else argument)
        error = None
        if row["error"] is not None:
            error = _read_error(row["error"], function, context)
        elif message["arguments"] is None:
            raise ValueError("a value without its arguments")
        found.append(Reply(row["value"], tuple(after), error))
    return found


def _changed(
    rows: Sequence[Sequence[Any]], arguments: Sequence[Any] | None
) -> dict[int, tuple[int, Tensor]]:
    """id of each tensor that the calls have changed -> the last row in which it stands, and what it is."""
    if arguments is None:
        return {}
    last_rows = {}
    for number, row in enumerate(rows):
        for argument in row:
            last_rows[id(argument)] = number
    changed = {}
    sent = protocol.distinct_tensors(rows)
    for was, now in zip(sent, arguments, strict=True):
        if not isinstance(now, Tensor):
            raise ValueError("what came back is not an argument")
        if not same(was, now):
            changed[id(was)] = last_rows[id(was)], now
    return changed


def same(was: Tensor, now: Tensor) -> bool:
    """Whether a tensor kept its shape, dtype and entries; nan equals nan."""
    if was.shape != now.shape or was.dtype != now.dtype:
        return False
    if _has_same_bits(was, now) or torch.equal(was, now):
        return True
    return bool(((was == now) | (was.isnan() & now.isnan())).all())


def _has_same_bits(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of one shape and dtype are the same bytes: quicker than to look for nan."""
    if one.dim() == 0 or not one.is_floating_point():
        return False
    if not one.is_contiguous() or not other.is_contiguous():
        return False
    return torch.equal(one.view(torch.uint8), other.view(torch.uint8))


def alike(first: Any, second: Any) -> bool:
    """Whether two results of a function are the same but for rounding; nan is like nan.

    It is seen in proportion to the largest entry: where numbers cancel, rounding is most of what is left.
    """
    if type(first) is not type(second):
        return False
    if isinstance(first, Tensor):
        return _are_alike(first, second)
    if isinstance(first, float):
        return _are_alike(torch.tensor(first), torch.tensor(second))
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, dict):
        if list(first) != list(second):
            return False
        return all(map(alike, first.values(), second.values()))
    if isinstance(first, protocol.Array):
        return _are_alike(first.entries, second.entries)
    if isinstance(first, protocol.Opaque):
        return bool(first.type_name == second.type_name)
    return bool(first == second)


def _are_alike(first: Tensor, second: Tensor) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if _has_same_bits(first, second):
        return True
    if first.is_complex():
        first = torch.view_as_real(first.resolve_conj())
        second = torch.view_as_real(second.resolve_conj())
    first, second = first.double(), second.double()
    if not same(first.isfinite(), second.isfinite()):
        return False
    is_finite = first.isfinite()
    if not same(first[~is_finite], second[~is_finite]):
        return False
    first, second = first[is_finite], second[is_finite]
    if first.numel() == 0:
        return True
    most = torch.maximum(first.abs().max(), second.abs().max())
    return bool((first - second).abs().max() <= ROUNDING * most)


def _read_error(error: Any, function: str, context: ErrorContext) -> Raised:
    frames = []
    for name, line, cell in error["frames"][-MOST_ITEMS:]:
        name = shortened(name, LONGEST_NAME)
        frame = Frame(name, int(line), None if cell is None else int(cell))
        frames.append(frame)
    kind = shortened(error["kind"], LONGEST_NAME)
    text = context.explain(kind, shortened(error["text"]))
    raiser = context.raiser(frames)
    return Raised(
        function, kind, text, tuple(frames), raiser, context.place(frames)
    )


def read_autograd(
    notes: Sequence[Any], functions: Collection[str]
) -> dict[str, set[str]]:
    """Graded function -> the names of torch's functions that differentiated or optimised for it."""
    found: dict[str, set[str]] = {}
    for owner, name in notes:
        if owner in functions:
            names = found.setdefault(owner, set())
            names.add(shortened(name, LONGEST_NAME))
    return found


def shortened(text: Any, most: int = LONGEST_TEXT) -> str:
    """A text of the student's, cut where it is long. Raises TypeError where it is not a text."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    if len(text) <= most:
        return text
    return f"{text[:most]}…"
