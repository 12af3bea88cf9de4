"""What an exercise's `probes.py` describes a function by."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

Arguments = types.SimpleNamespace  # the arguments of one call, by the reference's names


@dataclass(frozen=True)
class InnerFactor:
    """A factor that a quantity is made of, and that the function does not show by itself.

    quantity: the factor's name. The whole is `outer` times it, element by element.
    through: the argument that `outer` depends on and the inner factor does not.
    outer: the arguments -> the other factor.
    """

    quantity: str
    through: str
    outer: Callable[[Arguments], Tensor]


@dataclass(frozen=True)
class Link:
    """One quantity of a function's computation; the links of a function stand in the computation's order.

    quantity: its name in the reference.
    observed: which part of the result shows it, by the reference's name: an argument that is changed (then
    its change counts), or a part of what is returned.
    expect: (the arguments, the student's own earlier quantities) -> what it must be.
    unless: later quantities that could not be right if this one were wrong.
    inner: set where it is a local derivative times an earlier quantity that the result does not show.
    """

    quantity: str
    observed: str
    expect: Callable[[Arguments, Mapping[str, Tensor]], Tensor]
    unless: tuple[str, ...] = ()
    inner: InnerFactor | None = None
