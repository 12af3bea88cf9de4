"""A call that several checks share."""

import contextlib
import types
from collections.abc import Iterator
from typing import Any

import pytest

from grader.checking import (
    CheckFailure,
    shared_call,
    value_of,
    without_earlier,
)
from grader.errors import Raised


def test_it_is_made_once() -> None:
    shared: dict[str, Any] = {}
    made: list[int] = []

    def compute() -> int:
        made.append(1)
        return len(made)

    assert [shared_call(shared, "a", compute) for _ in range(3)] == [1, 1, 1]
    assert shared_call(shared, "b", compute) == 2


@pytest.mark.parametrize(
    "failure", [CheckFailure("no"), Raised("f", "ValueError", "no")]
)
def test_a_failure_is_raised_for_each(failure: Exception) -> None:
    shared: dict[str, Any] = {}
    made: list[int] = []

    def compute() -> None:
        made.append(1)
        raise failure

    for _ in range(2):
        with pytest.raises(type(failure)):
            shared_call(shared, "a", compute)
    assert made == [1]


def test_any_other_exception_is_not_kept() -> None:
    shared: dict[str, Any] = {}
    with pytest.raises(ZeroDivisionError):
        shared_call(shared, "a", lambda: 1 / 0)
    assert not shared


def test_the_value_of_an_outcome() -> None:
    assert value_of(3) == 3
    assert value_of(None) is None
    with pytest.raises(CheckFailure):
        value_of(CheckFailure("no"))


class Replacing:
    """Remembers in whose place stand-ins are."""

    standins: Any = ()

    @contextlib.contextmanager
    def replacing(self, functions: Any) -> Iterator[None]:
        self.standins = functions
        yield
        self.standins = ()


def test_a_call_without_the_earlier_functions_may_raise() -> None:
    calls: Any = Replacing()
    plugged: Any = types.SimpleNamespace(plugged={"sigma"})
    with without_earlier(calls, plugged):
        assert calls.standins == {"sigma"}
        raise Raised("train", "TypeError", "it works with columns")
    assert not calls.standins


def test_where_no_earlier_function_is_wrong_it_may_not() -> None:
    calls: Any = Replacing()
    nothing: Any = types.SimpleNamespace(plugged=set())
    with pytest.raises(Raised), without_earlier(calls, nothing):
        raise Raised("train", "TypeError", "no")
