"""What a class's results show together: marks, checks, misconceptions, and submissions to look at."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from grader.notices import Notice
from grader.reports.views.content import (
    Explanation,
    Notes,
    explain,
    note_of,
    to_look_at,
    unexplained,
)
from grader.results import Note, Outcome, Result

FEWEST = 8  # submissions; a correlation of fewer says nothing

_CheckKey = tuple[str, str]  # the function's name and the check's id


@dataclass(frozen=True)
class Bin:
    """How many marks lie from `low` to below `high`; the last bin holds the full mark too."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class CheckStatistics:
    """One check over the class. A check that is blocked or void was not judged: it counts in neither share.

    discrimination: the correlation between passing and the rest of the mark. Near 0 or below, the check
    does not tell strong submissions from weak ones. None for fewer than FEWEST judged submissions.
    """

    function: str
    id: str
    title: str
    passed: int
    failed: int
    unjudged: int
    discrimination: float | None

    @property
    def pass_rate(self) -> float | None:
        """The share of the judged submissions that passed, from 0 to 1; None if none was judged."""
        judged = self.passed + self.failed
        return self.passed / judged if judged else None


@dataclass(frozen=True)
class Shared:
    """A misconception, the submissions that show it, the points that these lost where it was named.

    line: one student's own line that holds it, without saying whose; empty where none is known.
    """

    note: Note
    submissions: tuple[Result, ...]
    points: float = 0.0
    line: str = ""


@dataclass(frozen=True)
class Standing:
    """How a function went in the class: how many have it right, partly right, wrong or missing, not judged.

    most: the misconception that is named most often, and how often; None where none is.
    """

    function: str
    right: int
    partial: int
    wrong: int
    unjudged: int
    most: tuple[str, int] | None

    @property
    def all(self) -> int:
        """How many submissions there are."""
        return self.right + self.partial + self.wrong + self.unjudged


@dataclass(frozen=True)
class Look:
    """A submission that the instructor should look at, and why."""

    result: Result
    unexplained: tuple[str, ...]
    notices: tuple[Notice, ...]


ConcernKind = Literal[
    "unnamed", "placed", "unread", "absent", "incomplete", "notice"
]


@dataclass(frozen=True)
class Concern:
    """What an instructor should see before the marks are released, and the submissions that it is about.

    kind: "unnamed", a mistake that nothing explains; "placed", one of which only the place is known, or the
    first wrong quantity; "unread", no function could be graded; "absent", one is missing;
    "incomplete", grader failed on a check; "notice", one to be read.
    """

    kind: ConcernKind
    submissions: tuple[Result, ...]


def function_names(results: Sequence[Result]) -> tuple[str, ...]:
    """The functions of all results, each once, in the exercise's order."""
    names: dict[str, None] = {}  # a dict keeps its order, a set would not
    for result in results:
        names.update(dict.fromkeys(result.functions))
    return tuple(names)


def full_mark(results: Sequence[Result]) -> float:
    """The highest mark that any of the results could have; 0 if there are none."""
    highest = 0.0
    for result in results:
        highest = max(highest, result.max_score)
    return highest


def bins(results: Sequence[Result], number: int = 20) -> tuple[Bin, ...]:
    """The distribution of marks in at most `number` equal bins, none narrower than one point."""
    full = full_mark(results)
    if full <= 0:
        return ()
    points = max(1, round(full))
    number = min(number, points)
    counts = [0] * number
    for result in results:
        index = int(number * result.score / full)
        # The full mark belongs to the last bin, and a mark below 0 to the first.
        index = max(0, min(number - 1, index))
        counts[index] += 1
    found = []
    for index, count in enumerate(counts):
        low = full * index / number
        high = full * (index + 1) / number
        found.append(Bin(low, high, count))
    return tuple(found)


def check_statistics(results: Sequence[Result]) -> tuple[CheckStatistics, ...]:
    """Each check's pass rate and discrimination, in the exercise's order."""
    judgements: dict[_CheckKey, list[_Judgement]] = defaultdict(list)
    titles: dict[_CheckKey, str] = {}
    for result in results:
        for name, function in result.functions.items():
            for check in function.checks:
                key = (name, check.id)
                # A check's own points would correlate with passing it, whatever the check tells.
                rest_of_mark = result.score - check.points
                judgements[key].append(_Judgement(check.outcome, rest_of_mark))
                titles[key] = check.title
    found = []
    for key, of_check in judgements.items():
        found.append(_statistics(key, titles[key], of_check))
    return tuple(found)


