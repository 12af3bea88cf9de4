"""Where the work is done: in processes of this machine, or on a Dask cluster, whose workers may end."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import time
from concurrent.futures import (
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
)
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

from grader.errors import GraderFault, PoolEnded, UsageError
from grader.grading import process
from grader.grading.process import Settings, Task

# in a row; then something is wrong with the machine, and not with a submission
_MOST_FAILED_STARTS = 3
_CONNECT_SECONDS = 15
# that a cluster's scheduler has beyond its workers, so that it sees work to do
_WAITING_TASKS = 4
_ADDRESS = re.compile(r"(tcp|tls|ws|wss|ucx)://[^/\s]+:\d+")


class Lost(Exception):
    """A process ended before it gave a result. `blame`: whether the submission may be the cause."""

    def __init__(self, why: str, blame: bool = True) -> None:
        super().__init__(why)
        self.blame = blame


class Pool(Protocol):
    """Processes that grade several submissions at once."""

    writes_results: bool  # whether the processes write grades and reports into the batch's folder themselves

    def has_room(self) -> bool:
        """Whether another task can be taken."""

    def submit(self, task: Task) -> Future[str]:
        """Have a task done; the text of its `grade.json`, once it is there."""

    def outcome(self, future: Future[str]) -> str:
        """The text of a task that is done. Raises Lost where its process ended, else what the task raised."""

    def end_overdue(self, seconds: float) -> None:
        """End the processes of tasks that take longer than this."""

    def close(self) -> None:
        """End all processes; tasks under way are lost."""


class LocalPool:
    """Up to `jobs` processes of this machine, each with its own session, started as they are needed."""

    writes_results = True

    def __init__(self, settings: Settings, jobs: int) -> None:
        self._settings = settings
        self._jobs = jobs
        self._members: list[_Member] = []
        self._failed_starts = 0

    def has_room(self) -> bool:
        """Whether another task can be taken."""
        if len(self._members) < self._jobs:
            return True
        return any(member.idle for member in self._members)

    def submit(self, task: Task) -> Future[str]:
        """Have a task done in an idle process, or in a new one."""
        for member in list(self._members):
            if not member.idle:
                continue
            try:
                return member.submit(task)
            except BrokenProcessPool:
                # it ended while it had nothing to do
                self._discard(member)
        new = _Member(self._settings, self._jobs)
        self._members.append(new)
        return new.submit(task)

    def outcome(self, future: Future[str]) -> str:
        """The text of a task. Raises Lost where its process ended, PoolEnded where none can be started."""
        member = self._member_of(future)
        member.future = None
        try:
            text = future.result()
        except (BrokenProcessPool, CancelledError) as error:
            self._discard(member)
            raise self._why_lost(member) from error
        except GraderFault:
            # a second attempt starts from nothing
            self._discard(member)
            raise
        self._failed_starts = 0
        return text

    def _member_of(self, future: Future[str]) -> _Member:
        for member in self._members:
            if member.future is future:
                return member
        raise ValueError("a task that no process of this pool has")

    def _why_lost(self, member: _Member) -> Lost:
        if member.overdue:
            return Lost(
                "the grading process did not finish in time, and was killed"
            )
        if member.was_ready():
            return Lost("the grading process was killed or crashed")
        self._failed_starts += 1
        if self._failed_starts >= _MOST_FAILED_STARTS:
            raise PoolEnded(
                f"{_MOST_FAILED_STARTS} grading processes ended before they were ready; run `grader doctor`."
            )
        return Lost(
            "the grading process ended before it was ready", blame=False
        )

    def end_overdue(self, seconds: float) -> None:
        """End the processes of tasks that take longer than this."""
        for member in self._members:
            if not member.idle and time.monotonic() - member.since > seconds:
                member.overdue = True
                member.kill()

    def _discard(self, member: _Member) -> None:
        if member in self._members:
            self._members.remove(member)
            member.close()

    def close(self) -> None:
        """End all processes; tasks under way are lost."""
        for member in list(self._members):
            self._discard(member)


class _Member:
    """One process of a local pool, in an executor of its own, so that its end is nobody else's."""

    def __init__(self, settings: Settings, jobs: int) -> None:
        before = set(multiprocessing.active_children())
        self._executor = ProcessPoolExecutor(
            1, context(), initializer=process.begin
        )
        self._warm: Future[None] = self._executor.submit(
            process.warm, settings, jobs
        )
        # the executor does not tell which process it started
        children = set(multiprocessing.active_children())
        self._processes: set[BaseProcess] = children - before
        self.future: Future[str] | None = None
        self.since = 0.0  # when the task began
        self.overdue = False

    @property
    def idle(self) -> bool:
        return self.future is None

    def submit(self, task: Task) -> Future[str]:
        self.since = time.monotonic()
        self.future = self._executor.submit(process.grade, task)
        return self.future

    def was_ready(self) -> bool:
        """Whether the process came as far as to start its session."""
        return self._warm.done() and self._warm.exception() is None

    def kill(self) -> None:
        for child in self._processes:
            child.kill()

    def close(self) -> None:
        self.kill()
        self._executor.shutdown(wait=False, cancel_futures=True)


