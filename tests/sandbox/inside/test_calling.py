"""What came of a call: value or error, what was changed, and values that a later call does not change."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grader.sandbox.inside.calling import (
    describe_error,
    make_call,
)


def student_function(source: str) -> Any:
    names: dict[str, Any] = {}
    exec(compile(source, "<submission 2>", "exec"), names)
    return names["f"]


def test_a_value() -> None:
    assert make_call(lambda x: x + 1, [1], keep=False) == {
        "value": 2,
        "error": None,
    }


def test_an_error_and_its_frames_in_the_students_file() -> None:
    f = student_function(
        "def g():\n    raise ValueError('no')\n\ndef f():\n    return g()\n"
    )
    error = make_call(f, [], keep=False)["error"]
    frames = [["f", 5, 2], ["g", 2, 2]]
    assert error == {"kind": "ValueError", "text": "no", "frames": frames}


def test_exits_are_errors_too() -> None:
    assert (
        make_call(
            student_function("def f():\n    raise SystemExit(1)\n"),
            [],
            keep=False,
        )["error"]["kind"]
        == "SystemExit"
    )


def test_an_exception_that_cannot_be_shown() -> None:
    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert describe_error(Odd()) == {"kind": "Odd", "text": "", "frames": []}


@pytest.mark.parametrize("keep", [True, False])
def test_a_buffer_that_is_used_again(keep: bool) -> None:
    buffer = torch.zeros(1)
    outcome = make_call(
        lambda: (buffer, [buffer], {"a": buffer}), [], keep=keep
    )
    buffer += 1
    first, (second,), third = outcome["value"]
    assert [first.item(), second.item(), third["a"].item()] == [
        0.0 if keep else 1.0
    ] * 3


def test_too_large_a_value_cannot_be_kept() -> None:
    outcome = make_call(lambda: [0] * 200_000, [], keep=True)
    assert outcome["value"] is None
    assert (
        "cannot be read: there are too many values" in outcome["error"]["text"]
    )
