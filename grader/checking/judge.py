"""Judging one student by an exercise's checks: the finding of each, and the marks it bears.

A check is judged first against the reference as it is. Where it fails, and an earlier function of the
student's is wrong, it is judged again with the student's earlier functions plugged into the reference:
that is follow-through. A check sees nothing of a submission but the proxy.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from grader.checking.comparison import Close
from grader.checking.reference import Reference, taking_columns
from grader.errors import CheckFailure, StudentFailure
from grader.exercise import Exercise, Profile
from grader.results import CheckResult, Mismatch, Outcome
from grader.sandbox.calls import Calls

_MOST_LEFT_OUT = 3  # wrong earlier functions of which every choice is plugged in


class Way(NamedTuple):
    """One way to judge with follow-through: what is plugged in of the student's own, and of stand-ins."""

    own: tuple[str, ...]
    standins: tuple[str, ...] = ()


@dataclass
class Finding:
    """What one check found, as long as the run lasts."""

    outcome: Outcome
    message: str = ""
    mismatch: Mismatch | None = None
    credit: float = 0.0
    follow_through: bool = False
    gave_nothing: bool = False


@dataclass
class Checked:
    """One function's checks, as they were found."""

    findings: dict[str, Finding] = field(default_factory=dict)
    results: list[CheckResult] = field(default_factory=list)
    first_wrong: str | None = None
    followed: list[Way] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether every check so far has passed."""
        return all(finding.outcome == "passed" for finding in self.findings.values())

    @property
    def as_it_stands(self) -> bool:
        """Right, and without follow-through."""
        return self.right and not any(finding.follow_through for finding in self.findings.values())

    @property
    def silent(self) -> bool:
        """Whether every call of it has raised, hung or died."""
        judged = [finding for finding in self.findings.values() if finding.outcome != "blocked"]
        return bool(judged) and all(finding.gave_nothing for finding in judged)


class Judge:
    """One student's judge. `checked`: what was found, by function; `kept`: what the checks of one share."""

    def __init__(self, calls: Calls, exercise: Exercise, profile: Profile, seed: int) -> None:
        self.calls = calls
        self.student = calls.student
        self.plain = Reference(exercise)
        self.close = Close(exercise.tolerance)
        self.checked: dict[str, Checked] = {name: Checked() for name in exercise.functions}
        self.kept: dict[str, dict[str, Any]] = {name: {} for name in exercise.functions}
        self.followed: dict[str, dict[Way, dict[str, Any]]] = {name: {} for name in exercise.functions}
        self.faults: list[str] = []
        self._exercise = exercise
        self._profile = profile
        self._seed = seed
        self._references: dict[Way, Reference] = {}
        self._hopeless: set[str] = set()  # functions that give nothing for columns either

    def judge(self, item: pytest.Function, worth: float) -> CheckResult:
        """Run one check, worth so many points, and again with follow-through where that can help.

        Raises what the check raises where that is no failure of the student's; it is in `faults` then.
        """
        checked = self.checked[function_of(item)]
        finding = self._not_judged(item, checked)
        if finding is None:
            finding = self._found(item)
        checked.findings[check_of(item)] = finding
        shows = finding.outcome == "failed" and not finding.gave_nothing
        if shows and self.calls.has(function_of(item)) and checked.first_wrong is None:
            checked.first_wrong = located_by(item)
        result = _result(item, finding, worth)
        checked.results.append(result)
        return result

    def _seed_of(self, item: pytest.Item) -> int:
        digest = hashlib.sha256(f"{self._seed}:{item.name}:{function_of(item)}".encode()).digest()
        return int.from_bytes(digest[:4], "big") % 2**31

    def _not_judged(self, item: pytest.Function, checked: Checked) -> Finding | None:
        if not self.calls.has(function_of(item)):
            return Finding("failed", self.calls.why_missing(function_of(item)))
        for mark in item.iter_markers("requires"):
            for name in mark.args:
                for result in checked.results:
                    if check_name(result) == name and result.outcome != "passed":
                        return Finding("blocked", f"Not judged, because this comes first: {result.title}")
        return None

    def _judge(self, item: pytest.Function, reference: Reference, shared: dict[str, Any]) -> Finding:
        arguments = {name: item.funcargs[name] for name in item._fixtureinfo.argnames}
        if "reference" in arguments:
            arguments["reference"] = reference
        if "shared" in arguments:
            arguments["shared"] = shared
        if "inputs" in arguments:
            # anew, so that a check that is judged twice draws the same
            arguments["inputs"] = self._exercise.inputs.Inputs(self._seed_of(item), self._profile.settings)
        try:
            item.obj(**arguments)
        except CheckFailure as failure:
            nothing = failure.mismatch is not None and failure.mismatch.actual == "None"
            return Finding("failed", str(failure), failure.mismatch, failure.credit, gave_nothing=nothing)
        except StudentFailure as failure:
            return Finding("failed", str(failure), gave_nothing=True)
        except Exception as error:
            if reference.plugged:
                # the reference cannot work with what the student's own functions give
                return Finding("failed", f"The reference fails with the functions before it: {error}")
            self.faults.append(f"{item.name} of {function_of(item)}: {type(error).__name__}: {error}")
            raise
        return Finding("passed", credit=1.0)

    def _found(self, item: pytest.Function) -> Finding:
        """Judge a check as the function stands, then given the earlier functions.

        The other way round where one of these hangs or dies: it would take its time again.
        """
        function = function_of(item)
        if any(map(self.calls.gave_up, self._exercise.functions[function].earlier)):
            followed = self._follow_through(item, Finding("failed"))
            if followed.outcome == "passed":
                return followed
        plain = self._judge(item, self.plain, self.kept[function])
        return self._follow_through(item, plain) if plain.outcome == "failed" else plain

    def _follow_through(self, item: pytest.Function, plain: Finding) -> Finding:
        function = function_of(item)
        best = plain
        for way in self._ways(function):
            with self.calls.replacing(way.standins):
                shared = self.followed[function].setdefault(way, {})
                found = self._judge(item, self._reference(way), shared)
            if found.credit > best.credit:
                found.follow_through = True
                found.credit *= self._exercise.follow_through
                best = found
                self.checked[function].followed.append(way)
            if found.outcome == "passed":
                break
        return best

    def _reference(self, way: Way) -> Reference:
        if way not in self._references:
            self._references[way] = Reference(self._exercise, self._functions(way))
        return self._references[way]

    def _functions(self, way: Way) -> dict[str, Callable[..., Any]]:
        own = {
            name: taking_columns(getattr(self.student, name), functools.partial(self._hopeless.add, name))
            for name in way.own
        }
        return own | {name: self._exercise.standins[name] for name in way.standins}

    def _ways(self, function: str) -> list[Way]:
        """The ways to judge with follow-through, in the order in which they are tried.

        All wrong earlier functions first. One that gives nothing, because it raises or hangs, is replaced on
        both sides by a stand-in, unless the student's callers make it work, with columns say. So is, next,
        one that gives what its callers cannot use. One that is missing is left alone as long as can be: the
        student may have folded it into another. Last, only some of the wrong ones are plugged in: the student
        may have made up for the others where they are called.
        """
        standins = self._exercise.standins
        earlier = self._exercise.functions[function].earlier
        missing = [name for name in earlier if not self.calls.has(name) and name in standins]
        wrong = [n for n in earlier if self.calls.has(n) and not self.checked[n].as_it_stands]
        silent = [name for name in wrong if self.checked[name].silent and name in standins]
        own = [name for name in wrong if name not in silent]
        # with a wrong function goes the derivative that the student wrote, be it right by itself
        derivatives = {f.name for f in self._exercise.functions.values() if f.derivative_of in own}
        own += [n for n in earlier if n in derivatives and self.calls.has(n) and n not in own + silent]
        replaceable = [name for name in own if name in standins and not self.checked[name].as_it_stands]
        kept = [name for name in own if name not in replaceable]
        ways = [
            Way(tuple(own), tuple(silent)),
            Way(tuple(n for n in own + silent if not self.calls.gave_up(n) and n not in self._hopeless)),
            Way(tuple(kept), tuple(silent + replaceable)),
            Way(tuple(kept), tuple(silent + replaceable + missing)),
            *(Way(some, tuple(silent)) for some in self._choices(own)),
        ]
        return [way for i, way in enumerate(ways) if any(way) and way not in ways[:i]]

    def _choices(self, own: Sequence[str]) -> list[tuple[str, ...]]:
        """Some of these functions, a function and its derivative together, the most first."""
        pairs = {f.name: f.derivative_of for f in self._exercise.functions.values() if f.derivative_of in own}
        groups = [[name, *(d for d in own if pairs.get(d) == name)] for name in own if name not in pairs]
        if len(groups) > _MOST_LEFT_OUT:
            return []
        chosen = (c for size in range(len(groups) - 1, 0, -1) for c in itertools.combinations(groups, size))
        return [tuple(name for name in own if name in itertools.chain(*groups)) for groups in chosen]

    def to_diagnose(self, function: str) -> list[tuple[dict[str, Callable[..., Any]], tuple[str, ...]]]:
        """What to plug into the reference when a function is diagnosed, and which of it are stand-ins.

        First the student's own earlier functions that are wrong, then as most of its checks passed.
        """
        followed = self.checked[function].followed
        own = next((Way(way.own) for way in self._ways(function)), Way(()))
        ways = [own, *sorted(set(followed), key=lambda way: (-followed.count(way), way))]
        return [(self._functions(way), way.standins) for i, way in enumerate(ways) if way not in ways[:i]]


