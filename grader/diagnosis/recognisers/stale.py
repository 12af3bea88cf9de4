"""`recognise = "stale"`: the history is measured after the update instead of before it."""

from __future__ import annotations

from grader.diagnosis.closeness import same_column
from grader.diagnosis.recognisers.base import Steps, StepSign
from grader.diagnosis.verdict import Clue


class Stale(StepSign):
    """All wrong columns are what the student's own parameters give after each step (the last entry aside)."""

    name = "stale"

    def clue(self, seen: Steps) -> Clue | None:
        late = seen.measured_late
        if late is None or not seen.off:
            return None
        theirs, ours = seen.history[:-1], late[:-1]
        for column in seen.off:
            if not same_column(theirs, ours, column):
                return None
        return Clue()
