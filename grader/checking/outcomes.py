"""What several checks share: a call that is made once, and how it ended for each of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from grader.checking.reference import Reference
from grader.errors import CheckFailure, StudentFailure
from grader.sandbox.calls import Calls


def value_of(outcome: Any) -> Any:
    """`outcome` where it is a value; where it is a StudentFailure or a CheckFailure, it is raised."""
    if isinstance(outcome, StudentFailure | CheckFailure):
        raise outcome
    return outcome


def shared_call(
    shared: dict[str, Any], name: str, compute: Callable[[], Any]
) -> Any:
    """What `compute` returns, computed for the first check that asks for `name` and kept in `shared`.

    Where it ends in a StudentFailure or a CheckFailure, that is raised for each check that asks.
    """
    if name not in shared:
        try:
            shared[name] = compute()
        except (StudentFailure, CheckFailure) as failure:
            shared[name] = failure
    return value_of(shared[name])


@contextlib.contextmanager
def without_earlier(calls: Calls, reference: Reference) -> Iterator[None]:
    """For one call, with stand-ins for the student's functions that are plugged into the reference.

    Stand-ins change no argument, so what the call changes it has changed itself. If it cannot work with them
    and raises, what it has changed until then counts.
    """
    with calls.replacing(reference.plugged):
        try:
            yield
        except StudentFailure:
            if not reference.plugged:
                raise
