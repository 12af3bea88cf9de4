"""What a worker may not do, enforced by the kernel: layers of confinement, each tried, each reported.

The trusted side makes a `Policy`; the zygote prepares it once; each forked worker calls `confine` when its
pipes are in place and before any of the student's code is there. If the machine does not offer a layer, this
is reported, and the trusted side decides. If it offers the layer but switching it on fails, the worker ends.

    process    ends with the zygote; gains no privileges; cannot be traced or dumped
    rlimits    memory, CPU time, file size, descriptors
    uid        where root: an account that nobody uses, no groups, no capabilities
    landlock   reads what is granted, writes nothing, no TCP, no signals to others
    seccomp    an allow-list of system calls
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import grp
import importlib.machinery
import os
import platform
import pwd
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from grader.sandbox.walls import landlock, seccomp

LAYERS = ("process", "rlimits", "uid", "landlock", "seccomp")
ENFORCED = "enforced"
UNAVAILABLE = "unavailable: "  # and why
FAILED = 71  # exit status of a worker that could not confine itself

_STATM = Path("/proc/self/statm")
_LINUX = sys.platform.startswith("linux")
# prctl's options
_PDEATHSIG = 1
_GET_DUMPABLE = 3
_DUMPABLE = 4
_KEEPCAPS = 8
_NO_NEW_PRIVS = 38
_FREE_ACCOUNTS = range(
    61184, 65520
)  # user ids that systemd also takes as free
_READ_ANY_FILE = 1 << 2  # CAP_DAC_READ_SEARCH


@dataclass(frozen=True)
class Policy:
    """How to confine a worker. Plain data, made by the trusted side.

    memory_bytes: on top of what the zygote uses. cpu_seconds: the soft limit; the hard one is two seconds
    later. readable: the files and folders to grant. uid: the spare account (and group), where root.
    layers, landlock_abi: for tests, the layers to switch on and the newest Landlock to use, 0 for none.
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
        # JSON has no tuples
        fields = dict(data)
        fields["readable"] = tuple(data["readable"])
        fields["layers"] = tuple(data["layers"])
        return cls(**fields)


@dataclass(frozen=True)
class Prepared:
    """A policy and what the zygote found out about it.

    lacking: layer -> why this machine cannot enforce it. keep_reading: whether the spare account keeps root's
    right to read, because Python lies in a folder that is closed to it; Landlock then bounds that right.
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
    account = _try_account(policy)
    lacking = _lacking(policy, abi, account)
    call_filter = None
    if "seccomp" not in lacking:
        # what Landlock cannot deny: without it to open anything, before its ABI 3 to empty a file
        call_filter = seccomp.Filter(deny_open=abi == 0, deny_truncate=abi < 3)
    _list_import_folders()
    return Prepared(
        policy=policy,
        zygote=os.getpid(),
        lacking=lacking,
        landlock_abi=abi,
        keep_reading=account.closed and "landlock" not in lacking,
        filter=call_filter,
    )


def _lacking(policy: Policy, abi: int, account: _Account) -> dict[str, str]:
    """What this machine cannot enforce: layer -> why."""
    if _LINUX:
        reasons = _lacking_on_linux(abi, account)
    else:
        elsewhere = f"only on Linux, not on {platform.system()}"
        reasons = dict.fromkeys(
            ("process", "uid", "landlock", "seccomp"), elsewhere
        )
    for layer in LAYERS:
        if layer not in policy.layers:
            reasons[layer] = "switched off"
    return reasons


def _lacking_on_linux(abi: int, account: _Account) -> dict[str, str]:
    reasons = {}
    if not _STATM.exists():
        reasons["rlimits"] = "no /proc, which tells the present size"
    if account.refused is not None:
        reasons["uid"] = account.refused
    if abi == 0:
        reasons["landlock"] = "this kernel offers no Landlock"
    no_filter = seccomp.unavailable()
    if no_filter is not None:
        reasons["seccomp"] = no_filter
    return reasons


def confine(prepared: Prepared) -> dict[str, str]:
    """Confine this process for good. Returns layer -> "enforced" or "unavailable: why".

    Does not return where an available layer fails: the process exits with status `FAILED`.
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
    states = dict.fromkeys(LAYERS, ENFORCED)
    for layer, why in prepared.lacking.items():
        states[layer] = UNAVAILABLE + why
    return states


