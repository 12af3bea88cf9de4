"""How well a machine isolates student code, in one word: the level of an isolation report.

none      nothing is enforced
limits    a process of its own, with limits on memory, time and size
default   in addition: reads only libraries, writes no file, and makes only harmless system calls
best      in addition: bubblewrap, which hides all other files and processes
"""

from __future__ import annotations

from collections.abc import Mapping

from grader.errors import IsolationError, UsageError
from grader.notices import Notice
from grader.sandbox.walls.confinement import ENFORCED, UNAVAILABLE

LEVELS = ("none", "limits", "default", "best")
_NEEDED = {
    "limits": ("rlimits",),
    "default": ("rlimits", "process", "landlock", "seccomp"),
    "best": ("rlimits", "process", "landlock", "seccomp", "bubblewrap"),
}


def level(isolation: Mapping[str, str]) -> str:
    """The highest level all of whose layers are enforced; `isolation` is layer -> state."""
    reached = "none"
    for name in _NEEDED:
        if not _lacking(isolation, name):
            reached = name
    return reached


def is_at_least(reached: str, wanted: str) -> bool:
    """Whether one level is as high as another, or higher."""
    return LEVELS.index(reached) >= LEVELS.index(wanted)


def warning(isolation: Mapping[str, str]) -> Notice | None:
    """What every report says where the level is below "default", else None."""
    if is_at_least(level(isolation), "default"):
        return None
    return Notice("weak-isolation", {"layers": _lacking(isolation, "default")})


def check(wanted: str) -> None:
    """Raise UsageError where there is no such level."""
    if wanted not in LEVELS:
        known = ", ".join(LEVELS)
        raise UsageError(
            f"There is no isolation level {wanted!r}; choose one of {known}."
        )


def require(isolation: Mapping[str, str], wanted: str) -> None:
    """Raise IsolationError where the level is below `wanted`, UsageError where there is no such level."""
    check(wanted)
    reached = level(isolation)
    if not is_at_least(reached, wanted):
        raise IsolationError(
            f"this machine's isolation is {reached!r}, but {wanted!r} was required. "
            f"Missing: {_lacking(isolation, wanted)}. Run `grader doctor` to see what to do."
        )


def _lacking(isolation: Mapping[str, str], wanted: str) -> str:
    """The layers that the level `wanted` needs and that are not enforced, each with the reason; or ""."""
    missing = []
    for layer in _NEEDED[wanted]:
        state = isolation.get(layer, UNAVAILABLE + "not reported")
        if state != ENFORCED:
            missing.append(f"{layer}: {state.removeprefix(UNAVAILABLE)}")
    return "; ".join(missing)
