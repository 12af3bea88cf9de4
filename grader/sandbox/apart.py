"""A submission's worker apart: it is asked for what takes part in judging the rest.

It never sees what is judged, and so cannot act on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.sandbox.calls import Calls


class Apart:
    """The calls of the same submission in another worker, made where they are first needed."""

    def __init__(self, make: Callable[[], Calls]) -> None:
        self._make = make
        self._calls: Calls | None = None

    def beside(self, calls: Calls) -> Calls:
        """The calls apart from these, with the time that is left to these."""
        if self._calls is None:
            self._calls = self._make()
            self._calls.call_seconds = calls.call_seconds
            self._calls.seed = calls.seed
            self._calls.orders = calls.orders
            # what has hung here need not hang there too
            self._calls.failures = calls.failures
            self._calls.standins = calls.standins
        self._calls.may_take(max(calls.seconds_left(), 0))
        return self._calls

    def replace(self, functions: frozenset[str]) -> None:
        """Have stand-ins in the place of these functions there too."""
        if self._calls is not None:
            self._calls.standins = functions

    def close(self) -> None:
        """End its worker."""
        if self._calls is not None:
            self._calls.close()
