"""What a trusted grading process does: it stays warm, and grades one submission after another.

The process is a lane of this machine or a worker of a cluster. Tasks and results travel as plain records
and text, so that nothing but the installed package is needed where the work is done.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib.metadata
import multiprocessing
import os
import platform
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from grader import paths
from grader.errors import GraderError, GraderFault, UsageError
from grader.exercise import Exercise
from grader.grading import output
from grader.intake.submission import Submission
from grader.results import to_json

if TYPE_CHECKING:
    from grader.grading.session import Session


@dataclass(frozen=True)
class Settings:
    """What all submissions of a batch are graded with.

    exercise: its name where it is one of the package's own, else its folder's path. versions: what a grade
    depends on besides the submission, the profile and the seed; a process that has others does not grade.
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
        """The settings of a batch with this machine's versions. Raises UsageError without the data."""
        own = exercise.folder.parent == paths.folder("reference").resolve()
        found = {
            "grader": importlib.metadata.version("grader"),
            "torch": importlib.metadata.version("torch"),
            "python": platform.python_version(),
            "exercise": exercise.sha256[:16],
            "data": _digest(data) if data else "embedded",
        }
        name = exercise.name if own else str(exercise.folder)
        return cls(name, profile, seed, str(data.resolve()) if data else None, found, require_isolation)


@dataclass(frozen=True)
class Task:
    """One submission to grade, its bytes in it. folder: where to write what comes of it, if here at all."""

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
    """Set up a lane's process: Ctrl-C is for its parent, without which it has nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def warm(settings: Settings, jobs: int) -> None:
    """Start the session before the first submission comes, with so many others. Raises GraderError."""
    _session(settings, jobs)


def grade(task: Task) -> str:
    """Grade a submission; the text of its `grade.json`. Raises GraderError, GraderFault where we failed."""
    try:
        return _grade(task)
    except GraderError:
        raise
    except Exception as error:
        # other exceptions may not survive the way back; what a developer needs is the traceback
        raise GraderFault(f"grader crashed: {''.join(traceback.format_exception(error)).strip()}") from error


def grade_on_cluster(task: Task) -> str:
    """As `grade`, where threads come and go and several may ask at once."""
    with _warm.lock:
        return _warm.thread.submit(grade, task).result()


def _grade(task: Task) -> str:
    result = _session(task.settings).grade(task.submission)
    result = dataclasses.replace(result, versions={**task.settings.versions, **result.versions})
    if task.folder is not None:
        output.save(task.folder, result)
        exercise = _session(task.settings).exercise
        overrides = output.manual_marks(task.folder)
        output.render_one(task.folder, result, exercise, task.lang, task.formats, overrides)
    return to_json(result)


def _session(settings: Settings, jobs: int = 1) -> Session:
    """The session for these settings. Raises UsageError where another exercise or grader is installed."""
    if _warm.session is not None and _warm.settings == settings:
        return _warm.session
    import torch

    from grader.grading.session import Session

    torch.set_num_threads(1)
    if _warm.session is not None:
        _warm.session.close()
        _warm.session = None
    exercise = Exercise.load(settings.exercise)
    data = Path(settings.data) if settings.data else None
    here = Settings.of(exercise, settings.profile, settings.seed, data)
    for what in ("grader", "exercise", "data"):
        if here.versions[what] != settings.versions[what]:
            raise UsageError(
                f"{platform.node()} has another version of the {what} ({here.versions[what]}, not "
                f"{settings.versions[what]}); install the same there."
            )
    session = Session(exercise, settings.profile, settings.seed, settings.data, settings.require_isolation)
    with _one_at_a_time():
        session.prepare(jobs)
    _warm.session = session
    _warm.settings = settings
    return _warm.session


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Alone among this account's processes: what several would compute is computed once, and kept on disk."""
    try:
        import fcntl
        import tempfile

        lock = Path(tempfile.gettempdir()) / f"grader-{os.getuid()}.lock"
        handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except (ImportError, OSError):
        yield
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _digest(folder: Path) -> str:
    """What stands for the content of a folder of data: names, sizes and times. Raises UsageError."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; --data takes the one that holds MNIST's files.")
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        status = path.stat()
        digest.update(f"{path.relative_to(folder)}\0{status.st_size}\0".encode("utf-8", "surrogateescape"))
        if status.st_size < 1 << 26:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
