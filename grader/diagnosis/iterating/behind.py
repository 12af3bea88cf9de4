"""Calls a function again without what hides its runs: exceptions, fixed sizes, variables of the module."""

from __future__ import annotations

import itertools

from torch import Tensor

from grader.diagnosis import repairs
from grader.diagnosis.closeness import parameters_agree
from grader.diagnosis.iterating import update
from grader.diagnosis.iterating.case import IteratingCase
from grader.diagnosis.iterating.runs import Outcomes, Run, read_run, read_runs
from grader.diagnosis.observation import Outcome, all_raised_kind
from grader.diagnosis.recognisers import MODULE_GLOBAL, SHADOW, Observation
from grader.diagnosis.recognisers.base import matches_any
from grader.diagnosis.recognisers.module_global import (
    may_be_variable,
    undefined,
)
from grader.diagnosis.recognisers.shadow import unbound
from grader.diagnosis.verdict import Clue
from grader.exercise import patterns

MOST_EXCEPTIONS = 3  # one behind another
MOST_SUPPLIED = 40  # ways to supply the module's variables that are tried


def exceptions(case: IteratingCase, outcomes: Outcomes) -> Outcomes:
    """The calls again where an exception has an explanation of its own, which is claimed."""
    for _ in range(MOST_EXCEPTIONS):
        seen = case.observation(_raised(outcomes))
        is_changed = _repair(case, seen) or _supply_arguments(
            case, seen, outcomes
        )
        if not is_changed:
            break
        outcomes = case.student.ask_each()
    return outcomes


def constant_sizes(case: IteratingCase, outcomes: Outcomes) -> Outcomes:
    """The calls again in the handout's sizes, where the function raises in all others."""
    student = case.student
    if read_runs(outcomes):
        return outcomes
    # torch raises a RuntimeError where sizes do not fit.
    if not all_raised_kind(outcomes.values(), "RuntimeError"):
        return outcomes
    before = student.inputs, student.arguments
    student.inputs = case.reference.trajectory.full_size
    student.arguments = student.inputs.arguments
    again = exceptions(case, student.ask_each())
    if read_runs(again):
        return again
    student.inputs, student.arguments = before
    return outcomes


def right_globals(case: IteratingCase) -> bool:
    """Whether the function is right once the module's variables that it reads hold right values.

    They are claimed then, and stay supplied. A variable `Y = 0.9 * train_target` of a notebook does not hold
    what the caller passes.
    """
    student = case.student
    misconception = case.misconceptions.recognised_by(
        case.function, MODULE_GLOBAL.name
    )
    names = _unsupplied(case)
    if misconception is None or not names or case.evidence.is_lifted:
        return False
    values = case.reference.right_values(student.arguments)
    # Every way takes calls of its own.
    if len(values) ** len(names) > MOST_SUPPLIED:
        return False
    before = student.supply
    for chosen in itertools.product(values, repeat=len(names)):
        student.supply = dict(before)
        student.supply.update(zip(names, chosen, strict=True))
        if _is_right(case):
            clue = MODULE_GLOBAL.clue(case.observation([]), names)
            case.claims.add(misconception, clue)
            return True
    student.supply = before
    return False


def _is_right(case: IteratingCase) -> bool:
    """Whether the function moves as the reference without mistakes does."""
    outcomes = {}
    for steps in (0, 1, 3):
        outcomes[steps] = case.student.ask(steps)
    runs = read_runs(outcomes)
    if len(runs) < len(outcomes):
        return False
    initial = runs[0].parameters
    arguments = case.student.arguments
    return update.leads_to(case.reference, (), runs, initial, arguments)


def _raised(outcomes: Outcomes) -> list[Outcome]:
    """The calls that raised what the one with the most steps did, that one first."""
    alike: list[Outcome] = []
    for outcome in reversed(outcomes.values()):
        if outcome.error is None:
            continue
        if not alike or outcome.error == alike[0].error:
            alike.append(outcome)
    return alike


def _repair(case: IteratingCase, seen: Observation) -> bool:
    """Go on with the student's source repaired, if the exception has a cause that can be taken out of it."""
    source = _without_known_cause(case, seen) or _without_unbound(case, seen)
    if source is None:
        return False
    case.student.edit(source)
    return True


def _without_known_cause(case: IteratingCase, seen: Observation) -> str | None:
    """The source without a mistake whose exceptions the exercise lists."""
    error = seen.outcomes[0].error if seen.outcomes else None
    if error is None:
        return None
    text = f"{error[0]}: {error[1]}"
    source = None
    for misconception in case.by_id.values():
        if not matches_any(text, misconception.raises):
            continue
        line = seen.line_raised
        # The lines of a repaired source are others.
        if case.student.source != case.evidence.source:
            line = case.source.line_of_seen(misconception)
        case.claims.add(misconception, Clue(line))
        source = repairs.edited(case.student.source, misconception.repair)
    return source


def _without_unbound(case: IteratingCase, seen: Observation) -> str | None:
    """The source without a local variable that is read before it has a value."""
    source = case.student.source
    shadow = case.misconceptions.recognised_by(case.function, SHADOW.name)
    repair = SHADOW.repair(seen, source)
    if shadow is not None and repair is not None:
        case.claims.add(shadow, repair.clue)
        return repair.source
    # What is left is a slip in a name, which is no mistake to be named.
    names = unbound(seen.outcomes)
    if not names:
        return None
    return repairs.respelt(source, names.pop())


def _supply_arguments(
    case: IteratingCase, seen: Observation, before: Outcomes
) -> bool:
    """Supply the arguments that the function reads as variables of the module; whether it then runs.

    Such a variable is claimed where it is missing, or where it matters what it holds.
    """
    misconception = case.misconceptions.recognised_by(
        case.function, MODULE_GLOBAL.name
    )
    # what stands around a lifted loop is its own
    if misconception is None or case.evidence.is_lifted:
        return False
    for name in undefined(seen.outcomes):
        if not _is_missing_variable(case, name):
            return False
        line = case.evidence.reads_globals.get(name)
        case.claims.add(misconception, Clue(line, {"name": name}))
    wanted = _arguments_read(case)
    if not wanted:
        return False
    case.student.supply.update(wanted)
    steps = min(2, max(before))
    now = case.student.run(steps)
    then = read_run(before[steps])
    if now is None:
        return False
    if then is None or not _end_alike(now, then):
        clue = MODULE_GLOBAL.clue(seen, list(wanted))
        case.claims.add(misconception, clue)
    return True


def _end_alike(now: Run, then: Run) -> bool:
    return parameters_agree(now.parameters, then.parameters, then.parameters)


def _arguments_read(case: IteratingCase) -> dict[str, Tensor]:
    """Arguments that the function reads as variables of the module, by the reference's names for them."""
    found = {}
    names = _unsupplied(case)
    pairs = zip(
        case.reference.parameters, case.student.arguments, strict=False
    )
    for name, value in pairs:
        if name in names and isinstance(value, Tensor):
            found[name] = value
    return found


def _unsupplied(case: IteratingCase) -> list[str]:
    """The variables of the module that the function reads and is not supplied with."""
    names = []
    for name in case.evidence.reads_globals:
        if name not in case.student.supply:
            names.append(name)
    return names


def _is_missing_variable(case: IteratingCase, name: str) -> bool:
    """Whether a name that was not found is a variable of the notebook, and no module or helper."""
    known: set[str] = set()
    if may_be_variable(case.evidence, name):
        known.update(case.evidence.reads_globals)
    for tree in case.trees.values():
        known.update(patterns.parameters(tree), patterns.assigned(tree))
    return name in known and case.source.is_variable(name)
