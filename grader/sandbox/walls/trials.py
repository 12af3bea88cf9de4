"""What this machine enforces, tried for real: a confined child attempts what each layer forbids."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from grader.sandbox.walls import confinement, grants
from grader.sandbox.walls.confinement import (
    ENFORCED,
    LAYERS,
    UNAVAILABLE,
    Policy,
    Prepared,
)

_SECONDS = 60


def probe() -> dict[str, str]:
    """What this machine enforces, layer -> "enforced" or "unavailable: why", tried in a new process.

    Raises CalledProcessError where that process fails.
    """
    said = run_python(
        "from grader.sandbox.walls import trials; print(trials.json.dumps(trials.confine_a_child()))"
    )
    return dict(json.loads(said))


def run_python(statement: str, wrap: Sequence[str] = ()) -> str:
    """What a fresh interpreter prints, started as the zygote is. Raises CalledProcessError, TimeoutExpired.

    wrap: the command that runs it.
    """
    root = str(Path(__file__).resolve().parents[3])
    code = f"import sys; sys.path.insert(0, {root!r}); {statement}"
    command = [*wrap, sys.executable, "-I", "-B", "-c", code]
    done = subprocess.run(
        command,
        capture_output=True,
        check=True,
        text=True,
        timeout=_SECONDS,
        cwd="/",
    )
    return done.stdout


def confine_a_child() -> dict[str, str]:
    """Confine a forked child, and have it attempt what each layer forbids."""
    readable = grants.readable_paths()
    policy = Policy(readable=readable, uid=confinement.spare_account())
    prepared = confinement.prepare(policy)
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        states = confinement.confine(prepared)
        for layer, gets_through in _ATTEMPTS.items():
            if states[layer] == ENFORCED and gets_through(prepared):
                states[layer] = (
                    UNAVAILABLE + "it was switched on, and did not hold"
                )
        os.write(sender, json.dumps(states).encode())
        os._exit(0)
    os.close(sender)
    text = os.read(receiver, 1 << 16)
    os.close(receiver)
    _, status = os.waitpid(child, 0)
    if status != 0:
        why = "a process that tried could not confine itself"
        return dict.fromkeys(LAYERS, UNAVAILABLE + why)
    return dict(json.loads(text))


def _is_traceable(_: Prepared) -> bool:
    return confinement.may_be_traced()


def _may_write_files(_: Prepared) -> bool:
    return resource.getrlimit(resource.RLIMIT_FSIZE) != (0, 0)


def _kept_the_account(prepared: Prepared) -> bool:
    return os.getuid() != prepared.policy.uid


def _lists_the_root_folder(_: Prepared) -> bool:
    return _succeeds(lambda: list(Path("/").iterdir()))


def _opens_a_pidfd(_: Prepared) -> bool:
    return _succeeds(lambda: os.pidfd_open(os.getpid()))


def _succeeds(action: Callable[[], object]) -> bool:
    try:
        action()
    except OSError:
        return False
    return True


_ATTEMPTS: dict[str, Callable[[Prepared], bool]] = {
    "process": _is_traceable,
    "rlimits": _may_write_files,
    "uid": _kept_the_account,
    "landlock": _lists_the_root_folder,
    "seccomp": _opens_a_pidfd,
}
