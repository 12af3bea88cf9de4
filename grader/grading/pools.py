"""Where the work is done: this machine's cores, or a Dask cluster. Executors that outlive their workers."""

from __future__ import annotations

import multiprocessing
import os
import time
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from grader.errors import GraderFault, UsageError
from grader.grading import process
from grader.grading.process import Settings, Task

_STARTS = 3  # times that a process may fail to start, in a row
_REACHING = 15  # seconds


class Lost(Exception):
    """A process ended before it gave a result; `blame` says whether the submission may be the cause."""

    def __init__(self, why: str, blame: bool = True) -> None:
        super().__init__(why)
        self.blame = blame


class Lanes(Protocol):
    """Means to grade several submissions at once."""

    here: bool  # whether the processes write their results themselves

    def free(self) -> bool:
        """Whether there is room for another task."""

    def submit(self, task: Task) -> Future[str]:
        """Have a task done; its `grade.json` to come."""

    def outcome(self, future: Future[str]) -> str:
        """What came of a task that is done. Raises Lost where its process ended, else what was raised."""

    def end_overdue(self, seconds: float) -> None:
        """End the processes of tasks that take longer than this."""

    def close(self) -> None:
        """End all processes; tasks under way are lost."""


class _Lane:
    """One process. It has an executor of its own, so that its end is nobody else's."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        before = set(multiprocessing.active_children())
        context = multiprocessing.get_context("spawn")
        self._executor = ProcessPoolExecutor(1, context, initializer=process.begin)
        self.warm: Future[None] = self._executor.submit(process.warm, settings, jobs)
        self.processes: set[BaseProcess] = set(multiprocessing.active_children()) - before
        self.future: Future[str] | None = None
        self.since = 0.0
        self.overdue = False

    @property
    def idle(self) -> bool:
        return self.future is None

    def submit(self, task: Task) -> Future[str]:
        self.since = time.monotonic()
        self.future = self._executor.submit(process.grade, task)
        return self.future

    def started(self) -> bool:
        """Whether the process came as far as to be ready."""
        return self.warm.done() and self.warm.exception() is None

    def kill(self) -> None:
        for child in self.processes:
            child.kill()
        self._executor.shutdown(wait=False, cancel_futures=True)


class Cores:
    """`jobs` processes on this machine, each with its own session; they are started as they are needed."""

    here = True

    def __init__(self, settings: Settings, jobs: int) -> None:
        self._settings = settings
        self._jobs = jobs
        self._lanes: list[_Lane] = []
        self._failed_starts = 0

    def free(self) -> bool:
        """Whether there is room for another task."""
        return len(self._lanes) < self._jobs or any(lane.idle for lane in self._lanes)

    def submit(self, task: Task) -> Future[str]:
        """Have a task done in an idle process, or in a new one."""
        for lane in [lane for lane in self._lanes if lane.idle]:
            try:
                return lane.submit(task)
            except BrokenProcessPool:  # it ended while it had nothing to do
                self._discard(lane)
        lane = _Lane(self._settings, self._jobs)
        self._lanes.append(lane)
        return lane.submit(task)

    def outcome(self, future: Future[str]) -> str:
        """What came of a task. Raises Lost where its process ended; GraderFault where none can be started."""
        (lane,) = (lane for lane in self._lanes if lane.future is future)
        lane.future = None
        try:
            text = future.result()
        except (BrokenProcessPool, CancelledError) as error:
            self._discard(lane)
            raise self._why_lost(lane) from error
        except GraderFault:
            self._discard(lane)  # a second attempt starts from nothing
            raise
        self._failed_starts = 0
        return text

    def _why_lost(self, lane: _Lane) -> Lost:
        if lane.overdue:
            return Lost("the grading process did not come to an end in time, and was killed")
        if lane.started():
            return Lost("the grading process was killed or crashed")
        self._failed_starts += 1
        if self._failed_starts >= _STARTS:
            raise GraderFault(
                f"a grading process ended {_STARTS} times before it was ready; run `grader doctor`"
            )
        return Lost("the grading process ended before it was ready", blame=False)

    def end_overdue(self, seconds: float) -> None:
        """End the processes of tasks that take longer than this."""
        for lane in self._lanes:
            if lane.future is not None and time.monotonic() - lane.since > seconds:
                lane.overdue = True
                for child in lane.processes:
                    child.kill()

    def _discard(self, lane: _Lane) -> None:
        if lane in self._lanes:
            self._lanes.remove(lane)
            lane.kill()

    def close(self) -> None:
        """End all processes; tasks under way are lost."""
        for lane in list(self._lanes):
            self._discard(lane)


class Cluster:
    """The workers of a Dask cluster. Dask hands a lost worker's task to another one by itself."""

    here = False

    def __init__(self, address: str) -> None:
        """Raises UsageError where the scheduler is not there or `distributed` is not installed."""
        try:
            from distributed import Client
        except ImportError as error:
            raise UsageError("--scheduler needs Dask: pip install 'grader[cluster]'") from error
        try:
            client: Any = Client
            self._client = client(address, timeout=_REACHING, set_as_default=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"there is no Dask scheduler at {address}: {error}") from error
        self._address = address
        self._executor: Executor = self._client.get_executor(pure=False)
        self._running: set[Future[str]] = set()

    def free(self) -> bool:
        """Whether there is room for another task: a few wait at the scheduler, so that it sees work to do."""
        threads = sum(self._client.nthreads().values()) if self._client.status == "running" else 0
        return len(self._running) < 2 * threads + 4

    def submit(self, task: Task) -> Future[str]:
        """Have a task done by some worker."""
        future = self._executor.submit(process.grade_on_cluster, task)
        self._running.add(future)
        return future

    def outcome(self, future: Future[str]) -> str:
        """What came of a task. Raises Lost where workers ended over it, GraderFault where Dask itself did."""
        from distributed import KilledWorker

        self._running.discard(future)
        try:
            return future.result()
        except KilledWorker as error:
            raise Lost("several of the cluster's workers ended while they graded it") from error
        except CancelledError as error:
            if self._client.status != "running":
                raise GraderFault(f"the scheduler at {self._address} has gone away") from error
            raise Lost("the cluster dropped it", blame=False) from error

    def end_overdue(self, seconds: float) -> None:
        """Nothing: a worker's own limits hold, and the cluster's owner decides over its processes."""

    def close(self) -> None:
        """Leave the cluster; tasks under way are called off."""
        for future in self._running:
            future.cancel()
        self._client.close(timeout=5)


def cores() -> int:
    """The processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
