"""Naming what is wrong with one function of a student's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from grader.checking.conventions import (
    Convention,
    arguments_for,
    convention_of,
)
from grader.checking.reference import Reference
from grader.diagnosis import iterating, repairs
from grader.diagnosis.behind_exceptions import look_behind_exceptions
from grader.diagnosis.case import Case, open_case
from grader.diagnosis.conclude import conclude, diagnosis
from grader.diagnosis.explain import explain
from grader.diagnosis.observation import (
    Evidence,
    Plugged,
    Prober,
    all_raised,
)
from grader.diagnosis.placing import with_marks
from grader.diagnosis.placing.tasks import task_of_calls
from grader.diagnosis.prober import ConvertingProber
from grader.diagnosis.recognisers import REBINDS, claim_signs, layouts
from grader.diagnosis.slips import (
    endless_loop,
    slip_of,
    slip_without_value,
)
from grader.diagnosis.standing import named_where_it_stands
from grader.diagnosis.unexplained import conclude_unexplained
from grader.diagnosis.unused import unused
from grader.diagnosis.verdict import Claims, Clue, Diagnosis
from grader.errors import StudentFailure, TimedOut
from grader.exercise import Exercise
from grader.exercise.probes import probes_of


@dataclass(frozen=True)
class OwnConvention:
    """How a function lays out its vectors; `convention` is None where it does as the exercise does.

    is_told: whether the student has been told so, at an earlier function. calls_with_mixture: an earlier
    function that this one calls with vectors of several layouts, which it cannot combine. called_plainly:
    whether the submission itself calls it as the exercise does, whatever its convention.
    """

    convention: Convention | None = None
    is_told: bool = False
    calls_with_mixture: str | None = None
    called_plainly: bool = False


def diagnose(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged | None = None,
    own: OwnConvention | None = None,
) -> Diagnosis:
    """What is wrong with a function that failed a check.

    earlier: the student's own earlier functions, to be used in the reference and its variants. Leave out
    those that are right: where none is given, the variants that were run once and kept can be used.
    own: the function's convention; without it, it is looked for.
    Never guesses: where nothing explains what was seen, no misconception is named.
    """
    earlier = earlier or {}
    try:
        if own is None:
            own = _own_convention(exercise, function, prober, earlier)
        as_one_of_vectors = prober
        if own.convention is not None and own.called_plainly:
            # then a mistake that stands in the source explains more than a convention
            found = _diagnose(exercise, function, prober, evidence, earlier)
            if found.misconceptions and set(found.misconceptions) <= set(
                found.lines
            ):
                return found
        if own.convention is not None:
            as_one_of_vectors = ConvertingProber(
                prober, function, own.convention
            )
        found = _diagnose(
            exercise, function, as_one_of_vectors, evidence, earlier
        )
        return _with_layouts(exercise, function, prober, evidence, own, found)
    except TimedOut:
        return _of_slip(exercise, function, endless_loop(evidence))
    except StudentFailure:  # it died under the probes: nothing can be said
        return Diagnosis()


def _own_convention(
    exercise: Exercise, function: str, prober: Prober, earlier: Plugged
) -> OwnConvention:
    references = [Reference(exercise), Reference(exercise, earlier)]
    call = partial(prober.calls, function)
    return OwnConvention(convention_of(exercise, function, call, references))


def _with_layouts(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    own: OwnConvention,
    found: Diagnosis,
) -> Diagnosis:
    """A diagnosis that also says how the function lays out vectors, if the student has not been told."""
    convention = own.convention
    if own.calls_with_mixture is not None:
        kind, line = (
            "mixed",
            layouts.line_of_call(evidence, own.calls_with_mixture),
        )
    elif convention is not None and not own.is_told:
        arguments = arguments_for(exercise, function) or ()
        raised_in = prober.call(function, arguments).frames
        kind = convention.kind
        line = layouts.line_of_layout(
            evidence, convention, function, raised_in
        )
    else:
        return found
    misconception = exercise.misconceptions.recognised_by(function, kind)
    if misconception is None:
        return found
    order = exercise.mistakes_of(function)
    return found.also(misconception.id, Clue(line), order)


def _of_slip(
    exercise: Exercise, function: str, slip: tuple[str, Clue] | None
) -> Diagnosis:
    """The diagnosis that names a slip, or nothing."""
    if slip is None:
        return Diagnosis()
    id_, clue = slip
    return Diagnosis().also(id_, clue, exercise.mistakes_of(function))


def _diagnose(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged,
) -> Diagnosis:
    """The same for a function that takes and gives vectors."""
    if function in iterating.trajectories(exercise):
        return iterating.diagnose(
            exercise, function, prober, evidence, earlier
        )
    if probes_of(exercise, function):
        return _diagnose_calls(exercise, function, prober, evidence, earlier)
    return Diagnosis()


def _explanation(case: Case) -> Diagnosis | None:
    """The diagnosis where known mistakes give the same numbers."""
    explained = explain(case)
    return None if explained is None else conclude(case, explained)


def _behind_rebinding(case: Case, concluded: Diagnosis) -> Diagnosis:
    """A diagnosis with what an assignment to an accumulator hides: no numbers of it reach the caller."""
    known = case.exercise.misconceptions.recognised_by(
        case.function, REBINDS.name
    )
    if known is None or known.id not in concluded.misconceptions:
        return concluded
    source = case.seen.evidence.source
    mended = repairs.added_in_place(source, case.seen.accumulators)
    if mended is None:
        return concluded
    prober = case.prober.edited(case.function, mended)
    outcomes = prober.calls(case.function, case.plain.probes)
    behind = replace(case, prober=prober, claims=Claims())
    behind.see(outcomes)
    found = _explanation(behind)
    if found is None or all_raised(outcomes):
        return concluded
    line = concluded.lines.get(known.id)
    return found.also(known.id, Clue(line, concluded.facts), case.order)


def _diagnose_calls(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged,
) -> Diagnosis:
    """The same for a function that is compared call by call."""
    case = open_case(exercise, function, prober, evidence, earlier)
    found = _explained(case)

    # Where does it stand, whatever it is?
    task = task_of_calls(case.plugged)
    seconds = exercise.limits.search_seconds
    found = with_marks(found, prober, function, evidence, [task], seconds)
    found = named_where_it_stands(case, found)
    remark = None if found.mended else unused(case)
    if remark is None:
        return found
    return replace(found, remarks=(*found.remarks, remark))


def _explained(case: Case) -> Diagnosis:
    """What the known mistakes explain."""
    exercise, function = case.exercise, case.function
    evidence, prober = case.seen.evidence, case.prober
    misconceptions = exercise.misconceptions

    # Does it stop, or give nothing, for a reason that has nothing to do with the exercise?
    omitted = None
    if not any(outcome.value is None for outcome in case.seen.expected):
        omitted = slip_without_value(evidence, case.outcomes)
    if omitted is not None:
        return _of_slip(exercise, function, omitted)
    stopped = slip_of(evidence, case.outcomes, case.plain.parameters)

    # Is there anything to diagnose?
    if claim_signs(
        misconceptions, function, case.seen, case.claims, conclusive=True
    ):
        return diagnosis(case)

    # What hides behind an exception that has an explanation of its own?
    look_behind_exceptions(case)

    # What do the calls and the source show by themselves?
    claim_signs(
        misconceptions, function, case.seen, case.claims, conclusive=False
    )

    if stopped is not None and case.prober is prober:
        # No cause of the exercise's own lies before it, and what lies behind it is not known.
        case.claims.claim(*stopped)
        return diagnosis(case)

    # Which known mistakes give the same numbers?
    concluded = _explanation(case)
    if concluded is not None:
        return _behind_rebinding(case, concluded)

    # None: which quantity is the first wrong one?
    return conclude_unexplained(case)
