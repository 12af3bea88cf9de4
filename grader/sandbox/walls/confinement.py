"""What a worker may not do, enforced by the kernel: layers of confinement, each tried, each reported.

The trusted side makes a `Policy`; the zygote prepares it once; each forked worker calls `confine` when its
pipes are in place and before any of the student's code is there. A layer that this machine lacks is
reported, for the trusted side to judge. A layer that it has and that fails ends the worker.

    process    ends with the zygote; no new privileges; not to be traced or dumped
    rlimits    memory, CPU time, file size, descriptors
    uid        where root: an account of nobody, no groups, no capabilities
    landlock   reads what is granted, writes nothing, no TCP, no signals to others
    seccomp    an allow-list of system calls
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import grp
import importlib.machinery
import json
import os
import platform
import pwd
import resource
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.sandbox.walls import landlock, seccomp
from grader.sandbox.walls.landlock import readable_paths

__all__ = [
    "LAYERS",
    "Policy",
    "Prepared",
    "bwrap_command",
    "confine",
    "forbid_tracing",
    "prepare",
    "probe",
    "readable_paths",
    "spare_account",
]

LAYERS = ("process", "rlimits", "uid", "landlock", "seccomp")
ENFORCED = "enforced"
FAILED = 71  # exit status of a worker that could not confine itself

_STATM = Path("/proc/self/statm")
_LINUX = sys.platform.startswith("linux")
_PDEATHSIG, _GET_DUMPABLE, _DUMPABLE, _KEEPCAPS, _NO_NEW_PRIVS = 1, 3, 4, 8, 38  # prctl's options
_NOBODYS = range(61184, 65520)  # user ids that systemd, too, takes as free
_READ_ANY_FILE = 1 << 2  # CAP_DAC_READ_SEARCH


@dataclass(frozen=True)
class Policy:
    """How to confine a worker. Plain data, made by the trusted side.

    `memory_bytes` comes on top of what the zygote uses; `cpu_seconds` is the soft limit, the hard one comes
    two seconds later; `readable` are the files and folders to grant; `uid` is the spare account (and group)
    where root. `layers` are those to switch on, and `landlock_abi` is the newest Landlock to use, 0 for none:
    both for tests.
    """

    memory_bytes: int = 2 << 30
    cpu_seconds: int = 10
    readable: tuple[str, ...] = ()
    uid: int | None = None
    layers: tuple[str, ...] = LAYERS
    landlock_abi: int = 99

    def to_json(self) -> dict[str, Any]:
        """This policy as JSON's types."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Policy:
        """The policy that `to_json` gave."""
        return cls(**{**data, "readable": tuple(data["readable"]), "layers": tuple(data["layers"])})


@dataclass(frozen=True)
class Prepared:
    """A policy and what the zygote found out for it: what is lacking, layer -> why.

    `keep_reading` says that the spare account needs root's right to read, as Python lies in a folder closed
    to it; Landlock then bounds that right.
    """

    policy: Policy
    zygote: int
    lacking: Mapping[str, str]
    landlock_abi: int
    keep_reading: bool
    filter: seccomp.Filter | None


def prepare(policy: Policy) -> Prepared:
    """Find out, in the zygote, what can be enforced, and let the import system list its folders once."""
    abi = min(landlock.abi(), policy.landlock_abi)
    no_account, closed = _try_account(policy)
    reasons = {
        "process": None if _LINUX else _not_linux(),
        "rlimits": "no /proc, which tells the present size" if _LINUX and not _STATM.exists() else None,
        "uid": no_account,
        "landlock": None if abi else "this kernel offers no Landlock" if _LINUX else _not_linux(),
        "seccomp": seccomp.unavailable() if _LINUX else _not_linux(),
    }
    reasons |= {layer: "switched off" for layer in LAYERS if layer not in policy.layers}
    lacking = {layer: why for layer, why in reasons.items() if why}
    _list_import_folders()
    return Prepared(
        policy=policy,
        zygote=os.getpid(),
        lacking=lacking,
        landlock_abi=abi,
        keep_reading=closed and "landlock" not in lacking,
        filter=None if "seccomp" in lacking else seccomp.Filter(deny_open=abi == 0, deny_truncate=abi < 3),
    )


