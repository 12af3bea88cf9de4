"""What the hostile submissions share; a worker serves it to them as a course's own module.

An attack calls `attempt(deed)`: the deed gives a value where it worked and raises where it was stopped.
What it prints is the evidence: RAN, and PROOF where it worked.
"""

import ctypes
import fcntl  # noqa: F401  (for the attacks, as a worker may not be able to import it)
import json
import mmap  # noqa: F401
import os
import platform
import resource  # noqa: F401
import signal  # noqa: F401
import socket  # noqa: F401
import struct
import sys
import threading  # noqa: F401
import time

HOST = {}
LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": {
        "ptrace": 101, "personality": 135, "setxattr": 188, "mq_open": 240, "inotify_init1": 294,
        "add_key": 248, "keyctl": 250, "unshare": 272, "kcmp": 312, "userfaultfd": 323, "memfd_create": 319,
        "execveat": 322, "io_uring_setup": 425, "shmget": 29, "semget": 64, "msgget": 68, "bpf": 321,
        "process_vm_readv": 310, "prctl": 157, "openat": 257, "sched_setaffinity": 203, "ioprio_set": 251,
        "open_by_handle_at": 304, "perf_event_open": 298, "pidfd_getfd": 438, "mlock": 149, "semctl": 66,
        "shmctl": 31, "msgctl": 71,
    },
    "aarch64": {
        "ptrace": 117, "personality": 92, "setxattr": 5, "mq_open": 180, "inotify_init1": 26,
        "add_key": 217, "keyctl": 219, "unshare": 97, "kcmp": 272, "userfaultfd": 282, "memfd_create": 279,
        "execveat": 281, "io_uring_setup": 425, "shmget": 194, "semget": 190, "msgget": 186, "bpf": 280,
        "process_vm_readv": 270, "prctl": 167, "openat": 56, "sched_setaffinity": 122, "ioprio_set": 30,
        "open_by_handle_at": 265, "perf_event_open": 241, "pidfd_getfd": 438, "mlock": 228, "semctl": 191,
        "shmctl": 195, "msgctl": 187,
    },
}.get(platform.machine(), {})  # fmt: skip


def install(told):
    """In the zygote, once: what there is to attack on this machine."""
    HOST.update(json.loads(bytes(told.tolist())))


def attempt(deed, *arguments):
    print("RAN", flush=True)
    value = deed(*arguments)
    if "edited" in deed.__code__.co_filename:
        return  # the search for a mistake's place has put other values into it: no deed of the attacker's
    print("PROOF", repr(value)[:300], flush=True)
    raise RuntimeError(f"PROOF {value!r}"[:300])


def ran():
    print("RAN", flush=True)


def call(name, *arguments):
    """A system call by its number. Raises OSError."""
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = LIBC.syscall(ctypes.c_long(NUMBERS[name]), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def number():
    """The number of the request that is being answered, read off the worker's own frames."""
    frame = sys._getframe()
    while frame:
        request = frame.f_locals.get("request")
        if isinstance(request, dict) and "number" in request:
            return request["number"]
        frame = frame.f_back
    raise LookupError("no request on the stack")


def reply(head, body=b"", then_hang=True):
    """Write a frame to the reply pipe as if the worker had answered."""
    data = head if isinstance(head, bytes) else json.dumps(head).encode()
    write(struct.pack(">I", len(data)) + data + body, then_hang)


def write(data, then_hang=True):
    ran()
    while data:
        data = data[os.write(4, data) :]
    if then_hang:
        time.sleep(30)


def message(**fields):
    """A reply's tree, as a forger would have it."""
    error = {"kind": "E", "text": "t", "frames": {"list": []}}
    row = {"value": None, "error": _dict(error)}
    told = {
        "number": number(),
        "arguments": None,
        "seconds": 0.0,
    } | fields
    row |= {key: told.pop(key) for key in list(told) if key in row}
    told.setdefault("rows", {"list": [_dict(row)]})
    return _dict(told)


def _dict(entries):
    return {"dict": [[key, value] for key, value in entries.items()]}
