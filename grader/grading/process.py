"""What a grading process does: it stays warm, and grades one submission after another.

The process belongs to this machine's pool, or is a worker of a cluster. Tasks and results travel as plain
records and text, so that nothing but the installed package is needed where the work is done.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import platform
import signal
import tempfile
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import GraderError, GraderFault, UsageError
from grader.exercise import Exercise
from grader.grading import output
from grader.grading.ceiling import memory_ceiling
from grader.grading.versions import versions
from grader.intake.submission import Submission
from grader.results import to_json

if TYPE_CHECKING:
    from grader.grading.session import Session

# What has to be the same here as where the command runs. torch and Python are recorded as they are here.
_SAME = ("grader", "exercise", "data")


@dataclass(frozen=True)
class Settings:
    """What all submissions of a batch are graded with.

    exercise: its name where grader includes it, else its folder's path. versions: what a grade depends on
    besides (`grading.versions`), as the command sees it.
    """

    exercise: str
    profile: str
    seed: int
    data: str | None
    versions: Mapping[str, str]
    require_isolation: str = "none"

    @classmethod
    def of(
        cls,
        exercise: Exercise,
        profile: str,
        seed: int,
        data: Path | None = None,
        require_isolation: str = "none",
    ) -> Settings:
        """The settings of a batch, with this machine's versions."""
        data_folder = None
        if data is not None:
            data_folder = str(data.resolve())
        return cls(
            exercise=_name_or_folder(exercise),
            profile=profile,
            seed=seed,
            data=data_folder,
            versions=versions(exercise, data),
            require_isolation=require_isolation,
        )


def _name_or_folder(exercise: Exercise) -> str:
    # an exercise of grader's own may lie elsewhere on a cluster's machine
    if exercise.is_own:
        return exercise.name
    return str(exercise.folder)


@dataclass(frozen=True)
class Task:
    """One submission to grade, with its bytes.

    folder: the batch's folder, where the process writes the grade and the reports; None where it writes none.
    """

    settings: Settings
    submission: Submission
    folder: Path | None = None
    lang: str = "en"
    formats: tuple[str, ...] = ()


@dataclass
class _Warm:
    """This process's one session, and the settings it is for."""

    settings: Settings | None = None
    session: Session | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def thread(self) -> ThreadPoolExecutor:
        """A thread that lives as long as the process: the sandbox's warm process ends with its creator."""
        return ThreadPoolExecutor(1, thread_name_prefix="grader")


_warm = _Warm()


def begin() -> None:
    """Set up a process of this machine's pool: Ctrl-C is for its parent, without which it has to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def warm(settings: Settings, jobs: int) -> None:
    """Start the session before the first submission comes, as `jobs` processes do. Raises GraderError."""
    _session(settings, jobs)


def grade(task: Task) -> str:
    """Grade a submission; the text of its `grade.json`.

    Raises GraderError for what cannot be used, GraderFault where grader itself fails.
    """
    try:
        return _grade(task)
    except GraderFault as fault:
        fault.details = _traceback_of(fault)
        raise
    except GraderError:
        raise
    except Exception as error:
        # an exception of another type may not survive the way back to the command
        raise GraderFault(
            f"{type(error).__name__}: {error}", _traceback_of(error)
        ) from error


def _traceback_of(error: Exception) -> str:
    return "".join(traceback.format_exception(error))


def grade_on_cluster(task: Task) -> str:
    """As `grade`, where threads come and go and several may ask at once."""
    with _warm.lock:
        return _warm.thread.submit(grade, task).result()


def _grade(task: Task) -> str:
    session = _session(task.settings)
    with memory_ceiling(session.exercise.limits.memory_mb):
        result = session.grade(task.submission)
    if task.folder is not None:
        result = output.write(
            task.folder, result, session.exercise, task.lang, task.formats
        )
    return to_json(result)


def _session(settings: Settings, jobs: int = 1) -> Session:
    """The session for these settings. Raises UsageError where another exercise or grader is installed."""
    if _warm.session is not None and _warm.settings == settings:
        return _warm.session
    # imported late: `begin` has to come before what takes long
    import torch

    from grader.grading.session import Session

    torch.set_num_threads(1)
    if _warm.session is not None:
        _warm.session.close()
        _warm.session = None
    exercise = Exercise.load(settings.exercise)
    session = Session(
        exercise,
        settings.profile,
        settings.seed,
        settings.data,
        settings.require_isolation,
    )
    _require_same(session.versions, settings.versions)
    # the processes of a batch start together, and would compute the same at the same time
    with _one_at_a_time(session.versions["exercise"]):
        session.prepare(jobs)
    _warm.session = session
    _warm.settings = settings
    return session


def _require_same(here: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    for what in _SAME:
        if here[what] != wanted[what]:
            raise UsageError(
                f"{platform.node()} has another version of the {what} ({here[what]}, not {wanted[what]}); "
                "install the same there."
            )


@contextlib.contextmanager
def _one_at_a_time(exercise: str) -> Iterator[None]:
    """Alone among this account's processes for the exercise: what all need is computed once, and kept."""
    try:
        import fcntl

        lock = (
            Path(tempfile.gettempdir())
            / f"grader-{os.getuid()}-{exercise}.lock"
        )
        handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except (ImportError, OSError):
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