def context() -> BaseContext:
    """How processes are started: forked from one that has imported torch, and done nothing else.

    To import it takes longer than to grade a submission, and what it holds in memory is shared.
    """
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(["grader.grading.session"])
    return forking


class DaskPool:
    """The workers of a Dask cluster. Dask itself hands a lost worker's task to another worker."""

    writes_results = False

    def __init__(self, address: str) -> None:
        """Raises UsageError where the scheduler is not there or `distributed` is not installed."""
        check_address(address)
        try:
            from distributed import Client
        except ImportError as error:
            raise UsageError(
                "--scheduler needs Dask: install backprop-grader with its extra [cluster]"
            ) from error
        connect: Any = Client
        try:
            self._client = connect(
                address, timeout=_CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise UsageError(
                f"there is no Dask scheduler at {address}: {error}"
            ) from error
        self._address = address
        self._executor: Executor = self._client.get_executor(pure=False)
        self._running: set[Future[str]] = set()

    def has_room(self) -> bool:
        """Whether another task can be taken; some wait at the scheduler, so that it sees work to do."""
        threads = 0
        if self._client.status == "running":
            # the scheduler may go away while it is asked
            with contextlib.suppress(OSError):
                threads = sum(self._client.nthreads().values())
        return len(self._running) < 2 * threads + _WAITING_TASKS

    def submit(self, task: Task) -> Future[str]:
        """Have a task done by some worker."""
        future = self._executor.submit(process.grade_on_cluster, task)
        self._running.add(future)
        return future

    def outcome(self, future: Future[str]) -> str:
        """The text of a task. Raises Lost where workers ended over it, GraderFault where Dask itself did."""
        from distributed import KilledWorker

        self._running.discard(future)
        try:
            return future.result()
        except KilledWorker as error:
            raise Lost(
                "several of the cluster's workers ended while they graded it"
            ) from error
        except CancelledError as error:
            if self._client.status != "running":
                raise PoolEnded(
                    f"The scheduler at {self._address} has gone away."
                ) from error
            raise Lost("the cluster dropped it", blame=False) from error

    def end_overdue(self, seconds: float) -> None:
        """Nothing: a worker's own limits hold, and the cluster's owner decides over its processes."""

    def close(self) -> None:
        """Leave the cluster; tasks under way are called off."""
        for future in self._running:
            future.cancel()
        self._client.close(timeout=5)


def check_address(scheduler: str) -> None:
    """Raise UsageError where this is not the form of a Dask scheduler's address."""
    if not _ADDRESS.fullmatch(scheduler):
        raise UsageError(
            f"{scheduler!r} is not the address of a Dask scheduler; give one such as tcp://HOST:8786."
        )


def cores() -> int:
    """The processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        # not Linux
        return os.cpu_count() or 1
