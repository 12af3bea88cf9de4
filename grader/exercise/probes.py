"""What an exercise's `probes.py` says of its functions, for the diagnosis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    Arguments = tuple[Any, ...]
    Parameters = tuple[Tensor, ...]


@dataclass(frozen=True)
class TrajectoryInputs:
    """Three sets of arguments for a function that iterates, each up to but without the number of steps."""

    arguments: Arguments
    """The arguments of nearly all calls. Small, since the function runs on them many times."""

    again: Arguments
    """Other arguments, with other shares of each class: what the first ones show must hold here too."""

    wide: Arguments
    """Arguments that give the parameters some hundred entries, enough to see their standard deviation."""


@dataclass(frozen=True)
class Trajectory:
    """How to follow a function that iterates, step by step.

    A call passes a set of arguments and then a number of steps. The result is the parameters and the history,
    which has one entry per step.
    """

    inputs: TrajectoryInputs
    """What the function is called with."""

    full_size: TrajectoryInputs
    """The same in the sizes of the handout, for a function that works in these sizes only."""

    start: str
    """The name of the reference's parameter for the initial parameters; without it they are drawn."""

    steps: str
    """The name of the reference's parameter for the number of steps."""

    columns: tuple[str, ...]
    """The names of the quantities in each entry of the history, in order."""

    accepted_spreads: tuple[float, ...]
    """Standard deviations of the initial parameters that are accepted besides the reference's own."""

    measure: Callable[[Parameters, Arguments], tuple[float, ...]]
    """`measure(parameters, arguments)`: the history's entry for these parameters."""

    still: Callable[[Arguments, Parameters | None], Arguments]
    """`still(arguments, parameters)`: arguments of the same shapes on which a step changes nearly nothing.

    `parameters` is None, or an estimate of the initial ones, which makes the step smaller still.
    """

    arranged: Callable[[Arguments, Parameters], Arguments]
    """`arranged(arguments, parameters)`: arguments of the same shapes on which the first step from these
    parameters changes every column of the history."""
