"""Grade one submission: one worker, one pytest run, one Result.

1. A worker reads the submission's bytes and says what they define; then it runs those definitions.
2. pytest runs the exercise's checks in this process; they call the student through the worker.
3. Each function that lost points is diagnosed, through the same worker.
4. What came of it all is a Result.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import gc
import math
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from grader import results
from grader.checking.follow_through import AS_IT_STANDS
from grader.checking.judge import Judge
from grader.checking.runner import Checks
from grader.checking.telling import IdleFunctions
from grader.diagnosis import Diagnosis, OwnConvention, diagnose, prepare
from grader.diagnosis.prober import StudentProber
from grader.errors import (
    ENDS_GRADING,
    ExerciseError,
    GraderError,
    GraderFault,
    UsageError,
)
from grader.exercise import Exercise, Function, Profile
from grader.grading.orders import settle_orders
from grader.grading.versions import versions
from grader.intake.submission import Submission
from grader.notices import Notice
from grader.results import (
    CheckResult,
    Curves,
    Fault,
    FunctionResult,
    Result,
    Status,
)
from grader.sandbox.calls import Calls
from grader.sandbox.host import WorkerSetup, Zygote
from grader.sandbox.walls import confinement, grants, levels
from grader.sandbox.walls.confinement import Policy


class Session:
    """What grading needs, kept warm: an exercise, a profile, a sandbox and pytest. A context manager."""

    def __init__(
        self,
        exercise: Exercise,
        profile: str = "quick",
        seed: int = 0,
        data: str | None = None,
        require_isolation: str = "none",
        bubblewrap: bool = True,
        on_slow_run: Callable[[str], None] | None = None,
        start: Callable[[WorkerSetup, Sequence[str] | None], Zygote] = Zygote,
    ) -> None:
        """Nothing is started yet; see `prepare`.

        data: the folder of the data set, in place of the one that the exercise includes.
        require_isolation: one of `levels.LEVELS`. bubblewrap: whether to try that layer at all.
        on_slow_run: called with a sentence that says how long a training will take, before it runs.
        start: what gives the sandbox's warm process.

        Raises ExerciseError for a profile that the exercise does not have, UsageError for an unknown level.
        """
        exercise.check_python()
        check_profile(exercise, profile)
        levels.check(require_isolation)
        settings = dict(exercise.profiles[profile].settings)
        self._data: Path | None = None
        if data is not None:
            settings["data"] = data
            self._data = Path(data)
        self.exercise = exercise
        self.profile = Profile(profile, settings)
        self.seed = seed
        self.isolation: Mapping[str, str] = {}
        self._required = require_isolation
        self._bubblewrap = bubblewrap
        self._on_slow_run = on_slow_run
        self._start = start
        self._policy = policy(exercise)
        self._zygote: Zygote | None = None
        self._pytest: Checks | None = None
        self._idle = IdleFunctions(exercise)

    # -- what is kept warm -----------------------------------------------------------------------------

    @property
    def zygote(self) -> Zygote:
        """The sandbox's warm process, started when it is first needed, and again where it has ended.

        Raises IsolationError where the machine enforces less than was required.
        """
        if self._zygote is None or not self._zygote.alive:
            if self._zygote is not None:
                self._zygote.close()
            # without a list of what it may see, it starts without bubblewrap
            readable = None
            if self._bubblewrap:
                readable = self._policy.readable
            self._zygote = self._start(self._worker_setup(), readable)
            self.isolation = self._zygote.isolation_under(self._policy)
            levels.require(self.isolation, self._required)
        return self._zygote

    @property
    def zygote_lives(self) -> bool:
        """Whether the warm process is there. Its workers end with it, which is not the student's doing."""
        return self._zygote is not None and self._zygote.alive

    @property
    def _checks(self) -> Checks:
        """The checks, collected when they are first needed, and again where pytest has ended."""
        if self._pytest is None or self._pytest.ended:
            self._pytest = Checks(self.exercise)
        return self._pytest

    @functools.cached_property
    def versions(self) -> Mapping[str, str]:
        """What the grades of this session depend on."""
        return versions(self.exercise, self._data)

    def _worker_setup(self) -> WorkerSetup:
        """What a submission may import of the course. Raises UsageError where the data cannot be used."""
        prologues = self.exercise.prologues()
        if not prologues:
            return WorkerSetup({})
        try:
            data = self.exercise.inputs.course_data(self.profile.settings)
            return WorkerSetup(prologues, data)
        except (OSError, ValueError) as error:
            if self._data is None:
                # it is the exercise's own data: not the user's fault
                raise
            raise UsageError(f"the data cannot be used: {error}") from error

    def prepare(self, jobs: int = 1) -> None:
        """Start what the first submission would wait for, and compute what is kept on disk.

        jobs: how many processes do the same at this moment.
        """
        prepare(self.exercise, jobs=jobs)
        _ = self.zygote, self._checks
        # what is there now stays: to walk all of torch for garbage takes 0.1 s each time
        gc.collect()
        gc.freeze()

    # -- one submission --------------------------------------------------------------------------------

    def grade(self, submission: Submission) -> Result:
        """Grade one submission; of several versions, the best one. Raises GraderFault where grader fails."""
        versions = (submission, *submission.versions)
        limit = self._submission_seconds()
        seconds = limit
        results_ = []
        for version in versions:
            end = time.monotonic() + seconds
            results_.append(self._grade_version(version, seconds))
            # one time for all of them; yet a version that hangs does not take all that the next one has
            seconds = max(end - time.monotonic(), limit / len(versions))
        best = max(range(len(versions)), key=lambda i: results_[i].score)
        result = results_[best]
        if len(versions) == 1:
            return result
        graded = dataclasses.replace(
            result.submission, sha256=submission.sha256
        )
        notice = _versions_notice(versions, best)
        return dataclasses.replace(
            result,
            submission=graded,
            notices=(*result.notices, notice),
            duration_s=round(sum(each.duration_s for each in results_), 3),
        )

    def _submission_seconds(self) -> float:
        """The seconds that a submission may take, by the profile or else by the exercise."""
        return float(
            self.profile.settings.get(
                "submission_seconds", self.exercise.limits.submission_seconds
            )
        )

    def _grade_version(self, submission: Submission, seconds: float) -> Result:
        started = datetime.datetime.now(datetime.UTC)
        clock = time.monotonic()
        with Calls(
            self.zygote, self._policy, self.exercise, submission
        ) as calls:
            self._set_limits(calls, seconds)
            judge = Judge(
                calls, self.exercise, self.profile, self.seed, self._idle
            )
            self._settle_orders(calls, judge)
            checks = self._run_checks(judge)
            judged = _Judged(self.exercise, calls, judge)
            functions = {}
            for name, function in self.exercise.functions.items():
                functions[name] = judged.result(function, checks.get(name, ()))
            # its end looks like the student's fault in every check, so no result is given
            if not self.zygote_lives:
                raise GraderFault(
                    "the sandbox's warm process ended during the grading; run `grader doctor`"
                )
            isolation = {**self.isolation, **calls.isolation}
            score = sum(function.score for function in functions.values())
            unjudged = sum(f.unjudged for f in functions.values())
            return Result(
                exercise=self.exercise.name,
                exercise_folder=exercise_folder(self.exercise),
                profile=self.profile.name,
                submission=results.GradedFiles(
                    submission.id,
                    submission.name,
                    submission.files,
                    submission.sha256,
                ),
                seed=self.seed,
                versions=self.versions,
                started=started.isoformat(timespec="seconds"),
                duration_s=round(time.monotonic() - clock, 3),
                score=round(score, 2),
                max_score=round(self.exercise.max_score, 2),
                functions=functions,
                notices=_notices(isolation, submission, calls),
                isolation=isolation,
                curves=_curves(judge),
                unjudged=round(unjudged, 2),
                faults=tuple(judge.faults),
            )

    def _settle_orders(self, calls: Calls, judge: Judge) -> None:
        """Settle in which order functions are called; where grader fails at that, it is the hand-out's."""
        try:
            settle_orders(calls, self.exercise)
        except ENDS_GRADING:
            raise
        except Exception as error:
            judge.faults.append(Fault.of("the order of arguments", error))
        # in whichever order it was asked
        calls.answers.clear()

    def _set_limits(self, calls: Calls, seconds: float) -> None:
        """Give the submission so many seconds, and a call what the profile gives, if it says so."""
        if self._on_slow_run is not None:
            calls.on_slow_run = self._on_slow_run
        settings = self.profile.settings
        if "seconds" in settings:
            call_seconds = {}
            for name, function in self.exercise.functions.items():
                if function.slow:
                    call_seconds[name] = settings["seconds"]
            calls.call_seconds = call_seconds
        calls.may_take(seconds)

    def _run_checks(
        self, judge: Judge
    ) -> Mapping[str, tuple[CheckResult, ...]]:
        """Function -> what its checks have found."""
        try:
            return self._checks.run(judge)
        except GraderError:
            raise
        except BaseException:
            # Ctrl-C, perhaps in the middle of an exchange: the warm process may still have an answer to send
            self.close()
            raise

    # -- its end ---------------------------------------------------------------------------------------

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
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(frozen=True)
class _Judged:
    """A submission whose checks have run: tells what came of each function."""

    exercise: Exercise
    calls: Calls
    judge: Judge

    def result(
        self, function: Function, checks: tuple[CheckResult, ...]
    ) -> FunctionResult:
        """What the checks of a function have found, and what explains it."""
        name = function.name
        status = _status(self.calls.has(name), checks)
        diagnosis = Diagnosis()
        if status in ("wrong", "partial"):
            diagnosis = self._diagnose(name)
        # where the diagnosis found nothing, the checks still know the first value that is wrong
        first_wrong = diagnosis.first_wrong
        if first_wrong is None and not diagnosis.misconceptions:
            first_wrong = self.judge.checked[name].first_wrong
        score = sum(check.points for check in checks)
        unjudged = _unjudged(checks)
        if unjudged:
            values = {"function": name, "points": f"{unjudged:g}"}
            self.calls.notices.append(Notice("void-checks", values))
        return FunctionResult(
            status=status,
            score=round(score, 2),
            max_score=round(function.points, 2),
            follow_through=self.judge.checked[name].follow_through,
            misconceptions=diagnosis.misconceptions,
            alternatives=diagnosis.alternatives,
            first_wrong=first_wrong,
            line=diagnosis.line or self._line_raised(name),
            checks=checks,
            source=self.calls.reading.sources.get(name),
            facts=dict(diagnosis.facts),
            lines=dict(diagnosis.lines),
            told_before=self._is_told_before(name),
            unjudged=unjudged,
            marks=diagnosis.marks,
            mended=diagnosis.mended,
            remarks=diagnosis.remarks,
            helpers=diagnosis.helpers,
            stop=self.judge.checked[name].stop,
        )

    def _line_raised(self, function: str) -> int | None:
        """The line in which a function raised, or called a right one that did; None where there is none."""
        if function in self.calls.raised_in:
            return self.calls.raised_in[function]
        line, raiser = self.calls.stopped_in.get(function, (None, ""))
        known = self.judge.checked.get(raiser)
        return line if known is not None and known.right else None

    def _is_told_before(self, function: str) -> bool:
        """Whether only its convention is held against it, of which an earlier function has a note."""
        if not self.judge.checked[function].only_shapes_fail:
            return False
        return self.judge.conventions.is_told(function)

    def _diagnose(self, function: str) -> Diagnosis:
        """What explains a function's wrong results; an empty diagnosis where it cannot be looked for."""
        try:
            return self._first_explanation(function)
        except ENDS_GRADING:
            raise
        except RecursionError:
            # the student's source, which a parser takes and a walk through its tree does not
            notice = Notice("nested-too-deeply", {"function": function})
            self.calls.notices.append(notice)
            return Diagnosis()
        except Exception as error:
            # a student's values can be anything; the marks stand without a diagnosis
            during = f"the diagnosis of {function}"
            self.judge.faults.append(Fault.of(during, error))
            notice = Notice("not-diagnosed", {"function": function})
            self.calls.notices.append(notice)
            return Diagnosis()

    def _first_explanation(self, function: str) -> Diagnosis:
        """The diagnosis under the first substitution that explains something; else under the first of all."""
        diagnoses = []
        conventions = self.judge.conventions
        convention = conventions.of(function)
        own = OwnConvention(
            convention,
            conventions.is_told(function),
            conventions.mixed_up_by(function),
            convention is not None and conventions.is_called_plainly(function),
        )
        for plugged, replaced in self.judge.to_diagnose(function):
            try:
                with self.calls.replacing(replaced):
                    prober = StudentProber(self.calls)
                    evidence = prober.evidence(function)
                    diagnosis = diagnose(
                        self.exercise, function, prober, evidence, plugged, own
                    )
            except ENDS_GRADING:
                raise
            except Exception:
                if not plugged:
                    raise
                # the reference cannot work with what the student's own functions return
                continue
            if diagnosis.misconceptions:
                return diagnosis
            diagnoses.append(diagnosis)
        # what mends the function says more than what only places something
        diagnoses.sort(key=lambda one: not one.mended)
        return diagnoses[0] if diagnoses else Diagnosis()


