"""The trusted side of the sandbox: starts the zygote, has it fork workers, talks to them under a deadline."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import torch

from grader.errors import GraderFault
from grader.sandbox import protocol
from grader.sandbox.protocol import BOUNDS, PREFIX, Bounds, ProtocolError
from grader.sandbox.walls import bubblewrap, confinement
from grader.sandbox.walls.bubblewrap import Bubblewrap
from grader.sandbox.walls.confinement import Policy

_START_SECONDS = 120
_CHUNK = 1 << 16
_PACKET = 1 << 16
_PIPE = (
    1 << 20
)  # bytes: a call with a data set fits in, and wakes the worker once
_AT_ONCE = 1 << 20  # bytes that are read or written in one system call
_MOST_NOTES = 200  # before one reply; an honest worker sends each once
_LONGEST_NOTE = 1_000  # bytes
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_THREAD_LIMIT",
)
_NO_ANSWER = "the sandbox's warm process does not answer; run `grader doctor`"
_HAS_ENDED = "the sandbox's warm process has ended; run `grader doctor`"


class Ended(Exception):
    """A worker that will not answer any more; `reason` says why, in words for the student.

    kind is "time" (the deadline), "died" (it exited, crashed or was killed) or "reply" (it sent something
    that is not a reply).
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


@dataclass(frozen=True)
class WorkerSetup:
    """What an exercise puts into every worker: modules that students import, and the data these serve."""

    prologues: dict[str, str]
    data: tuple[torch.Tensor, ...] = ()