def confine(prepared: Prepared) -> dict[str, str]:
    """Confine this process, for good. Returns layer -> "enforced" or "unavailable: why".

    Does not return where a layer that is there fails: the process exits with status `FAILED`.
    """
    steps: dict[str, Callable[[Prepared], None]] = {
        "rlimits": _limit,
        "uid": _leave_account,
        "process": _isolate,  # after uid, as changing the account resets what it sets
        "landlock": _restrict_files,
        "seccomp": _filter_calls,  # last, as it denies what the others call
    }
    try:
        for layer, step in steps.items():
            if layer not in prepared.lacking:
                step(prepared)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(2, f"cannot confine: {layer}: {error!r}\n".encode())
        os._exit(FAILED)
    lacking = prepared.lacking
    return {layer: f"unavailable: {lacking[layer]}" if layer in lacking else ENFORCED for layer in LAYERS}


def _not_linux() -> str:
    return f"only on Linux, not on {platform.system()}"


# --- the layers, as the worker applies them ------------------------------------------------------------


def _limit(prepared: Prepared) -> None:
    policy = prepared.policy
    limits = {
        "CPU": (policy.cpu_seconds, policy.cpu_seconds + 2),  # a signal, then a kill
        "FSIZE": (0, 0),
        "NOFILE": (64, 64),
        "CORE": (0, 0),
        "MEMLOCK": (0, 0),
    }
    if _LINUX:
        size, data = _present_memory()
        limits |= {
            "AS": (size + policy.memory_bytes,) * 2,
            "DATA": (data + policy.memory_bytes,) * 2,
            "MSGQUEUE": (0, 0),
            "SIGPENDING": (256, 256),
            "NICE": (0, 0),
            "RTPRIO": (0, 0),
        }
    for name, wanted in limits.items():
        limit = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(limit)[1]
        most = max(wanted) if hard == resource.RLIM_INFINITY else hard
        resource.setrlimit(limit, (min(wanted[0], most), min(wanted[1], most)))


def _present_memory() -> tuple[int, int]:
    """This process's address space and data, in bytes."""
    with _STATM.open("rb") as file:
        pages = file.read().split()
    return int(pages[0]) * resource.getpagesize(), int(pages[5]) * resource.getpagesize()


def _leave_account(prepared: Prepared) -> None:
    assert prepared.policy.uid is not None
    _become(prepared.policy.uid, _READ_ANY_FILE if prepared.keep_reading else 0)


def _become(uid: int, capabilities: int) -> None:
    """Change account and group for good, and keep no more than these capabilities."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    _prctl(_KEEPCAPS, 1 if capabilities else 0)
    os.setresuid(uid, uid, uid)
    header = struct.pack("=Ii", 0x20080522, 0)  # the third version of the interface; this process
    sets = struct.pack("=6I", capabilities, capabilities, 0, 0, 0, 0)
    if _LIBC.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (uid, uid, uid):
        raise OSError("the account did not change")


def _isolate(prepared: Prepared) -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()
    _prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != prepared.zygote:
        raise OSError("the zygote ended")
    _prctl(_NO_NEW_PRIVS, 1)
    forbid_tracing()


def forbid_tracing() -> None:
    """Let nobody of the same account read this process's memory or trace it. For the trusted side too."""
    if _LINUX:
        _prctl(_DUMPABLE, 0)


def _restrict_files(prepared: Prepared) -> None:
    _prctl(_NO_NEW_PRIVS, 1)
    landlock.restrict(prepared.landlock_abi, prepared.policy.readable)


def _filter_calls(prepared: Prepared) -> None:
    _prctl(_NO_NEW_PRIVS, 1)
    assert prepared.filter is not None
    prepared.filter.install(os.getpid())


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


# --- what the zygote finds out --------------------------------------------------------------------------


def _try_account(policy: Policy) -> tuple[str | None, bool]:
    """Why a worker cannot become the spare account, and whether what it must read is closed to it."""
    if not _LINUX:
        return _not_linux(), False
    if os.geteuid() != 0:
        return "not root", False
    if policy.uid is None:
        return "no spare account given", False
    there = [path for path in policy.readable if Path(path).exists()]
    child = os.fork()
    if child == 0:
        status = 1
        with contextlib.suppress(BaseException):
            _become(policy.uid, 0)
            status = 0 if all(os.access(path, os.R_OK) for path in there) else 2
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return (
        (None, status == 2) if status in (0, 2) else (f"account {policy.uid} cannot be taken on here", False)
    )


def _list_import_folders() -> None:
    """Let the import system list its folders: Landlock grants what is in them, not the folders."""
    importlib.machinery.PathFinder.find_spec("no_module_has_this_name")


_LIBC = ctypes.CDLL(None, use_errno=True)


# --- what the trusted side asks --------------------------------------------------------------------------


