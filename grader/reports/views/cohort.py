"""What a class's results show together: marks, checks, misconceptions, and who needs a person's look."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from grader.reports.views.content import Notes, alarming, note_of, unexplained
from grader.results import Note, Result

FEWEST = 8  # submissions; below this a correlation says nothing


@dataclass(frozen=True)
class Bin:
    """How many marks lie from `low` to below `high`; the last bin holds the full mark too."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class CheckStatistics:
    """One check over the class. Blocked ones are not judged, so they count in neither share.

    `discrimination` is the correlation of passing with the rest of the mark: near 0 or below, the check
    does not tell strong submissions from weak ones.
    """

    function: str
    id: str
    title: str
    passed: int
    failed: int
    blocked: int
    discrimination: float | None

    @property
    def pass_rate(self) -> float | None:
        """The share that passed of those judged."""
        judged = self.passed + self.failed
        return self.passed / judged if judged else None


@dataclass(frozen=True)
class Shared:
    """A misconception and the submissions that show it."""

    note: Note
    submissions: tuple[Result, ...]


@dataclass(frozen=True)
class Look:
    """A submission that a person should look at, and why."""

    result: Result
    unexplained: tuple[str, ...]
    notices: tuple[str, ...]


def bins(results: Sequence[Result], number: int = 20) -> tuple[Bin, ...]:
    """The distribution of marks in `number` equal bins at most, none narrower than a point."""
    full = max((result.max_score for result in results), default=0.0)
    if full <= 0:
        return ()
    number = min(number, max(1, round(full)))
    counts = [0] * number
    for result in results:
        counts[max(0, min(number - 1, int(number * result.score / full)))] += 1
    return tuple(Bin(full * i / number, full * (i + 1) / number, count) for i, count in enumerate(counts))


def check_statistics(results: Sequence[Result]) -> tuple[CheckStatistics, ...]:
    """Each check's pass rate and discrimination, in the exercise's order."""
    seen: dict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
    titles: dict[tuple[str, str], str] = {}
    for result in results:
        for name, function in result.functions.items():
            for check in function.checks:
                seen[name, check.id].append((check.outcome, result.score - check.points))
                titles[name, check.id] = check.title
    return tuple(
        CheckStatistics(
            name,
            identifier,
            titles[name, identifier],
            passed=sum(outcome == "passed" for outcome, _ in entries),
            failed=sum(outcome == "failed" for outcome, _ in entries),
            blocked=sum(outcome == "blocked" for outcome, _ in entries),
            discrimination=_discrimination(entries),
        )
        for (name, identifier), entries in seen.items()
    )


def misconceptions(results: Sequence[Result], notes: Notes) -> tuple[Shared, ...]:
    """The misconceptions named in the class, the most frequent first."""
    shared: dict[str, dict[str, Result]] = defaultdict(dict)
    functions: dict[str, str] = {}
    for result in results:
        for name, function in result.functions.items():
            for identifier in function.misconceptions:
                shared[identifier][result.submission.id] = result
                functions.setdefault(identifier, name)
    found = [
        Shared(note_of(identifier, notes, functions[identifier]), tuple(submissions.values()))
        for identifier, submissions in shared.items()
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.submissions), one.note.id)))


def needing_a_look(results: Sequence[Result]) -> tuple[Look, ...]:
    """The submissions with an unexplained mistake, or with a notice of a limit hit or a thing refused."""
    looks = (Look(result, unexplained(result), alarming(result)) for result in results)
    return tuple(look for look in looks if look.unexplained or look.notices)


def _discrimination(entries: Sequence[tuple[str, float]]) -> float | None:
    judged = [(float(outcome == "passed"), rest) for outcome, rest in entries if outcome != "blocked"]
    if (
        len(judged) < FEWEST
        or len({passed for passed, _ in judged}) < 2
        or len({rest for _, rest in judged}) < 2
    ):
        return None
    passed, rest = zip(*judged, strict=True)
    return statistics.correlation(passed, rest)
