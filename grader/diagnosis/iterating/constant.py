"""A function that takes the same number of steps, whatever number it is asked for."""

from __future__ import annotations

from dataclasses import replace

from grader.diagnosis import repairs
from grader.diagnosis.closeness import MOVED_FROM_ESTIMATE, parameters_agree
from grader.diagnosis.iterating import start
from grader.diagnosis.iterating.case import IteratingCase
from grader.diagnosis.iterating.runs import (
    ASKED_STEPS,
    MOST_STEPS,
    Forms,
    Outcomes,
    Runs,
    read_run,
)
from grader.diagnosis.recognisers import ONE_STEP, STEPS, Steps
from grader.diagnosis.verdict import Clue


def counted(case: IteratingCase, outcomes: Outcomes) -> Outcomes:
    """The calls again where the source has a constant instead of the number of steps, which is claimed."""
    student = case.student
    misconception = case.misconceptions.recognised_by(
        case.function, STEPS.name
    )
    lengths = set(_lengths(outcomes))
    if misconception is None or len(lengths) != 1:
        return outcomes
    # One step is another mistake, and no history says nothing.
    if min(lengths) < 2:
        return outcomes
    position = case.reference.parameters.index(case.reference.trajectory.steps)
    repaired = repairs.counted_by(student.source, position)
    if repaired is None:
        return outcomes
    source, line = repaired
    before = student.source, student.prober
    student.edit(source)
    again = student.ask_each()
    if _lengths(again) != list(ASKED_STEPS):
        student.source, student.prober = before
        return outcomes
    line_in_file = line + case.evidence.first_line - 1
    case.claims.add(misconception, Clue(line_in_file))
    return again


def _lengths(outcomes: Outcomes) -> list[int]:
    """The number of entries in the history of each call; -1 where there is no history."""
    lengths = []
    for outcome in outcomes.values():
        run = read_run(outcome)
        if run is None or run.reported is None:
            lengths.append(-1)
        else:
            lengths.append(run.reported)
    return lengths


def claim_endless(case: IteratingCase, runs: Runs) -> bool:
    """Claim that the function takes a great number of steps by itself; it is too slow to be followed."""
    reported: dict[int, int] = {}
    for steps, run in runs.items():
        if run.reported is not None:
            reported[steps] = run.reported
    lengths = set(reported.values())
    if len(lengths) != 1 or min(lengths) <= MOST_STEPS:
        return False
    return case.claim_step_sign(STEPS, Steps(reported, is_constant=True))


def observed_steps(case: IteratingCase, runs: Runs) -> Steps:
    """What the runs show of the number of steps taken."""
    reported = {}
    for steps, run in runs.items():
        reported[steps] = run.reported
    lengths = set(reported.values())
    is_constant = len(lengths) == 1 and _always_moves(case, runs)
    return Steps(reported, is_constant=is_constant)


def _always_moves(case: IteratingCase, runs: Runs) -> bool:
    """Whether the parameters are the same after all numbers of steps, and yet no longer the initial ones."""
    first = runs[0].parameters
    for run in runs.values():
        if not parameters_agree(run.parameters, first, first):
            return False
    # Where a step changes nearly nothing, a function that moves ends elsewhere.
    arguments = case.reference.trajectory.still(case.student.arguments, None)
    still = case.student.run(0, arguments)
    if still is None:
        return False
    return not parameters_agree(still.parameters, first, first)


def claim_and_explain(
    case: IteratingCase,
    runs: Runs,
    seen: Steps,
) -> list[Forms]:
    """Claim that the number of steps is constant, and what is wrong with the history.

    Returns the sets of mistakes that explain the parameters. What the function starts from is not known, and
    is estimated.
    """
    initial = start.estimated_start(case.student, runs[0])
    last = runs[max(runs)]
    sets: list[Forms] = []
    if initial is not None:
        sets = case.updates({1: last}, initial, MOVED_FROM_ESTIMATE)
    (taken,) = set(seen.reported.values())
    seen_of_one = replace(seen, is_one_step=bool(sets))
    if case.claim_step_sign(ONE_STEP, seen_of_one):
        if initial is not None and sets and taken == 1:
            case.claim_history({1: last}, initial, sets[0])
        return sets
    if not case.claim_step_sign(STEPS, seen):
        return []
    if initial is None or taken is None or not 1 < taken <= MOST_STEPS:
        return []
    sets = case.updates({taken: last}, initial, MOVED_FROM_ESTIMATE)
    if sets:
        case.claim_history({taken: last}, initial, sets[0])
    return sets
