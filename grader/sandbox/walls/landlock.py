"""What a worker may read: a Landlock ruleset that grants paths one by one and denies all else.

Landlock grants a folder with all that is in it and cannot take a part of it out again, so the caller names
folders small enough. No right to execute is granted, none to write but on /dev/null.
"""

from __future__ import annotations

import ctypes
import os
import re
import site
import stat
import struct
import sys
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from grader.sandbox.walls import system_calls

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # refer; truncate; ioctl on devices
_TCP = 0b11  # bind, connect: from ABI 4
_SCOPES = 0b11  # abstract unix sockets, signals: from ABI 6
_PATH_BENEATH = 1  # enum landlock_rule_type


def abi() -> int:
    """The version of Landlock that the kernel offers, 0 where it offers none."""
    if not system_calls.numbers():
        return 0
    return max(_call("landlock_create_ruleset", None, 0, 1), 0)


def ruleset(version: int) -> bytes:
    """All that can be denied from this ABI version on, as a `struct landlock_ruleset_attr`."""
    files = sum(rights for since, rights in _FILE_RIGHTS.items() if version >= since)
    parts = [files] + [_TCP] * (version >= 4) + [_SCOPES] * (version >= 6)
    return struct.pack(f"={len(parts)}Q", *parts)


def restrict(version: int, readable: Iterable[str]) -> None:
    """Deny this process all but reading these files and folders; what it cannot reach is passed over.

    Raises OSError. Needs no_new_privs, or root.
    """
    attributes = ruleset(version)
    rules = _check(_call("landlock_create_ruleset", attributes, len(attributes), 0))
    for path in readable:
        _grant(rules, path)
    _check(_call("landlock_restrict_self", rules, 0))
    os.close(rules)


def _grant(rules: int, path: str) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    rights = _READ_FILE
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        rights |= _READ_DIR
    elif path == os.devnull:
        rights |= _WRITE_FILE
    _check(_call("landlock_add_rule", rules, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0))
    os.close(descriptor)


def _call(name: str, *arguments: int | bytes | None) -> int:
    words = (ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)
    return int(_LIBC.syscall(ctypes.c_long(system_calls.numbers()[name]), *words))


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


_LIBC = ctypes.CDLL(None, use_errno=True)


# --- what the trusted side has granted: no system calls from here on -----------------------------------

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
_PRODUCT = re.compile(
    r"(__editable__\W?_?|_editable_impl_|_)?(backprop[-._])?grader([-._].*)?", re.IGNORECASE
)


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
    package = Path(__file__).resolve().parents[2]
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
