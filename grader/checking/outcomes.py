"""What several checks share: a call that is made once, and how it ended for each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.errors import CheckFailure, StudentFailure


def value_of(outcome: Any) -> Any:
    """`outcome` where it is a value; where it is a StudentFailure or a CheckFailure, it is raised."""
    if isinstance(outcome, StudentFailure | CheckFailure):
        raise outcome
    return outcome


def shared_call(shared: dict[str, Any], name: str, compute: Callable[[], Any]) -> Any:
    """What `compute` returns, computed for the first check that asks for `name` and kept in `shared`.

    Where it ends in a StudentFailure or a CheckFailure, that is raised for each check that asks.
    """
    if name not in shared:
        try:
            shared[name] = compute()
        except (StudentFailure, CheckFailure) as failure:
            shared[name] = failure
    return value_of(shared[name])
