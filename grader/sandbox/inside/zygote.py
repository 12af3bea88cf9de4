"""The warm process that is copied, by fork, for each submission. It holds no secret and runs no student code.

The name is Android's, where all apps are forked from a process that has already loaded what they need.

It is a fresh interpreter, never a fork of the trusted process. Torch is imported once; one thread, always:
a parallel operation before a fork makes the child hang. Each packet on the control socket is one JSON
object, with descriptors beside it:

    start + a file that holds {"prologues": {name: source}, "data": [tensors]}  -> {"ready": pid}
    {"do": "fork", "policy": {...}} + 3 descriptors (requests, replies, output) -> {"pid": n} + its pidfd
    {"do": "reap", "pid": n}                                                   -> {"status": n | null}
    {"do": "bury", "pid": n}                                                   -> nothing
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from grader.sandbox.inside.watch import Watch
    from grader.sandbox.walls.confinement import Prepared

# Modules are imported within the functions: when these run, the product's folder is off the path again, and
# no library's import finds anything that lies beside it.

_PACKET = 1 << 16
_OUT_OF_THE_WAY = (
    200  # a descriptor's number, far above those that a worker keeps
)


def main(control_fd: int) -> None:
    """Serve the trusted side on the control socket until it closes."""
    from grader.sandbox.walls import confinement

    control = socket.socket(fileno=control_fd)
    _be_killed_first()
    confinement.forbid_tracing()
    _, fds, _, _ = socket.recv_fds(control, _PACKET, 1)
    watch = _warm_up(fds[0])
    # frozen objects are not visited: a worker's collection would copy all their memory pages
    gc.collect()
    gc.freeze()
    ready = json.dumps({"ready": os.getpid()})
    control.send(ready.encode())
    prepared: dict[str, Prepared] = {}
    while True:
        packet, fds, _, _ = socket.recv_fds(control, _PACKET, 3)
        if not packet:
            return
        message = json.loads(packet)
        if message["do"] == "bury":
            _reap(message["pid"])
            continue
        if message["do"] == "reap":
            answer = json.dumps({"status": _reap(message["pid"])})
            control.send(answer.encode())
            continue
        policy = json.dumps(message["policy"], sort_keys=True)
        if policy not in prepared:
            wanted = confinement.Policy.from_json(message["policy"])
            prepared[policy] = confinement.prepare(wanted)
        pid = os.fork()
        if pid == 0:
            _run_worker(fds, prepared[policy], watch)
        for fd in fds:
            os.close(fd)
        _answer_with_pidfd(control, pid)


def _warm_up(setup_fd: int) -> Watch:
    """Import and prepare everything that workers need, so that no worker pays for it."""
    from grader.sandbox import protocol
    from grader.sandbox.inside import (
        alone,
        calling,
        entropy,
        modules,
        scratch,
        worker,
    )
    from grader.sandbox.inside.watch import Watch

    with os.fdopen(setup_fd, "rb") as stream:
        setup = worker.receive(stream)
    _walk_lazy_paths()
    # numpy imports its generators when they are first asked for
    calling.seed(0)
    modules.install(setup["prologues"], setup["data"])
    alone.install()
    entropy.install()
    scratch.install()
    watch = Watch()
    watch.install()
    protocol.dumps({"warm": setup["data"]})
    return watch


def _be_killed_first() -> None:
    """Have the system end a worker or this process, not the trusted one, where memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _answer_with_pidfd(control: socket.socket, pid: int) -> None:
    answer = json.dumps({"pid": pid}).encode()
    if not hasattr(os, "pidfd_open"):
        control.send(answer)
        return
    pidfd = os.pidfd_open(pid)
    socket.send_fds(control, [answer], [pidfd])
    os.close(pidfd)


def _run_worker(fds: list[int], prepared: Prepared, watch: Watch) -> None:
    """Be a worker until the trusted side is done with it. Never returns."""
    from grader.sandbox.inside import worker
    from grader.sandbox.walls import confinement

    status = 1
    try:
        requests, replies = _take_pipes(*fds)
        isolation = confinement.confine(prepared)
        worker.serve(requests, replies, isolation, watch)
        status = 0
    except BaseException:
        with contextlib.suppress(BaseException):
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
    finally:
        # without the interpreter's teardown, which takes 0.4 s and would run the student's atexit handlers
        os._exit(status)


def _take_pipes(
    requests_fd: int, replies_fd: int, output_fd: int
) -> tuple[BinaryIO, BinaryIO]:
    """In the forked child: put its pipes in place and let go of everything else of the zygote.

    0 reads nothing, 1 and 2 are the output, 3 the requests, 4 the replies.
    """
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    wanted = (nothing, output_fd, output_fd, requests_fd, replies_fd)
    # high numbers first, because each of the four may itself be one of 0 to 4
    for place, fd in enumerate(wanted):
        os.dup2(fd, _OUT_OF_THE_WAY + place)
    for place in range(len(wanted)):
        os.dup2(_OUT_OF_THE_WAY + place, place)
    os.closerange(len(wanted), 1024)
    os.environ.clear()
    os.environ.update(
        {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"}
    )
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(
        1, "w", encoding="utf-8", errors="backslashreplace", closefd=False
    )
    sys.stderr = os.fdopen(
        2, "w", encoding="utf-8", errors="backslashreplace", closefd=False
    )
    return os.fdopen(3, "rb", closefd=False), os.fdopen(4, "wb", closefd=False)


def _reap(pid: int) -> int | None:
    """Wait for a child that is ending; its wait status, None if it never was a child."""
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return None


def _walk_lazy_paths() -> None:
    """Do once, in one thread, what torch, IPython and nbformat prepare only when it is first asked for."""
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    x = torch.empty(4, 3).normal_(0, 1).requires_grad_()
    torch.tanh(x @ torch.ones(3)).pow(2).sum().backward()  # type: ignore[no-untyped-call]
    torch.einsum("ij,kj->ik", x.detach(), x.detach())
    str(x)
    import IPython.core.inputtransformer2
    import nbformat

    empty = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    nbformat.reads(empty, as_version=4)  # type: ignore[no-untyped-call]
    magics = IPython.core.inputtransformer2.TransformerManager()  # type: ignore[no-untyped-call]
    magics.transform_cell("%matplotlib inline")
    # Ctrl-C is for the trusted process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
