"""Student: the functions of a submission, whatever their names, called as if they were here."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import shared
import tiny
import torch

from grader.errors import Raised, TimedOut
from grader.exercise import Exercise
from grader.intake.submission import Submission
from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]


def test_each_gives_a_value_for_each_row(open_calls: OpenCalls) -> None:
    rows = [(torch.tensor([float(i)]),) for i in range(3)]
    with open_calls("def double(x):\n    return 2 * x\n") as calls:
        assert [v.item() for v in calls.student.double.map(rows)] == [
            0.0,
            2.0,
            4.0,
        ]


def test_what_one_call_makes_of_a_tensor_the_next_finds(
    open_calls: OpenCalls,
) -> None:
    source = """
        def double(x, total):
            total += x
            return total
    """
    total = torch.zeros(1)
    with open_calls(source) as calls:
        values = calls.student.double.map(
            [(torch.tensor([float(i)]), total) for i in (1, 2, 3)]
        )
        assert total.item() == 6.0
        # each as it was when it was returned
        assert [v.item() for v in values] == [1.0, 3.0, 6.0]


def test_a_buffer_that_is_used_again_holds_the_last_value_only_for_the_student(
    open_calls: OpenCalls,
) -> None:
    source = """
        import collections, torch
        Pair = collections.namedtuple("Pair", "a b")
        BUFFER = torch.zeros(1)

        def double(x):
            return Pair(torch.mul(x, 2, out=BUFFER), {"b": [BUFFER]})
    """
    with open_calls(source) as calls:
        first, second = calls.student.double.map(
            [(torch.tensor([1.0]),), (torch.tensor([2.0]),)]
        )
    assert [first[0].item(), first[1]["b"][0].item()] == [2.0, 2.0]
    assert [second[0].item(), second[1]["b"][0].item()] == [4.0, 4.0]


def test_the_limit_is_for_each_call(open_calls: OpenCalls) -> None:
    source = "import time\n\ndef double(x):\n    time.sleep(0.9)\n    return 2 * x\n"
    with open_calls(source) as calls:  # which has 2 s
        assert [
            v.item() for v in calls.student.double.map([(torch.ones(1),)] * 3)
        ] == [2.0] * 3


def test_several_calls_that_hang_are_not_made_again(
    open_calls: OpenCalls,
) -> None:
    with open_calls(tiny.HANGS) as calls:
        with pytest.raises(TimedOut):
            calls.student.double.map([(torch.ones(1),)] * 3)
        assert calls.gave_up("double")


AWKWARD = {
    "exercise.toml": """
        [functions.close]
        points = 1

        [functions.seed]
        points = 1
        earlier = ["close"]

        [profiles.quick]
    """,
    "solution.py": """
        def close(x):
            return x + 1

        def seed(x):
            return 2 * close(x)
    """,
    "checks/test_close.py": """
        def test_values(student, reference, inputs, assert_close):
            x = inputs.vector()
            assert_close(student.close(x), reference.close(x), "close(x)")
    """,
    "checks/test_seed.py": """
        def test_values(student, reference, inputs, assert_close):
            x = inputs.vector()
            assert_close(student.seed(x), reference.seed(x), "seed(x)")
    """,
    "inputs.py": tiny.FILES["inputs.py"],
    "probes.py": tiny.FILES["probes.py"],
}


@pytest.mark.parametrize(
    ("source", "scores"),
    [
        (
            "def close(x):\n    return x + 1\n\ndef seed(x):\n    return 2 * close(x)\n",
            [1.0, 1.0],
        ),
        (
            "def close(x):\n    return x + 2\n\ndef seed(x):\n    return 2 * close(x)\n",
            [0.0, 1.0],
        ),
        (
            "def close(x):\n    return x + 1\n\ndef seed(x):\n    return 3 * close(x)\n",
            [1.0, 0.0],
        ),
    ],
)
def test_functions_may_be_named_as_the_graders_own(
    tmp_path: Path, source: str, scores: list[float]
) -> None:
    for name, text in AWKWARD.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text))
    with shared.session(Exercise.load(str(tmp_path))) as session:
        result = session.grade(
            Submission("one", "One", "one.py", source.encode(), ("one.py",))
        )
    assert [
        result.functions[name].score for name in ("close", "seed")
    ] == scores


def test_there_is_nothing_but_the_functions(open_calls: OpenCalls) -> None:
    with open_calls(tiny.RIGHT) as calls:
        assert set(vars(calls.student)) == {"double"}
        with pytest.raises(AttributeError, match="no function triple"):
            _ = calls.student.triple


def test_each_call_has_its_outcome(open_calls: OpenCalls) -> None:
    source = """
        def double(x):
            if x < 0:
                raise ValueError("negative")
            return 2 * x
    """
    with open_calls(source) as calls:
        bad, good = calls.student.double.map_outcomes(
            [(torch.tensor(-1.0),), (torch.tensor(1.0),)]
        )
    assert isinstance(bad, Raised)
    assert good.item() == 2.0


@pytest.mark.parametrize(
    "given", [torch.zeros(3), torch.zeros(1).expand(3), torch.zeros(2, 2)]
)
def test_an_argument_is_changed_as_the_call_changes_it(
    open_calls: OpenCalls, given: torch.Tensor
) -> None:
    with open_calls("def double(x):\n    x.data = x.new_ones(3)\n") as calls:
        calls.student.double(given)
    assert given.tolist() == [1.0, 1.0, 1.0]
