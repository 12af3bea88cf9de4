"""Grade one submission: one worker, one pytest run, one Result.

1. A worker reads the submission's bytes and says what they define; then it runs those definitions.
2. pytest runs the exercise's checks in this process; they call the student through the worker.
3. Each function that lost points is diagnosed, through the same worker.
4. What came of it all is a Result.
"""

from __future__ import annotations

import dataclasses
import datetime
import gc
import importlib.metadata
import itertools
import math
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import torch

from grader import results
from grader.checking.judge import Judge
from grader.checking.runner import Checks
from grader.diagnosis import Diagnosis, diagnose, prepare
from grader.diagnosis.prober import StudentProber
from grader.errors import ExerciseError, GraderError, GraderFault
from grader.exercise import Exercise, Function, Profile
from grader.intake.submission import Submission
from grader.results import CheckResult, Curves, FunctionResult, Result, Status
from grader.sandbox.host import Course, Zygote
from grader.sandbox.student import Student
from grader.sandbox.walls import confinement, levels
from grader.sandbox.walls.confinement import Policy


class Session:
    """A warm trusted process's means to grade: an exercise, a profile, and a zygote. A context manager."""

    def __init__(
        self,
        exercise: Exercise,
        profile: str = "quick",
        seed: int = 0,
        data: str | None = None,
        require_isolation: str = "none",
        bubblewrap: bool = True,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        """`require_isolation` is one of `levels.LEVELS`; without `bubblewrap` it is not even tried.

        `tell` takes a sentence on what will take long, before it does.

        Raises ExerciseError for a profile that the exercise does not have, UsageError for an unknown level.
        """
        if profile not in exercise.profiles:
            known = ", ".join(exercise.profiles)
            raise ExerciseError(f"{exercise.name} has no profile {profile!r}; it has {known}.")
        self.exercise = exercise
        settings = dict(exercise.profiles[profile].settings)
        if data is not None:
            settings["data"] = data
        self.profile = Profile(profile, settings)
        self.seed = seed
        levels.require({}, "none" if require_isolation in levels.LEVELS else require_isolation)
        self._required = require_isolation
        self._bubblewrap = bubblewrap
        self._tell = tell
        self._policy = policy(exercise)
        self._zygote: Zygote | None = None
        self._pytest: Checks | None = None
        self.isolation: Mapping[str, str] = {}

    @property
    def zygote(self) -> Zygote:
        """The warm process, started when it is first needed, and anew where it has ended.

        Raises IsolationError where the machine enforces less than was required.
        """
        if self._zygote is None or not self._zygote.alive:
            if self._zygote is not None:
                self._zygote.close()
            self._zygote = Zygote(self._course(), self._policy.readable if self._bubblewrap else None)
            self.isolation = self._zygote.isolation_under(self._policy)
            levels.require(self.isolation, self._required)
        return self._zygote

    @property
    def _checks(self) -> Checks:
        """The checks, collected when they are first needed, and anew where pytest has ended."""
        if self._pytest is None or self._pytest.ended:
            self._pytest = Checks(self.exercise)
        return self._pytest

    @property
    def zygote_lives(self) -> bool:
        """Whether the warm process is there; its workers end with it, which is not the student's doing."""
        return self._zygote is not None and self._zygote.alive

    def _course(self) -> Course:
        prologues = self.exercise.prologues()
        if not prologues:
            return Course({})
        return Course(prologues, self.exercise.inputs.course_data(self.profile.settings))

    def prepare(self, jobs: int = 1) -> None:
        """Start what the first submission would wait for, and compute what is kept on disk."""
        prepare(self.exercise, jobs=jobs)
        _ = self.zygote, self._checks
        # what is there now stays: to walk all of torch for garbage takes 0.1 s each time
        gc.collect()
        gc.freeze()

    def grade(self, submission: Submission) -> Result:
        """Grade one submission. Raises GraderFault where grader itself fails."""
        started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        clock = time.monotonic()
        with Student(self.zygote, self._policy, self.exercise, submission) as student:
            self._limit_time(student)
            if self._tell is not None:
                student.tell = self._tell
            judge = Judge(student, self.exercise, self.profile, self.seed)
            try:
                checks = self._checks.run(judge)
            except GraderError:
                raise
            except BaseException:  # Ctrl-C: pytest's thread is still at it, until nothing answers any more
                self.close()
                raise
            functions = {
                name: self._function(function, checks.get(name, ()), student, judge)
                for name, function in self.exercise.functions.items()
            }
            if not self.zygote_lives:
                raise GraderFault("the sandbox's warm process ended during the grading; run `grader doctor`")
            isolation = {**self.isolation, **student.isolation}
            warnings = filter(None, [levels.warning(isolation)])
            return Result(
                exercise=self.exercise.name,
                profile=self.profile.name,
                submission=results.Submission(
                    submission.id, submission.name, submission.files, submission.sha256
                ),
                seed=self.seed,
                versions=versions(),
                started=started,
                duration_s=round(time.monotonic() - clock, 3),
                score=round(sum(f.score for f in functions.values()), 2),
                max_score=round(self.exercise.max_score, 2),
                functions=functions,
                notices=(*warnings, *submission.notices, *student.reading.notices, *student.notices),
                isolation=isolation,
                curves=_curves(judge),
            )

    def _limit_time(self, student: Student) -> None:
        """A profile may give more time than the exercise says."""
        settings = self.profile.settings
        if "seconds" in settings:
            slow = (f.name for f in self.exercise.functions.values() if f.slow)
            student.call_seconds = dict.fromkeys(slow, settings["seconds"])
        if "submission_seconds" in settings:
            student.may_take(settings["submission_seconds"])

    def _function(
        self,
        function: Function,
        checks: tuple[CheckResult, ...],
        student: Student,
        judge: Judge,
    ) -> FunctionResult:
        status = _status(student.has(function.name), checks)
        located = judge.checked[function.name].first_wrong
        found = Diagnosis()
        if status in ("wrong", "partial"):
            found = self._diagnose(function.name, student, judge)
        return FunctionResult(
            status=status,
            score=round(sum(c.points for c in checks), 2),
            max_score=round(function.points, 2),
            follow_through=any(f.follow_through for f in judge.checked[function.name].findings.values()),
            misconceptions=found.misconceptions,
            alternatives=found.alternatives,
            first_wrong=found.first_wrong or (None if found.misconceptions else located),
            line=found.line or student.raised_in.get(function.name),
            checks=checks,
            source=student.reading.sources.get(function.name),
            facts=dict(found.facts),
            lines=dict(found.lines),
        )

    def _diagnose(self, function: str, student: Student, judge: Judge) -> Diagnosis:
        """What explains a function's wrong results; nothing, where it cannot be called any more."""
        try:
            found: list[Diagnosis] = []
            for plugged, replaced in judge.to_diagnose(function):
                with student.replacing(replaced):
                    prober = StudentProber(student)
                    evidence = prober.evidence(function)
                    found.append(diagnose(self.exercise, function, prober, evidence, plugged))
                if found[-1].misconceptions:
                    return found[-1]
            return found[0]
        except GraderError:
            raise
        except Exception as error:
            # a student's values can be anything; the marks stand without a diagnosis
            student.notices.append(
                f"What is wrong in {function} could not be looked for: its values are too odd "
                f"({type(error).__name__})."
            )
            return Diagnosis()

    def close(self) -> None:
        """End the warm process, and pytest with it."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None
        if self._pytest is not None:
            self._pytest.close()
            self._pytest = None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def policy(exercise: Exercise) -> Policy:
    """How the workers of an exercise are confined on this machine."""
    return Policy(
        memory_bytes=exercise.limits.memory_mb << 20,
        cpu_seconds=exercise.limits.cpu_seconds,
        readable=confinement.readable_paths(),
        uid=confinement.spare_account(),
    )


def _status(present: bool, checks: tuple[CheckResult, ...]) -> Status:
    if not present:
        return "missing"
    if all(c.outcome == "passed" for c in checks):
        return "right"
    if all(c.outcome == "blocked" for c in checks):
        return "blocked"
    return "partial" if any(c.points > 0 for c in checks) else "wrong"


def _curves(judge: Judge) -> Curves | None:
    """The training curves, where a check has left some."""
    for shared in judge.kept.values():
        if "curves" in shared:
            student, reference = shared["curves"]
            return Curves(_finite(student), _finite(reference))
    return None


def _finite(rows: Sequence[Sequence[float]]) -> tuple[tuple[float, float, float], ...]:
    """The rows up to the first that JSON cannot hold: a training that diverged ends there."""
    good = itertools.takewhile(lambda row: all(map(math.isfinite, row)), rows)
    return tuple((row[0], row[1], row[2]) for row in good)


def versions() -> dict[str, str]:
    """The versions that a grade depends on."""
    return {
        "grader": importlib.metadata.version("grader"),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def as_dict(result: Result) -> dict[str, Any]:
    """A result as plain data."""
    return dataclasses.asdict(result)
