"""What each turn of a loop puts out: the numbers that it prints or appends to lists, as columns.

A column is what stands under one label from turn to turn: the words before a printed number, or the name of
a list.
"""

from __future__ import annotations

import math
import re
import types
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Value = tuple[
    float, float
]  # a number, and half a unit of its last printed digit
Printed = tuple[
    str, Value, bool
]  # the words before it, the number, whether a percent sign follows
Variables = Mapping[str, Any]
Labelled = Iterator[
    tuple[str, Any]
]  # values, each with the name of what holds it

_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf)(?!\w)(\s*%)?"
)
_TENSOR = re.compile(
    r"tensor\(([^()]*?)(?:,\s*(?:dtype|grad_fn|requires_grad)=[^()]*)*\)"
)
_DIGITS = re.compile(r"\d+(?:\.\d+)?")
_LABEL_LENGTH = 60
_MOST_NUMBERS = (
    40  # of a turn; more are no history but a tensor that was printed
)
_MOST_ALIKE = (
    4  # numbers of a turn with one label; of more, each is of a sample
)
_MOST_IN_ROW = 8  # of the numbers that are appended together
_MOST_COLUMNS = 60
_LONGEST_ARRAY = 20_000  # entries of an array that is filled turn by turn


@dataclass
class Column:
    """Numbers under one label, by turn. percent: whether a percent sign follows them."""

    label: str
    percent: bool = False
    values: dict[int, Value] = field(default_factory=dict)

    def as_plain(self, nb_turns: int) -> list[Any]:
        """[label, percent, values (nb_turns,), half units (nb_turns,)], nan where a turn has no number."""
        missing = (float("nan"), 0.0)
        pairs = []
        for turn in range(nb_turns):
            pairs.append(self.values.get(turn, missing))
        both = torch.tensor(pairs, dtype=torch.float64).view(nb_turns, 2)
        values, half_units = both.unbind(1)
        return [self.label, self.percent, values.clone(), half_units.clone()]


class Outputs:
    """Collects the columns of a loop, turn by turn."""

    def __init__(self) -> None:
        self.columns: dict[tuple[str, int], Column] = {}
        self._lengths: dict[str, int] = {}
        self._arrays: dict[str, Tensor] = {}

    def begin(self, variables: Variables) -> None:
        """Look at the variables before the first turn."""
        self._remember(variables)

    def end_turn(self, turn: int, printed: str, variables: Variables) -> None:
        """Take what the turn has printed and what it has left in the variables."""
        labels: Counter[str] = Counter()
        for label, value in self._appended(turn, variables):
            self._add(label, labels, turn, value)
        for label, value, percent in _of_the_turn(printed):
            self._add(label, labels, turn, value, percent)
        self._remember(variables)

    def as_plain(self, nb_turns: int) -> list[Any]:
        """The columns as plain data."""
        return [column.as_plain(nb_turns) for column in self.columns.values()]

    def _add(
        self,
        label: str,
        labels: Counter[str],
        turn: int,
        value: Value,
        percent: bool = False,
    ) -> None:
        # the same words may stand before several numbers of a turn
        key = (label, labels[label])
        labels[label] += 1
        if key not in self.columns and len(self.columns) >= _MOST_COLUMNS:
            return
        column = self.columns.setdefault(key, Column(label, percent))
        column.values[turn] = value

    def _remember(self, variables: Variables) -> None:
        self._lengths = {}
        self._arrays = {}
        for name, value in _containers(variables):
            if isinstance(value, list):
                self._lengths[name] = len(value)
            else:
                self._arrays[name] = value.clone()

    def _appended(
        self, turn: int, variables: Variables
    ) -> Iterator[tuple[str, Value]]:
        for name, value in _containers(variables):
            if isinstance(value, list):
                if self._lengths.get(name, 0) == len(value) - 1:
                    yield from _row(name, value[-1])
            elif name in self._arrays:
                place = self._place_set(name, turn, value)
                if place is not None:
                    yield from _row(name, value[place])

    def _place_set(self, name: str, turn: int, now: Tensor) -> int | None:
        """The one entry of an array that the turn has set; None where it is no such array."""
        before = self._arrays[name]
        if before.shape != now.shape:
            return None
        # nan differs from nan, which is no change
        both_nan = before.isnan() & now.isnan()
        differs = (before != now) & ~both_nan
        rows = differs.reshape(len(now), -1).any(1)
        changed = rows.nonzero().flatten().tolist()
        if len(changed) == 1:
            return int(changed[0])
        # what it set may be what was there before
        if not changed and (name, 0) in self.columns and turn < len(now):
            return turn
        return None


