"""Replies: what an honest worker says, and that any other form raises."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grader.results import Source
from grader.sandbox.replies import ErrorContext, read_autograd, read_replies

UNDEFINED = {
    "w": "line 3 raised: no name 'v'",
    "v": "it",
    "h": "line 4 raised ImportError: cannot import name 'g'",
    "g": "line 4 raised ImportError: cannot import name 'g'",
}
CONTEXT = ErrorContext(UNDEFINED, memory_mb=512)
GIVEN = torch.zeros(2)


def row(**fields: Any) -> dict[str, Any]:
    return {"value": 1, "error": None, "changed": {}} | fields


def error(
    kind: str = "ValueError", text: str = "no", frames: Any = ()
) -> dict[str, Any]:
    return {"kind": kind, "text": text, "frames": list(frames)}


def read(*rows: Any) -> Any:
    return read_replies(
        {"rows": list(rows)}, "f", [(GIVEN, 2)] * len(rows), CONTEXT
    )


def test_a_value() -> None:
    (reply,) = read(row(value=3))
    assert (reply.value, reply.arguments, reply.error) == (3, (GIVEN, 2), None)


def test_a_changed_argument() -> None:
    now = torch.ones(2)
    first, second = read(row(), row(changed={"0": now}))
    assert first.arguments[0] is GIVEN
    assert second.arguments == (now, 2)


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
    message = {"rows": [row(error=error("E", frames=frames))]}
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
        row(changed={"2": torch.ones(2)}),
        row(changed={"-2": torch.ones(2)}),
        row(changed={"1": torch.ones(2)}),
        row(changed={"0": 5}),
        row(changed={"zero": torch.ones(2)}),
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
        read_replies({"rows": [row()]}, "f", [(1,), (2,)], CONTEXT)


def test_autograd_is_that_of_graded_functions() -> None:
    message = {
        "autograd": {
            "f": ["Tensor.backward", "x" * 300, *["y"] * 50],
            "other": ["torch.optim"],
        }
    }
    found = read_autograd(message, ["f", "g"])
    assert list(found) == ["f"]
    assert len(found["f"]) == 20
    assert all(len(name) <= 201 for name in found["f"])


@pytest.mark.parametrize(
    "odd", [None, [1], {"f": 5}, {"f": [5]}, {"f": torch.ones(2)}], ids=repr
)
def test_autograd_of_another_form_raises(odd: Any) -> None:
    with pytest.raises((AttributeError, TypeError)):
        read_autograd({"autograd": odd}, ["f"])
