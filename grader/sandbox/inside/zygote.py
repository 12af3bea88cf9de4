"""The warm process that forks a worker per submission. It holds no secret and runs no student code.

It is a fresh interpreter, never a fork of the trusted process. Torch is imported once; one thread, always:
a parallel operation before a fork makes the child hang. The control socket carries one JSON object a
packet, and descriptors beside it:

    start: {"prologues": {name: source}, "data": bytes of tensors to follow}   -> {"ready": pid}
    {"do": "fork", "policy": {...}} + 3 descriptors (requests, replies, output) -> {"pid": n} + its pidfd
    {"do": "reap", "pid": n}                                                   -> {"status": n | null}
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

PACKET = 1 << 16


def main(control_fd: int) -> None:
    """Serve the trusted side on the control socket until it closes."""
    control = socket.socket(fileno=control_fd)
    from grader.sandbox import protocol
    from grader.sandbox.inside import modules, worker
    from grader.sandbox.inside.watch import Watch
    from grader.sandbox.walls import confinement

    _be_killed_first()
    confinement.forbid_tracing()

    start, fds, _, _ = socket.recv_fds(control, PACKET, 1)
    with os.fdopen(fds[0], "rb") as stream:
        setup = worker._receive(stream)
    _warm()
    worker.seed(0)  # numpy imports its generators when they are first asked for
    modules.install(setup["prologues"], setup["data"])
    watch = Watch()
    watch.install()
    protocol.dumps({"warm": setup["data"]})
    del setup, start
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": os.getpid()}).encode())
    prepared: dict[str, Any] = {}
    while True:
        packet, fds, _, _ = socket.recv_fds(control, PACKET, 3)
        if not packet:
            return
        message = json.loads(packet)
        if message["do"] == "reap":
            control.send(json.dumps({"status": _reap(message["pid"])}).encode())
            continue
        policy = json.dumps(message["policy"], sort_keys=True)
        if policy not in prepared:
            prepared[policy] = confinement.prepare(confinement.Policy.from_json(message["policy"]))
        pid = os.fork()
        if pid == 0:
            _child(fds, prepared[policy], watch)
        for fd in fds:
            os.close(fd)
        _answer_with_pidfd(control, pid)


def _be_killed_first() -> None:
    """Where memory runs out, the system is to end a worker or this process, and not the trusted one."""
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


def _child(fds: list[int], prepared: Any, watch: Any) -> None:
    """The rest of a worker's life. Never returns."""
    from grader.sandbox.inside import worker
    from grader.sandbox.walls import confinement

    status = 1
    try:
        requests, replies = worker.become(*fds)
        isolation = confinement.confine(prepared)
        worker.serve(requests, replies, isolation, watch)
        status = 0
    except BaseException:
        with contextlib.suppress(BaseException):
            import traceback

            traceback.print_exc()
            sys.stderr.flush()
    finally:
        # no interpreter's teardown: it takes 0.4 s and would run the student's atexit handlers
        os._exit(status)


def _reap(pid: int) -> int | None:
    """The wait status of a child that has ended, None if it never was one."""
    try:
        return os.waitpid(pid, 0)[1]
    except ChildProcessError:
        return None


def _warm() -> None:
    """Walk torch's lazy paths once, in one thread, so that no worker pays for them."""
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
    tempfile.tempdir = None  # what is cached here would leak into every worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the trusted process
