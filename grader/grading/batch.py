"""Grade many submissions: longest expected first, each result kept the moment it is there.

Any submission may hang or crash, and any process may be killed: what was not finished is graded again, and
a submission over which the grading process was lost twice gets a result that says so. A second run grades
only what is new or has changed.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import secrets
import time
from collections.abc import Hashable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from grader import results
from grader.errors import GraderError, GraderFault, UsageError
from grader.exercise import Exercise
from grader.grading import output
from grader.grading.pools import Cluster, Cores, Lanes, Lost
from grader.grading.process import Settings, Task
from grader.intake.submission import Submission
from grader.notices import Notice
from grader.reports import CLASS_FORMATS, FORMATS
from grader.results import CheckResult, FunctionResult, Result

T = TypeVar("T")

ATTEMPTS = 2
_TYPICAL = 0.5  # seconds that a submission of unknown cost is expected to take
_BYTES_A_SECOND = 10 << 20
_REFRESH = 5.0  # seconds between two versions of the class page, at least
_SHARE = 20  # and this many times what writing it takes
_PATIENCE = 300.0  # seconds beyond a submission's own limit


class Stopped(GraderError):
    """The batch was interrupted; `graded` of `total` submissions have their result."""

    def __init__(self, graded: int, total: int) -> None:
        super().__init__(f"Stopped: {graded} of {total} are graded. The same command goes on from here.")


class Watcher:
    """Is told what happens; does nothing with it."""

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


@dataclass
class Graded:
    """What came of a batch: results in the submissions' order, without what only their own reports show."""

    results: list[Result] = field(default_factory=list)
    kept: int = 0
    faults: dict[str, str] = field(default_factory=dict)


def run(plan: Plan, watcher: Watcher | None = None) -> Graded:
    """Grade a batch. Raises GraderError where nothing can be graded, Stopped on Ctrl-C."""
    return _Run(plan, watcher or Watcher()).run()


