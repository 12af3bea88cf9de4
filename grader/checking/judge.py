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

A function that works with columns or rows in place of vectors has a convention of its own
(`student_conventions`). A check that fails as it stands runs again within that convention, and every run with
follow-through is made within it. A check that is marked `shapes` is the exception: it finds out whether the
function works with vectors.

If an earlier function never ends, or ends its process, step 4 comes before step 3: as it stands, the judged
function would call that one, and use up its own time too.

A check that is marked `by_hand` holds for all calls of its function. When every check has run it is decided
once more (`revised`): where torch has differentiated since, it fails, and those that require it are blocked.

A check that grader itself fails on, by whatever exception, is void, and so is one that requires it. Its
points are neither given nor lost; `faults` keeps the traceback.

A check's points are its credit, from 0 to 1, times what the check is worth (`runner`). So a function loses
points for its own mistakes only, and a student pays for a mistake once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import pytest

from grader.checking import follow_through, marks
from grader.checking.answers import (
    AsBefore,
    is_constant,
    stands_by_its_answers,
)
from grader.checking.catalogue import same_mistake
from grader.checking.comparison import Close
from grader.checking.findings import Finding, FunctionChecks
from grader.checking.follow_through import (
    AS_IT_STANDS,
    EarlierFunction,
    Substitution,
)
from grader.checking.reference import (
    Implementation,
    Plugged,
    Reference,
    TakingColumns,
)
from grader.checking.stops import stop_of
from grader.checking.student_conventions import StudentConventions
from grader.checking.telling import IdleCalls, IdleFunctions
from grader.errors import ENDS_GRADING, CheckFailure, StudentFailure
from grader.exercise import Exercise, Profile
from grader.results import Fault
from grader.sandbox.calls import Calls


