"""How well a machine isolates student code, in one word: the level of an isolation report.

none      nothing is enforced
limits    a process of its own, with limits of memory, time and size
default   besides: reads no file but libraries, writes none, and only harmless system calls
best      besides: bubblewrap, so that other files and processes are not even to be seen
"""

from __future__ import annotations

from collections.abc import Mapping

from grader.errors import IsolationError, UsageError

LEVELS = ("none", "limits", "default", "best")
_NEEDED = {
    "limits": ("rlimits",),
    "default": ("rlimits", "process", "landlock", "seccomp"),
    "best": ("rlimits", "process", "landlock", "seccomp", "bubblewrap"),
}


def level(isolation: Mapping[str, str]) -> str:
    """The highest level all of whose layers are enforced; `isolation` is layer -> state."""
    reached = "none"
    for name, layers in _NEEDED.items():
        if all(isolation.get(layer) == "enforced" for layer in layers):
            reached = name
    return reached


def lacking(isolation: Mapping[str, str], wanted: str = "default") -> dict[str, str]:
    """The layers that the level `wanted` needs and that are not enforced, and why."""
    states = {layer: isolation.get(layer, "unavailable: not reported") for layer in _NEEDED.get(wanted, ())}
    return {layer: why.removeprefix("unavailable: ") for layer, why in states.items() if why != "enforced"}


def warning(isolation: Mapping[str, str]) -> str | None:
    """What every report says where the level is below "default", else None."""
    if LEVELS.index(level(isolation)) >= LEVELS.index("default"):
        return None
    missing = "; ".join(f"{layer}: {why}" for layer, why in lacking(isolation).items())
    return (
        "WEAK ISOLATION: on this machine student code could read your files, other submissions and the "
        f"answers. Grade only code that you trust here. Not enforced: {missing}. See `grader doctor`."
    )


def require(isolation: Mapping[str, str], wanted: str) -> None:
    """Raise IsolationError where the level is below `wanted`, UsageError where there is no such level."""
    if wanted not in LEVELS:
        raise UsageError(f"there is no isolation level {wanted!r}; there are {', '.join(LEVELS)}.")
    reached = level(isolation)
    if LEVELS.index(reached) < LEVELS.index(wanted):
        missing = "; ".join(f"{layer}: {why}" for layer, why in lacking(isolation, wanted).items())
        raise IsolationError(
            f"this machine's isolation is {reached!r}, and {wanted!r} was required. Lacking: {missing}. "
            "Run `grader doctor` to see what to do."
        )
