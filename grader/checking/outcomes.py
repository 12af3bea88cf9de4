"""What several checks share: a call made once, and what each of them makes of how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from grader.errors import CheckFailure, StudentFailure


def value_of(outcome: Any) -> Any:
    """An outcome as it is, or raised where it is a failure."""
    if isinstance(outcome, StudentFailure | CheckFailure):
        raise outcome
    return outcome


def shared_call(shared: dict[str, Any], name: str, compute: Callable[[], Any]) -> Any:
    """What `compute` gives, computed for the first check that asks; a failure is raised for all."""
    if name not in shared:
        try:
            shared[name] = compute()
        except (StudentFailure, CheckFailure) as failure:
            shared[name] = failure
    return value_of(shared[name])
