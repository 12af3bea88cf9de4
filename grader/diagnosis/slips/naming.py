"""Names the slip for which calls stopped.

`grader/exercise/slips.toml` says which exceptions a slip raises. No slip is named from an exception's text
alone: `signs` looks for each in the statement that raised, in the student's own source.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from grader.diagnosis.observation import Evidence, Outcome, all_raised
from grader.diagnosis.slips.signs import CONFIRMS, Facts
from grader.diagnosis.slips.stop import Stop, lines_with, stop_at
from grader.diagnosis.verdict import Clue
from grader.exercise import patterns
from grader.exercise.slips import slips

# slips in a name, which are mistakes whatever else stops a call
_OF_NAMES = {"missing-import", "misspelt-name", "undefined-name"}


def slip_of(
    evidence: Evidence,
    outcomes: Sequence[Outcome],
    parameters: Sequence[str],
) -> tuple[str, Clue] | None:
    """The slip for which calls stopped: its id, its line, and facts. None where any call returned.

    parameters: those that the exercise asks for. A name that is missing is told wherever a call came to it;
    any other slip must have stopped all calls at one place.
    """
    tree = patterns.last_function(evidence.source)
    if tree is None or not outcomes or evidence.is_lifted:
        return None
    if not all_raised(outcomes):
        return None
    if _all_alike(outcomes):
        return _slip_at(evidence, tree, outcomes[0], parameters, slips())
    for outcome in outcomes:
        slip = _slip_at(evidence, tree, outcome, parameters, _OF_NAMES)
        if slip is not None:
            return slip
    return None


def _slip_at(
    evidence: Evidence,
    tree: ast.FunctionDef,
    outcome: Outcome,
    parameters: Sequence[str],
    asked: Collection[str],
) -> tuple[str, Clue] | None:
    """The slip, one of those asked, for which one call stopped."""
    if outcome.error is None:
        return None
    exception = ": ".join(outcome.error)
    stop = stop_at(evidence, tree, outcome)
    if stop is None:
        return _of_the_call_itself(evidence, tree, exception, parameters)
    # what the student raises may say anything
    if any(stop.of(ast.Raise)):
        return None
    for id_, slip in slips().items():
        facts = slip.facts(exception)
        if facts is None or id_ not in CONFIRMS or id_ not in asked:
            continue
        shown = CONFIRMS[id_](stop, facts)
        if shown is not None:
            return id_, Clue(_line(stop, facts), _told({**facts, **shown}))
    return None


def _all_alike(outcomes: Sequence[Outcome]) -> bool:
    """Whether all calls ended in the same way, in one kind of exception on one line."""
    places = set()
    for outcome in outcomes:
        kind = outcome.error[0] if outcome.error is not None else ""
        places.add((kind, tuple(outcome.frames)))
    return len(places) == 1


def _line(stop: Stop, facts: Facts) -> int:
    """The line to mark: where it stopped, or where a local variable without a value is read."""
    name = facts.get("unassigned")
    if name is None:
        return stop.line
    # Python may tell the line before, of the statement that led there
    return min(lines_with(stop, name), default=stop.line)


def _told(facts: Facts) -> dict[str, str]:
    """The facts that have a value."""
    told = {}
    for name, value in facts.items():
        if value is not None:
            told[name] = value
    return told


def _of_the_call_itself(
    evidence: Evidence,
    tree: ast.FunctionDef,
    exception: str,
    parameters: Sequence[str],
) -> tuple[str, Clue] | None:
    """`parameter-count` where the function cannot take the exercise's arguments."""
    facts = slips()["parameter-count"].facts(exception)
    if facts is None or facts.get("callee") != tree.name:
        return None
    arguments = tree.args
    own = [*arguments.posonlyargs, *arguments.args]
    least = len(own) - len(arguments.defaults)
    fits = least <= len(parameters) <= len(own)
    if arguments.vararg is not None or fits:
        return None
    line = tree.lineno + evidence.first_line - 1
    return "parameter-count", Clue(line, _told(facts))
