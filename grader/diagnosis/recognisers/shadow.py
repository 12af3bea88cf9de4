"""`recognise = "shadow"`: a local variable hides the function of that name, as in `loss = loss(v, t)`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from grader.diagnosis import repairs
from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.base import (
    Observation,
    Repair,
    Repairer,
    names_in_errors,
)
from grader.diagnosis.verdict import Clue

_UNBOUND = re.compile(r"local variable '([^']+)'")


class Shadow(Repairer):
    """A call raises UnboundLocalError on the name of a function; without the cause, the local is renamed.

    At the top level of a file the variable takes the function's place, and the next call raises TypeError.
    """

    name = "shadow"

    def repair(self, seen: Observation, source: str) -> Repair | None:
        shadows = seen.evidence.shadows
        hidden = unbound(seen.outcomes) & {*shadows, *seen.functions}
        if _calls_what_is_no_function(seen.outcomes):
            hidden = set(shadows)
        if not hidden:
            return None
        name = min(hidden)
        line = shadows.get(name) or seen.line_raised
        clue = Clue(line, {"hidden": name})
        return Repair(repairs.renamed_local(source, name), clue)


def _calls_what_is_no_function(outcomes: Sequence[Outcome]) -> bool:
    for outcome in outcomes:
        if outcome.error is None:
            return False
        kind, text = outcome.error
        if kind != "TypeError" or not text.endswith("object is not callable"):
            return False
    return bool(outcomes)


def unbound(outcomes: Sequence[Outcome]) -> set[str]:
    """The local variables that were read before they had a value."""
    return names_in_errors(outcomes, "UnboundLocalError", _UNBOUND)
