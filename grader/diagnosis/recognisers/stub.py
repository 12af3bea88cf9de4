"""`recognise = "stub"`: the function is not written yet."""

from __future__ import annotations

from grader.diagnosis.observation import Outcome, all_raised_kind, flatten
from grader.diagnosis.recognisers.base import Observation, Sign
from grader.diagnosis.verdict import Clue


class Stub(Sign):
    """Every call raises NotImplementedError, or gives nothing and the body has nothing in it."""

    name = "stub"
    conclusive = True

    def clue(self, seen: Observation) -> Clue | None:
        if _says_so(seen) or _is_empty(seen):
            return Clue(seen.evidence.first_line)
        return None


def _says_so(seen: Observation) -> bool:
    """Whether every call raised NotImplementedError, and the student's own code does so."""
    # torch raises one too, where an operation does not exist for a type of numbers
    if not all_raised_kind(seen.outcomes, "NotImplementedError"):
        return False
    return seen.source.raises("NotImplementedError")


def _is_empty(seen: Observation) -> bool:
    """Whether no call gave anything, and the source shows why."""
    for outcome in seen.outcomes:
        if not _gave_nothing(outcome):
            return False
    return _is_unwritten(seen)


def _gave_nothing(outcome: Outcome) -> bool:
    """Whether a call returned, and no number."""
    return outcome.error is None and not flatten(outcome.value)


def _is_unwritten(seen: Observation) -> bool:
    """Whether the body has nothing in it, or nothing that counts yet."""
    # A training without a loop is only begun; another function may do all it does to its arguments.
    only_begun = seen.iterates and seen.source.is_only_begun(seen.functions)
    return seen.evidence.is_stub or only_begun
