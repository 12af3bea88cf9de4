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

A function that works with columns or rows in place of vectors has another convention (`conventions`). What
fails as it stands runs again within that convention, and every run with follow-through is made within it. A
check that is marked `shapes` is the exception: it finds out whether the function works with vectors.

If an earlier function never ends, or ends its process, steps 3 and 4 change places: as it stands, the judged
function would call it, and use up its time as well.

A check's points are its credit, from 0 to 1, times what the check is worth (`runner`). So a function loses
points for its own mistakes only, and a student pays for a mistake once.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import types
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from grader.checking import follow_through, marks
from grader.checking.comparison import Close
from grader.checking.conventions import (
    Convention,
    InConvention,
    Layouts,
    OwnCall,
    call_told,
    convention_of,
    fits,
    plain,
    telling_its_arguments,
    vectors_of,
)
from grader.checking.follow_through import AS_IT_STANDS, EarlierFunction, Substitution
from grader.checking.reference import (
    Implementation,
    Plugged,
    Reference,
    TakingColumns,
)
from grader.errors import CheckFailure, StudentFailure
from grader.exercise import Exercise, Profile
from grader.exercise.probes import trajectories
from grader.results import Mismatch, Outcome
from grader.sandbox.calls import Calls


@dataclass
class Finding:
    """What one run of a check has found.

    message: why it failed or was skipped. credit: the share of its points that it earns, in [0, 1].
    substitution: with which it ran. no_value: the function returned None, raised, or did not end.
    in_convention: whether it ran within the function's own convention.
    """

    outcome: Outcome
    message: str = ""
    mismatch: Mismatch | None = None
    credit: float = 0.0
    substitution: Substitution = AS_IT_STANDS
    no_value: bool = False
    in_convention: bool = False

    @property
    def follow_through(self) -> bool:
        """Whether it was found with something in the reference replaced."""
        return self.substitution != AS_IT_STANDS


