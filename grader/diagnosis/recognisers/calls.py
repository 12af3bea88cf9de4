"""`recognise = "calls"`: functions are called that do the work instead of the student."""

from __future__ import annotations

from grader.diagnosis.recognisers.base import Observation, Sign, matches_any
from grader.diagnosis.verdict import Clue


class Calls(Sign):
    """Autograd was seen at work, or the source calls something that the exercise lists.

    What was seen at run time decides, since a method of the student's own may be called `backward`; a name
    that is torch's own speaks for itself.
    """

    name = "calls"

    def clue(self, seen: Observation) -> Clue | None:
        lines: list[int] = []
        lines_of_torch: list[int] = []
        for name, line in seen.evidence.calls.items():
            if not matches_any(name, seen.listed_calls):
                continue
            lines.append(line)
            if name.startswith("torch."):
                lines_of_torch.append(line)
        if lines_of_torch:
            return Clue(min(lines_of_torch))
        autograd = seen.evidence.autograd
        # Where autograd was watched and not seen, the calls listed are the student's own methods.
        if autograd or (autograd is None and lines):
            return Clue(min(lines, default=None))
        return None