def misconceptions(
    results: Sequence[Result], notes: Notes
) -> tuple[Shared, ...]:
    """The misconceptions named in the class, the most frequent first."""
    # By id: a submission counts once, though two of its functions may show the misconception.
    submissions: dict[str, dict[str, Result]] = defaultdict(dict)
    functions: dict[str, str] = {}
    points: defaultdict[str, float] = defaultdict(float)
    lines: dict[str, str] = {}
    for result in results:
        for name, function in result.functions.items():
            for identifier in function.misconceptions:
                submissions[identifier][result.submission.id] = result
                functions.setdefault(identifier, name)
                points[identifier] += function.lost
                if not lines.get(identifier):
                    lines[identifier] = _line_of(result, identifier)
    found = []
    for identifier, showing in submissions.items():
        note = note_of(identifier, notes, functions[identifier])
        shared = Shared(
            note,
            tuple(showing.values()),
            points[identifier],
            lines[identifier],
        )
        found.append(shared)
    found.sort(key=_most_frequent_first)
    return tuple(found)


def needing_a_look(results: Sequence[Result]) -> tuple[Look, ...]:
    """The submissions with an unexplained mistake, or with a notice that the instructor should see."""
    looks = []
    for result in results:
        look = Look(result, unexplained(result), to_look_at(result))
        if look.unexplained or look.notices:
            looks.append(look)
    return tuple(looks)


def standings(results: Sequence[Result]) -> tuple[Standing, ...]:
    """How each function went, in the exercise's order."""
    found = []
    for name in function_names(results):
        counts: Counter[str] = Counter()
        named: Counter[str] = Counter()
        for result in results:
            function = result.functions.get(name)
            if function is None:
                continue
            counts[function.status] += 1
            named.update(set(function.misconceptions))
        most = named.most_common(1)[0] if named else None
        standing = Standing(
            name,
            right=counts["right"],
            partial=counts["partial"],
            wrong=counts["wrong"] + counts["missing"],
            unjudged=counts["blocked"] + counts["void"],
            most=most,
        )
        found.append(standing)
    return tuple(found)


def concerns(results: Sequence[Result]) -> tuple[Concern, ...]:
    """What is to be seen before the marks are released; a kind that no submission shows is left out."""
    found: dict[ConcernKind, list[Result]] = {}
    for result in results:
        for kind in concerns_of(result):
            found.setdefault(kind, []).append(result)
    kinds = get_args(ConcernKind)
    return tuple(
        Concern(kind, tuple(found[kind])) for kind in kinds if kind in found
    )


def concerns_of(result: Result) -> list[ConcernKind]:
    """The kinds that one submission shows."""
    kinds: list[ConcernKind] = []
    explanations = []
    for name, function in result.functions.items():
        explanations.append(explain(name, function, {}))
    if any(one.unexplained for one in explanations):
        kinds.append("unnamed")
    if any(map(_is_only_placed, explanations)):
        kinds.append("placed")
    statuses = {function.status for function in result.functions.values()}
    if statuses == {"missing"}:
        kinds.append("unread")
    elif "missing" in statuses:
        kinds.append("absent")
    if result.incomplete:
        kinds.append("incomplete")
    if to_look_at(result):
        kinds.append("notice")
    return kinds


def _is_only_placed(explanation: Explanation) -> bool:
    placed = explanation.is_placed or explanation.first_wrong
    return bool(placed and not explanation.sets)


def weakest_first(results: Sequence[Result]) -> list[Result]:
    """The results by mark; those with the same mark by name."""
    return sorted(results, key=lambda one: (one.score, one.submission.id))


def _line_of(result: Result, identifier: str) -> str:
    """The line of a submission that holds a misconception, as it is written; empty where it is not known."""
    for function in result.functions.values():
        line = function.lines.get(identifier)
        if function.misconceptions == (identifier,):
            line = line or function.line
        if line is None or function.source is None:
            continue
        first, texts = function.source.written()
        if 0 <= line - first < len(texts):
            return texts[line - first].strip()
    return ""


def _most_frequent_first(shared: Shared) -> tuple[int, str]:
    """The key to sort by; those of the same frequency are in the order of their ids."""
    return -len(shared.submissions), shared.note.id


@dataclass(frozen=True)
class _Judgement:
    """How one submission did in one check, and its mark without that check's points."""

    outcome: Outcome
    rest_of_mark: float


def _statistics(
    key: _CheckKey, title: str, judgements: Sequence[_Judgement]
) -> CheckStatistics:
    function, identifier = key
    counts: Counter[Outcome] = Counter()
    for judgement in judgements:
        counts[judgement.outcome] += 1
    return CheckStatistics(
        function,
        identifier,
        title,
        passed=counts["passed"],
        failed=counts["failed"],
        unjudged=counts["blocked"] + counts["void"],
        discrimination=_discrimination(judgements),
    )


def _discrimination(judgements: Sequence[_Judgement]) -> float | None:
    passed: list[float] = []
    rests: list[float] = []
    for judgement in judgements:
        if judgement.outcome in ("blocked", "void"):
            continue
        passed.append(1.0 if judgement.outcome == "passed" else 0.0)
        rests.append(judgement.rest_of_mark)
    if len(passed) < FEWEST:
        return None
    # A correlation with something constant is not defined.
    if _is_constant(passed) or _is_constant(rests):
        return None
    return statistics.correlation(passed, rests)


def _is_constant(values: Sequence[float]) -> bool:
    return len(set(values)) < 2
