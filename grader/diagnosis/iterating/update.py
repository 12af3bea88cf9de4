"""How a step changes the parameters: which mistakes lead to those of the student.

Every variant of the reference starts from the student's own initial parameters, so that only the steps are
compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from grader.diagnosis.closeness import MOVED, parameters_agree
from grader.diagnosis.iterating.runs import Forms, ReferenceRuns, Runs, ids_of
from grader.exercise.probes import LeadingArguments, Parameters

MOST_MISTAKES = 3  # that are combined


def explanations(
    reference: ReferenceRuns,
    runs: Runs,
    start: Parameters,
    arguments: LeadingArguments,
    tolerance: float = MOVED,
) -> list[Forms]:
    """The smallest sets of mistakes that lead from `start` to the parameters of all runs.

    runs: the student's, by the number of steps that the reference makes. `[()]` where the function is right,
    an empty list where nothing explains it.
    """
    for size in range(MOST_MISTAKES + 1):
        found = []
        for forms in reference.combinations("update", size):
            if leads_to(reference, forms, runs, start, arguments, tolerance):
                found.append(forms)
        # A larger set is not needed where a smaller one explains all.
        if found:
            return found
    return []


def leads_to(
    reference: ReferenceRuns,
    forms: Forms,
    runs: Runs,
    start: Parameters,
    arguments: LeadingArguments,
    tolerance: float = MOVED,
) -> bool:
    """Whether the reference with these mistakes goes from `start` to the parameters of each of the runs."""
    for steps in sorted(runs):
        if steps == 0:
            continue
        made = reference.run(forms, start, arguments, steps)
        if made is None:
            return False
        theirs = runs[steps].parameters
        if not parameters_agree(theirs, made.parameters, start, tolerance):
            return False
    return True


def preferred(
    explained_by: Iterable[Forms], support: Callable[[str], int]
) -> list[Forms]:
    """The sets that the source speaks for most, one set of forms for each set of mistakes.

    support: how far the student's source speaks for the mistake of an id.
    """
    by_ids: dict[frozenset[str], Forms] = {}
    for forms in explained_by:
        ids = frozenset(ids_of(forms))
        by_ids.setdefault(ids, forms)
    scores = {}
    for ids in by_ids:
        scores[ids] = sum(map(support, ids))
    best = max(scores.values(), default=0)
    most_supported = []
    for ids, forms in by_ids.items():
        if scores[ids] == best:
            most_supported.append(forms)
    return most_supported
