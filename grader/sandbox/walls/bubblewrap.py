"""The best level: bubblewrap runs the zygote where nothing exists but what it needs.

The zygote then has its own processes, network and users, its own `/proc` and an empty `/tmp`, and it inherits
descriptors. As root it keeps the right to become the spare account.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox.walls import trials
from grader.sandbox.walls.confinement import ENFORCED, UNAVAILABLE

# of this package, what runs beside a student's code
WORKER_PARTS = (
    "__init__.py",
    "notices.py",
    "source_numbers.py",
    "sandbox",
    "reading",
)
# the code that confines is there, and what students import
_TRIAL = (
    "import importlib.util; from grader.sandbox.walls import confinement; "
    "assert importlib.util.find_spec('torch')"
)


@dataclass(frozen=True)
class Bubblewrap:
    """command: what to put before a command to run it so; empty where bubblewrap is not used, `why_not`."""

    command: tuple[str, ...] = ()
    why_not: str = ""

    @property
    def state(self) -> str:
        """The layer's state: "enforced" or "unavailable: why"."""
        if self.command:
            return ENFORCED
        return UNAVAILABLE + self.why_not


@functools.cache
def find(readable: tuple[str, ...]) -> Bubblewrap:
    """Bubblewrap on this machine, after a trial, showing nothing but `readable` and the sandbox's own code.

    What it runs ends with the thread that starts it.
    """
    program = None
    if sys.platform.startswith("linux"):
        program = shutil.which("bwrap")
    if program is None:
        return Bubblewrap(why_not="the program bwrap is not installed")
    command = _command(program, readable)
    try:
        trials.run_python(_TRIAL, command)
    except (OSError, subprocess.SubprocessError):
        return Bubblewrap(why_not="bwrap may not make namespaces here")
    return Bubblewrap(tuple(command))


def _command(program: str, readable: Sequence[str]) -> list[str]:
    command = [program, *_namespaces(), "--die-with-parent", "--new-session"]
    command += ["--proc", "/proc", "--tmpfs", "/tmp"]
    for path in _needed(readable):
        bind = (
            "--dev-bind-try" if path.startswith("/dev/") else "--ro-bind-try"
        )
        command += [bind, path, path]
    # where /lib is a link to /usr/lib, programs still name the loader by the link
    for link in map(Path, ("/lib", "/lib64")):
        if link.is_symlink():
            command += ["--symlink", str(link.readlink()), str(link)]
    command += ["--remount-ro", "/", "--chdir", "/"]
    return command


def _namespaces() -> list[str]:
    if os.geteuid() != 0:
        return ["--unshare-all"]
    # in a user namespace root could not change to another account
    return [
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--cap-add",
        "CAP_SETUID",
        "--cap-add",
        "CAP_SETGID",
    ]


def _needed(readable: Sequence[str]) -> list[str]:
    """What is granted, the interpreter itself, and the code that confines: outermost first."""
    package = Path(__file__).resolve().parents[2]
    interpreter = [
        sys.executable,
        os.path.realpath(sys.executable),
        f"{sys.prefix}/pyvenv.cfg",
    ]
    # the sandbox has a /proc of its own
    granted = [path for path in readable if not path.startswith("/proc/")]
    own = []
    for part in WORKER_PARTS:
        own.append(str(package / part))
    return sorted({*granted, *interpreter, *own})
