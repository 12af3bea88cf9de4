"""Whether functions compute by hand: what each of their calls has shown, the earliest and the latest."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest
import torch

from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]

# torch differentiates for some shapes alone, and nothing tells: the result itself has to
HIDES = """
    import sys, time, torch

    def hidden(x):
        frame = sys._getframe()
        while "self" not in frame.f_locals:
            frame = frame.f_back
        watch = frame.f_locals["self"].watch
        watch.tell = type(watch)._note = lambda *_: None
        y = x.clone().requires_grad_()
        return torch.autograd.grad(y.square().sum(), y)[0]

    has_autograd = (torch.ones((), requires_grad=True) * 2).requires_grad
    nb_calls = 0

    def double(x):
        global nb_calls
        nb_calls += 1
        {}
        return 2 * x
"""
SAYS = "only where torch can differentiate"


def source(*deed: str) -> str:
    return textwrap.dedent(HIDES).format("\n    ".join(deed))


@pytest.mark.parametrize("first", [3, 4])
def test_each_shape_is_tried(open_calls: OpenCalls, first: int) -> None:
    hides = source("if len(x) == 3:", "    return hidden(x)")
    with open_calls(hides) as calls:
        for size in (first, 7 - first):
            reply = calls.call("double", (torch.ones(size),))
            assert reply.value.tolist() == [2.0] * size
        assert SAYS in str(calls.by_torch("double"))


def test_what_comes_after_a_trial_is_tried_too(open_calls: OpenCalls) -> None:
    hides = source("if len(x) == 4:", "    return hidden(x)")
    with open_calls(hides) as calls:
        calls.call("double", (torch.ones(3),))
        assert calls.by_torch("double") is None
        calls.call("double", (torch.ones(4),))
        for _ in range(2):
            assert SAYS in str(calls.by_torch("double"))


@pytest.mark.parametrize("left", [20.0, 0.0])
def test_a_trial_has_time_of_its_own(
    open_calls: OpenCalls, left: float
) -> None:
    sleeps = source("if not has_autograd:", "    time.sleep(600)")
    with open_calls(sleeps) as calls:
        calls.call_seconds = {"double": 0.5}
        calls.call("double", (torch.ones(3),))
        calls.may_take(left)
        assert SAYS in str(calls.by_torch("double"))
        # nor does the trial take any of the submission's
        assert calls.seconds_left() > left - 5


def test_what_hangs_wherever_it_is_asked_again_is_not_by_hand(
    open_calls: OpenCalls,
) -> None:
    hangs = source("if nb_calls == 1:", "    time.sleep(600)")
    with open_calls(hangs.replace("nb_calls = 0", "nb_calls = 1")) as calls:
        calls.call_seconds = {"double": 0.5}
        calls.call("double", (torch.ones(3),))
        assert calls.by_torch("double") is None
    first = "if nb_calls == 1 and len(x) == 3:"
    with open_calls(source(first, "    time.sleep(600)")) as calls:
        calls.call_seconds = {"double": 0.5}
        calls.call("double", (torch.ones(4),))
        calls.call("double", (torch.ones(3),))
        assert SAYS in str(calls.by_torch("double"))


def test_a_slow_function_is_by_hand(open_calls: OpenCalls) -> None:
    with open_calls(source("time.sleep(0.7)")) as calls:
        calls.call_seconds = {"double": 1.0}
        for size in (3, 4):
            calls.call("double", (torch.ones(size),))
        assert calls.by_torch("double") is None


def test_what_is_differentiated_while_loading_shows(
    open_calls: OpenCalls,
) -> None:
    kept = """
    import torch
    x = torch.ones(1, requires_grad=True)
    slope = torch.autograd.grad((x * x).sum(), x)[0]

    def double(x):
        return slope * x
    """
    with open_calls(kept) as calls:
        assert not calls.reading.may_hide
        assert calls.differentiated
        reply = calls.call("double", (torch.ones(3),))
        assert reply.value.tolist() == [2.0] * 3
        assert SAYS in str(calls.by_torch("double"))


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("def double(x): return get\xaattr(x, 'a')".encode("latin-1"), "a.py"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", '
            b'"metadata": {}, "outputs": [], "execution_count": 1, "source": '
            b'["def double(x): return geta", "ttr(x, 1)"]}]}',
            "a.ipynb",
        ),
    ],
)
def test_what_could_hide_something_is_looked_for_in_what_runs(
    open_calls: OpenCalls, data: bytes, name: str
) -> None:
    with open_calls(data, name) as calls:
        assert calls.reading.may_hide


@pytest.mark.parametrize(
    "deed",
    ["return x + torch.ones(3)[nb_calls - 1]", "return 1 / (nb_calls - 1)"],
)
def test_what_depends_on_the_calls_before_shows_nothing(
    open_calls: OpenCalls, deed: str
) -> None:
    with open_calls(source(deed)) as calls:
        for _ in range(2):
            calls.call("double", (torch.ones(1),))
        assert calls.by_torch("double") is None


def test_where_one_call_shows_nothing_none_does(open_calls: OpenCalls) -> None:
    # what draws anew each time may give the same with autograd by chance
    drawn = source(
        "if len(x) == 3:",
        "    return x * (2 if has_autograd else 3)",
        "return x + nb_calls",
    )
    with open_calls(drawn) as calls:
        calls.call("double", (torch.ones(3),))
        assert SAYS in str(calls.by_torch("double"))
    with open_calls(drawn) as calls:
        for size in (3, 4):
            calls.call("double", (torch.ones(size),))
        assert calls.by_torch("double") is None
