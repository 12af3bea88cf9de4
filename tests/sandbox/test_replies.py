"""Replies: what an honest worker says, and that any other form raises."""

from __future__ import annotations

import math
import operator
from typing import Any

import pytest
import torch

from grader.results import Source
from grader.sandbox import protocol
from grader.sandbox.replies import (
    ErrorContext,
    alike,
    read_autograd,
    read_replies,
    same,
)

UNDEFINED = {
    "w": "line 3 raised: no name 'v'",
    "v": "it",
    "h": "line 4 raised ImportError: cannot import name 'g'",
    "g": "line 4 raised ImportError: cannot import name 'g'",
}
CONTEXT = ErrorContext(UNDEFINED, memory_mb=512)
GIVEN = torch.zeros(2)


def row(**fields: Any) -> dict[str, Any]:
    return {"value": 1, "error": None} | fields


def error(
    kind: str = "ValueError", text: str = "no", frames: Any = ()
) -> dict[str, Any]:
    return {"kind": kind, "text": text, "frames": list(frames)}


def read(*rows: Any, arguments: Any = (GIVEN,)) -> Any:
    message = {"rows": list(rows), "arguments": arguments}
    return read_replies(message, "f", [(GIVEN, 2)] * len(rows), CONTEXT)


def test_a_value() -> None:
    (reply,) = read(row(value=3))
    assert (reply.value, reply.arguments, reply.error) == (3, (GIVEN, 2), None)


def test_a_changed_argument() -> None:
    now = torch.ones(2)
    first, second = read(row(), row(), arguments=[now])
    assert first.arguments[0] is GIVEN
    assert second.arguments == (now, 2)


def test_changes_are_found_here_and_told_with_the_last_row() -> None:
    kept, shape, entries, nan = (
        torch.zeros(2),
        torch.zeros(2),
        torch.zeros(2),
        torch.tensor([torch.nan, 0]),
    )
    rows = [[kept, entries, nan], [entries, 3, shape, entries]]
    now = [kept.clone(), entries + 1, nan.clone(), torch.zeros(3)]
    message = {"rows": [row(), row()], "arguments": now}
    first, second = read_replies(message, "f", rows, CONTEXT)
    assert all(map(operator.is_, first.arguments, rows[0]))
    assert second.arguments[0] is second.arguments[3] is now[1]
    assert second.arguments[1:3] == (3, now[3])


@pytest.mark.parametrize(
    ("was", "now", "is_same"),
    [
        (torch.tensor([torch.nan]), torch.tensor([torch.nan]), True),
        (torch.tensor([torch.nan, 1]), torch.tensor([torch.nan, 2]), False),
        (torch.tensor([True]), torch.tensor([True]), True),
        (torch.tensor([True]), torch.tensor([False]), False),
        (torch.tensor([1]), torch.tensor([1.0]), False),
        (torch.zeros(2), torch.zeros(1, 2), False),
        (torch.empty(0, 3), torch.empty(0, 3), True),
        (torch.tensor([1j]), torch.tensor([2j]), False),
    ],
)
def test_what_is_the_same(
    was: torch.Tensor, now: torch.Tensor, is_same: bool
) -> None:
    assert same(was, now) == is_same


def test_arguments_that_cannot_be_sent() -> None:
    (reply,) = read(row(error=error()), arguments=None)
    assert reply.arguments[0] is GIVEN
    with pytest.raises(ValueError, match="without its arguments"):
        read(row(), arguments=None)


