"""How much memory this process may take for one submission.

A student's values are bounded before anything is computed with them. Should one get through all the same,
this ends that one submission, and not the machine's other work.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from grader.errors import GraderFault

_STATM = Path("/proc/self/statm")
_DATA = 5  # the column of statm that holds data and stack, in pages
# Torch raises a RuntimeError, and a check that fails by itself a GraderFault; only the text tells.
_NO_MEMORY = re.compile(
    "MemoryError|DefaultCPUAllocator|can't allocate memory"
)


@contextlib.contextmanager
def memory_ceiling(megabytes: int) -> Iterator[None]:
    """Meanwhile this process may take so much memory besides what it holds; nothing is limited outside Linux.

    Raises GraderFault where that was not enough.
    """
    try:
        with _limited(megabytes << 20):
            yield
    except (MemoryError, RuntimeError, GraderFault) as error:
        told = f"{type(error).__name__}: {error}"
        if _NO_MEMORY.search(told) is None:
            raise
        raise GraderFault(
            f"to grade it takes more memory than the {megabytes} MB that grader allows itself for a "
            "submission; look at what its functions return"
        ) from error


@contextlib.contextmanager
def _limited(allowed: int) -> Iterator[None]:
    """With this process's data limited to what it is now and so many bytes more."""
    try:
        import resource

        present = int(_STATM.read_text().split()[_DATA])
    except (ImportError, OSError):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_DATA)
    soft, hard = before
    wanted = present * resource.getpagesize() + allowed
    if soft != resource.RLIM_INFINITY:
        wanted = min(wanted, soft)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
