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
    """A call raises UnboundLocalError on the name of a function; without the cause, the local is renamed."""

    name = "shadow"

    def repair(self, seen: Observation, source: str) -> Repair | None:
        shadows = seen.evidence.shadows
        hidden = unbound(seen.outcomes) & {*shadows, *seen.functions}
        if not hidden:
            return None
        name = min(hidden)
        line = shadows.get(name) or seen.line_raised
        clue = Clue(line, {"hidden": name})
        return Repair(repairs.renamed_local(source, name), clue)


def unbound(outcomes: Sequence[Outcome]) -> set[str]:
    """The local variables that were read before they had a value."""
    return names_in_errors(outcomes, "UnboundLocalError", _UNBOUND)
