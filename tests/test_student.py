"""The proxy and its worker: one call, and several calls in one exchange."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny
import torch

from grader.errors import Raised, StudentFailure, TimedOut
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.sandbox.student import Student


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder: Path = tiny.exercise(tmp_path_factory.mktemp("tiny"))
    with Session(Exercise.load(str(folder))) as session:
        yield session


def student(session: Session, source: str) -> Student:
    data = textwrap.dedent(source).encode()
    one = Submission("one", "One", "one.py", data, ("one.py",))
    return Student(session.zygote, session._policy, session.exercise, one)


def test_each_gives_a_value_for_each_row(session: Session) -> None:
    rows = [(torch.tensor([float(i)]),) for i in range(3)]
    with student(session, "def double(x):\n    return 2 * x\n") as one:
        assert [v.item() for v in one.double.map(rows)] == [0.0, 2.0, 4.0]


def test_what_one_call_makes_of_a_tensor_the_next_finds(session: Session) -> None:
    source = """
        def double(x, total):
            total += x
            return total
    """
    total = torch.zeros(1)
    with student(session, source) as one:
        values = one.double.map([(torch.tensor([float(i)]), total) for i in (1, 2, 3)])
        assert total.item() == 6.0
        # each as it was when it was returned
        assert [v.item() for v in values] == [1.0, 3.0, 6.0]


def test_a_buffer_that_is_used_again_holds_the_last_value_only_for_the_student(session: Session) -> None:
    source = """
        import collections, torch
        Pair = collections.namedtuple("Pair", "a b")
        BUFFER = torch.zeros(1)

        def double(x):
            return Pair(torch.mul(x, 2, out=BUFFER), {"b": [BUFFER]})
    """
    with student(session, source) as one:
        first, second = one.double.map([(torch.tensor([1.0]),), (torch.tensor([2.0]),)])
    assert [first[0].item(), first[1]["b"][0].item()] == [2.0, 2.0]
    assert [second[0].item(), second[1]["b"][0].item()] == [4.0, 4.0]


@pytest.mark.parametrize(
    "value", ["x.sum().expand(10**12)", "x.to('meta')", "[x] * 200_000", "deep(6)"], ids=lambda v: v[:10]
)
@pytest.mark.parametrize("nb_rows", [1, 2])
def test_what_cannot_be_sent_is_an_error_of_its_call(session: Session, value: str, nb_rows: int) -> None:
    source = f"""
        def deep(n):
            loop = []
            loop.extend([loop] * 100)
            return loop

        def double(x):
            return {value}
    """
    with student(session, source) as one:
        replies = one.calls("double", [(torch.ones(1),)] * nb_rows)
        assert len(replies) == nb_rows
        assert all(reply.error is not None for reply in replies)
        assert not one.gave_up("double")


def test_calls_of_equal_tensors_are_apart(session: Session) -> None:
    with student(session, "def double(x):\n    x += 1\n    return x\n") as one:
        replies = one.calls("double", [(torch.zeros(2),), (torch.zeros(2),)])
    assert [r.value.tolist() for r in replies] == [[1.0, 1.0]] * 2
    assert [r.arguments[0].tolist() for r in replies] == [[1.0, 1.0]] * 2


def test_a_tensor_in_two_places_is_one(session: Session) -> None:
    x = torch.zeros(2)
    with student(session, "def double(x, y):\n    x += 1\n    return y\n") as one:
        reply = one.call("double", (x, x))
    assert [t.tolist() for t in (reply.value, *reply.arguments)] == [[1.0, 1.0]] * 3


def test_one_call_raises_and_the_others_do_not(session: Session) -> None:
    source = """
        def double(x):
            if x > 0:
                raise ValueError("positive")
            return 2 * x
    """
    with student(session, source) as one:
        good, bad, again = one.calls(
            "double", [(torch.tensor(-1.0),), (torch.tensor(1.0),), (torch.tensor(-2.0),)]
        )
        assert (good.error, again.error) == (None, None)
        assert bad.error is not None
        assert bad.error.text == "positive"
        with pytest.raises(Raised, match="positive"):
            one.double.map([(torch.tensor(1.0),)])


@pytest.mark.parametrize("deed", ["os._exit(0)", "time.sleep(60)", "os.write(4, b'nonsense')"])
def test_several_calls_that_give_nothing_are_not_held_against_one(session: Session, deed: str) -> None:
    source = f"""
        import os, time

        def double(x):
            if x > 1:
                {deed}
            return 2 * x
    """
    with student(session, source) as one:
        with pytest.raises(StudentFailure):
            one.calls("double", [(torch.tensor(1.0),), (torch.tensor(2.0),)])
        assert not one.gave_up("double")
        assert one.double(torch.tensor(1.0)).item() == 2.0


def test_the_limit_is_for_each_call(session: Session) -> None:
    source = "import time\n\ndef double(x):\n    time.sleep(0.9)\n    return 2 * x\n"
    with student(session, source) as one:  # which has 2 s
        assert [v.item() for v in one.double.map([(torch.ones(1),)] * 3)] == [2.0] * 3


def test_several_calls_that_hang_are_not_made_again(session: Session) -> None:
    with student(session, tiny.HANGS) as one:
        with pytest.raises(TimedOut):
            one.double.map([(torch.ones(1),)] * 3)
        assert one.gave_up("double")


def test_a_call_that_hangs_is_not_made_again(session: Session) -> None:
    with student(session, tiny.HANGS) as one:
        for _ in range(2):
            with pytest.raises(TimedOut):
                one.double(torch.ones(1))
        assert one.gave_up("double")
