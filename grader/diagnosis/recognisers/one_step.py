"""`recognise = "one step"`: the function makes one step only, whatever number it is called with."""

from __future__ import annotations

from grader.diagnosis.recognisers.base import Steps, StepSign
from grader.diagnosis.verdict import Clue


class OneStep(StepSign):
    """Always the same parameters, and they are those after one step, or one step is what it reports."""

    name = "one step"

    def clue(self, seen: Steps) -> Clue | None:
        if not seen.is_constant:
            return None
        reports_one = set(seen.reported.values()) == {1}
        if seen.is_one_step or reports_one:
            return Clue()
        return None
