"""Naming what is wrong with a function that iterates: the questions, in order."""

from __future__ import annotations

from dataclasses import replace

import torch

from grader.diagnosis.closeness import parameters_agree
from grader.diagnosis.iterating import behind, constant, history, shares
from grader.diagnosis.iterating.case import IteratingCase
from grader.diagnosis.iterating.runs import (
    ASKED_STEPS,
    Outcomes,
    Runs,
    read_runs,
)
from grader.diagnosis.iterating.tasks import tasks
from grader.diagnosis.observation import Evidence, Plugged, Prober
from grader.diagnosis.placing import with_marks
from grader.diagnosis.recognisers import STALE
from grader.diagnosis.slips import slip_of, slip_without_value
from grader.diagnosis.verdict import Diagnosis
from grader.exercise import Exercise
from grader.results import Remark


def diagnose(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged,
) -> Diagnosis:
    """What is wrong with a function of `probes.trajectories`.

    earlier: the student's own earlier functions, used in place of the reference's.
    Raises StudentFailure where the function hangs or dies.
    """
    case = IteratingCase(exercise, function, prober, evidence, earlier)
    found = _explained(case)

    # Where does it stand, whatever it is?
    seconds = exercise.limits.search_seconds
    asked = tasks(case, found) if seconds else []
    return with_marks(found, prober, function, evidence, asked, seconds)


def _explained(case: IteratingCase) -> Diagnosis:
    """What the known mistakes explain."""
    # What calls and source show by themselves, and what hides behind exceptions and constants.
    outcomes = case.student.ask_each()
    seen = list(outcomes.values())
    if case.claim_signs(seen, conclusive=True):
        return case.conclude()
    omitted = slip_without_value(case.evidence, seen)
    if omitted is not None:
        case.claims.claim(*omitted)
        return case.conclude()
    # a call for no steps at all may return before it comes to the slip
    stepped = [outcome for steps, outcome in outcomes.items() if steps]
    stopped = slip_of(case.evidence, stepped, case.reference.parameters)
    outcomes = behind.exceptions(case, outcomes)
    outcomes = behind.constant_sizes(case, outcomes)
    outcomes = constant.counted(case, outcomes)
    case.claim_signs([outcomes[1]], conclusive=False)
    if stopped is not None and not case.claims.ids and not _any_step(outcomes):
        case.claims.claim(*stopped)
        return case.conclude()

    runs = read_runs(outcomes)
    if len(runs) < len(outcomes) and behind.right_globals(case):
        runs = read_runs(case.student.ask_each())
    if constant.claim_endless(case, runs):
        case.claim_start(always_steps=True)
        return case.conclude()
    if not _can_be_compared(runs):
        case.claim_what_the_source_says()
        case.claim_start()
        return case.conclude()

    # What it starts from.
    steps = constant.observed_steps(case, runs)
    case.claim_start(always_steps=steps.is_constant)
    if steps.is_constant:
        return case.conclude(constant.claim_and_explain(case, runs, steps))

    # How it moves. What cannot be reproduced cannot be compared, nor what moves out of sight.
    initial = runs[0].parameters
    if not _is_reproduced(case, runs) or _moves_elsewhere(case, runs):
        return case.conclude()
    sets = case.updates(runs, initial)
    if not sets and behind.right_globals(case):
        runs = read_runs(case.student.ask_each())
        sets = [()]
        initial = runs[0].parameters

    # What it reports.
    if sets:
        case.claim_history(runs, initial, sets[0])
    else:
        case.claim_step_sign(STALE, history.unexplained(case.student, runs))
    concluded = case.conclude(sets)
    if concluded.misconceptions:
        return concluded
    return replace(concluded, remarks=tuple(_remarks(case, runs)))


def _remarks(case: IteratingCase, runs: Runs) -> list[Remark]:
    """What a step and the history show."""
    first, second = runs[0], runs[1]
    arguments = case.student.arguments
    of_step = shares.remarks(case.reference, first, second, arguments)
    return [*of_step, *history.remarks(case.student, runs)]


def _any_step(outcomes: Outcomes) -> bool:
    """Whether any call for at least one step returned a run."""
    return any(steps > 0 for steps in read_runs(outcomes))


def _can_be_compared(runs: Runs) -> bool:
    """Whether every call gave a run, and all have parameters of the same shapes."""
    if len(runs) < len(ASKED_STEPS):
        return False
    shapes = runs[0].shapes
    return all(run.shapes == shapes for run in runs.values())


def _is_reproduced(case: IteratingCase, runs: Runs) -> bool:
    """Whether the first step, made once more, leads to the same parameters."""
    again = case.student.run(1)
    if again is None:
        return False
    initial = runs[0].parameters
    return parameters_agree(again.parameters, runs[1].parameters, initial)


def _moves_elsewhere(case: IteratingCase, runs: Runs) -> bool:
    """Whether a loop's history moves while its parameters stay: it updates others than those that are seen.

    A function returns its parameters; of a loop outside a function they are found by their names.
    """
    if not case.evidence.is_lifted:
        return False
    first, last = runs[min(runs)], runs[max(runs)]
    for before, after in zip(first.parameters, last.parameters, strict=True):
        if not torch.equal(before, after):
            return False
    entries = last.history or ()
    return len({entry[0] for entry in entries}) > 1