class Zygote:
    """The warm process that forks workers. Use as a context manager, or `close()` it."""

    def __init__(
        self, setup: WorkerSetup, readable: Sequence[str] | None = None
    ) -> None:
        """Start it, under bubblewrap where that works and `readable`, all that it may see, is given.

        From here on no other process of the same account may read this process's memory or trace it.
        """
        confinement.forbid_tracing()
        wrap = Bubblewrap(why_not="not asked for")
        if readable is not None:
            wrap = bubblewrap.find(tuple(readable))
        self.isolation = {"bubblewrap": wrap.state}
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._process = subprocess.Popen(
            [*wrap.command, *_zygote_command(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=_zygote_environment(),
            cwd="/",
        )
        theirs.close()
        self._control = ours
        self._control.settimeout(_START_SECONDS)
        self._start(setup)

    def _start(self, setup: WorkerSetup) -> None:
        message = {"prologues": setup.prologues, "data": list(setup.data)}
        with tempfile.TemporaryFile() as stream:
            stream.writelines(protocol.dumps(message))
            stream.seek(0)
            socket.send_fds(self._control, [b"start"], [stream.fileno()])
            self.pid = self._hear()["ready"]

    def _hear(self) -> Any:
        try:
            packet = self._control.recv(_PACKET)
        except OSError as error:
            raise GraderFault(_NO_ANSWER) from error
        if not packet:
            raise GraderFault(_HAS_ENDED)
        return json.loads(packet)

    def fork(
        self, policy: Policy, output_limit: int = 1 << 16
    ) -> WorkerHandle:
        """A new worker, confined by `policy`; `output_limit` bytes of what it prints are kept.

        Raises GraderFault where this process has ended.
        """
        message = json.dumps(
            {"do": "fork", "policy": policy.to_json()}
        ).encode()
        requests, to_worker = os.pipe()
        from_worker, replies = os.pipe()
        output, prints = os.pipe()
        _widen(to_worker)
        _widen(from_worker)
        try:
            socket.send_fds(
                self._control, [message], [requests, replies, prints]
            )
            packet, fds, _, _ = socket.recv_fds(self._control, _PACKET, 1)
        except OSError as error:
            raise GraderFault(_NO_ANSWER) from error
        finally:
            # the worker's own ends: while one is open here, nobody sees that the worker has ended
            for fd in (requests, replies, prints):
                os.close(fd)
        if not packet:
            raise GraderFault(_HAS_ENDED)
        pidfd = fds[0] if fds else None
        process = _Process(json.loads(packet)["pid"], pidfd)
        pipes = _Pipes(to_worker, from_worker, output)
        return WorkerHandle(self, process, pipes, output_limit)

    def isolation_under(self, policy: Policy) -> dict[str, str]:
        """How a worker is confined, as it reports before it knows any submission: layer -> state.

        Raises GraderFault where a worker cannot be confined.
        """
        request = {
            "do": "read",
            "data": torch.empty(0, dtype=torch.uint8),
            "filename": "",
            "folder": "",
            "modules": {},
            "names": [],
            "slow": [],
        }
        try:
            with self.fork(policy) as worker:
                reply = worker.exchange(request, _START_SECONDS)
        except Ended as ended:
            why = f"a worker cannot be confined here: {ended.reason}; run `grader doctor`"
            raise GraderFault(why) from ended
        return {**reply["isolation"], **self.isolation}

    def reap(self, pid: int) -> int | None:
        """The wait status of a worker that has ended; None where this process was closed before."""
        if self._control.fileno() < 0:
            return None
        self._control.send(json.dumps({"do": "reap", "pid": pid}).encode())
        status: int | None = self._hear()["status"]
        return status

    def bury(self, pid: int) -> None:
        """Have a worker that has been killed waited for before the next is forked, and do not wait here."""
        if self._control.fileno() >= 0:
            message = {"do": "bury", "pid": pid}
            self._control.send(json.dumps(message).encode())

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process and, with it, its workers."""
        self._control.close()
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _zygote_command(control_fd: int) -> list[str]:
    # `-I` keeps the current folder and the user's site off the path; the product's folder is added back
    root = str(Path(__file__).resolve().parents[2])
    boot = (
        f"import sys; sys.path.insert(0, {root!r}); from grader.sandbox.inside import zygote; "
        f"sys.path.remove({root!r}); zygote.main({control_fd})"
    )
    return [sys.executable, "-I", "-B", "-c", boot]


def _zygote_environment() -> dict[str, str]:
    """Nothing of this process's environment but what Python itself may need to start."""
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8"} | dict.fromkeys(
        _THREADS, "1"
    )
    if "LD_LIBRARY_PATH" in os.environ:
        # a Python built with a shared libpython may find it there only; a worker does not see it
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return environment


class _Process(NamedTuple):
    """A worker's process; `pidfd` is None on a system that has none."""

    pid: int
    pidfd: int | None


class _Pipes(NamedTuple):
    """This process's ends of a worker's pipes."""

    requests: int
    replies: int
    output: int


class WorkerHandle:
    """One forked worker: requests in, replies out, each under a deadline; what it prints is kept, capped."""

    def __init__(
        self,
        zygote: Zygote,
        process: _Process,
        pipes: _Pipes,
        output_limit: int,
    ) -> None:
        self._zygote = zygote
        self._pid, self._pidfd = process
        self._to, self._from, self._output = pipes
        self._received = bytearray()
        self._number = 0
        self._ended = False
        self.output_limit = output_limit
        self.printed = bytearray()
        self.output_capped = False
        for fd in pipes:
            os.set_blocking(fd, False)

    def exchange(
        self, message: dict[str, Any], seconds: float, bounds: Bounds = BOUNDS
    ) -> dict[str, Any]:
        """Send one request and return its reply. Raises Ended; the worker is gone then.

        seconds: for the whole exchange, however slowly the reply comes. bounds: what the reply may hold.
        The notes that came before the reply are under "notes" in it.
        """
        if self._ended:
            raise Ended("died", "its process had ended before")
        deadline = time.monotonic() + seconds
        self._number += 1
        try:
            if self._received or _ready(self._from, 0):
                raise ProtocolError("it sent something before it was asked")
            self._send(
                protocol.dumps({"number": self._number, **message}), deadline
            )
            return self._receive_reply(deadline, bounds)
        except ProtocolError as error:
            self.kill()
            raise Ended(
                "reply", f"it sent something other than a reply: {error}"
            ) from error
        except TimeoutError as error:
            self.kill()
            raise Ended(
                "time", f"it did not return within {seconds:g} s"
            ) from error
        except (EOFError, BrokenPipeError) as error:
            raise Ended("died", self._why_it_ended()) from error

    def _receive_reply(
        self, deadline: float, bounds: Bounds
    ) -> dict[str, Any]:
        """The reply to the present request, with the notes that came before it."""
        notes: list[Any] = []
        while True:
            reply, size = self._receive(deadline, bounds)
            if (
                not isinstance(reply, dict)
                or reply.get("number") != self._number
            ):
                raise ProtocolError("the reply is to another question")
            if "note" not in reply:
                return reply | {"notes": notes}
            if size > _LONGEST_NOTE or len(notes) == _MOST_NOTES:
                raise ProtocolError("too many notes, or too long")
            notes.append(reply["note"])

    def _wait(self, deadline: float, fd: int, event: int) -> None:
        """Wait until `fd` can be read or written, while taking in what the worker prints."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            poll = select.poll()
            poll.register(fd, event)
            if self._output >= 0:
                poll.register(self._output, select.POLLIN)
            # rounded up, so that the last millisecond is waited out and not spun away
            milliseconds = int(left * 1000) + 1
            ready = dict(poll.poll(milliseconds))
            if self._output in ready:
                self._take_output()
            if fd in ready:
                return

    def _take_output(self) -> None:
        try:
            chunk = os.read(self._output, _CHUNK)
        except BlockingIOError:
            return
        if not chunk:
            os.close(self._output)
            self._output = -1
            return
        room = self.output_limit - len(self.printed)
        self.printed += chunk[:room]
        self.output_capped |= len(chunk) > room

    def _send(self, chunks: list[bytes], deadline: float) -> None:
        if sum(map(len, chunks)) <= _PIPE:
            # one write wakes the worker once
            chunks = [b"".join(chunks)]
        for chunk in chunks:
            left = memoryview(chunk)
            while left:
                try:
                    written = os.write(self._to, left[:_AT_ONCE])
                except BlockingIOError:
                    # a reply before the request is whole is dealt with when the reply is read
                    self._wait(deadline, self._to, select.POLLOUT)
                else:
                    left = left[written:]

    def _receive(self, deadline: float, bounds: Bounds) -> tuple[Any, int]:
        """The next message, and how many bytes it has."""
        (length,) = PREFIX.unpack(self._read(PREFIX.size, deadline))
        if length > bounds.head:
            raise ProtocolError("the reply is too large")
        described = bytes(self._read(length, deadline))
        head = protocol.read_head(described, bounds)
        body = self._read(head.body_length, deadline)
        return protocol.loads(head, body), length + head.body_length

    def _read(self, size: int, deadline: float) -> bytearray:
        """The next `size` bytes; what came with them is kept, so that a small reply is read at once."""
        while len(self._received) < size:
            if time.monotonic() > deadline:
                raise TimeoutError
            missing = size - len(self._received)
            try:
                chunk = os.read(
                    self._from, max(_CHUNK, min(missing, _AT_ONCE))
                )
            except BlockingIOError:
                self._wait(deadline, self._from, select.POLLIN)
                continue
            if not chunk:
                raise EOFError
            self._received += chunk
        data = self._received[:size]
        del self._received[:size]
        return data

    def read_printed(self) -> str:
        """Everything that the worker has printed so far, as text, up to the limit."""
        self._drain()
        return self.printed.decode("utf-8", "replace")

    def _drain(self) -> None:
        """Take in what was printed and not yet read, up to the limit."""
        while self._output >= 0 and _ready(self._output, 0):
            # a process that prints without end must not keep this one here
            if len(self.printed) >= self.output_limit:
                return
            self._take_output()

    def kill(self) -> int | None:
        """End the process, whatever it does, and return its wait status. Safe to call again."""
        if self._ended:
            return None
        self._send_kill()
        status = self._zygote.reap(self._pid)
        self._drain()
        self._close()
        return status

    def dismiss(self) -> None:
        """The same for a worker whose status nobody asks for; its memory is given back while we go on."""
        if self._ended:
            return
        self._send_kill()
        self._zygote.bury(self._pid)
        self._close()

    def _send_kill(self) -> None:
        self._ended = True
        with contextlib.suppress(ProcessLookupError):
            # a pidfd cannot mean another process that has got the same number since
            if self._pidfd is not None:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            else:
                os.kill(self._pid, signal.SIGKILL)

    def _close(self) -> None:
        for fd in (self._pidfd, self._to, self._from, self._output):
            if fd is not None and fd >= 0:
                os.close(fd)
        self._output = -1

    def _why_it_ended(self) -> str:
        if self._pidfd is None:
            # nothing tells when it ends: give it the time, so that its own status is seen
            time.sleep(0.2)
        elif not _ready(self._pidfd, 1):
            self.kill()
            return "it closed its connection to the grader"
        status = self.kill()
        if status is None:
            return "its process ended"
        return _in_words(status)

    def __enter__(self) -> WorkerHandle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()


def _widen(fd: int) -> None:
    """Let a pipe hold more than the 64 KB it is made with, where the system allows it."""
    with contextlib.suppress(OSError, AttributeError):
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE)


def _ready(fd: int, seconds: float) -> bool:
    """Whether there is something to read within `seconds`; for a pidfd, whether the process has ended."""
    # not `select`, which takes no descriptor above 1023
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        # one of those for a program's own use
        return f"signal {number}"


def _in_words(status: int) -> str:
    """A wait status as a clause about the student's code."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "it used more processor time than allowed"
        if number == signal.SIGSYS:
            return "it asked the system for something that is forbidden here, and was stopped"
        if number == signal.SIGKILL:
            return "it was killed: it used up the memory or the processor time, or killed itself"
        return f"it crashed its process ({_name_of(number)})"
    return (
        f"it ended its process (exit code {os.waitstatus_to_exitcode(status)})"
    )
