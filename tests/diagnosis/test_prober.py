"""The prober asks the sandboxed student."""

from types import SimpleNamespace

import torch

from grader.checking.conventions import Convention, Vectors
from grader.diagnosis.observation import Outcome
from grader.diagnosis.prober import ConvertingProber, StudentProber
from grader.errors import Frame, TimedOut


class Calls:
    """Stands in for the sandboxed one: keeps what it is asked."""

    def __init__(self, hangs_at=None):
        self.asked = []
        self.hangs_at = hangs_at

    def call(self, function, arguments, supply, edits):
        self.asked.append((function, arguments, supply, edits))
        error = SimpleNamespace(
            kind="ValueError", text="no", frames=(Frame("f", 3),)
        )
        return SimpleNamespace(
            value=None, arguments=tuple(arguments), error=error
        )

    def call_rows(self, function, rows, edits):  # noqa: ARG002
        if self.hangs_at == "call_rows":
            raise TimedOut(function, 1.0)
        return [
            SimpleNamespace(value=sum(row), arguments=tuple(row), error=None)
            for row in rows
        ]


def test_an_exception_is_an_outcome():
    found = StudentProber(Calls()).call("f", (1, 2), {"a": 3})
    assert found == Outcome(
        None, (1, 2), ("ValueError", "no"), (Frame("f", 3),)
    )


def test_an_edited_function_is_asked_with_its_text():
    student = Calls()
    prober = (
        StudentProber(student)
        .edited("f", "def f(): pass")
        .edited("g", "def g(): pass")
    )
    prober.call("f", ())
    assert student.asked == [
        ("f", (), {}, {"f": "def f(): pass", "g": "def g(): pass"})
    ]


def test_calls_that_fail_together_are_made_one_by_one():
    assert [
        found.value
        for found in StudentProber(Calls()).calls("f", [(1, 2), (3, 4)])
    ] == [3, 7]
    found = StudentProber(Calls("call_rows")).calls("f", [(1,), (2,)])
    assert [outcome.error for outcome in found] == [("ValueError", "no")] * 2


def test_the_arguments_are_copies():
    class Changing(Calls):
        def call_rows(self, function, rows, edits):
            rows[0][0].zero_()
            return super().call_rows(function, rows, edits)

    x = torch.ones(2)
    StudentProber(Changing()).calls("f", [(x,)])
    assert torch.equal(x, torch.ones(2))


def test_a_converting_prober_gives_and_takes_vectors_for_its_function_alone():
    vectors = Vectors(groups=((0, 1),), returned=((),))
    convention = Convention(vectors, ("column",))
    row = (torch.ones(3), torch.ones(3))
    student = Calls()
    prober = ConvertingProber(StudentProber(student), "f", convention)
    (outcome,) = prober.calls("f", [row])
    assert outcome.value.shape == (3,)
    assert [argument.shape for argument in outcome.arguments] == [(3,), (3,)]
    prober.edited("f", "def f").call("f", row)
    prober.call("g", row)
    of_f, of_g = student.asked
    assert (of_f[1][0].shape, of_f[3]) == ((3, 1), {"f": "def f"})
    assert of_g[1][0].shape == (3,)
    assert prober.calls("g", [row])[0].value.shape == (3,)
