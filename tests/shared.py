"""Sessions that share the sandbox's warm process, which takes longer to start than most tests need."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from typing import Any

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.sandbox import protocol
from grader.sandbox.host import WorkerSetup, Zygote

_zygotes: dict[tuple[bytes, ...], Zygote] = {}


class _Shared(Zygote):
    """A warm process that no session ends; it ends with the process of the tests."""

    def close(self) -> None:
        if not self.alive:
            super().close()


def zygote(setup: WorkerSetup, readable: Sequence[str] | None) -> Zygote:
    """The warm process for this setup, started where there is none that lives."""
    told = {"prologues": setup.prologues, "data": list(setup.data)}
    key = (repr(readable).encode(), *map(bytes, protocol.dumps(told)))
    there = _zygotes.get(key)
    if there is None or not there.alive:
        there = _zygotes[key] = _Shared(setup, readable)
        atexit.register(Zygote.close, there)
    return there


def session(exercise: Exercise, *arguments: Any, **named: Any) -> Session:
    """A session of an exercise; the rest as `Session` takes it."""
    return Session(exercise, *arguments, start=zygote, **named)
