"""In which order a function is called, with right functions whose parameters are moved about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shared

from grader.exercise import Exercise
from grader.intake.submission import Submission
from grader.results import Result

ROOT = Path(__file__).parents[2]
RIGHT = (ROOT / "submissions/practical3/right-per-sample.py").read_text(
    "utf-8"
)
EXERCISE = Exercise.load("practical3")

Grade = Callable[[str], Result]


@pytest.fixture(scope="module")
def grade() -> Iterator[Grade]:
    with shared.session(EXERCISE, seed=4) as session:

        def grade(source: str) -> Result:
            files = ("one.py",)
            return session.grade(
                Submission("one", "One", "one.py", source.encode(), files)
            )

        yield grade


def with_wrapper(function: str, own: str, wanted: str) -> str:
    """The right submission, with `function` under its own order in front of the right one."""
    return f"{RIGHT}\n\n_right = {function}\n\ndef {function}({own}):\n    return _right({wanted})\n"


STATES = "t, x, s1, x1, s2, x2"
ACCUMULATORS = "dl_dw1, dl_db1, dl_dw2, dl_db2"
BACKWARD = f"w1, b1, w2, b2, {STATES}, {ACCUMULATORS}"
ORDERS = [
    ("forward_pass", "x, w1, b1, w2, b2", "w1, b1, w2, b2, x"),
    ("forward_pass", "input, W1, B1, W2, B2", "W1, B1, W2, B2, input"),
    ("backward_pass", f"{ACCUMULATORS}, w1, b1, w2, b2, {STATES}", BACKWARD),
    ("backward_pass", BACKWARD.replace("t, x,", "x, t,"), BACKWARD),
]


@pytest.mark.parametrize(("function", "own", "wanted"), ORDERS)
def test_a_function_that_raises_otherwise_is_called_in_its_own_order(
    grade: Grade, function: str, own: str, wanted: str
) -> None:
    result = grade(with_wrapper(function, own, wanted))
    assert result.functions[function].status == "right"
    (notice,) = (one for one in result.notices if one.kind == "own-order")
    assert notice.values["function"] == function
    assert re.fullmatch(r"w1, b1, w2, b2.*", notice.values["order"])


@pytest.mark.parametrize(
    ("function", "own", "body", "status"),
    [
        # it runs in the hand-out's order: by position it is right, whatever its parameters are called
        ("dloss", "t, v", "2 * (t - v)", "right"),
        # by position it is wrong
        ("dloss", "t, v", "2 * (v - t)", "wrong"),
        # it raises in both orders
        ("forward_pass", "x, w1, b1, w2, b2", "x + [w1]", "wrong"),
    ],
)
def test_any_other_function_is_called_in_the_hand_outs_order(
    grade: Grade, function: str, own: str, body: str, status: str
) -> None:
    result = grade(f"{RIGHT}\n\ndef {function}({own}):\n    return {body}\n")
    assert result.functions[function].status == status
    assert all(one.kind != "own-order" for one in result.notices)
