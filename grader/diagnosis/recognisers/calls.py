"""`recognise = "calls"`: functions are called that do the work instead of the student."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from grader.diagnosis.recognisers.base import Observation, Sign
from grader.diagnosis.verdict import Clue


class Calls(Sign):
    """Autograd was seen at work, or the source calls something that the exercise lists.

    What was seen at run time decides, since a method of the student's own may be called `backward`; a name
    that is torch's own speaks for itself.
    """

    name = "calls"

    def clue(self, seen: Observation) -> Clue | None:
        evidence = seen.evidence
        matching = {
            name: line
            for name, line in evidence.calls.items()
            if _matches_any(name, seen.listed_calls)
        }
        of_torch = [
            line for name, line in matching.items() if name.startswith("torch.")
        ]
        unwatched = evidence.autograd is None
        if evidence.autograd or of_torch or (matching and unwatched):
            return Clue(min(of_torch or matching.values(), default=None))
        return None


def _matches_any(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