def new_seed() -> int:
    """A seed below 2^31 that nobody knows beforehand."""
    return secrets.randbelow(1 << 31)


def check_profile(exercise: Exercise, profile: str) -> None:
    """Raise ExerciseError where the exercise has no such profile."""
    if profile not in exercise.profiles:
        known = ", ".join(exercise.profiles)
        raise ExerciseError(
            f"{exercise.name} has no profile {profile!r}; it has {known}."
        )


def exercise_folder(exercise: Exercise) -> str | None:
    """Where `grader report` finds the exercise again; None for one of grader's own, which has a name."""
    if exercise.is_own:
        return None
    return str(exercise.folder)


def policy(exercise: Exercise) -> Policy:
    """How the workers of an exercise are confined on this machine."""
    return Policy(
        memory_bytes=exercise.limits.memory_mb << 20,
        cpu_seconds=exercise.limits.cpu_seconds,
        readable=grants.readable_paths(),
        uid=confinement.spare_account(),
    )


def _status(present: bool, checks: tuple[CheckResult, ...]) -> Status:
    if not present:
        return "missing"
    outcomes = {check.outcome for check in checks}
    if outcomes <= {"passed"}:
        return "right"
    if outcomes == {"blocked"}:
        return "blocked"
    if "void" in outcomes and "failed" not in outcomes:
        return "void"
    if any(check.points > 0 for check in checks):
        return "partial"
    return "wrong"


