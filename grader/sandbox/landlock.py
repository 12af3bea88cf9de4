"""What a worker may read: a Landlock ruleset that grants paths one by one and denies all else.

Landlock grants a folder with all that is in it and cannot take a part of it out again, so the caller names
folders small enough. No right to execute is granted, none to write but on /dev/null.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from grader.sandbox import syscalls

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # refer; truncate; ioctl on devices
_TCP = 0b11  # bind, connect: from ABI 4
_SCOPES = 0b11  # abstract unix sockets, signals: from ABI 6
_PATH_BENEATH = 1  # enum landlock_rule_type


def abi() -> int:
    """The version of Landlock that the kernel offers, 0 where it offers none."""
    if not syscalls.numbers():
        return 0
    return max(_call("landlock_create_ruleset", None, 0, 1), 0)


def ruleset(version: int) -> bytes:
    """All that can be denied from this ABI version on, as a `struct landlock_ruleset_attr`."""
    files = sum(rights for since, rights in _FILE_RIGHTS.items() if version >= since)
    parts = [files] + [_TCP] * (version >= 4) + [_SCOPES] * (version >= 6)
    return struct.pack(f"={len(parts)}Q", *parts)


def restrict(version: int, readable: Iterable[str]) -> None:
    """Deny this process all but reading these files and folders; what is not there is passed over.

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
    except (FileNotFoundError, NotADirectoryError):
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
    return int(_LIBC.syscall(ctypes.c_long(syscalls.numbers()[name]), *words))


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


_LIBC = ctypes.CDLL(None, use_errno=True)