class _Run:
    """One run of a plan."""

    def __init__(self, plan: Plan, watcher: Watcher) -> None:
        self._plan = plan
        self._watcher = watcher
        self._graded = Graded()
        self._results: dict[str, Result] = {}
        self._shared: dict[Hashable, object] = {}
        self._attempts: dict[str, int] = {}
        self._durations: dict[str, float] = {}
        self._page_written = time.monotonic()
        self._page_cost = 0.0
        # what cannot be used is told now, not after an hour
        output.manual_marks(plan.folder)
        self._formats, self._class_formats = _formats(plan.formats)

    def run(self) -> Graded:
        self._plan.folder.mkdir(parents=True, exist_ok=True)
        self._watcher.begin(len(self._plan.submissions))
        try:
            todo = self._keep()
            if todo:
                self._grade(todo)
        except KeyboardInterrupt:
            self._write_page()
            raise Stopped(len(self._results), len(self._plan.submissions)) from None
        finally:
            self._watcher.end()
        self._write_page()
        self._graded.results = list(self._in_order())
        for name in self._class_formats:
            form = CLASS_FORMATS[name]
            text = form.render(self._graded.results, output.manual_marks(self._plan.folder))
            results.write_atomically(self._plan.folder / form.filename, text)
        return self._graded

    def _in_order(self) -> Iterator[Result]:
        return (self._results[s.id] for s in self._plan.submissions if s.id in self._results)

    # -- what an earlier run has left ------------------------------------------------------------------

    def _keep(self) -> list[Submission]:
        """Take up the results of an earlier run; the submissions without one, the longest expected first."""
        plan = self._plan
        seed = plan.seed if plan.seed is not None else secrets.randbelow(1 << 31)
        settings = Settings.of(plan.exercise, plan.profile, seed, plan.data, plan.require_isolation)
        todo = []
        for submission in plan.submissions:
            earlier = self._earlier(submission)
            if earlier is not None and not plan.force and self._holds(earlier, submission, settings):
                self._take_up(earlier, submission)
            else:
                todo.append(submission)
        if plan.seed is None and self._results:
            # one class, one seed: the rest is graded on the same inputs
            settings = dataclasses.replace(settings, seed=next(iter(self._results.values())).seed)
        self._settings = settings
        return sorted(todo, key=self._expected, reverse=True)

    def _earlier(self, submission: Submission) -> Result | None:
        try:
            text = (self._plan.folder / submission.id / "grade.json").read_text(encoding="utf-8")
            result = results.from_json(text)
        except (OSError, ValueError):
            return None
        self._durations[submission.id] = result.duration_s
        return result

    def _holds(self, result: Result, submission: Submission, settings: Settings) -> bool:
        """Whether a grade is what grading again would give."""
        try:
            digest = submission.sha256
        except UsageError:
            return False
        return (
            result.submission.sha256 == digest
            and result.submission.files == submission.files
            and result.exercise == self._plan.exercise.name
            and result.profile == settings.profile
            and dict(result.versions) == dict(settings.versions)
            and self._plan.seed in (None, result.seed)
        )

    def _take_up(self, result: Result, submission: Submission) -> None:
        if result.submission.name != submission.name:  # a roster may have come
            named = dataclasses.replace(result.submission, name=submission.name)
            result = dataclasses.replace(result, submission=named)
        self._store(result)
        self._graded.kept += 1
        self._add(result, kept=True)

    def _expected(self, submission: Submission) -> float:
        """How long a submission may take, in seconds: as long as the last time, else by its size."""
        return self._durations.get(submission.id, _TYPICAL + submission.size / _BYTES_A_SECOND)

    # -- grading ---------------------------------------------------------------------------------------

    def _grade(self, todo: list[Submission]) -> None:
        plan = self._plan
        jobs = max(1, min(plan.jobs, len(todo)))
        lanes: Lanes = Cluster(plan.scheduler) if plan.scheduler else Cores(self._settings, jobs)
        waiting = todo[::-1]
        running: dict[Future[str], Submission] = {}
        try:
            while waiting or running:
                while waiting and lanes.free():
                    submission = waiting.pop()
                    running[lanes.submit(self._task(submission, lanes))] = submission
                    self._watcher.started(submission)
                done, _ = concurrent.futures.wait(
                    running, timeout=1.0, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for future in done:
                    submission = running.pop(future)
                    if not self._finish(lanes, future, submission):
                        waiting.append(submission)
                lanes.end_overdue(self._limit())
                if time.monotonic() - self._page_written > max(_REFRESH, _SHARE * self._page_cost):
                    with contextlib.suppress(Exception):  # the last page shows what is wrong; grading goes on
                        self._write_page()
        finally:
            lanes.close()

    def _task(self, submission: Submission, lanes: Lanes) -> Task:
        plan = self._plan
        folder = plan.folder.resolve() if lanes.here else None
        return Task(self._settings, submission.held(), folder, plan.lang, self._formats)

    def _limit(self) -> float:
        """The seconds after which it is the grading process that hangs: a submission is ended earlier."""
        profile = self._plan.exercise.profiles[self._plan.profile].settings
        return (
            float(profile.get("submission_seconds", self._plan.exercise.limits.submission_seconds))
            + _PATIENCE
        )

    def _finish(self, lanes: Lanes, future: Future[str], submission: Submission) -> bool:
        """Take in what came of a submission; False where it is to be graded again."""
        try:
            result = results.from_json(lanes.outcome(future))
        except (Lost, GraderFault) as error:
            blame = getattr(error, "blame", True)
            self._attempts[submission.id] = self._attempts.get(submission.id, 0) + blame
            if self._attempts[submission.id] < ATTEMPTS:
                self._watcher.again(submission, str(error))
                return False
            self._graded.faults[submission.id] = str(error)
            self._store(result := self._fault(submission, str(error)))
        else:
            if not lanes.here:
                self._store(result)
        self._add(result)
        return True

    def _fault(self, submission: Submission, why: str) -> Result:
        """The result of a submission that could not be graded. It is not kept: a second run tries again."""
        notice = (
            f"This submission could not be graded: grader crashed on it {ATTEMPTS} times. "
            f"{why.splitlines()[-1]}. The marks here say nothing about it."
        )
        functions = {
            name: FunctionResult("blocked", 0.0, function.points)
            for name, function in self._plan.exercise.functions.items()
        }
        held = submission.held()
        return Result(
            exercise=self._plan.exercise.name,
            profile=self._settings.profile,
            submission=results.Submission(held.id, held.name, held.files, held.sha256),
            seed=self._settings.seed,
            versions={"grader": self._settings.versions["grader"]},
            started="",
            duration_s=0.0,
            score=0.0,
            max_score=round(self._plan.exercise.max_score, 2),
            functions=functions,
            notices=tuple(Notice("remark", {"text": text}) for text in (*held.notices, notice)),
        )

    # -- results ---------------------------------------------------------------------------------------

    def _store(self, result: Result) -> None:
        """Write a submission's grade and its reports."""
        plan = self._plan
        output.save(plan.folder, result)
        overrides = output.manual_marks(plan.folder)
        output.render_one(plan.folder, result, plan.exercise, plan.lang, self._formats, overrides)

    def _add(self, result: Result, kept: bool = False) -> None:
        self._results[result.submission.id] = self._without_details(result)
        self._watcher.finished(result, kept)

    def _without_details(self, result: Result) -> Result:
        """What the class page needs, small enough to keep for a thousand submissions."""
        functions = {
            name: dataclasses.replace(
                function, source=None, facts={}, checks=tuple(map(self._without_message, function.checks))
            )
            for name, function in result.functions.items()
        }
        return dataclasses.replace(
            result,
            functions=functions,
            curves=None,
            versions=self._once(repr(result.versions), result.versions),
            isolation=self._once(repr(result.isolation), result.isolation),
        )

    def _without_message(self, check: CheckResult) -> CheckResult:
        bare = dataclasses.replace(check, message="", mismatch=None)
        return self._once(bare, bare)

    def _once(self, key: Hashable, value: T) -> T:
        """The first value that came under this key: a class shares most of what its results hold."""
        return self._shared.setdefault(key, value)  # type: ignore[return-value]  # a key is of one type only

    def _write_page(self) -> None:
        """Write the class page and the gradebook, as far as there are results."""
        if not self._results:
            return
        started = time.monotonic()
        progress = (len(self._results), len(self._plan.submissions))
        output.render_class(
            self._plan.folder, list(self._in_order()), self._plan.exercise, self._plan.lang, progress
        )
        self._page_written = time.monotonic()
        self._page_cost = self._page_written - started


def _formats(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The formats of one submission, and of a class. Raises UsageError for what is neither."""
    for name in names:
        if name not in FORMATS and name not in CLASS_FORMATS:
            raise UsageError(
                f"there is no format {name!r}; there are {', '.join([*FORMATS, *CLASS_FORMATS])}."
            )
    return tuple(n for n in names if n in FORMATS), tuple(n for n in names if n in CLASS_FORMATS)
