"""Calls: one call and several in one exchange, their limits, and what is noticed meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tiny
import torch

from grader.errors import Died, Missing, Raised, StudentFailure, TimedOut
from grader.notices import Notice
from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]


@pytest.mark.parametrize(
    "value",
    ["x.sum().expand(10**12)", "x.to('meta')", "[x] * 200_000", "deep(6)"],
    ids=lambda v: v[:10],
)
@pytest.mark.parametrize("nb_rows", [1, 2])
def test_what_cannot_be_sent_is_an_error_of_its_call(
    open_calls: OpenCalls, value: str, nb_rows: int
) -> None:
    source = f"""
        def deep(n):
            loop = []
            loop.extend([loop] * 100)
            return loop

        def double(x):
            return {value}
    """
    with open_calls(source) as calls:
        calls.call_seconds = {
            "double": 20
        }  # to copy so many takes half a second, more on a busy machine
        replies = calls.call_rows("double", [(torch.ones(1),)] * nb_rows)
        assert len(replies) == nb_rows
        assert all(reply.error is not None for reply in replies)
        assert not calls.gave_up("double")


def test_calls_of_equal_tensors_are_apart(open_calls: OpenCalls) -> None:
    with open_calls("def double(x):\n    x += 1\n    return x\n") as calls:
        replies = calls.call_rows(
            "double", [(torch.zeros(2),), (torch.zeros(2),)]
        )
    assert [r.value.tolist() for r in replies] == [[1.0, 1.0]] * 2
    assert [r.arguments[0].tolist() for r in replies] == [[1.0, 1.0]] * 2


def test_a_tensor_in_two_places_is_one(open_calls: OpenCalls) -> None:
    x = torch.zeros(2)
    with open_calls("def double(x, y):\n    x += 1\n    return y\n") as calls:
        reply = calls.call("double", (x, x))
    assert [t.tolist() for t in (reply.value, *reply.arguments)] == [
        [1.0, 1.0]
    ] * 3


def test_one_call_raises_and_the_others_do_not(open_calls: OpenCalls) -> None:
    source = """
        def double(x):
            if x > 0:
                raise ValueError("positive")
            return 2 * x
    """
    with open_calls(source) as calls:
        good, bad, again = calls.call_rows(
            "double",
            [
                (torch.tensor(-1.0),),
                (torch.tensor(1.0),),
                (torch.tensor(-2.0),),
            ],
        )
        assert (good.error, again.error) == (None, None)
        assert bad.error is not None
        assert bad.error.text == "positive"
        with pytest.raises(Raised, match="positive"):
            calls.student.double.map([(torch.tensor(1.0),)])


@pytest.mark.parametrize(
    "deed", ["os._exit(0)", "time.sleep(60)", "os.write(4, b'nonsense')"]
)
def test_several_calls_that_give_nothing_are_not_held_against_one(
    open_calls: OpenCalls, deed: str
) -> None:
    source = f"""
        import os, time

        def double(x):
            if x > 1:
                {deed}
            return 2 * x
    """
    with open_calls(source) as calls:
        with pytest.raises(StudentFailure):
            calls.call_rows(
                "double", [(torch.tensor(1.0),), (torch.tensor(2.0),)]
            )
        assert not calls.gave_up("double")
        assert calls.student.double(torch.tensor(1.0)).item() == 2.0


def test_a_call_that_hangs_is_not_made_again(open_calls: OpenCalls) -> None:
    with open_calls(tiny.HANGS) as calls:
        for _ in range(2):
            with pytest.raises(TimedOut):
                calls.student.double(torch.ones(1))
        assert calls.gave_up("double")


def test_a_function_that_is_not_there(open_calls: OpenCalls) -> None:
    with open_calls("def twice(x):\n    return 2 * x\n") as calls:
        assert not calls.has("double")
        with pytest.raises(Missing) as raised:
            calls.call("double", (torch.ones(1),))
        assert str(raised.value) == calls.why_missing("double")


def test_a_function_that_could_not_be_defined(open_calls: OpenCalls) -> None:
    with open_calls("import torch\n\ndouble = torch.no_such_thing\n") as calls:
        assert not calls.has("double")
        assert calls.why_missing("double").startswith(
            "double could not be defined: line 3 raised Attr"
        )
        (notice,) = calls.notices
        assert (notice.kind, notice.line, notice.cell) == (
            "statement-raised",
            3,
            None,
        )


def test_remarks_are_kept_once_and_not_without_end(
    open_calls: OpenCalls,
) -> None:
    with open_calls(tiny.RIGHT) as calls:
        for number in (1, 1, *range(100)):
            calls.remark(f"remark {number}")
        assert calls.notices[:3] == [
            Notice("remark", {"text": f"remark {number}"})
            for number in (1, 0, 2)
        ]
        assert len(calls.notices) == 40


def test_a_function_that_dies_is_noticed(open_calls: OpenCalls) -> None:
    with open_calls(tiny.EXITS) as calls:
        for _ in range(2):
            with pytest.raises(
                Died, match="double gave no result: it ended its process"
            ):
                calls.call("double", (torch.ones(1),))
        (notice,) = calls.notices
        assert (notice.kind, notice.values["function"], notice.look) == (
            "no-result",
            "double",
            True,
        )


def test_a_file_that_cannot_be_loaded_is_loaded_once(
    open_calls: OpenCalls,
) -> None:
    source = (
        "import os\n\nX = os._exit(3)\n\ndef double(x):\n    return X * x\n"
    )
    with open_calls(source) as calls:
        (notice,) = calls.notices
        assert notice.kind == "not-loaded"
        with pytest.raises(
            Died,
            match=r"could not be run: it ended its process \(exit code 3\)",
        ):
            calls.call("double", (torch.ones(1),))
        assert not calls.gave_up("double")
        assert calls.notices == [notice]


def test_what_a_submission_prints_is_capped(open_calls: OpenCalls) -> None:
    with open_calls(
        "def double(x):\n    print('é' * 100_000)\n    return 2 * x\n"
    ) as calls:
        calls.call("double", (torch.ones(1),))
        assert len(calls.printed) <= 64 << 10
        (notice,) = calls.notices
        assert (notice.kind, notice.values) == (
            "prints-a-lot",
            {"kilobytes": "64"},
        )


def test_time_runs_out(open_calls: OpenCalls) -> None:
    with open_calls(tiny.RIGHT) as calls:
        assert calls.time_for("double") == 2
        calls.call_seconds = {"double": 0.5}
        assert calls.time_for("double") == 0.5
        calls.may_take(0)
        with pytest.raises(
            TimedOut,
            match=r"was not called: the submission had used up its 0 s\.",
        ):
            calls.call("double", (torch.ones(1),))


def test_the_line_that_raised_first_is_kept(open_calls: OpenCalls) -> None:
    source = "def double(x):\n    if x > 0:\n        raise ValueError\n    raise TypeError\n"
    with open_calls(source) as calls:
        calls.call("double", (torch.tensor(1.0),))
        calls.call("double", (torch.tensor(-1.0),))
        assert calls.raised_in == {"double": 3}


def test_another_text_is_not_what_the_student_wrote(
    open_calls: OpenCalls,
) -> None:
    edits = {
        "double": "def double(x):\n    x.requires_grad_().sum().backward()\n    raise ValueError\n"
    }
    with open_calls(tiny.RIGHT) as calls:
        assert (
            calls.call("double", (torch.ones(1),), edits=edits).error
            is not None
        )
        assert (calls.raised_in, calls.by_torch("double")) == ({}, None)
        assert calls.call("double", (torch.ones(1),)).value.item() == 2.0


def test_a_call_has_globals_of_its_own(open_calls: OpenCalls) -> None:
    with open_calls(
        "FACTOR = 2\n\ndef double(x):\n    return FACTOR * x\n"
    ) as calls:
        three = calls.call("double", (torch.ones(1),), supply={"FACTOR": 3})
        two = calls.call("double", (torch.ones(1),))
    assert [three.value.item(), two.value.item()] == [3.0, 2.0]


def test_every_call_draws_the_same(open_calls: OpenCalls) -> None:
    source = """
        import random
        import numpy
        import torch

        def double(x):
            return torch.rand(1).item(), random.random(), float(numpy.random.rand())
    """
    with open_calls(source) as calls:
        first, second = (
            calls.call("double", (torch.ones(1),)).value for _ in range(2)
        )
        calls.seed = 1
        assert first == second != calls.call("double", (torch.ones(1),)).value


def test_a_function_is_called_under_the_students_own_name(
    open_calls: OpenCalls,
) -> None:
    source = """
        def Double(x):
            return 2 * x

        def other(x):
            return Double(x)
    """
    with open_calls(source) as calls:
        assert calls.reading.own_names == {"double": "Double"}
        one = torch.ones(1)
        assert calls.call("double", (one,)).value == 2
        edited = {"double": "def Double(x):\n    return 3 * x\n"}
        assert calls.call("double", (one,), edits=edited).value == 3
        assert calls.call("double", (one,)).value == 2


def test_a_definition_under_another_name_that_raises_is_not_there(
    open_calls: OpenCalls,
) -> None:
    source = "def Double(x, y=1 / 0):\n    return 2 * x\n"
    with open_calls(source) as calls:
        assert not calls.has("double")
        assert "ZeroDivisionError" in calls.why_missing("double")


def test_arguments_come_back_in_the_exercises_order(
    open_calls: OpenCalls,
) -> None:
    source = "def double(x, y):\n    x += 1\n    return 10 * x + y\n"
    with open_calls(source) as calls:
        calls.orders["double"] = (1, 0)
        reply = calls.call("double", (torch.ones(1), torch.zeros(1)))
        assert reply.value == 11
        assert [int(argument) for argument in reply.arguments] == [1, 1]
