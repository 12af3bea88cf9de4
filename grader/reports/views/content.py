"""What a report says of a result, whichever form it takes: what to do next, and what explains a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from grader.notices import Notice
from grader.results import (
    CheckResult,
    FunctionResult,
    Helper,
    Mark,
    Mismatch,
    Note,
    Remark,
    Result,
    Stop,
)

Notes = Mapping[str, Note]
Misconceptions = tuple[
    str, ...
]  # their ids: one set that explains the results
Group = tuple[CheckResult, ...]  # neighbours that say the same


@dataclass(frozen=True)
class Explanation:
    """What explains a function's mistakes, as far as that is known.

    sets: the notes of every set of misconceptions that explains the results; results alone cannot tell
    several sets apart. first_wrong: the first wrong quantity, where no misconception is named.
    unexplained: checks failed, and nothing tells why. marks: where the mistakes stand, and mended: whether
    they are all. helpers: the student's own functions that hold some.
    remarks: what the numbers show. stop: what ended the call of the first check that failed, if
    it gave no value.
    """

    sets: tuple[tuple[Note, ...], ...] = ()
    first_wrong: str = ""
    unexplained: bool = False
    stop: Stop = ""
    marks: tuple[Mark, ...] = ()
    mended: bool = False
    remarks: tuple[Remark, ...] = ()
    helpers: tuple[Helper, ...] = ()

    @property
    def is_placed(self) -> bool:
        """Whether it is known where a mistake stands."""
        return bool(self.marks or self.helpers)

    @property
    def notes(self) -> tuple[Note, ...]:
        """The notes of the named set; empty where none is named."""
        return self.sets[0] if self.sets else ()


def note_of(identifier: str, notes: Notes, function: str = "") -> Note:
    """The note of a misconception; one that has no text still shows its id."""
    if identifier in notes:
        return notes[identifier]
    return Note(identifier, function, identifier.replace("-", " "), "")


def explain(name: str, function: FunctionResult, notes: Notes) -> Explanation:
    """The function's explanation: the named set comes first, then those that explain the results as well."""
    sets = []
    for ids in _distinct_sets(function):
        sets.append(_notes_of(ids, notes, name))
    known = Explanation(
        tuple(sets),
        stop=function.stop,
        marks=function.marks,
        mended=function.mended,
        remarks=function.remarks,
        helpers=function.helpers,
    )
    if sets:
        return known
    if function.first_wrong:
        return replace(known, first_wrong=function.first_wrong)
    if not _lost_by_checks(function):
        return Explanation()
    return replace(known, unexplained=not known.is_placed)


def first_failed(function: FunctionResult) -> CheckResult | None:
    """The first check that failed, None where none did."""
    for check in function.checks:
        if check.outcome == "failed":
            return check
    return None


def message_of(check: CheckResult) -> str:
    """The check's message; empty if it names both values of the mismatch, which every report shows itself."""
    found = check.mismatch
    if found is None:
        return check.message
    says_both = (
        found.actual in check.message and found.expected in check.message
    )
    if says_both:
        return ""
    return check.message


def not_passed(checks: Sequence[CheckResult]) -> list[CheckResult]:
    """The checks that failed, were skipped or are void."""
    return [check for check in checks if check.outcome != "passed"]


def grouped(checks: Sequence[CheckResult]) -> tuple[Group, ...]:
    """The checks in their order; neighbours that say the same form one group, so that it is said once."""
    groups: list[list[CheckResult]] = []
    for check in checks:
        if groups and _say_the_same(groups[-1][-1], check):
            groups[-1].append(check)
        else:
            groups.append([check])
    return tuple(map(tuple, groups))


@dataclass(frozen=True)
class Seen:
    """What checks that did not pass say in words: neighbours that say the same, together."""

    checks: Group
    message: str


def seen(checks: Sequence[CheckResult]) -> list[Seen]:
    """What the checks that failed say besides their numbers; where none failed, why they were not judged."""
    found = []
    for group in grouped(worth_telling(checks)):
        message = message_of(group[0])
        if message or group[0].mismatch is None:
            found.append(Seen(group, message))
    return found


def worth_telling(checks: Sequence[CheckResult]) -> list[CheckResult]:
    """The checks that failed; where none did, those that were not judged, which else say little."""
    failed = [check for check in checks if check.outcome == "failed"]
    return failed or not_passed(checks)


def mismatches(checks: Sequence[CheckResult]) -> list[Mismatch]:
    """The numbers that failed checks show, the same ones once."""
    found: list[Mismatch] = []
    for check in checks:
        if check.mismatch is not None and check.mismatch not in found:
            found.append(check.mismatch)
    return found


def to_look_at(result: Result) -> tuple[Notice, ...]:
    """The notices for which an instructor should look at the submission."""
    found = []
    for notice in result.notices:
        if notice.look:
            found.append(notice)
    return tuple(found)


def unexplained(result: Result) -> tuple[str, ...]:
    """The functions whose mistake nothing explains."""
    found = []
    for name, function in result.functions.items():
        # Whether something explains a mistake does not depend on the notes' texts.
        if explain(name, function, {}).unexplained:
            found.append(name)
    return tuple(found)


def _distinct_sets(function: FunctionResult) -> list[Misconceptions]:
    """The sets that explain the results, each once, the named one first; none where nothing is named."""
    distinct: list[Misconceptions] = []
    for ids in (function.misconceptions, *function.alternatives):
        if ids and ids not in distinct:
            distinct.append(ids)
    return distinct


def _notes_of(
    ids: Misconceptions, notes: Notes, function: str
) -> tuple[Note, ...]:
    found = []
    for identifier in ids:
        note = note_of(identifier, notes, function)
        found.append(note)
    return tuple(found)


def _lost_by_checks(function: FunctionResult) -> bool:
    if function.told_before or function.status not in ("partial", "wrong"):
        return False
    return first_failed(function) is not None


def _say_the_same(one: CheckResult, other: CheckResult) -> bool:
    # A mismatch is a check's own, even where its message is another's too.
    if one.mismatch or other.mismatch:
        return False
    if one.outcome != other.outcome:
        return False
    return one.message == other.message
