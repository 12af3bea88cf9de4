"""The records that an exercise's `probes.py` returns.

A probe is a fixed set of arguments on which the student's function is compared with the wrong variants of the
reference. `probes.py` defines up to three functions, each of which is given the reference solution:

- `probes(solution)`: {function: a list of argument tuples}
- `chain(solution)`: {function: its `Link`s}, to find the first wrong quantity if nothing explains the result
- `trajectories(solution)`: {function: its `Trajectory`}, for functions that iterate
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from grader.exercise.exercise import Exercise

# the arguments of one call, by the reference's names
Arguments = types.SimpleNamespace
# the arguments of one call by position, up to the number of steps
LeadingArguments = tuple[Any, ...]
Parameters = tuple[Tensor, ...]


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


@dataclass(frozen=True)
class TrajectoryInputs:
    """Three sets of arguments for a function that iterates, each up to but without the number of steps."""

    arguments: LeadingArguments
    """The arguments of nearly all calls. Small, since the function runs on them many times."""

    again: LeadingArguments
    """Other arguments, with other shares of each class: what the first ones show must hold here too."""

    wide: LeadingArguments
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

    late_columns: tuple[str, ...]
    """Those of the columns that may hold what is measured after each step instead."""

    accepted_spreads: tuple[float, ...]
    """Standard deviations of the initial parameters that are accepted besides the reference's own."""

    measure: Callable[[Parameters, LeadingArguments], tuple[float, ...]]
    """`measure(parameters, arguments)`: the history's entry for these parameters."""

    still: Callable[[LeadingArguments, Parameters | None], LeadingArguments]
    """`still(arguments, parameters)`: arguments of the same shapes on which a step changes nearly nothing.

    `parameters` is None, or an estimate of the initial ones, which makes the step smaller still.
    """

    arranged: Callable[[LeadingArguments, Parameters], LeadingArguments]
    """`arranged(arguments, parameters)`: arguments of the same shapes on which the first step from these
    parameters changes every column of the history."""

    few: LeadingArguments | None = None
    """Arguments with as few samples as possible, for a search of a thousand calls; None: no search."""

    parameters: tuple[str, ...] = ()
    """The names of the parameters, in order; without them nothing is said of a single one."""

    awake: tuple[LeadingArguments, int] | None = None
    """Arguments, and a number of steps after which all of the computation matters, where a few do not do."""


_probes: dict[str, Mapping[str, Sequence[LeadingArguments]]] = {}


def probes_of(exercise: Exercise, function: str) -> Sequence[LeadingArguments]:
    """The arguments on which a function and its variants are compared; empty: it is not compared that way."""
    make = getattr(exercise.probes, "probes", None)
    if make is None:
        return ()
    key = exercise.mistakes_sha256
    if key not in _probes:
        solution = types.SimpleNamespace(**exercise.solution.reference)
        _probes[key] = make(solution)
    return _probes[key].get(function, ())


def trajectories(
    exercise: Exercise, namespace: Mapping[str, Any] | None = None
) -> Mapping[str, Trajectory]:
    """The functions of an exercise that are followed step by step, each with how to follow it.

    namespace: the solution's names, the reference's own where it is not given.
    """
    make = getattr(exercise.probes, "trajectories", None)
    if make is None:
        return {}
    solution = types.SimpleNamespace(
        **(namespace or exercise.solution.reference)
    )
    made: Mapping[str, Trajectory] = make(solution)
    return made
