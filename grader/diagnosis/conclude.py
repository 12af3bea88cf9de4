"""From what has been established to a diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from grader.diagnosis.case import Case
from grader.diagnosis.explain import Explained
from grader.diagnosis.first_wrong import first_wrong_of_variant
from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers import changed_arguments
from grader.diagnosis.reference_runner import Combination, ReferenceRunner
from grader.diagnosis.verdict import Clue, Diagnosis
from grader.exercise import Form, Misconception, patterns


@dataclass(frozen=True)
class _Candidate:
    """One set of mistakes that explains the numbers.

    support: how much the source speaks for them. placed: how many of the forms stand in the source.
    """

    ids: tuple[str, ...]
    forms: Sequence[Form]
    combination: Combination
    support: int
    placed: int


def conclude(case: Case, explained: Explained) -> Diagnosis | None:
    """The diagnosis where sets of mistakes explain the numbers equally well; None where none can be told.

    What the source speaks for, or at least not against, is preferred; all sets that are left are named.
    """
    candidates = _made(case, _candidates(case, explained))
    preferred = _possible(case, _preferred(case, candidates))
    if _show_nothing(case, explained.reading.outcomes):
        preferred = _beyond_doubt(case, preferred)
    if not preferred:
        return None
    if explained.misconception is not None:
        clue = Clue(explained.reading.line)
        case.claims.add(explained.misconception, clue)
    best, *others = preferred
    for form in best.forms:
        case.claims.place(form.id, _line(case, form))
    alternatives = [other.ids for other in others]
    quantity = _first_wrong(explained.runner, best)
    return diagnosis(case, best.ids, alternatives, quantity)


def _candidates(case: Case, explained: Explained) -> list[_Candidate]:
    """One for each set of ids: the one with the most forms that stand in the source."""
    by_ids: dict[tuple[str, ...], _Candidate] = {}
    for explanation in explained.explanations:
        candidate = _candidate(case, explained.runner, explanation.combination)
        known = by_ids.get(candidate.ids)
        if known is None or candidate.placed > known.placed:
            by_ids[candidate.ids] = candidate
    return list(by_ids.values())


def _candidate(
    case: Case,
    runner: ReferenceRunner,
    combination: Combination,
) -> _Candidate:
    """A combination of mistakes, and how well it agrees with the source."""
    ids = case.in_order(runner.ids(combination))
    support = 0
    for id_ in ids:
        support += _support(case, case.misconception(id_))
    forms = []
    placed = 0
    for index in combination:
        form = runner.forms[index]
        forms.append(form)
        if case.line_of(form) is not None:
            placed += 1
    return _Candidate(ids, forms, combination, support, placed)


def _made(case: Case, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The candidates of which the source shows every act that their notes assert."""
    made = []
    for candidate in candidates:
        if all(_is_made(case, form) for form in candidate.forms):
            made.append(candidate)
    return made


def _is_made(case: Case, form: Form) -> bool:
    """Whether the source has what the note of this mistake says of it."""
    for edit in form.edits:
        permuted = patterns.permuted_call(edit)
        if permuted is None:
            continue
        if not case.source.may_call(permuted):
            return False
        stands_right = case.source.line_of(edit.replace) is not None
        if stands_right and case.source.line_of(edit.by) is None:
            return False
    accumulators = case.seen.accumulator_names
    return case.source.allows(case.misconception(form.id), accumulators)


def _preferred(
    case: Case, candidates: Sequence[_Candidate]
) -> list[_Candidate]:
    """The candidates that the source speaks for most, the one with the most forms in it first."""
    order = case.order

    def rank(candidate: _Candidate) -> tuple[int, int, list[int]]:
        # Between equals the exercise's order decides, so that the same source gets the same answer.
        positions = [order.index(id_) for id_ in candidate.ids]
        return -candidate.support, -candidate.placed, positions

    ranked = sorted(candidates, key=rank)
    preferred = []
    for candidate in ranked:
        # A set that the source speaks against stays where there is nothing better: its numbers do fit.
        if candidate.support == ranked[0].support:
            preferred.append(candidate)
    return preferred


def _possible(
    case: Case, candidates: Sequence[_Candidate]
) -> list[_Candidate]:
    """The candidates whose mistakes can have been made in this source.

    The numbers have another cause then, so what the source speaks against is left out as well.
    """
    possible = []
    for candidate in candidates:
        if not any(
            _permutes_what_is_not_called(case, form)
            for form in candidate.forms
        ):
            possible.append(candidate)
    if len(possible) == len(candidates):
        return possible
    return [candidate for candidate in possible if candidate.support >= 0]


def _permutes_what_is_not_called(case: Case, form: Form) -> bool:
    """Whether a form only permutes the arguments of a function that the student's code never uses."""
    reached = case.seen.evidence.reaches
    if reached is None:
        return False
    permuted = set()
    for edit in form.edits:
        permuted.add(patterns.permuted_call(edit))
    unused = case.seen.functions - set(reached)
    return bool(permuted & unused)


def _show_nothing(case: Case, outcomes: Sequence[Outcome]) -> bool:
    """Whether no call has given a number of its own: each raised, or left the accumulators as they were."""
    accumulators = set(case.seen.accumulators)
    for arguments, outcome in zip(case.seen.arguments, outcomes, strict=True):
        if outcome.error is not None:
            continue
        if not accumulators or accumulators & set(
            changed_arguments(arguments, outcome)
        ):
            return False
    return True


def _beyond_doubt(
    case: Case, candidates: Sequence[_Candidate]
) -> list[_Candidate]:
    """Of several candidates for what has no numbers: those in the source, or else what all
    agree on and the source shows."""
    shown = []
    for candidate in candidates:
        if all(_line(case, form) is not None for form in candidate.forms):
            shown.append(candidate)
    if shown or not candidates:
        return shown
    first, *others = candidates
    common = set(first.ids)
    for candidate in others:
        common &= set(candidate.ids)
    kept = []
    for form, index in zip(first.forms, first.combination, strict=True):
        if form.id in common and _line(case, form) is not None:
            kept.append((form, index))
    if not kept:
        return []
    forms = [form for form, _ in kept]
    ids = case.in_order(form.id for form in forms)
    combination = tuple(index for _, index in kept)
    return [replace(first, ids=ids, forms=forms, combination=combination)]


def _first_wrong(runner: ReferenceRunner, candidate: _Candidate) -> str | None:
    """The first quantity that these mistakes make wrong; None where there are none."""
    if not candidate.forms:
        return None
    forest = runner.edited(candidate.combination)
    if forest is None:
        return None
    return first_wrong_of_variant(runner, forest)


def _support(case: Case, misconception: Misconception) -> int:
    """1 where the source speaks for a mistake, -1 where it should and does not, 0 where it is silent."""
    if case.line_that_shows(misconception) is not None:
        return 1
    return case.source.support(misconception)


def _line(case: Case, form: Form) -> int | None:
    """The line of a mistake: of its wrong expression, of what speaks for it, what shows it, or does it."""
    misconception = case.misconception(form.id)
    line = case.line_of(form)
    if line is None:
        line = case.source.line_of_seen(misconception)
    if line is None:
        line = case.line_that_shows(misconception)
    if line is None:
        accumulators = case.seen.accumulator_names
        line = case.source.line_of_act(misconception, accumulators)
    return line


def diagnosis(
    case: Case,
    ids: Sequence[str] = (),
    alternatives: Sequence[Sequence[str]] = (),
    first_wrong: str | None = None,
) -> Diagnosis:
    """All that is claimed so far, and also these ids."""
    return case.claims.diagnosis(case.order, ids, alternatives, first_wrong)