# --- the layers, as the worker applies them ------------------------------------------------------------


def _limit(prepared: Prepared) -> None:
    policy = prepared.policy
    limits = {
        # SIGXCPU first, SIGKILL later
        "CPU": (policy.cpu_seconds, policy.cpu_seconds + 2),
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
        soft, hard = wanted
        # only root may raise a limit that is set already
        present = resource.getrlimit(limit)[1]
        if present != resource.RLIM_INFINITY:
            soft = min(soft, present)
            hard = min(hard, present)
        resource.setrlimit(limit, (soft, hard))


def _present_memory() -> tuple[int, int]:
    """This process's address space and data, in bytes."""
    with _STATM.open("rb") as file:
        pages = file.read().split()
    page_size = resource.getpagesize()
    return int(pages[0]) * page_size, int(pages[5]) * page_size


def _leave_account(prepared: Prepared) -> None:
    assert prepared.policy.uid is not None
    capabilities = _READ_ANY_FILE if prepared.keep_reading else 0
    _become(prepared.policy.uid, capabilities)


def _become(uid: int, capabilities: int) -> None:
    """Change account and group for good, and keep only these capabilities."""
    # the groups first: the account that comes of it may not change them
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    keep = 1 if capabilities else 0
    _prctl(_KEEPCAPS, keep)
    os.setresuid(uid, uid, uid)
    # the third version of the interface; this process
    header = struct.pack("=Ii", 0x20080522, 0)
    sets = struct.pack("=6I", capabilities, capabilities, 0, 0, 0, 0)
    if _LIBC.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (uid, uid, uid):
        raise OSError("the account did not change")


def _isolate(prepared: Prepared) -> None:
    if os.getsid(0) != os.getpid():
        os.setsid()
    _prctl(_PDEATHSIG, signal.SIGKILL)
    # it may have ended before PDEATHSIG was set, and then no signal comes
    if os.getppid() != prepared.zygote:
        raise OSError("the zygote ended")
    _prctl(_NO_NEW_PRIVS, 1)
    forbid_tracing()


def forbid_tracing() -> None:
    """Keep others of the same account from reading or tracing this process. Also for the trusted side."""
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


class _Account(NamedTuple):
    """refused: why a worker cannot become the spare account. closed: whether it cannot read what it must."""

    refused: str | None
    closed: bool = False


def _try_account(policy: Policy) -> _Account:
    """Have a child become the spare account, and look at what it can read then."""
    if not _LINUX:
        return _Account("only on Linux")
    if os.geteuid() != 0:
        return _Account("not root")
    if policy.uid is None:
        return _Account("no spare account given")
    present = [path for path in policy.readable if Path(path).exists()]
    reads_all, reads_some, refused = 0, 2, 1  # exit statuses
    child = os.fork()
    if child == 0:
        status = refused
        with contextlib.suppress(BaseException):
            _become(policy.uid, 0)
            readable = all(os.access(path, os.R_OK) for path in present)
            status = reads_all if readable else reads_some
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (reads_all, reads_some):
        return _Account(f"account {policy.uid} cannot be taken on here")
    return _Account(None, closed=status == reads_some)


def _list_import_folders() -> None:
    """Let the import system list its folders: Landlock grants what is in them, not the folders."""
    importlib.machinery.PathFinder.find_spec("no_module_has_this_name")


_LIBC = ctypes.CDLL(None, use_errno=True)


# --- what the trusted side asks --------------------------------------------------------------------------


def spare_account() -> int | None:
    """A user id (and group id) that nobody uses, where this process is root and can give one to a worker."""
    if not _LINUX or os.geteuid() != 0:
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    taken |= {entry.gr_gid for entry in grp.getgrall()}
    for uid in _FREE_ACCOUNTS:
        if uid not in taken:
            return uid
    return None


def may_be_traced() -> bool:
    """Whether others of the same account may read or trace this process."""
    return bool(_LIBC.prctl(_GET_DUMPABLE, *[ctypes.c_ulong(0)] * 4))
