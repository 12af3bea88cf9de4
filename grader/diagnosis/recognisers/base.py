"""What a recogniser may look at, and what it may answer.

A recogniser finds one kind of mistake by evidence other than wrong numbers. There are four kinds, and
`ModuleGlobal` beside them, which makes calls of its own:

- `Sign`: the calls and the source show the mistake directly.
- `Reader`: the mistake changes the form of all results; once it is undone, other mistakes may be found.
- `Repairer`: the mistake raises an exception; without its cause, other mistakes may be found.
- `StepSign`: for functions that iterate, the steps they make or report show the mistake.
"""

from __future__ import annotations

import fnmatch
import re
from abc import ABC, abstractmethod
from collections.abc import (
    Callable,
    Collection,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from grader.diagnosis.closeness import Columns
from grader.diagnosis.observation import Evidence, Outcome, Rows, names_at
from grader.diagnosis.student_source import StudentSource
from grader.diagnosis.verdict import Clue


@dataclass(frozen=True)
class Observation:
    """One function of a student's as it was seen: its calls, its source, and the reference's side of it.

    outcomes: what each call gave. arguments: what each call was given, before it ran.
    parameters: the reference's names of the arguments, by position.
    accumulators: the positions of the arguments that the reference changes; its value counts where none.
    functions: the names of all functions of the exercise.
    evidence: what the source shows by itself. source: the same source in the reference's names.
    expected: what the reference gives on the same arguments; empty where it cannot be compared call by call.
    call: calls the student's function on rows of other arguments.
    listed_calls: patterns of dotted names, which the exercise lists for `recognise = "calls"`.
    iterates: whether the function makes steps, and is followed step by step.
    """

    outcomes: Sequence[Outcome]
    arguments: Rows
    parameters: Sequence[str]
    functions: Set[str]
    evidence: Evidence
    source: StudentSource
    accumulators: Sequence[int] = ()
    expected: Sequence[Outcome] = ()
    call: Callable[[Rows], Sequence[Outcome]] | None = None
    listed_calls: Sequence[str] = ()
    iterates: bool = False

    @property
    def accumulator_names(self) -> tuple[str, ...]:
        """The reference's names of the arguments that it changes."""
        return names_at(self.accumulators, self.parameters)

    @property
    def line_raised(self) -> int | None:
        """The line of the student's own code on which the first exception was raised."""
        for outcome in self.outcomes:
            if outcome.error is not None and outcome.frames:
                return outcome.frames[-1].line
        return None

    def changed(self, index: int) -> list[int]:
        """The positions of the arguments that call number `index` changed."""
        return changed_arguments(self.arguments[index], self.outcomes[index])


def changed_arguments(before: Sequence[Any], outcome: Outcome) -> list[int]:
    """The positions of the arguments that a call changed."""
    changed = []
    pairs = zip(before, outcome.arguments, strict=False)
    for position, (was, now) in enumerate(pairs):
        if _is_changed(was, now):
            changed.append(position)
    return changed


def _is_changed(before: Any, after: Any) -> bool:
    if not isinstance(before, Tensor):
        return False
    if not isinstance(after, Tensor) or after.shape != before.shape:
        return True
    # Asked before `to`, which would lose the imaginary part.
    if after.is_complex() != before.is_complex():
        return True
    return not torch.equal(after.to(before.dtype), before)


def names_in_errors(
    outcomes: Sequence[Outcome],
    kind: str,
    pattern: re.Pattern[str],
) -> set[str]:
    """The first group of a pattern in the text of every exception of a kind."""
    names = set()
    for outcome in outcomes:
        if outcome.error is None or outcome.error[0] != kind:
            continue
        found = pattern.search(outcome.error[1])
        if found:
            names.add(found[1])
    return names


def matches_any(text: str, patterns: Sequence[str]) -> bool:
    """Whether a text matches one of the patterns, of which `*` stands for anything."""
    return any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)


@dataclass(frozen=True)
class Reading:
    """One way to read the student's calls: as they are, or with what an outer mistake hides.

    line: where in the source the outer mistake stands, if that is known.
    ignored: for every observed entry over all calls, whether it is left out of the comparison.
    is_whole: whether that mistake cannot be made again within what is left, as one of its edits.
    conclusive: whether no other way of reading need be tried if this one explains the numbers.
    """

    outcomes: Sequence[Outcome]
    line: int | None = None
    ignored: Tensor | None = None
    is_whole: bool = False
    conclusive: bool = False


@dataclass(frozen=True)
class Repair:
    """The student's source without the cause of an exception, and what that cause shows.

    source: None where the source could not be changed that way.
    """

    source: str | None
    clue: Clue


@dataclass(frozen=True)
class Steps:
    """What an iterating function did, called for several numbers of steps.

    reported: steps asked for -> entries of its history, None where it returned none. Only calls that
    returned the parameters stand here.
    is_constant: whether the parameters are the same after each number of steps.
    is_one_step: whether one step of the reference, or of a known variant, leads to these parameters.
    history: the history after the most steps. off: its columns that are wrong.
    measured_late: the history that the student's own parameters give if it is measured after each step
    instead of before; None where not all of them are known.
    """

    reported: Mapping[int, int | None] = field(default_factory=dict)
    is_constant: bool = False
    is_one_step: bool = False
    history: Columns = ()
    off: Collection[int] = ()
    measured_late: Columns | None = None


class Recogniser(ABC):
    """`name` is what `recognise = "..."` of a table in misconceptions/ says."""

    name: ClassVar[str]

    def line_in_source(self, seen: Observation) -> int | None:  # noqa: ARG002
        """A line of the source that speaks for this mistake; None where none does, or none is looked for."""
        return None


class Sign(Recogniser):
    """Tells a mistake by what the calls did and what the source says.

    conclusive: whether nothing else is asked once this is seen.
    """

    conclusive: ClassVar[bool] = False

    @abstractmethod
    def clue(self, seen: Observation) -> Clue | None:
        """What shows the mistake; None where nothing does."""


class Reader(Recogniser):
    """Tells a mistake by a way of reading the calls under which they are right, or otherwise explained.

    comes_first: whether this way is tried before the calls are read as they are.
    """

    comes_first: ClassVar[bool] = False

    @abstractmethod
    def readings(self, seen: Observation) -> Iterator[Reading]:
        """The ways to read the calls if this mistake was made; none where it was certainly not made."""


class Repairer(Recogniser):
    """Tells a mistake by the exception it raises, and takes its cause out of the source."""

    @abstractmethod
    def repair(self, seen: Observation, source: str) -> Repair | None:
        """`source` without the cause of the exceptions seen; None where they have another cause."""


class StepSign(Recogniser):
    """Tells a mistake of an iterating function by the steps that it makes or reports."""

    @abstractmethod
    def clue(self, seen: Steps) -> Clue | None:
        """What shows the mistake; None where nothing does."""
