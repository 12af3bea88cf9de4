"""A call that several checks share."""

from typing import Any

import pytest

from grader.checking import CheckFailure, shared_call, value_of
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
