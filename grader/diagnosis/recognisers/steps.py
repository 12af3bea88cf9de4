"""`recognise = "steps"`: the function makes the same number of steps, whatever number it is called with."""

from __future__ import annotations

from grader.diagnosis.recognisers.base import Steps, StepSign
from grader.diagnosis.verdict import Clue


class ConstantSteps(StepSign):
    """The parameters, and the history's length, are the same after each number of steps asked for."""

    name = "steps"

    def clue(self, seen: Steps) -> Clue | None:
        lengths = set(seen.reported.values())
        if seen.is_constant and len(lengths) == 1:
            return Clue()
        return None