@dataclass
class FunctionChecks:
    """What the checks of one function have found so far.

    findings and titles: by a check's name. first_wrong: the quantity that the first failed check shows to be
    wrong. shared: for each substitution, what the checks share among themselves; converted: the same of
    runs within the function's own convention.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    first_wrong: str | None = None
    shared: defaultdict[Substitution, dict[str, Any]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    converted: defaultdict[Substitution, dict[str, Any]] = field(
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
        self._conventions: dict[str, Convention | None] = {}

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
            plain = self._as_it_stands(item)
        else:
            plain = self._as_it_stands(item)
            if plain.outcome == "passed":
                return plain
            followed = self._with_follow_through(item)
        # between equals the run as it stands counts: it needs no explanation to the student
        if followed is None or followed.credit <= plain.credit:
            return plain
        return followed

    def _as_it_stands(self, item: pytest.Function) -> Finding:
        """The finding of a check without follow-through, within the function's convention if need be."""
        plain = self._run(item, AS_IT_STANDS, in_convention=False)
        if plain.outcome == "passed" or not self._converts(item):
            return plain
        converted = self._run(item, AS_IT_STANDS, in_convention=True)
        # what the student reads should be about the student's own shapes, unless it fits these
        return plain if converted.credit < plain.credit else converted

    def _converts(self, item: pytest.Function) -> bool:
        """Whether a check can run within a convention of its function."""
        if marks.is_about_shapes(item):
            return False
        return self.convention(marks.function_of(item)) is not None

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
                finding = self._run(item, substitution, self._converts(item))
            finding.credit *= self._exercise.follow_through
            # between equals the first counts: the substitutions come in order of preference
            if best is None or finding.credit > best.credit:
                best = finding
            if finding.outcome == "passed":
                break
        return best

    def _run(
        self, item: pytest.Function, substitution: Substitution, in_convention: bool
    ) -> Finding:
        """Run a check once, with this substitution in the reference."""
        finding = self._run_once(item, substitution, in_convention)
        finding.in_convention = in_convention
        return finding

    def _run_once(
        self, item: pytest.Function, substitution: Substitution, in_convention: bool
    ) -> Finding:
        reference = self.reference(substitution)
        try:
            arguments = self._arguments(item, substitution, reference, in_convention)
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
        self,
        item: pytest.Function,
        substitution: Substitution,
        reference: Reference,
        in_convention: bool,
    ) -> dict[str, Any]:
        """What the check takes: its fixtures, of which these four depend on the run."""
        arguments = {}
        for name in item._fixtureinfo.argnames:
            arguments[name] = item.funcargs[name]
        if "reference" in arguments:
            arguments["reference"] = reference
        if "shared" in arguments:
            checks = self.checked[marks.function_of(item)]
            kept = checks.converted if in_convention else checks.shared
            arguments["shared"] = kept[substitution]
        if "student" in arguments:
            function = marks.function_of(item)
            arguments["student"] = self._student(function, in_convention)
        if "inputs" in arguments:
            # made anew, so that each run of a check draws the same
            seed = self._seed_of(item)
            settings = self._profile.settings
            arguments["inputs"] = self._exercise.inputs.Inputs(seed, settings)
        return arguments

    def _student(self, function: str, in_convention: bool) -> Any:
        """The student's functions, the judged one within its convention where asked."""
        student = self.calls.student
        if not in_convention:
            return student
        functions = dict(vars(student))
        functions[function] = self._in_convention(function)
        return types.SimpleNamespace(**functions)

    def _in_convention(self, function: str) -> Any:
        """A student's function as one that takes and gives vectors."""
        own = getattr(self.calls.student, function)
        convention = self.convention(function)
        return own if convention is None else InConvention(own, convention)

    def convention(self, function: str) -> Convention | None:
        """The convention that a function has in place of the exercise's; None where it is the exercise's.

        It is looked for when a check of the function has failed.
        """
        if function not in self._conventions:
            self._conventions[function] = None  # until it is found
            self._conventions[function] = self._found_convention(function)
        return self._conventions[function]

    def convention_is_told(self, function: str) -> bool:
        """Whether a function that is judged before this one has a convention of the same kind.

        A mixed one counts as any kind.
        """
        convention = self.convention(function)
        if convention is None:
            return False
        for name in itertools.takewhile(lambda one: one != function, self.checked):
            earlier = self._conventions.get(name)
            if earlier is not None and earlier.kind in (convention.kind, "mixed"):
                return True
        return False

    def calls_with_a_mixture(self, function: str) -> str | None:
        """The earlier function that this one calls with vectors of several layouts, which it cannot combine.

        None where there is none: where each is called with what it can take, or cannot take anything.
        """
        if function not in trajectories(self._exercise):
            return None
        for name in self._exercise.functions[function].earlier:
            call = self._own_call(name)
            if call is not None and self._mixes_up(name, call):
                return name
        return None

    def _mixes_up(self, function: str, call: OwnCall) -> bool:
        # many samples at once are another matter
        if call.in_batches or len(set(call.layouts)) < 2:
            return False
        convention = self.convention(function)
        if convention is not None:
            works = convention.layouts != call.layouts
        else:
            works = self._fits(function, plain(len(call.layouts)))
        return works and not self._fits(function, call.layouts)

    def _fits(self, function: str, layouts: Layouts) -> bool:
        call = partial(self.calls.call_rows, function)
        reference = self.reference(AS_IT_STANDS)
        with self._trying_out():
            return fits(self._exercise, function, call, reference, layouts)

    @contextlib.contextmanager
    def _trying_out(self) -> Iterator[None]:
        """What a function raises meanwhile says nothing of it as it stands."""
        raised_in = dict(self.calls.raised_in)
        try:
            yield
        finally:
            self.calls.raised_in = raised_in

    def _found_convention(self, function: str) -> Convention | None:
        if not vectors_of(self._exercise, function):
            return None
        if not self.calls.has(function) or self.calls.gave_up(function):
            return None
        earlier = follow_through.own_mistakes(self._known_before(function))
        references = [self.reference(AS_IT_STANDS), self.reference(earlier)]
        call = partial(self.calls.call_rows, function)
        own_call = self._own_call(function)
        own = None if own_call is None else own_call.layouts
        try:
            with self._trying_out():
                return convention_of(self._exercise, function, call, references, own)
        except StudentFailure:
            return None

    def _own_call(self, function: str) -> OwnCall | None:
        """How the submission itself calls a function; None where it cannot be seen."""
        vectors = vectors_of(self._exercise, function)
        edits = {function: telling_its_arguments(function)}
        for caller, followed in trajectories(self._exercise).items():
            calls_it = function in self._exercise.functions[caller].earlier
            if not calls_it or self.calls.gave_up(caller):
                continue
            arguments = (*followed.inputs.arguments, 1)
            try:
                reply = self.calls.call(caller, arguments, edits=edits)
            except StudentFailure:
                continue
            if reply.error is not None:
                return call_told(reply.error.text, vectors)
        return None

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
                self._own[name] = TakingColumns(self._in_convention(name))
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
