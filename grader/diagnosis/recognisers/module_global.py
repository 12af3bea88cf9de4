"""`recognise = "global"`: the function takes a variable of the notebook instead of an argument."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.diagnosis.closeness import equal_outcomes
from grader.diagnosis.observation import Evidence, Outcome
from grader.diagnosis.recognisers.base import (
    Observation,
    Recogniser,
    names_in_errors,
)
from grader.diagnosis.verdict import Clue

# A call names one missing variable at a time; functions read fewer than that.
AT_MOST_ASKED = 8

_NAME_ERROR = re.compile(r"name '([^']+)' is not defined")

# variables of the module -> what they hold, for every call
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Supplied:
    """The calls again, with values for the variables that they should not have asked for."""

    outcomes: Sequence[Outcome]
    values: Values
    clue: Clue


class ModuleGlobal(Recogniser):
    """The calls change once these variables are supplied, or a variable is nowhere to be found."""

    name = "global"

    def supplied(
        self,
        seen: Observation,
        known: Values,
        call_with: Callable[[Values], Sequence[Outcome]],
    ) -> Supplied | None:
        """What lies behind the variables that are missing or wrong; None where none is.

        known: the reference's names and the values they have there. call_with: makes the calls of `seen`
        again with these variables supplied.
        """
        values = _known_among(seen.evidence.reads_globals, known)
        instead = self._instead_of_argument(seen, values, call_with)
        if instead is not None:
            return instead
        asked = set(values)
        outcomes = call_with(values) if values else seen.outcomes
        for _ in range(AT_MOST_ASKED):
            missing = undefined(outcomes) - asked
            asked |= missing
            found = _known_among(missing, known)
            if not found:
                break
            values.update(found)
            outcomes = call_with(values)
        names: list[str] = []
        # Variables whose values change nothing are read, but not in the place of an argument.
        if not equal_outcomes(outcomes, seen.outcomes, seen.accumulators):
            names = sorted(values)
        for name in sorted(asked - set(values)):
            if self.is_variable(seen, name):
                names.append(name)
        if not names:
            return None
        return Supplied(outcomes, values, self.clue(seen, names))

    def _instead_of_argument(
        self,
        seen: Observation,
        known: Values,
        call_with: Callable[[Values], Sequence[Outcome]],
    ) -> Supplied | None:
        """What lies behind a variable of the file that stands in the place of the one argument not read.

        Only where every call is right once the variable has that argument's value.
        """
        unread = seen.source.unread_parameters()
        strangers = set(seen.evidence.reads_globals) - set(known)
        if len(unread) != 1 or len(strangers) != 1:
            return None
        (name,) = strangers
        if not may_be_variable(seen.evidence, name):
            return None
        position = list(seen.parameters).index(unread[0])
        values = {**known, name: [row[position] for row in seen.arguments]}
        outcomes = call_with(values)
        if not equal_outcomes(outcomes, seen.expected, seen.accumulators):
            return None
        return Supplied(outcomes, values, self.clue(seen, [name]))

    def clue(self, seen: Observation, names: Sequence[str]) -> Clue:
        """What there is to say about the variables `names`: the first line that reads one of them."""
        lines = _known_among(names, seen.evidence.reads_globals)
        line = min(lines.values(), default=seen.line_raised)
        return Clue(line, {"name": "`, `".join(names)})

    def is_variable(self, seen: Observation, name: str) -> bool:
        """Whether a name is read as a value, and is no missing module or helper."""
        if not may_be_variable(seen.evidence, name):
            return False
        return name in seen.evidence.reads_globals and seen.source.is_variable(
            name
        )


def may_be_variable(evidence: Evidence, name: str) -> bool:
    """Whether the file may bind a name that was not found; what nothing binds is a slip in a name."""
    return evidence.binds is None or name in evidence.binds


def _known_among(names: Iterable[str], known: Values) -> dict[str, Any]:
    """Those of the names that have a known value, each with it."""
    found = {}
    for name in names:
        if name in known:
            found[name] = known[name]
    return found


def undefined(outcomes: Sequence[Outcome]) -> set[str]:
    """The names that were not defined when a call asked for them."""
    return names_in_errors(outcomes, "NameError", _NAME_ERROR)
