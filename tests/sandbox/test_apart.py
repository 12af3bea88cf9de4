"""A submission's worker apart: another process, in which everything else is as in the first one."""

from __future__ import annotations

from collections.abc import Callable

import torch

from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]

COUNTS = """
    nb_calls = 0

    def double(x, y=0):
        global nb_calls
        nb_calls += 1
        return nb_calls + 10 * x
"""


def test_it_knows_nothing_of_the_other_ones_calls(
    open_calls: OpenCalls,
) -> None:
    with open_calls(COUNTS) as calls:
        assert calls.apart is calls.apart
        for number in (1, 2):
            assert calls.call("double", (0,)).value == number
        assert calls.apart.call("double", (0,)).value == 1


def test_it_is_asked_in_the_same_way(open_calls: OpenCalls) -> None:
    with open_calls(COUNTS) as calls:
        calls.seed = 3
        calls.orders["double"] = (1, 0)
        calls.call_seconds = {"double": 1.5}
        assert calls.apart.seed == 3
        assert calls.apart.call("double", (0, 2)).value == 21
        with calls.replacing(["double"]):
            assert calls.apart.standins == {"double"}
        assert calls.apart.standins == frozenset()
        calls.may_take(1.0)
        assert calls.apart.time_for("double") <= 1.0


def test_it_ends_with_the_other(open_calls: OpenCalls) -> None:
    with open_calls("def double(x):\n    return x + 1\n") as calls:
        apart = calls.apart
        assert apart.call("double", (torch.ones(1),)).value == 2
    assert apart._submission._worker is None