def _unjudged(checks: tuple[CheckResult, ...]) -> float:
    """The points of the checks that grader failed on."""
    points = 0.0
    for check in checks:
        if check.outcome == "void":
            points += check.max_points
    return round(points, 2)


def _notices(
    isolation: Mapping[str, str], submission: Submission, calls: Calls
) -> tuple[Notice, ...]:
    """All notices, in the order in which they came to be; a warning of weak isolation is the first."""
    notices = (*submission.notices, *calls.reading.notices, *calls.notices)
    weak = levels.warning(isolation)
    if weak is None:
        return notices
    return (weak, *notices)


def _versions_notice(versions: Sequence[Submission], best: int) -> Notice:
    """Which files were graded, and which of them counts: the one at the index `best`."""
    names = [version.filename for version in versions]
    if len(set(names)) < len(names):
        names = [
            f"{version.folder}/{version.filename}" for version in versions
        ]
    values = {
        "count": str(len(versions)),
        "files": ", ".join(names),
        "file": names[best],
    }
    return Notice("several-versions", values)


def _curves(judge: Judge) -> Curves | None:
    """The training curves, where a check has left some."""
    for checks in judge.checked.values():
        for shared in (
            checks.shared[AS_IT_STANDS],
            checks.converted[AS_IT_STANDS],
        ):
            if "curves" in shared:
                student, reference = shared["curves"]
                return Curves(_finite_rows(student), _finite_rows(reference))
    return None


def _finite_rows(
    rows: Sequence[Sequence[float]],
) -> tuple[tuple[float, float, float], ...]:
    """The rows up to the first that JSON cannot hold: a training that diverged ends there."""
    finite = []
    for row in rows:
        if not all(map(math.isfinite, row)):
            break
        finite.append((row[0], row[1], row[2]))
    return tuple(finite)
