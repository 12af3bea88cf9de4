"""Runs in the student's process: what the instrumented source of a function asks while it runs.

The text of this module is sent there, so it needs nothing of grader's but what is sent before it.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

MOST_TURNS = 100_000  # of all loops in one run


def _power(base: Any, exponent: Any) -> Any:
    """A power; that of whole numbers is no whole number, which could have millions of digits."""
    if isinstance(base, int):
        base = float(base)
    return base**exponent


# What may have been meant in the place of an operator, of a comparison, or of a function; None: nothing.
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "Pow": _power,
    "MatMult": operator.matmul,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "left": lambda left, _: left,
    "right": lambda _, right: right,
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
}
_OPERATIONS = {**OPERATORS, **COMPARISONS}
_AS_WRITTEN = {**_OPERATIONS, "Pow": operator.pow}
FUNCTIONS: Sequence[Sequence[str]] = (
    ("tanh", "sin", "cos", "exp", "expm1", "abs", "neg", "sigmoid", "relu", "sqrt", "square", "sinh", "cosh"),
    ("sum", "mean", "max", "min", "norm", "prod"),
    ("argmax", "argmin"),
    ("add", "sub", "mul", "div", "pow", "add_", "sub_", "mul_", "div_"),
)  # fmt: skip
NOTHING = ""
WRITTEN = (
    "operator",
    "sign",
    "comparison",
    "function",
    "target",
)  # kinds of places


def alternatives(name: str) -> list[str]:
    """The functions that may have been meant in the place of one of this name, and none; empty: unknown."""
    for names in FUNCTIONS:
        if name in names:
            return [*(other for other in names if other != name), NOTHING]
    return []


class Endless(BaseException):
    """An edited loop goes on and on. Not an Exception, which the student's function might catch."""


class Switches:
    """What the instrumented source asks: `on` has what is edited, place -> what is put there on each probe.

    counts: place -> how often it has been evaluated in this run. forms: place -> the form of its first value;
    all: place -> all of its values. recording: whether these are noted.
    named: place -> what stands there, of an operator or a function. scopes: place -> the variables there.
    turns: of all loops in this run; most_turns: how many of them there may be.
    """

    def __init__(self) -> None:
        self.on: dict[str, Any] = {}
        self.probe = 0
        self.counts: dict[str, int] = {}
        self.forms: dict[str, Any] = {}
        self.all: dict[str, list[Any]] = {}
        self.named: dict[str, str] = {}
        self.scopes: dict[str, list[str]] = {}
        self.turns = 0
        self.most_turns = MOST_TURNS
        self.recording = True
        self._served: dict[str, int] = {}

    def begin(self, probe: int) -> None:
        """Begin a run: every sequence of values from its start."""
        self.probe = probe
        self.counts, self.forms, self.all, self._served = {}, {}, {}, {}
        self.turns = 0

    def turn(self) -> None:
        """Count a turn of a loop. Raises Endless."""
        self.turns += 1
        if self.turns > self.most_turns:
            raise Endless

    def right(self, place: str, scope: Mapping[str, Any] = {}) -> Any:
        """The next value for a place. scope: the variables there, for another one in its place."""
        chosen = self.on[place]
        if isinstance(chosen, str):
            return scope[chosen]
        served = self._served.get(place, 0)
        self._served[place] = served + 1
        sequence = chosen[self.probe]
        value = sequence[served % len(sequence)]
        return value.clone() if isinstance(value, torch.Tensor) else value

    def seen(
        self, place: str, value: Any, scope: Mapping[str, Any] | None = None
    ) -> Any:
        """Note the value of a place, and give it back. scope: the variables there, where it is one."""
        if not self.recording:
            return value
        if scope is not None:
            self.in_scope(place, scope)
        self.counts[place] = self.counts.get(place, 0) + 1
        if place not in self.forms:
            self.forms[place] = form(value)
        is_tensor = isinstance(value, torch.Tensor)
        kept = self.all.setdefault(place, [])
        kept.append(value.detach().clone() if is_tensor else value)
        return value

    def in_scope(self, place: str, scope: Mapping[str, Any]) -> None:
        """Note which variables could stand in a place, but for the functions and modules of a top level."""
        if place not in self.scopes:
            names = []
            for name, value in scope.items():
                is_module = isinstance(value, types.ModuleType)
                if not (name.startswith("_") or is_module or callable(value)):
                    names.append(name)
            self.scopes[place] = sorted(names)

    def added(self, place: str, scope: Mapping[str, Any], value: Any) -> None:
        """Add a value in place to the variable that is chosen."""
        target = scope[self.on[place]]
        target += value

    def is_chosen(self, place: str, name: str) -> bool:
        """Whether this variable is chosen to be added to."""
        return bool(self.on[place] == name)

    def operated(self, place: str, name: str, left: Any, right: Any) -> Any:
        """What an operator or a comparison gives, or another one in its place."""
        self.named[place] = name
        if place not in self.on:
            return _AS_WRITTEN[name](left, right)
        return _OPERATIONS[self.on[place]](left, right)

    def signed(self, place: str, name: str, value: Any) -> Any:
        """A value with a minus, or without it."""
        self.named[place] = name
        return value if place in self.on else -value

    def function(self, place: str, name: str, owner: Any) -> Any:
        """A function of a module, a method of a value, or another one in its place."""
        self.named[place] = name
        chosen = self.on.get(place, name)
        if chosen != NOTHING:
            return getattr(owner, chosen)
        if isinstance(owner, types.ModuleType):
            return lambda first, *_, **__: first
        return lambda *_, **__: owner

    def formatted(self, value: Any, conversion: int, spec: str) -> str:
        """A value as an f-string has it. conversion: the code of its letter, -1 where there is none."""
        if conversion == ord("r"):
            value = repr(value)
        elif conversion >= 0:
            value = str(value) if conversion == ord("s") else ascii(value)
        return format(value, spec)

    def joined(self, *parts: str) -> str:
        """The parts of an f-string together."""
        return "".join(parts)

    def arranged(self, place: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """The arguments of a call, two of them in each other's place where the place is edited."""
        if place not in self.on:
            self.forms.setdefault(place, list(map(form, arguments)))
            return arguments
        one, other = self.on[place]
        moved = list(arguments)
        if other < len(moved):
            moved[one], moved[other] = moved[other], moved[one]
        return moved


def form(value: Any) -> Any:
    """What two values have in common that can stand for each other: a shape, or a kind of number."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    if isinstance(value, bool | int | float):
        return "number"
    return type(value).__name__
