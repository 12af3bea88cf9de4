"""The exercise's own checks, on a right submission with one thing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import Result

ROOT = Path(__file__).parents[2]
RIGHT = (ROOT / "submissions" / "practical3" / "right-per-sample.py").read_text(
    encoding="utf-8"
)
EXERCISE = Exercise.load("practical3")
FUNCTIONS = tuple(EXERCISE.functions)


@pytest.fixture(scope="module")
def grade() -> Iterator[Callable[[str], Result]]:
    """Grades the right submission with a text behind it."""
    with Session(EXERCISE, seed=4) as session:

        def grade(more: str) -> Result:
            source = (RIGHT + more).encode()
            return session.grade(
                Submission("one", "One", "one.py", source, ("one.py",))
            )

        yield grade


BROKEN = {
    "raises": "\n\ndef {name}(*a):\n    raise ValueError('no')\n",
    "returns nothing": "\n\ndef {name}(*a):\n    return None\n",
    "returns a text": "\n\ndef {name}(*a):\n    return 'text'\n",
}


@pytest.mark.parametrize("how", BROKEN)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_broken_function_costs_its_own_points_and_no_others(
    grade: Callable[[str], Result], name: str, how: str
) -> None:
    functions = grade(BROKEN[how].format(name=name)).functions
    assert {other for other in FUNCTIONS if functions[other].status != "right"} == {
        name
    }


# whatever it is called with, `train` first does what the right one does
TRAIN = """

right_train = train

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    parameters, history = right_train(
        train_input, train_target, test_input, test_target, nb_hidden, nb_steps
    )
    {change}
    return parameters, history
"""
CHANGES = {
    "nothing": ("pass", set()),
    "parameters that are nan": (
        "parameters = tuple(p * float('nan') if nb_steps else p for p in parameters)",
        {"by_hand"},
    ),
    "a parameter that does not move": (
        "parameters = (*parameters[:3], parameters[3].new_zeros(()) + 1e-6 * train_target[0])",
        {"by_hand", "initial[b2]"},
    ),
    "a history one entry short": ("history = history[1:]", {"nb_steps"}),
    "losses that are a hundredth too large": (
        "history = [(1.01 * a, b, c) for a, b, c in history]",
        {"history[train loss]"},
    ),
    "errors exchanged": (
        "history = [(a, c, b) for a, b, c in history]",
        {"history[train error]", "history[test error]", "long_run"},
    ),
    "a row": ("return (*parameters, history)", {"returns"}),
    "an argument that is changed": ("train_input += 1", {"pure"}),
}


@pytest.mark.parametrize(("change", "failed"), CHANGES.values(), ids=CHANGES)
def test_each_check_of_train_sees_what_it_is_for(
    grade: Callable[[str], Result], change: str, failed: set[str]
) -> None:
    checks = grade(TRAIN.format(change=change)).functions["train"].checks
    found = {check.id.split("/")[1] for check in checks if check.outcome == "failed"}
    assert found >= failed
    if not failed:
        assert found == failed


def test_a_train_that_is_not_reproducible_is_judged_by_its_thresholds(
    grade: Callable[[str], Result],
) -> None:
    unseeded = "import os\n    torch.manual_seed(int.from_bytes(os.urandom(4), 'big'))"
    source = TRAIN.format(change="pass").replace(
        "    parameters, history", f"    {unseeded}\n    parameters, history", 1
    )
    result = grade(source)
    assert result.functions["train"].status == "right"
    assert any(
        "other results from the same seed" in str(notice) for notice in result.notices
    )


def test_autograd_is_not_by_hand(grade: Callable[[str], Result]) -> None:
    source = """

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    parameters = [p.clone().requires_grad_() for p in (w1, b1, w2, b2)]
    loss(forward_pass(*parameters, x)[-1], t).backward()
    for total, parameter in zip((dl_dw1, dl_db1, dl_dw2, dl_db2), parameters):
        total += parameter.grad
"""
    function = grade(source).functions["backward_pass"]
    (by_hand,) = (
        check for check in function.checks if check.id == "backward_pass/by_hand"
    )
    assert by_hand.outcome == "failed"
    assert by_hand.points == 0
