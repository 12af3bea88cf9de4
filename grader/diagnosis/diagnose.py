"""Naming what is wrong with one function of a student's."""

from __future__ import annotations

from grader.diagnosis import iterating
from grader.diagnosis.behind_exceptions import look_behind_exceptions
from grader.diagnosis.case import open_case
from grader.diagnosis.conclude import conclude, diagnosis
from grader.diagnosis.explain import explain
from grader.diagnosis.observation import Evidence, Plugged, Prober
from grader.diagnosis.recognisers import claim_signs
from grader.diagnosis.reference_runner import probes_of
from grader.diagnosis.unexplained import conclude_unexplained
from grader.diagnosis.verdict import Diagnosis
from grader.errors import StudentFailure
from grader.exercise import Exercise


def diagnose(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged | None = None,
) -> Diagnosis:
    """What is wrong with a function that failed a check.

    earlier: the student's own earlier functions, to be used in the reference and its variants. Leave out
    those that are right: where none is given, the variants that were run once and kept can be used.
    Never guesses: where nothing explains what was seen, no misconception is named.
    """
    try:
        if function in iterating.trajectories(exercise):
            return iterating.diagnose(
                exercise, function, prober, evidence, earlier or {}
            )
        if probes_of(exercise, function):
            return _diagnose(exercise, function, prober, evidence, earlier or {})
    except StudentFailure:  # it hung or died under the probes: nothing can be said
        pass
    return Diagnosis()


def _diagnose(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged,
) -> Diagnosis:
    """The same for a function that is compared call by call."""
    case = open_case(exercise, function, prober, evidence, earlier)
    misconceptions = exercise.misconceptions

    # Is there anything to diagnose?
    if claim_signs(misconceptions, function, case.seen, case.claims, conclusive=True):
        return diagnosis(case)

    # What hides behind an exception that has an explanation of its own?
    look_behind_exceptions(case)

    # What do the calls and the source show by themselves?
    claim_signs(misconceptions, function, case.seen, case.claims, conclusive=False)

    # Which known mistakes give the same numbers?
    explained = explain(case)
    if explained is not None:
        return conclude(case, explained)

    # None: which quantity is the first wrong one?
    return conclude_unexplained(case)
