"""From what has been established to a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grader.diagnosis import first_wrong
from grader.diagnosis.case import Case
from grader.diagnosis.explain import Explained
from grader.diagnosis.verdict import Clue, Diagnosis
from grader.exercise import Form, Misconception


@dataclass(frozen=True)
class _Candidate:
    """One set of mistakes that explains the numbers.

    support: how much the source speaks for them. placed: how many of the forms stand in the source.
    """

    ids: tuple[str, ...]
    forms: Sequence[Form]
    combination: tuple[int, ...]
    support: int
    placed: int


def conclude(case: Case, explained: Explained) -> Diagnosis:
    """The diagnosis where sets of mistakes explain the numbers equally well.

    What the source speaks for, or at least not against, is preferred; what is left is told together.
    """
    if explained.misconception is not None:
        case.claims.add(explained.misconception, Clue(explained.reading.line))
    candidates = _candidates(case, explained)
    # A set that the source speaks against stays where there is nothing better: its numbers do fit.
    most = max(candidate.support for candidate in candidates)
    supported = [candidate for candidate in candidates if candidate.support == most]
    order = [known.id for known in case.exercise.misconceptions.of(case.function)]
    supported.sort(
        key=lambda candidate: (
            -candidate.placed,
            [order.index(id_) for id_ in candidate.ids],
        )
    )
    best, *others = supported
    for form in best.forms:
        case.claims.place(form.id, _line(case, form))
    quantity = None
    if best.forms:
        forest = explained.runner.edited(best.combination)
        if forest is not None:
            quantity = first_wrong.first_wrong_of_variant(explained.runner, forest)
    return diagnosis(case, best.ids, [other.ids for other in others], quantity)


def _candidates(case: Case, explained: Explained) -> list[_Candidate]:
    """One for each set of ids: among its forms, those that most stand in the source."""
    by_ids: dict[tuple[str, ...], _Candidate] = {}
    for explanation in explained.explanations:
        forms = [explained.runner.forms[index] for index in explanation.combination]
        ids = case.in_order(form.id for form in forms)
        candidate = _Candidate(
            ids=ids,
            forms=forms,
            combination=explanation.combination,
            support=sum(_support(case, case.misconception(id_)) for id_ in ids),
            placed=sum(case.line_of(form) is not None for form in forms),
        )
        if ids not in by_ids or candidate.placed > by_ids[ids].placed:
            by_ids[ids] = candidate
    return list(by_ids.values())


def _support(case: Case, misconception: Misconception) -> int:
    """1 where the source speaks for a mistake, -1 where it should and does not, 0 where it is silent."""
    if case.line_that_shows(misconception) is not None:
        return 1
    return case.source.support(misconception)


def _line(case: Case, form: Form) -> int | None:
    """The line of a mistake: of its wrong expression, of what speaks for it, or of what shows it."""
    misconception = case.misconception(form.id)
    line = case.line_of(form)
    if line is None:
        line = case.source.line_of_seen(misconception)
    if line is None:
        line = case.line_that_shows(misconception)
    return line


def diagnosis(
    case: Case,
    ids: Sequence[str] = (),
    alternatives: Sequence[Sequence[str]] = (),
    first_wrong: str | None = None,
) -> Diagnosis:
    """All that is claimed, and these ids besides."""
    order = [known.id for known in case.exercise.misconceptions.of(case.function)]
    return case.claims.diagnosis(order, ids, alternatives, first_wrong)
