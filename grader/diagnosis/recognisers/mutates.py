"""`recognise = "mutates"`: a call changes an argument that it should leave alone."""

from __future__ import annotations

from grader.diagnosis.observation import names_at
from grader.diagnosis.recognisers.base import Observation, Sign
from grader.diagnosis.verdict import Clue


class Mutates(Sign):
    """After some call an argument holds other numbers than before; accumulators are meant to."""

    name = "mutates"

    def clue(self, seen: Observation) -> Clue | None:
        changed: set[int] = set()
        for index in range(len(seen.outcomes)):
            changed.update(seen.changed(index))
        wrongly = sorted(changed - set(seen.accumulators))
        if not wrongly:
            return None
        names = names_at(wrongly, seen.parameters)
        # A note puts its fact between backquotes: `a`, `b`.
        return Clue(facts={"argument": "`, `".join(names)})
