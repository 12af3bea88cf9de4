"""bubblewrap, where it is there: what it hides, and that workers' descriptors come out of it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox.walls import bubblewrap, grants

ROOT = Path(bubblewrap.__file__).parents[3]

CONTAINED = """
import json, os, socket, sys
control = socket.socket(fileno=int(sys.argv[1]))
child = os.fork()
if child == 0:
    import time
    while True: time.sleep(1)
seen = {"pids": [p for p in os.listdir("/proc") if p.isdigit()], "hidden": not os.path.exists(sys.argv[2])}
socket.send_fds(control, [json.dumps(seen).encode()], [os.pidfd_open(child)])
control.send(str(os.waitpid(child, 0)[1]).encode())
control.recv(1)
"""


def test_bubblewrap_hides_the_rest_and_hands_out_pidfds() -> None:
    wrap = bubblewrap.find(grants.readable_paths()).command
    if not wrap:
        pytest.skip("bubblewrap is missing or may not work here")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [
        *wrap,
        sys.executable,
        "-I",
        "-B",
        "-c",
        CONTAINED,
        str(theirs.fileno()),
        str(ROOT / "reference"),
    ]
    with (
        ours,
        theirs,
        subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process,
    ):
        packet, (worker,), _, _ = socket.recv_fds(ours, 1 << 16, 1)
        seen = json.loads(packet)
        assert seen["hidden"]
        assert len(seen["pids"]) <= 4  # bubblewrap's, the zygote and its child
        assert not select.select([worker], [], [], 0)[0]
        signal.pidfd_send_signal(worker, signal.SIGKILL)
        assert select.select([worker], [], [], 10)[0]
        assert ours.recv(100) == str(int(signal.SIGKILL)).encode()
        os.close(worker)
        process.kill()
