"""`recognise = "stub"`: the function is not written yet."""

from __future__ import annotations

from collections.abc import Sequence

from grader.diagnosis.observation import Outcome, flatten
from grader.diagnosis.recognisers.base import Observation, Sign
from grader.diagnosis.verdict import Clue


class Stub(Sign):
    """Every call raises NotImplementedError, or gives nothing and the body has nothing in it."""

    name = "stub"
    conclusive = True

    def clue(self, seen: Observation) -> Clue | None:
        if _says_so(seen.outcomes) or (
            _is_silent(seen.outcomes) and _is_unwritten(seen)
        ):
            return Clue(seen.evidence.first_line)
        return None


def _says_so(outcomes: Sequence[Outcome]) -> bool:
    return all(
        outcome.error is not None and outcome.error[0] == "NotImplementedError"
        for outcome in outcomes
    )


def _is_silent(outcomes: Sequence[Outcome]) -> bool:
    return all(
        outcome.error is None and not flatten(outcome.value) for outcome in outcomes
    )


def _is_unwritten(seen: Observation) -> bool:
    # A training without a loop is only begun; another function may do all it does to its arguments.
    only_begun = seen.iterates and seen.source.is_only_begun(seen.functions)
    return seen.evidence.is_stub or only_begun