class Judge:
    """Judges one student, check by check.

    calls: what is known of the calls of the student's functions; `calls.student` has the functions.
    checked: by function, what its checks have found. conventions: those of the student's functions.
    faults: how grader itself failed, where it did.
    """

    def __init__(
        self,
        calls: Calls,
        exercise: Exercise,
        profile: Profile,
        seed: int,
        idle: IdleFunctions | None = None,
    ) -> None:
        """idle: keeps what is the same for each student of a session."""
        self.calls = calls
        self.close = Close(exercise.tolerance)
        self.checked = {name: FunctionChecks() for name in exercise.functions}
        self.faults: list[Fault] = []
        self.conventions = StudentConventions(
            calls, exercise, self.reference, self._own_mistakes
        )
        self._exercise = exercise
        self._profile = profile
        self._seed = seed
        self._references: dict[Substitution, Reference] = {}
        self._own: dict[str, Implementation] = {}
        self._mistakes: dict[str, Implementation | None] = {}
        self._steady: dict[str, bool] = {}
        self._idle = idle or IdleFunctions(exercise)

    # -- the rule --------------------------------------------------------------------------------------

    def judge(self, item: pytest.Function) -> Finding:
        """Decide one check. Raises ENDS_GRADING where no other check can be judged either."""
        try:
            finding = self._without_running(item) or self._by_running(item)
        except ENDS_GRADING:
            raise
        except Exception as error:
            return self.void(item, Fault.of(marks.id_of(item), error))
        self._keep(item, finding)
        return finding

    def revised(
        self, items: Iterable[pytest.Function]
    ) -> list[tuple[pytest.Function, Finding]]:
        """The checks, all of which have run, that what was seen meanwhile decides otherwise."""
        changed = []
        for item in items:
            try:
                finding = self._revised(item)
            except ENDS_GRADING:
                raise
            except Exception as error:
                finding = self.void(item, Fault.of(marks.id_of(item), error))
            if finding is not None:
                self._keep(item, finding)
                changed.append((item, finding))
        return changed

    def _revised(self, item: pytest.Function) -> Finding | None:
        """What now comes of a check, where that is something else; None where its finding holds."""
        function = marks.function_of(item)
        found = self.checked[function].findings.get(marks.name_of(item))
        if found is None or not found.credit:
            return None
        blocked = self._without_running(item)
        if blocked is not None:
            return blocked
        if marks.is_by_hand(item):
            by_torch = self.calls.by_torch(function)
            if by_torch:
                return Finding("failed", by_torch)
        return None

    def void(self, item: pytest.Function, fault: Fault) -> Finding:
        """The finding of a check that grader itself failed on."""
        self.faults.append(fault)
        finding = Finding("void", "grader itself failed on this check.")
        self._keep(item, finding)
        return finding

    def _keep(self, item: pytest.Function, finding: Finding) -> None:
        """Keep what a check has found: other checks may require it."""
        function = marks.function_of(item)
        checks = self.checked[function]
        name = marks.name_of(item)
        checks.findings[name] = finding
        checks.titles[name] = marks.title_of(item)
        if marks.is_about_shapes(item):
            checks.about_shapes.add(name)
        if checks.first_wrong is None and self._shows_a_wrong_value(
            function, finding
        ):
            checks.first_wrong = marks.located_by(item)

    def _shows_a_wrong_value(self, function: str, finding: Finding) -> bool:
        if finding.no_value or not self.calls.has(function):
            return False
        return finding.outcome == "failed"

    def _without_running(self, item: pytest.Function) -> Finding | None:
        """Steps 1 and 2: the finding of a check that cannot run; None where it can."""
        function = marks.function_of(item)
        if not self.calls.has(function):
            return Finding("failed", self.calls.why_missing(function))
        for required in marks.required_by(item):
            title = self.checked[function].first_not_passed(required)
            if title is not None:
                return Finding(
                    "blocked", f"Skipped until this passes: {title}."
                )
            title = self.checked[function].first_void(required)
            if title is not None:
                return Finding(
                    "void", f"grader itself failed on this check: {title}."
                )
        return None

    def _by_running(self, item: pytest.Function) -> Finding:
        """Steps 3 to 5: the finding as the function stands, or with follow-through where that earns more."""
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
        """Step 3: the finding without follow-through, within the function's own convention if need be."""
        plain = self._run(item, AS_IT_STANDS, in_convention=False)
        if plain.outcome == "passed" or not self._converts(item):
            return plain
        converted = self._run(item, AS_IT_STANDS, in_convention=True)
        # between equals the run within the convention counts: its message is about more than the layout
        if converted.credit < plain.credit:
            return plain
        return converted

    def _converts(self, item: pytest.Function) -> bool:
        """Whether a check can run within a convention of its function."""
        if marks.is_about_shapes(item):
            return False
        return self.conventions.of(marks.function_of(item)) is not None

    def _builds_on_endless(self, function: str) -> bool:
        """Whether a function before this one does not end, or ends its process."""
        earlier = self._exercise.functions[function].earlier
        return any(self.calls.gave_up(name) for name in earlier)

    def _with_follow_through(self, item: pytest.Function) -> Finding | None:
        """Step 4: the finding that earns most with follow-through; None where nothing can be substituted."""
        best = None
        function = marks.function_of(item)
        earlier = self._known_before(function)
        # then those of what the function uses: what it never calls is no reason to fail
        tried = follow_through.substitutions(earlier)
        tried += follow_through.substitutions(self._used(function, earlier))
        for substitution in dict.fromkeys(tried):
            with self.calls.replacing(substitution.standins):
                finding = self._run(item, substitution, self._converts(item))
                if finding.credit and not self._tells(item, substitution):
                    continue
            finding.credit *= self._exercise.follow_through
            # between equals the first counts: the substitutions come in order of preference
            if best is None or finding.credit > best.credit:
                best = finding
            if finding.outcome == "passed":
                break
        return best

    def _tells(
        self, item: pytest.Function, substitution: Substitution
    ) -> bool:
        """Whether a check refuses, with this substitution too, what does nothing; see `telling`.

        One that passes like the same check with another parameter need not tell by itself: of a sigma that is
        zero for numbers alone, zero is the derivative there.
        """
        names = substitution.own
        if not names:
            return True
        function = marks.function_of(item)
        differentiated = self._exercise.functions[function].derivative_of
        answers = self.calls.answers.get(function, ())
        if differentiated in names and is_constant(answers):
            # the derivative of something that is a straight line, of which nothing has to be computed
            return False
        if self._passed_alike(item, substitution):
            return True
        if not self._accepts_idle(item, substitution, names):
            return True
        # a check of shapes, say, takes it as it stands too
        return self._accepts_idle(item, AS_IT_STANDS, names)

    def _passed_alike(
        self, item: pytest.Function, substitution: Substitution
    ) -> bool:
        """Whether the same check has passed so with another parameter."""
        check = marks.without_parameter(marks.name_of(item))
        findings = self.checked[marks.function_of(item)].findings
        for name, finding in findings.items():
            is_same = marks.without_parameter(name) == check
            if is_same and finding.passed_with(substitution):
                return True
        return False

    def _accepts_idle(
        self,
        item: pytest.Function,
        substitution: Substitution,
        names: tuple[str, ...],
    ) -> bool:
        """Whether a check passes for the reference's function, where those before it give zeros.

        So must the checks that it requires.
        """
        reference = self.reference(substitution)
        idle = self._idle.built_on_zeros(names)
        given = {"student": idle, "calls": IdleCalls(idle), "shared": {}}
        for check in [item, *self._required(item)]:
            arguments = self._arguments(
                check, substitution, reference, False, item.funcargs
            )
            for name in arguments.keys() & given.keys():
                arguments[name] = given[name]
            try:
                check.obj(**arguments)
            except Exception:
                return False
        return True

    def _required(self, item: pytest.Function) -> list[pytest.Function]:
        """The checks of its function that a check requires, directly."""
        required = marks.required_by(item)
        found = []
        for other in item.session.items:
            name = marks.without_parameter(marks.name_of(other))
            is_of_same = marks.function_of(other) == marks.function_of(item)
            if is_of_same and name in required:
                found.append(cast("pytest.Function", other))
        return found

    # -- one run of a check ----------------------------------------------------------------------------

    def _run(
        self,
        item: pytest.Function,
        substitution: Substitution,
        in_convention: bool,
    ) -> Finding:
        """Run a check once, with this substitution in the reference."""
        finding = self._run_once(item, substitution, in_convention)
        finding.in_convention = in_convention
        return finding

    def _run_once(
        self,
        item: pytest.Function,
        substitution: Substitution,
        in_convention: bool,
    ) -> Finding:
        reference = self.reference(substitution)
        try:
            arguments = self._arguments(
                item, substitution, reference, in_convention
            )
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
            return Finding(
                "failed",
                str(failure),
                substitution=substitution,
                no_value=True,
                stop=stop_of(failure),
            )
        except ENDS_GRADING:
            raise
        except Exception as error:
            if not reference.plugged:
                raise
            # the reference cannot work with what the student's own functions return
            message = f"The reference fails with your functions before this one: {error}"
            return Finding("failed", message, substitution=substitution)
        return Finding("passed", credit=1.0, substitution=substitution)

    def _arguments(
        self,
        item: pytest.Function,
        substitution: Substitution,
        reference: Reference,
        in_convention: bool,
        fixtures: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What the check takes: its fixtures, of which these four depend on the run, and its parameters.

        fixtures: in place of its own, which pytest has set up for the check that it runs only.
        """
        function = marks.function_of(item)
        known = {**(fixtures or item.funcargs), **marks.parameters_of(item)}
        arguments = {}
        for name in item._fixtureinfo.argnames:
            arguments[name] = known[name]
        if "reference" in arguments:
            arguments["reference"] = reference
        if "shared" in arguments:
            checks = self.checked[function]
            shared = checks.shared
            if in_convention:
                shared = checks.converted
            arguments["shared"] = shared[substitution]
        if "student" in arguments and in_convention:
            arguments["student"] = self.conventions.student_with(function)
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

    # -- what is substituted ---------------------------------------------------------------------------

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
                self._own[name] = self._taking_part(name)
            functions[name] = self._own[name]
        for name in substitution.standins:
            functions[name] = self._exercise.standins[name]
        return functions

    def _taking_part(self, name: str) -> Implementation:
        """What takes part for a function of the student's: what it is, computed here, or else itself."""
        right: Implementation = self._exercise.solution.reference[name]
        if self.checked[name].right:
            return right
        mistake = self._mistake(name)
        if mistake is not None and self.conventions.of(name) is None:
            return mistake
        return AsBefore(
            TakingColumns(self.conventions.function_apart(name)),
            right,
            self.calls.answers.get(name, ()),
        )

    def _mistake(self, name: str) -> Implementation | None:
        """The mistake of the catalogue that a function of the student's is, so far as it has been asked."""
        if name not in self._mistakes:
            answers = self.calls.answers.get(name, ())
            found = same_mistake(self._exercise, name, answers)
            self._mistakes[name] = found
        return self._mistakes[name]

    def _known_before(self, function: str) -> list[EarlierFunction]:
        """What is known of the functions that this one builds on, which have been judged before it."""
        known = []
        for name in self._exercise.functions[function].earlier:
            known.append(self._known(name, function))
        return known

    def _known(self, name: str, judged: str) -> EarlierFunction:
        checks = self.checked[name]
        refuses = self.calls.gave_up(name)
        own = self._own.get(name)
        if isinstance(own, AsBefore):
            refuses = refuses or own.refuses
        return EarlierFunction(
            name,
            present=self.calls.has(name),
            right=checks.right,
            followed=checks.followed,
            no_value=checks.no_value,
            refuses=refuses,
            is_steady=checks.right or refuses or self._is_steady(name, judged),
            has_standin=name in self._exercise.standins,
            derivative_of=self._exercise.functions[name].derivative_of,
        )

    def _is_steady(self, function: str, judged: str) -> bool:
        """Whether a function can take part as it is: what it answers depends on what it is asked alone.

        A mistake of the catalogue is computed here. Any other function may say something else where it takes
        part; only its derivative cannot be judged without it.
        """
        if is_constant(self.calls.answers.get(function, ())):
            return False
        if self._mistake(function) is not None:
            return True
        if self._exercise.functions[judged].derivative_of != function:
            return False
        if function not in self._steady:
            self._steady[function] = stands_by_its_answers(
                self.calls, function
            )
        return self._steady[function]

    def _own_mistakes(self, function: str) -> Substitution:
        """The student's functions before this one that are wrong and give values."""
        return follow_through.own_mistakes(self._known_before(function))

    def to_diagnose(
        self, function: str
    ) -> list[tuple[Plugged, tuple[str, ...]]]:
        """What to plug into the reference when a function is diagnosed, and which of it are stand-ins.

        First all of the student's own earlier functions that are wrong, can be used and are; then also
        those whose derivatives may be written out in place of a call. Then each substitution that a finding
        of the function's checks was made with, the most frequent first.
        """
        earlier = self._known_before(function)
        used = follow_through.own_mistakes(self._used(function, earlier))
        written_out = follow_through.own_mistakes(
            self._used_or_written_out(function, earlier)
        )
        counted: Counter[Substitution] = Counter()
        for finding in self.checked[function].findings.values():
            if finding.follow_through:
                counted[finding.substitution] += 1
        # equally frequent ones are ordered too, so that a diagnosis does not depend on the order of checks
        by_count = sorted(counted, key=lambda one: (-counted[one], one))
        to_diagnose = []
        for substitution in dict.fromkeys([used, written_out, *by_count]):
            plugged = self._plugged(substitution)
            to_diagnose.append((plugged, substitution.standins))
        return to_diagnose

    def _used(
        self, function: str, earlier: Iterable[EarlierFunction]
    ) -> list[EarlierFunction]:
        """Those that the function may call, or is the derivative of: what it never uses explains nothing."""
        derived = self._exercise.functions[function].derivative_of
        used = []
        for one in earlier:
            if one.name == derived or self.calls.reaches(function, one.name):
                used.append(one)
        return used

    def _used_or_written_out(
        self, function: str, earlier: Sequence[EarlierFunction]
    ) -> list[EarlierFunction]:
        """The same, and those with a derivative among them: its formula may stand in the function itself."""
        used = self._used(function, earlier)
        derived = {one.derivative_of for one in earlier}
        return [one for one in earlier if one in used or one.name in derived]