@pytest.mark.parametrize(
    "odd",
    [(), (GIVEN, GIVEN), (5,), (None,), 5, {"0": GIVEN}, GIVEN],
    ids=repr,
)
def test_arguments_of_another_form_raise(odd: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        read(row(), arguments=odd)


def test_an_error() -> None:
    (reply,) = read(
        row(error=error(frames=[["f", 2, None], ["helper", 7, None]]))
    )
    assert (
        str(reply.error)
        == "f calls helper, which raised ValueError in line 7: no"
    )


# the frames of f, called `Eff` by the student, of g, a lambda, and of a helper
F = ["Eff", 2, 3]
G = ["<lambda>", 5, 3]
HELPER = ["helper", 2, 4]
LISTCOMP = ["<listcomp>", 3, 4]


@pytest.mark.parametrize(
    ("frames", "says"),
    [
        ([F], "f raised E in line 2 of the cell that begins `x` (In [9])"),
        (
            [F, G],
            "f calls g, which raised E in line 5 of the cell that begins `x` (In [9])",
        ),
        ([F, G, HELPER], "f calls helper, which raised E in line 2 of a cell"),
        (
            [F, HELPER, LISTCOMP],
            "f calls helper, which raised E in line 3 of a cell",
        ),
        ([LISTCOMP], "f raised E in line 3 of a cell"),
        ([], "f raised E"),
    ],
)
def test_the_function_that_raised_is_named(frames: Any, says: str) -> None:
    sources = {
        "f": Source("def Eff():\n    g()", 1, cell=3),
        "g": Source("g = lambda: 1", 5, cell=3),
    }
    context = ErrorContext({}, 512, sources, {3: "`x` (In [9])"})
    message = {
        "rows": [row(error=error("E", frames=frames))],
        "arguments": (),
    }
    (reply,) = read_replies(message, "f", [()], context)
    assert str(reply.error) == f"{says}: no"


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        (
            "NameError",
            "name 'w' is not defined",
            "name 'w' is not defined (line 3 raised: no name 'v')",
        ),
        ("NameError", "name 'u' is not defined", "name 'u' is not defined"),
        (
            "NameError",
            "name 'h' is not defined",
            "name 'h' is not defined (line 4 raised ImportError: cannot import name 'g')",
        ),
        (
            "MemoryError",
            "",
            "it asked for more memory than the 512 MB that are allowed",
        ),
        (
            "RuntimeError",
            "DefaultCPUAllocator: no",
            "it asked for more memory than the 512 MB that are allowed",
        ),
        (
            "EOFError",
            "EOF when reading a line",
            "input() cannot be used here: nobody is there to type",
        ),
        ("ValueError", "x" * 5_000, "x" * 2_000 + "…"),
    ],
)
def test_errors_are_explained(kind: str, text: str, says: str) -> None:
    (reply,) = read(row(error=error(kind, text)))
    assert reply.error.text == says


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {},
        row(error="no"),
        row(error=error(kind=7)),  # type: ignore[arg-type]
        row(error=error(text=None)),  # type: ignore[arg-type]
        row(error=error(frames=[1])),
        row(error=error(frames=[["f", float("inf"), None]])),
        row(error=error(frames=[["f", 1, float("inf")]])),
        row(error=error(frames=[["f", 1]])),
        row(error=torch.ones(1)),
    ],
    ids=repr,
)
def test_other_forms_raise(odd: Any) -> None:
    with pytest.raises(
        (ValueError, TypeError, KeyError, OverflowError, IndexError)
    ):
        read(odd)


def test_a_reply_for_each_row() -> None:
    with pytest.raises(ValueError, match="zip"):
        message = {"rows": [row()], "arguments": ()}
        read_replies(message, "f", [(1,), (2,)], CONTEXT)


def test_autograd_is_that_of_graded_functions() -> None:
    notes = [["f", "Tensor.backward"], ["f", "x" * 300], ["o", "torch.optim"]]
    found = read_autograd(notes, ["f", "g"])
    assert found == {"f": {"Tensor.backward", "x" * 200 + "…"}}


@pytest.mark.parametrize(
    "odd",
    [5, ["f"], ["f", 5], ["f", ["x"]], [["f"], "x"], ["f", "x", "y"]],
    ids=repr,
)
def test_autograd_of_another_form_raises(odd: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        read_autograd([odd], {"f": None})


NAN, INF = math.nan, math.inf
SOME = torch.tensor([1.0, 1e-9, 300.0])


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        (SOME, SOME + 1e-3, True),
        (SOME, SOME + 1e-1, False),
        (SOME, -SOME, False),
        (SOME, SOME.double(), False),
        (SOME, SOME[:, None], False),
        (torch.tensor([NAN, 1.0]), torch.tensor([NAN, 1.00001]), True),
        (torch.tensor([NAN, 1.0]), torch.tensor([0.0, 1.0]), False),
        (torch.tensor([INF, 1.0]), torch.tensor([-INF, 1.0]), False),
        (torch.tensor([INF, 1.0]), torch.tensor([INF, 1.0]), True),
        (torch.tensor([1j]), torch.tensor([1j + 1e-6]), True),
        (torch.tensor([1j]), torch.tensor([2j]), False),
        (torch.tensor([1j]).conj(), torch.tensor([-1j]), True),
        (torch.tensor([True]), torch.tensor([False]), False),
        (torch.empty(0, 3), torch.empty(0, 3), True),
        (torch.tensor(2.0), torch.tensor(2.0), True),
        (1.0, 1.00001, True),
        (1.0, 1.1, False),
        (NAN, NAN, True),
        (1.0, 1, False),
        (1, 2, False),
        ("a", "b", False),
        (None, None, True),
        ([SOME, (1.0, "a")], [SOME + 1e-3, (1.0, "a")], True),
        ([SOME], [SOME, SOME], False),
        ({"a": SOME}, {"a": SOME * 2}, False),
        ({"a": SOME}, {"b": SOME}, False),
        (protocol.Opaque("array"), protocol.Opaque("array"), True),
        (protocol.Opaque("array"), protocol.Opaque("list"), False),
    ],
)
def test_what_is_alike(one: object, other: object, are_alike: bool) -> None:
    assert alike(one, other) == alike(other, one) == are_alike
