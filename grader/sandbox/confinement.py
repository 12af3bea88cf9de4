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
import importlib.machinery
import os
import platform
import re
import resource
import signal
import site
import struct
import sys
import sysconfig
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.sandbox import landlock, seccomp

LAYERS = ("process", "rlimits", "uid", "landlock", "seccomp")
ENFORCED = "enforced"
FAILED = 71  # exit status of a worker that could not confine itself

_LINUX = sys.platform.startswith("linux")
_PDEATHSIG, _DUMPABLE, _KEEPCAPS, _NO_NEW_PRIVS = 1, 4, 8, 38  # prctl's options
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
    with Path("/proc/self/statm").open("rb") as file:
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


# --- what the trusted side grants -----------------------------------------------------------------------

_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/share/zoneinfo",
)
_FILES = ("/dev/null", "/dev/zero", "/dev/urandom", "/etc/localtime", "/etc/ld.so.cache", "/proc/cpuinfo")
_SITES = ("site-packages", "dist-packages")
_PRODUCT = re.compile(r"(__editable__\W?_?|_)?grader([-._].*)?", re.IGNORECASE)


def readable_paths(private: Iterable[Path] = ()) -> tuple[str, ...]:
    """What a worker may read: Python's library, the system's, and the packages installed beside grader.

    Never grader itself, its exercises and reports, what leads to a checkout of it, or what lies in `private`:
    a folder that holds one of these is granted entry by entry.
    """
    sites = _site_folders()
    libraries = [Path(prefix, "lib") for prefix in (sys.base_prefix, sys.base_exec_prefix)]
    libraries.append(Path(sysconfig.get_path("stdlib")))
    roots = _existing([*map(Path, _SYSTEM), *libraries]) | sites
    hidden = _product(sites, roots) | {path.resolve() for path in private}
    pieces = {piece for root in roots for piece in _pieces(root, hidden)}
    outermost = {piece for piece in pieces if pieces.isdisjoint(piece.parents)}
    return (*_FILES, *sorted(map(str, outermost)))


def _site_folders() -> set[Path]:
    return _existing(
        Path(entry) for entry in (*sys.path, *site.getsitepackages()) if Path(entry).name in _SITES
    )


def _existing(paths: Iterable[Path]) -> set[Path]:
    return {path.resolve() for path in paths if path.is_dir()}


def _product(sites: set[Path], roots: set[Path]) -> set[Path]:
    """Where grader lies, and what of it installers put among the packages."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent
    entries = [e for folder in sites for e in (*folder.glob("*"), *folder.glob("__pycache__/*"))]
    hidden = {e for e in entries if _PRODUCT.fullmatch(e.name) or _leads_to(checkout, e)}
    if checkout in sites:
        return hidden | {package}
    return hidden | set(_pieces(checkout, roots))  # an environment may lie in the checkout


def _leads_to(checkout: Path, entry: Path) -> bool:
    return entry.suffix == ".pth" and str(checkout) in entry.read_text(errors="replace")


def _pieces(path: Path, without: Collection[Path]) -> Iterator[Path]:
    """`path`, or the largest parts of it that neither hold nor lie in any of `without`."""
    target = path.resolve()
    if any(target.is_relative_to(other) for other in without):
        return
    if not any(other.is_relative_to(target) for other in without):
        if not (path.is_symlink() and Path("~").expanduser().is_relative_to(target)):
            yield target
    elif not path.is_symlink():  # a link may lead back up
        for entry in sorted(path.iterdir()):
            yield from _pieces(entry, without)