def _result(item: pytest.Function, finding: Finding, worth: float) -> CheckResult:
    return CheckResult(
        id=f"{function_of(item)}/{check_of(item)}",
        title=title_of(item),
        outcome=finding.outcome,
        points=round(worth * finding.credit, 4),
        max_points=round(worth, 4),
        message=finding.message,
        mismatch=finding.mismatch,
    )


def function_of(item: pytest.Item) -> str:
    """The graded function that a check is about: `test_f.py` is about f."""
    return item.path.stem.removeprefix("test_")


def check_of(item: pytest.Item) -> str:
    """A check's name: the test's without "test_"."""
    return item.name.removeprefix("test_")


def share_of(item: pytest.Item) -> float:
    """What a check is worth beside the others of its function."""
    mark = item.get_closest_marker("points")
    return float(mark.args[0]) if mark else 1.0


def check_name(result: CheckResult) -> str:
    """A check's name without the parameter in brackets: what `requires` refers to."""
    return result.id.split("/")[1].split("[")[0]


def located_by(item: pytest.Item) -> str | None:
    """The quantity that a failure of the check shows to be off, None where it does not say."""
    mark = item.get_closest_marker("locates")
    callspec = getattr(item, "callspec", None)
    if mark is None:
        return None
    quantity = str(mark.args[0]).format(**callspec.params if callspec is not None else {})
    return quantity.replace(" ", "_")


def title_of(item: pytest.Item) -> str:
    """The first line of a check's docstring, its parameter filled in."""
    function: Any = getattr(item, "obj", None)
    first: str = (function.__doc__ or check_of(item)).strip().splitlines()[0]
    callspec = getattr(item, "callspec", None)
    return first.format(**callspec.params) if callspec is not None else first