def spare_account() -> int | None:
    """A user id (and group id) that nobody has, where this process is root and can give one to a worker."""
    if not _LINUX or os.geteuid() != 0:
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()} | {entry.gr_gid for entry in grp.getgrall()}
    return next((uid for uid in _NOBODYS if uid not in taken), None)


def probe() -> dict[str, str]:
    """What this machine enforces, layer -> "enforced" or "unavailable: why", tried in a new process."""
    return dict(json.loads(_run_python("print(confinement.json.dumps(confinement._try_layers()))")))


def _run_python(statement: str, wrap: Sequence[str] = ()) -> str:
    """What a fresh interpreter prints, run as the zygote is. Raises CalledProcessError."""
    root = str(Path(__file__).resolve().parents[3])
    code = (
        f"import sys; sys.path.insert(0, {root!r}); from grader.sandbox.walls import confinement; {statement}"
    )
    command = [*wrap, sys.executable, "-I", "-B", "-c", code]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60, cwd="/").stdout


def _try_layers() -> dict[str, str]:
    """Confine a forked child, and have it try what each layer forbids."""
    prepared = prepare(Policy(readable=readable_paths(), uid=spare_account()))
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        states = confine(prepared)
        for layer, is_open in _OPENINGS.items():
            if states[layer] == ENFORCED and is_open(prepared):
                states[layer] = "unavailable: it was switched on, and did not hold"
        os.write(sender, json.dumps(states).encode())
        os._exit(0)
    os.close(sender)
    text = os.read(receiver, 1 << 16)
    if os.waitpid(child, 0)[1]:
        return dict.fromkeys(LAYERS, "unavailable: a process that tried could not confine itself")
    return dict(json.loads(text))


def _can(action: Callable[..., Any], *arguments: Any) -> bool:
    try:
        action(*arguments)
    except OSError:
        return False
    return True


_OPENINGS: dict[str, Callable[[Prepared], bool]] = {
    "process": lambda _: bool(_LIBC.prctl(_GET_DUMPABLE, *[ctypes.c_ulong(0)] * 4)),
    "rlimits": lambda _: resource.getrlimit(resource.RLIMIT_FSIZE) != (0, 0),
    "uid": lambda prepared: os.getuid() != prepared.policy.uid,
    "landlock": lambda _: _can(os.listdir, "/"),
    "seccomp": lambda _: _can(os.pidfd_open, os.getpid()),
}


# --- the best tier ---------------------------------------------------------------------------------------


def bwrap_command(argv: Sequence[str], readable: Sequence[str]) -> list[str] | None:
    """`argv`, run as the zygote by bubblewrap where nothing but `readable` and the sandbox's code is there.

    It has its own processes, network and users, a `/proc` and an empty `/tmp` of its own, and it inherits
    descriptors. As root it keeps the right to take on the spare account. None where bubblewrap is missing or
    a trial of it fails. It ends with the thread that starts it.
    """
    program = shutil.which("bwrap") if _LINUX else None
    if program is None:
        return None
    wrap = [
        program,
        *_namespaces(),
        "--die-with-parent",
        "--new-session",
        "--proc",
        "/proc",
        "--tmpfs",
        "/tmp",
    ]
    for path in _needed(readable):
        wrap += ["--dev-bind-try" if path.startswith("/dev/") else "--ro-bind-try", path, path]
    for link in map(Path, ("/lib", "/lib64")):
        if link.is_symlink():
            wrap += ["--symlink", str(link.readlink()), str(link)]
    wrap += ["--remount-ro", "/", "--chdir", "/"]
    try:
        _run_python("import importlib.util; assert importlib.util.find_spec('torch')", wrap)
    except (OSError, subprocess.SubprocessError):
        return None
    return [*wrap, *argv]


def _namespaces() -> list[str]:
    if os.geteuid() != 0:
        return ["--unshare-all"]
    # in a user namespace root could not change to another account
    separate = [f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts")]
    return [*separate, "--unshare-cgroup-try", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]


def _needed(readable: Sequence[str]) -> list[str]:
    """What is granted, the interpreter itself, and the code that confines: outermost first."""
    package = Path(__file__).resolve().parents[2]
    interpreter = [sys.executable, os.path.realpath(sys.executable), f"{sys.prefix}/pyvenv.cfg"]
    granted = [path for path in readable if not path.startswith("/proc/")]
    own = [str(package / part) for part in ("__init__.py", "notices.py", "sandbox", "reading")]
    return sorted({*granted, *interpreter, *own})
