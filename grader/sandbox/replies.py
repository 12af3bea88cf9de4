"""What a worker's reply to a call says, as records. The reply may be false, and of any form.

If it is not as `protocol` describes it, these functions raise a ValueError, TypeError, KeyError or another
exception. The caller then treats the reply as invalid.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from grader.errors import Raised

# what a reply may fill a report with; the worker keeps to less
LONGEST_TEXT, LONGEST_NAME, MOST_ITEMS = 2_000, 200, 20


@dataclass(frozen=True)
class Reply:
    """What one call gave: its value, or its error, and the arguments as they were afterwards."""

    value: Any
    arguments: tuple[Any, ...]
    error: Raised | None = None


@dataclass(frozen=True)
class ErrorContext:
    """What helps to explain an exception of a student's function.

    undefined: name -> why its definition failed. memory_mb: the memory that is allowed.
    """

    undefined: Mapping[str, str]
    memory_mb: int

    def explain(self, kind: str, text: str) -> str:
        """The text of an exception of this kind, in words that help the student."""
        if kind == "NameError":
            for name, why in self.undefined.items():
                if f"'{name}'" in text:
                    # only one name is undefined here; the reason may hold others
                    return f"{text} ({why})"
        if kind == "MemoryError" or _is_torchs_memory_error(text):
            return f"it asked for more memory than the {self.memory_mb} MB that are allowed"
        if kind == "EOFError" and "reading a line" in text:
            return "input() cannot be used here: nobody is there to type"
        return text


def _is_torchs_memory_error(text: str) -> bool:
    # torch raises a RuntimeError, which only its text tells from others
    return "can't allocate memory" in text or "DefaultCPUAllocator" in text


def read_replies(
    message: dict[str, Any],
    function: str,
    rows: Sequence[Sequence[Any]],
    context: ErrorContext,
) -> list[Reply]:
    """A Reply for each row of arguments that `function` was called with."""
    found = []
    for arguments, row in zip(rows, message["rows"], strict=True):
        found.append(_read_row(row, function, arguments, context))
    return found


def _read_row(
    row: dict[str, Any], function: str, arguments: Sequence[Any], context: ErrorContext
) -> Reply:
    after = list(arguments)
    for key, now in row["changed"].items():
        place = int(key)
        # a negative place would count from the end
        if place not in range(len(arguments)):
            raise ValueError("what changed is not an argument")
        if not isinstance(arguments[place], Tensor) or not isinstance(now, Tensor):
            raise ValueError("what changed is not an argument")
        after[place] = now
    error = None
    if row["error"] is not None:
        error = _read_error(row["error"], function, context)
    return Reply(row["value"], tuple(after), error)


def _read_error(error: Any, function: str, context: ErrorContext) -> Raised:
    frames = []
    for name, line in error["frames"][-MOST_ITEMS:]:
        name = shortened(name, LONGEST_NAME)
        frames.append((name, int(line)))
    kind = shortened(error["kind"], LONGEST_NAME)
    text = context.explain(kind, shortened(error["text"]))
    return Raised(function, kind, text, tuple(frames))


def read_autograd(
    message: dict[str, Any], functions: Collection[str]
) -> dict[str, list[str]]:
    """Graded function -> the names of torch's functions that differentiated or optimised for it."""
    found = {}
    for owner, names in message["autograd"].items():
        if owner in functions:
            first = names[:MOST_ITEMS]
            found[owner] = [shortened(name, LONGEST_NAME) for name in first]
    return found


def shortened(text: Any, most: int = LONGEST_TEXT) -> str:
    """A text of the student's, cut where it is long. Raises TypeError where it is not a text."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    if len(text) <= most:
        return text
    return f"{text[:most]}…"
