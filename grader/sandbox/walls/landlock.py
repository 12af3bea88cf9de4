"""Files and signals: a Landlock ruleset that grants paths one by one and denies all else.

Landlock grants a folder with everything in it and cannot exclude a part of it again, so the caller names
folders that are small enough (`grants`). No right to execute is granted, and none to write except on
/dev/null.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable

from grader.sandbox.walls import system_calls

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
# ABI -> the rights that it brought: the first ones; refer; truncate; ioctl on devices
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_TCP = 0b11  # bind, connect: from ABI 4
_SCOPES = 0b11  # abstract unix sockets, signals: from ABI 6
_PATH_BENEATH = 1  # enum landlock_rule_type


def abi() -> int:
    """The version of Landlock that the kernel offers, 0 where it offers none."""
    if not system_calls.numbers():
        return 0
    return max(_call("landlock_create_ruleset", None, 0, 1), 0)


def ruleset(version: int) -> bytes:
    """Everything that this ABI version can deny, as a `struct landlock_ruleset_attr`."""
    file_rights = 0
    for since, rights in _FILE_RIGHTS.items():
        if version >= since:
            file_rights |= rights
    parts = [file_rights]
    if version >= 4:
        parts.append(_TCP)
    if version >= 6:
        parts.append(_SCOPES)
    return struct.pack(f"={len(parts)}Q", *parts)


def restrict(version: int, readable: Iterable[str]) -> None:
    """Deny this process everything except reading these files and folders; unreachable ones are skipped.

    Raises OSError. Needs no_new_privs, or root.
    """
    attributes = ruleset(version)
    created = _call("landlock_create_ruleset", attributes, len(attributes), 0)
    rules = _check(created)
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
    beneath = struct.pack("=Qi", rights, descriptor)
    _check(_call("landlock_add_rule", rules, _PATH_BENEATH, beneath, 0))
    os.close(descriptor)


def _call(name: str, *arguments: int | bytes | None) -> int:
    number = ctypes.c_long(system_calls.numbers()[name])
    return int(_LIBC.syscall(number, *map(_word, arguments)))


def _word(argument: int | bytes | None) -> object:
    # ctypes would pass an int as 32 bits, and the kernel reads 64
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    return argument


def _check(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


_LIBC = ctypes.CDLL(None, use_errno=True)
