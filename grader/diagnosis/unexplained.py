"""What can be said of a function whose numbers no set of known mistakes explains."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from grader.diagnosis.case import Case
from grader.diagnosis.closeness import raise_alike
from grader.diagnosis.conclude import diagnosis
from grader.diagnosis.first_wrong import first_wrong
from grader.diagnosis.likeness import likeness
from grader.diagnosis.matching import explained_state
from grader.diagnosis.observation import all_raised, compared, flatten
from grader.diagnosis.variant_table import variant_table
from grader.diagnosis.verdict import Diagnosis, with_remarks
from grader.exercise import Form, patterns
from grader.results import Remark


def conclude_unexplained(case: Case) -> Diagnosis:
    """The first wrong quantity; where every call raised, the mistakes that are plain in another way."""
    if all_raised(case.outcomes):
        ids = [*_by_state(case), *_by_expression(case)]
        if not ids:
            ids = _by_expression_and_message(case)
        return diagnosis(case, ids)
    acquitted = _acquitted(case)
    found = first_wrong(case.plugged, case.outcomes, case.prober, acquitted)
    if found is None:
        return with_remarks(diagnosis(case), [_likeness(case)])
    concluded = diagnosis(case, first_wrong=found.quantity)
    return with_remarks(concluded, [found.remark])


def _likeness(case: Case) -> Remark | None:
    """What the one value is like that a function gives."""
    pairs = []
    others: dict[str, list[Tensor]] = {}
    parameters = case.plain.parameters
    for row, outcome, expected in zip(
        case.plain.probes, case.outcomes, case.seen.expected, strict=True
    ):
        if outcome.error is not None:
            continue
        theirs = flatten(compared(outcome, case.seen.accumulators))
        right = flatten(compared(expected, case.seen.accumulators))
        if len(theirs) != 1 or len(right) != 1 or theirs[0].is_complex():
            return None
        pairs.append((theirs[0].float(), right[0]))
        for name, value in zip(parameters, row, strict=False):
            if isinstance(value, Tensor):
                others.setdefault(name, []).append(value)
    return likeness(pairs, others=others)


def _acquitted(case: Case) -> list[str]:
    """Quantities that the student's source computes word for word as the reference does."""
    acquitted = []
    for name in patterns.assigned(case.plain.tree):
        statement = patterns.assignment(case.plain.tree, name)
        if (
            statement is not None
            and case.source.line_of(statement) is not None
        ):
            acquitted.append(name)
    return acquitted


def _by_state(case: Case) -> Sequence[str]:
    """The mistakes that explain what a function that always raises had changed until then."""
    runner = case.plain
    if not runner.accumulators:
        return ()  # a call that raised has no value, and shows nothing else
    changed = []
    for probe in range(len(case.outcomes)):
        positions = case.seen.changed(probe)
        is_changed = [
            position in positions for position in runner.accumulators
        ]
        changed.append(is_changed)
    combination = explained_state(
        runner.trace(case.outcomes),
        runner.reference,
        variant_table(case.exercise, case.function),
        runner.sizes,
        changed,
    )
    ids = runner.ids(combination)
    for id_ in ids:
        known = case.misconception(id_)
        if not case.source.allows(known, case.seen.accumulator_names):
            return ()
    return ids


def _by_expression(case: Case) -> Sequence[str]:
    """Mistakes whose wrong expression stands in the source, where a known exception hides the numbers."""
    # Where the exception is not explained, what stands in the source may not be what matters.
    if not case.claims.ids:
        return ()
    ids = []
    for form in case.plain.forms:
        line = case.line_of(form)
        if line is not None and _is_specific(form):
            ids.append(form.id)
            case.claims.place(form.id, line)
    return ids


def _is_specific(form: Form) -> bool:
    """Whether no edit puts in something that begins with a placeholder, and so stands for anything."""
    for edit in form.edits:
        beginning = edit.by[:2]
        if "_" in beginning:
            return False
    return True


def _by_expression_and_message(case: Case) -> list[str]:
    """The one mistake whose expression stands in the source and raises the same, from the same state.

    Once is enough: what is built on the wrong quantity may be written in ways that raise elsewhere.
    """
    student = case.plain.trace(case.outcomes)
    lines: dict[str, int] = {}
    for index, form in enumerate(case.plain.forms):
        line = case.line_of(form)
        if line is None:
            continue
        made = case.plain.run_variant((index,))
        if made is not None and raise_alike(student, made):
            lines.setdefault(form.id, line)
    if len(lines) != 1:
        return []
    case.claims.lines.update(lines)
    return list(lines)
