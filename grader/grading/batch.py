"""Grade many submissions: longest expected first, each result written as soon as it is there.

Any submission may hang or crash, and any process may be killed: what was not finished is graded again, and
a submission over which the grading process was lost twice gets a result that says so. A second run grades
only what is new or has changed.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from grader import results
from grader.errors import (
    GraderError,
    GraderFault,
    OutputError,
    PoolEnded,
    UsageError,
)
from grader.exercise import Exercise
from grader.grading import output, pools
from grader.grading.output import Formats
from grader.grading.overview import Overview
from grader.grading.pools import DaskPool, LocalPool, Lost, Pool
from grader.grading.process import Settings, Task
from grader.grading.resume import EarlierRun
from grader.grading.session import (
    check_profile,
    exercise_folder,
    new_seed,
)
from grader.intake.choice import MOST_VERSIONS
from grader.intake.submission import Submission
from grader.notices import Notice
from grader.reports.text import language
from grader.reports.text.neutral import one_line
from grader.results import Fault, FunctionResult, Result
from grader.sandbox.walls import levels

ATTEMPTS = 2
# seconds beyond a submission's own limit, after which its process is killed
_PATIENCE = 600.0
_TICK = 1.0  # seconds between two looks at what hangs


class Stopped(GraderError):
    """The batch was interrupted; `graded` of `total` submissions have their result."""

    def __init__(self, graded: int, total: int) -> None:
        super().__init__(
            f"Stopped: {graded} of {total} are graded. Run the same command again to go on."
        )


class Watcher:
    """Is called when something happens in a batch; does nothing with it."""

    def begin(self, total: int) -> None:
        """The batch starts; so many submissions are in it."""

    def started(self, submission: Submission) -> None:
        """A submission has been handed to a process."""

    def finished(self, result: Result, kept: bool) -> None:
        """A submission has its result; `kept`: from an earlier run."""

    def again(self, submission: Submission, why: str) -> None:
        """A submission was lost and will be graded again."""

    def end(self) -> None:
        """The batch has ended, one way or another."""


@dataclass(frozen=True)
class Plan:
    """What to grade, and how. seed: None draws one, or takes up that of the earlier run."""

    submissions: Sequence[Submission]
    exercise: Exercise
    folder: Path
    profile: str = "quick"
    seed: int | None = None
    data: Path | None = None
    lang: str = "en"
    formats: tuple[str, ...] = ()
    force: bool = False
    jobs: int = 1
    scheduler: str | None = None
    require_isolation: str = "none"


@dataclass(frozen=True)
class Graded:
    """What came of a batch.

    results: in the submissions' order, without what only their own reports show. kept: how many of them are
    from an earlier run. faults: id -> why grader could not grade the submission.
    """

    results: Sequence[Result]
    kept: int
    faults: Mapping[str, Lost | GraderFault]


def run(plan: Plan, watcher: Watcher | None = None) -> Graded:
    """Grade a batch. Raises GraderError where nothing can be graded, Stopped on Ctrl-C.

    Raises OutputError or PoolEnded where grading cannot go on; what is graded is written then.
    """
    check(plan)
    output.create(plan.folder)
    with output.held(plan.folder):
        return _Run(plan, watcher or Watcher()).run()


def check(plan: Plan) -> None:
    """Raise GraderError for what cannot be used: now, and not after an hour of grading."""
    plan.exercise.check_python()
    check_profile(plan.exercise, plan.profile)
    levels.check(plan.require_isolation)
    language.translations(plan.lang)
    plan.exercise.notes(plan.lang)
    Formats.named(plan.formats)
    if plan.data is not None and not plan.data.is_dir():
        raise UsageError(
            f"{plan.data} is not a folder; --data takes the folder that holds the data set."
        )
    if plan.scheduler is not None:
        pools.check_address(plan.scheduler)
    output.check_manual_marks(plan.folder, plan.exercise)


class _Run:
    """One run of a plan."""

    def __init__(self, plan: Plan, watcher: Watcher) -> None:
        seed = plan.seed
        if seed is None:
            seed = new_seed()
        self._plan = plan
        self._watcher = watcher
        self._formats = Formats.named(plan.formats)
        self._settings = Settings.of(
            plan.exercise,
            plan.profile,
            seed,
            plan.data,
            plan.require_isolation,
        )
        self._earlier = EarlierRun(
            plan.folder,
            plan.exercise,
            self._settings,
            any_seed=plan.seed is None,
        )
        ids = [submission.id for submission in plan.submissions]
        self._overview = Overview(plan.folder, plan.exercise, plan.lang, ids)
        self._kept = 0
        self._failures: Counter[str] = Counter()  # by submission
        self._faults: dict[str, Lost | GraderFault] = {}

    def run(self) -> Graded:
        total = len(self._plan.submissions)
        self._tell(self._watcher.begin, total)
        try:
            todo = self._take_up_earlier_results()
            if todo:
                self._grade(todo)
        except KeyboardInterrupt:
            self._write_so_far()
            raise Stopped(len(self._overview), total) from None
        except (OutputError, PoolEnded) as end:
            self._write_so_far()
            graded = f"{len(self._overview)} of {total} are graded"
            raise type(end)(
                f"{end} {graded}. Run the same command again to go on."
            ) from end
        finally:
            self._tell(self._watcher.end)
        self._overview.write()
        output.export_class(
            self._plan.folder, self._overview.results(), self._formats.of_class
        )
        return Graded(self._overview.results(), self._kept, self._faults)

    def _write_so_far(self) -> None:
        """Write the class page. The grades are written already: the same command goes on from there."""
        with contextlib.suppress(OutputError):
            self._overview.write()

    def _take_up_earlier_results(self) -> list[Submission]:
        """Keep the earlier results that hold. Returns the other submissions, in the order to grade them."""
        todo = []
        seed = None
        for submission in self._plan.submissions:
            result = self._earlier.result_of(submission)
            if result is None or self._plan.force:
                todo.append(submission)
                continue
            self._kept += 1
            self._write(result, kept=True)
            if seed is None:
                seed = result.seed
        if seed is not None:
            # one class, one seed: the rest is graded on the same inputs
            self._settings = dataclasses.replace(self._settings, seed=seed)
        return self._earlier.longest_first(todo)

    # -- grading ---------------------------------------------------------------------------------------

    def _grade(self, todo: Sequence[Submission]) -> None:
        waiting = deque(todo)
        running: dict[Future[str], Submission] = {}
        pool = self._pool(len(todo))
        try:
            while waiting or running:
                while waiting and pool.has_room():
                    submission = waiting.popleft()
                    future = pool.submit(self._task(submission, pool))
                    running[future] = submission
                    self._tell(self._watcher.started, submission)
                done, _ = concurrent.futures.wait(
                    running,
                    timeout=_TICK,
                    return_when=concurrent.futures.FIRST_COMPLETED,
                )
                for future in done:
                    submission = running.pop(future)
                    if not self._finish(pool, future, submission):
                        waiting.appendleft(submission)
                pool.end_overdue(self._longest_seconds())
                self._overview.write_if_due()
        finally:
            pool.close()

    def _pool(self, tasks: int) -> Pool:
        if self._plan.scheduler is not None:
            return DaskPool(self._plan.scheduler)
        # no more processes than there is work for: each takes seconds to start
        jobs = min(self._plan.jobs, tasks)
        return LocalPool(self._settings, jobs=max(1, jobs))

    def _task(self, submission: Submission, pool: Pool) -> Task:
        folder = None
        if pool.writes_results:
            folder = self._plan.folder.resolve()
        return Task(
            self._settings,
            submission.held(),
            folder,
            self._plan.lang,
            self._formats.each,
        )

    def _longest_seconds(self) -> float:
        """After so long it is the grading process that hangs: a submission is ended earlier."""
        exercise = self._plan.exercise
        settings = exercise.profiles[self._plan.profile].settings
        own_limit = settings.get(
            "submission_seconds", exercise.limits.submission_seconds
        )
        # several versions of a submission are graded one after the other
        return float(own_limit) * MOST_VERSIONS + _PATIENCE

    def _finish(
        self, pool: Pool, future: Future[str], submission: Submission
    ) -> bool:
        """Take in what came of a submission; False where it is to be graded again."""
        try:
            result = results.from_json(pool.outcome(future))
        except PoolEnded:
            raise
        except (Lost, GraderFault) as error:
            return self._give_up(submission, error)
        if pool.writes_results:
            self._add(result)
        else:
            self._write(result)
        return True

    def _give_up(
        self, submission: Submission, error: Lost | GraderFault
    ) -> bool:
        """Count a failure; False where the submission is to be graded again."""
        # a submission is not to blame where the cluster dropped it, or a process never started
        if not isinstance(error, Lost) or error.blame:
            self._failures[submission.id] += 1
        if self._failures[submission.id] < ATTEMPTS:
            self._tell(self._watcher.again, submission, str(error))
            return False
        result = self._result_of_fault(submission, error)
        self._faults[submission.id] = error
        self._write(result)
        return True

    def _result_of_fault(
        self, submission: Submission, error: Lost | GraderFault
    ) -> Result:
        """The result of a submission that could not be graded. It never holds: a second run tries again.

        None of its points is judged.
        """
        why = str(error)
        # a process that was lost leaves no traceback
        details = getattr(error, "details", "") or why
        exercise = self._plan.exercise
        notice = Notice(
            "not-graded", {"count": str(ATTEMPTS), "reason": one_line(why)}
        )
        functions = {}
        for name, function in exercise.functions.items():
            functions[name] = FunctionResult(
                "void", 0.0, function.points, unjudged=function.points
            )
        held = submission.held()
        return Result(
            exercise=exercise.name,
            exercise_folder=exercise_folder(exercise),
            profile=self._settings.profile,
            submission=results.GradedFiles(
                held.id, held.name, held.files, held.sha256
            ),
            seed=self._settings.seed,
            versions={"grader": self._settings.versions["grader"]},
            started="",
            duration_s=0.0,
            score=0.0,
            max_score=round(exercise.max_score, 2),
            functions=functions,
            notices=(*held.notices, notice),
            unjudged=round(exercise.max_score, 2),
            faults=(Fault("the submission", details),),
        )

    # -- results ---------------------------------------------------------------------------------------

    def _write(self, result: Result, kept: bool = False) -> None:
        """Write a submission's grade and its reports, and take it in."""
        plan = self._plan
        result = output.write(
            plan.folder, result, plan.exercise, plan.lang, self._formats.each
        )
        self._add(result, kept)

    def _add(self, result: Result, kept: bool = False) -> None:
        self._overview.add(result)
        self._tell(self._watcher.finished, result, kept)

    def _tell(self, event: Callable[..., None], *about: object) -> None:
        """Tell whoever watches. What fails there, such as a terminal that has gone, ends no grading."""
        with contextlib.suppress(Exception):
            event(*about)
