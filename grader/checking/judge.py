"""Judging one student: what each check of the exercise finds, and how much of its points it earns.

How a check is decided:

1. It fails if the student's file does not define the function.
2. It is skipped ("blocked") if another check that it requires has not passed.
3. Otherwise it runs against the reference solution as it is. If it passes, it earns all its points.
4. If it fails, the functions before it may be to blame: those that `exercise.toml` calls `earlier`. If one of
   them is wrong, the check runs again with follow-through. The student's own earlier functions then replace
   the reference's, so that both sides make the same earlier mistake. Or stand-ins replace, on both sides,
   those that give no value, or all that have a mistake of their own. `follow_through` lists these
   substitutions, and why they are tried in that order; the judge stops at the first one with which the check
   passes.
5. The run with the highest credit counts; between equals, the one against the reference as it is, then the
   earlier one. Credit that was earned with follow-through is multiplied by the exercise's `follow_through`.

If an earlier function never ends, or ends its process, steps 3 and 4 change places: as it stands, the judged
function would call it, and use up its time as well.

A check's points are its credit, from 0 to 1, times what the check is worth (`runner`). So a function loses
points for its own mistakes only, and a student pays for a mistake once.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

import pytest

from grader.checking import follow_through, marks
from grader.checking.comparison import Close
from grader.checking.follow_through import AS_IT_STANDS, EarlierFunction, Substitution
from grader.checking.reference import (
    Implementation,
    Plugged,
    Reference,
    TakingColumns,
)
from grader.errors import CheckFailure, StudentFailure
from grader.exercise import Exercise, Profile
from grader.results import Mismatch, Outcome
from grader.sandbox.calls import Calls


@dataclass
class Finding:
    """What one run of a check has found.

    message: why it failed or was skipped. credit: the share of its points that it earns, in [0, 1].
    substitution: with which it ran. no_value: the function returned None, raised, or did not end.
    """

    outcome: Outcome
    message: str = ""
    mismatch: Mismatch | None = None
    credit: float = 0.0
    substitution: Substitution = AS_IT_STANDS
    no_value: bool = False

    @property
    def follow_through(self) -> bool:
        """Whether it was found with something in the reference replaced."""
        return self.substitution != AS_IT_STANDS


@dataclass
class FunctionChecks:
    """What the checks of one function have found so far.

    findings and titles: by a check's name. first_wrong: the quantity that the first failed check shows to be
    wrong. shared: for each substitution, what the checks share among themselves.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    first_wrong: str | None = None
    shared: defaultdict[Substitution, dict[str, Any]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    @property
    def right(self) -> bool:
        """Whether every check has passed without follow-through."""
        for finding in self.findings.values():
            if finding.outcome != "passed" or finding.follow_through:
                return False
        return True

    @property
    def followed(self) -> bool:
        """Whether every check has passed, some of them with follow-through."""
        outcomes = {finding.outcome for finding in self.findings.values()}
        return outcomes == {"passed"} and not self.right

    @property
    def no_value(self) -> bool:
        """Whether checks have run, and none of them got a value from the function."""
        has_run = False
        for finding in self.findings.values():
            if finding.outcome == "blocked":
                continue
            if not finding.no_value:
                return False
            has_run = True
        return has_run

    def first_not_passed(self, required: str) -> str | None:
        """The title of the first check of that name, whatever its parameter, that has not passed."""
        for name, finding in self.findings.items():
            is_required = marks.without_parameter(name) == required
            if is_required and finding.outcome != "passed":
                return self.titles[name]
        return None


class Judge:
    """Judges one student, check by check. `checked` holds the findings by function.

    calls: what is known of the calls of the student's functions; `calls.student` has the functions.
    """

    def __init__(
        self, calls: Calls, exercise: Exercise, profile: Profile, seed: int
    ) -> None:
        self.calls = calls
        self.close = Close(exercise.tolerance)
        self.checked = {name: FunctionChecks() for name in exercise.functions}
        self._exercise = exercise
        self._profile = profile
        self._seed = seed
        self._references: dict[Substitution, Reference] = {}
        self._own: dict[str, TakingColumns] = {}

    def judge(self, item: pytest.Function) -> Finding:
        """Decide one check. Raises what the check raises where that is no failure of the student's."""
        function = marks.function_of(item)
        checks = self.checked[function]
        finding = self._without_running(item) or self._by_running(item)
        name = marks.name_of(item)
        checks.findings[name] = finding
        checks.titles[name] = marks.title_of(item)
        if checks.first_wrong is None and self._shows_a_wrong_value(function, finding):
            checks.first_wrong = marks.located_by(item)
        return finding

    def _shows_a_wrong_value(self, function: str, finding: Finding) -> bool:
        if finding.no_value or not self.calls.has(function):
            return False
        return finding.outcome == "failed"

    def _without_running(self, item: pytest.Function) -> Finding | None:
        """The finding of a check that cannot run; None where it can."""
        function = marks.function_of(item)
        if not self.calls.has(function):
            return Finding("failed", self.calls.why_missing(function))
        for required in marks.required_by(item):
            title = self.checked[function].first_not_passed(required)
            if title is not None:
                return Finding("blocked", f"Skipped until this passes: {title}.")
        return None

    def _by_running(self, item: pytest.Function) -> Finding:
        """The finding of a check as the function stands, or with follow-through where that earns more."""
        if self._builds_on_endless(marks.function_of(item)):
            # As it stands, this function would call the endless one and take all of its time too. So
            # follow-through comes first here.
            followed = self._with_follow_through(item)
            if followed is not None and followed.outcome == "passed":
                return followed
            plain = self._run(item, AS_IT_STANDS)
        else:
            plain = self._run(item, AS_IT_STANDS)
            if plain.outcome == "passed":
                return plain
            followed = self._with_follow_through(item)
        # between equals the run as it stands counts: it needs no explanation to the student
        if followed is None or followed.credit <= plain.credit:
            return plain
        return followed

    def _builds_on_endless(self, function: str) -> bool:
        """Whether a function before this one does not end, or ends its process."""
        earlier = self._exercise.functions[function].earlier
        return any(self.calls.gave_up(name) for name in earlier)

    def _with_follow_through(self, item: pytest.Function) -> Finding | None:
        """The finding that earns most with follow-through; None where there is nothing to substitute."""
        best = None
        earlier = self._known_before(marks.function_of(item))
        for substitution in follow_through.substitutions(earlier):
            with self.calls.replacing(substitution.standins):
                finding = self._run(item, substitution)
            finding.credit *= self._exercise.follow_through
            # between equals the first counts: the substitutions come in order of preference
            if best is None or finding.credit > best.credit:
                best = finding
            if finding.outcome == "passed":
                break
        return best

    def _run(self, item: pytest.Function, substitution: Substitution) -> Finding:
        """Run a check once, with this substitution in the reference."""
        reference = self.reference(substitution)
        try:
            arguments = self._arguments(item, substitution, reference)
            item.obj(**arguments)
        except CheckFailure as failure:
            mismatch = failure.mismatch
            return Finding(
                "failed",
                str(failure),
                mismatch,
                failure.credit,
                substitution,
                no_value=mismatch is not None and mismatch.actual == "None",
            )
        except StudentFailure as failure:
            message = str(failure)
            return Finding("failed", message, substitution=substitution, no_value=True)
        except Exception as error:
            if not reference.plugged:
                raise
            # the reference cannot work with what the student's own functions return
            message = (
                f"The reference fails with your functions before this one: {error}"
            )
            return Finding("failed", message, substitution=substitution)
        return Finding("passed", credit=1.0, substitution=substitution)

    def _arguments(
        self, item: pytest.Function, substitution: Substitution, reference: Reference
    ) -> dict[str, Any]:
        """What the check takes: its fixtures, of which these three depend on the run."""
        arguments = {}
        for name in item._fixtureinfo.argnames:
            arguments[name] = item.funcargs[name]
        if "reference" in arguments:
            arguments["reference"] = reference
        if "shared" in arguments:
            checks = self.checked[marks.function_of(item)]
            arguments["shared"] = checks.shared[substitution]
        if "inputs" in arguments:
            # made anew, so that each run of a check draws the same
            seed = self._seed_of(item)
            settings = self._profile.settings
            arguments["inputs"] = self._exercise.inputs.Inputs(seed, settings)
        return arguments

    def _seed_of(self, item: pytest.Item) -> int:
        """A seed of the check's own, below 2^31."""
        # a digest, as Python's own hash of a text is another one in each process
        text = f"{self._seed}:{item.name}:{marks.function_of(item)}"
        digest = hashlib.sha256(text.encode()).digest()
        return int.from_bytes(digest[:4], "big") % 2**31

    def reference(self, substitution: Substitution) -> Reference:
        """The reference solution with this substitution, made once."""
        if substitution not in self._references:
            plugged = self._plugged(substitution)
            self._references[substitution] = Reference(self._exercise, plugged)
        return self._references[substitution]

    def _plugged(self, substitution: Substitution) -> Plugged:
        """The functions of a substitution, by the name of the one whose place they take."""
        functions: dict[str, Implementation] = {}
        for name in substitution.own:
            if name not in self._own:
                own = getattr(self.calls.student, name)
                self._own[name] = TakingColumns(own)
            functions[name] = self._own[name]
        for name in substitution.standins:
            functions[name] = self._exercise.standins[name]
        return functions

    def _known_before(self, function: str) -> list[EarlierFunction]:
        """What is known of the functions that this one builds on, which have been judged before it."""
        earlier = self._exercise.functions[function].earlier
        return [self._known(name) for name in earlier]

    def _known(self, name: str) -> EarlierFunction:
        checks = self.checked[name]
        refuses = self.calls.gave_up(name)
        if name in self._own:
            refuses = refuses or self._own[name].refuses
        return EarlierFunction(
            name,
            present=self.calls.has(name),
            right=checks.right,
            followed=checks.followed,
            no_value=checks.no_value,
            refuses=refuses,
            has_standin=name in self._exercise.standins,
            derivative_of=self._exercise.functions[name].derivative_of,
        )

    def to_diagnose(self, function: str) -> list[tuple[Plugged, tuple[str, ...]]]:
        """What to plug into the reference when a function is diagnosed, and which of it are stand-ins.

        First all of the student's own earlier functions that are wrong and can be used. Then each
        substitution that a finding of the function's checks was made with, the most frequent first.
        """
        own = follow_through.own_mistakes(self._known_before(function))
        counted: Counter[Substitution] = Counter()
        for finding in self.checked[function].findings.values():
            if finding.follow_through:
                counted[finding.substitution] += 1
        # equally frequent ones are ordered too, so that a diagnosis does not depend on the order of checks
        by_count = sorted(counted, key=lambda one: (-counted[one], one))
        to_diagnose = []
        for substitution in dict.fromkeys([own, *by_count]):
            plugged = self._plugged(substitution)
            to_diagnose.append((plugged, substitution.standins))
        return to_diagnose