def _of_the_turn(text: str) -> list[Printed]:
    """The numbers that a turn prints, without those that it prints for each sample."""
    numbers = list(printed_numbers(text))
    if len(numbers) <= _MOST_NUMBERS:
        return numbers
    labels = Counter(label for label, _, _ in numbers)
    kept = [number for number in numbers if labels[number[0]] <= _MOST_ALIKE]
    kept = [number for number in kept if any(map(str.isalpha, number[0]))]
    if not kept:
        # without words, what is printed last is of the turn
        _, _, last = text.rstrip().rpartition("\n")
        kept = list(printed_numbers(last))
    return kept if len(kept) <= _MOST_NUMBERS else []


def printed_numbers(text: str) -> Iterator[Printed]:
    """(the words before it, the number, whether a percent sign follows) of each number in a text."""
    text = _TENSOR.sub(r"\1", text)
    end = 0
    for found in _NUMBER.finditer(text):
        words = text[end : found.start()].split()
        label = " ".join(words)
        # a time that is printed before it would make it another label each turn
        label = _DIGITS.sub("0", label)
        end = found.end()
        percent = found[1] is not None
        written = found[0].removesuffix(found[1] or "")
        yield label[-_LABEL_LENGTH:], _value(written), percent


def _value(written: str) -> Value:
    mantissa, _, exponent = written.lower().partition("e")
    _, _, decimals = mantissa.partition(".")
    unit = float(f"1e{int(exponent or 0) - len(decimals)}")
    value = float(written)
    is_whole = "." not in mantissa and not exponent
    if is_whole or math.isnan(value):
        # a count is exact; so is what has no digits
        return value, 0.0
    return value, unit / 2


def _row(name: str, entry: Any) -> Iterator[tuple[str, Value]]:
    """The numbers of what was appended: one, or a few together."""
    if isinstance(entry, Tensor):
        if entry.dim() == 1 and len(entry) <= _MOST_IN_ROW:
            entry = entry.tolist()
        elif entry.numel() != 1:
            return
    if isinstance(entry, dict | list | tuple):
        if len(entry) <= _MOST_IN_ROW:
            for label, part in _parts(name, entry):
                yield from _row(label, part)
        return
    try:
        yield name, (float(entry), 0.0)
    except (TypeError, ValueError):
        # a text, say
        return


def _parts(name: str, entry: Any) -> Labelled:
    """What was appended together, each part with its label."""
    if isinstance(entry, dict):
        for key, part in entry.items():
            yield str(key), part
        return
    for part in entry:
        yield name, part


def _containers(variables: Variables) -> Labelled:
    """The lists, and the arrays that may be filled turn by turn, in variables and right below them."""
    for name, value in list(variables.items()):
        if name.startswith("_"):
            continue
        yield from _container(name, value)
        parts: Mapping[Any, Any]
        if isinstance(value, dict):
            # it may hold a number for each step
            yield name, _without_lists(value)
            parts = value
        elif is_instance_of_own(value):
            parts = vars(value)
        else:
            continue
        for key, part in list(parts.items()):
            yield from _container(str(key), part)


def _without_lists(values: Mapping[Any, Any]) -> list[Any]:
    found = []
    for value in values.values():
        if not isinstance(value, list):
            found.append(value)
    return found


def _container(name: str, value: Any) -> Labelled:
    if isinstance(value, list):
        yield name, value
        return
    if _is_numeric_array(value):
        value = torch.from_numpy(value)
    if not isinstance(value, Tensor) or value.dim() not in (1, 2):
        return
    rows = value.detach()
    if rows.dim() == 2 and rows.size(1) > _MOST_IN_ROW:
        # a column for each turn
        rows = rows.t()
    if _may_hold_rows(rows):
        yield name, rows


def _is_numeric_array(value: Any) -> bool:
    """Whether it is a vector or a matrix of numpy's, of numbers."""
    if type(value).__module__ != "numpy" or not hasattr(value, "ndim"):
        return False
    return value.ndim in (1, 2) and value.dtype.kind in "fiu"


def _may_hold_rows(value: Tensor) -> bool:
    """Whether it may be a vector with a number for each turn, or a matrix with a row."""
    if value.dim() == 2 and value.size(1) > _MOST_IN_ROW:
        return False
    return 0 < value.numel() <= _LONGEST_ARRAY


def is_instance_of_own(value: Any) -> bool:
    """Whether it is an object of one of the submission's own classes."""
    if isinstance(value, type | types.ModuleType | types.FunctionType):
        return False
    return type(value).__module__ == "submission" and hasattr(
        value, "__dict__"
    )
