"""The conventions of one student's functions. The functions run in this process."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from grader.checking.follow_through import AS_IT_STANDS, Substitution
from grader.checking.reference import Reference
from grader.checking.student_conventions import StudentConventions
from grader.errors import Missing, Raised
from grader.exercise import Exercise
from grader.exercise.probes import probes_of
from grader.sandbox.replies import Reply

EXERCISE = Exercise.load("practical3")
PROBE = probes_of(EXERCISE, "forward_pass")[0]

FOR_VECTORS = """
    def forward_pass(w1, b1, w2, b2, x):
        s1 = w1.mv(x) + b1
        x1 = torch.tanh(s1)
        s2 = w2.mv(x1) + b2
        return x, s1, x1, s2, torch.tanh(s2)
"""
FOR_COLUMNS = FOR_VECTORS.replace(".mv(", ".mm(")
BACKWARD_FOR_COLUMNS = """
    def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
        dl_ds2 = (1 - torch.tanh(s2) ** 2) * 2 * (x2 - t)
        dl_ds1 = (1 - torch.tanh(s1) ** 2) * w2.t().mm(dl_ds2)
        dl_dw2.add_(dl_ds2.mm(x1.t()))
        dl_db2.add_(dl_ds2)
        dl_dw1.add_(dl_ds1.mm(x.t()))
        dl_db1.add_(dl_ds1)
"""
TRAIN = """
    def train(train_input, train_target, test_input, test_target, nb_hidden, nb_steps):
        w1, w2 = torch.zeros(5, 4), torch.zeros(3, 5)
        forward_pass(w1, torch.zeros({0}), w2, torch.zeros({1}), train_input[0])
"""


class Calls:
    """A student whose functions run here. `made` counts the calls of each."""

    def __init__(self, source: str) -> None:
        self.made: Counter[str] = Counter()
        self.answers: dict[str, list[Any]] = {}
        self.given_up: set[str] = set()
        self.raised_in: dict[str, int] = {}
        self.stopped_in: dict[str, tuple[int, str]] = {}
        self._names: dict[str, Any] = {"torch": torch}
        exec(source, self._names)
        self.student = SimpleNamespace(**self._names)

    def has(self, function: str) -> bool:
        return function in self._names

    def gave_up(self, function: str) -> bool:
        return function in self.given_up

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        edits: Mapping[str, str] | None = None,
    ) -> Any:
        if function not in self._names:
            raise Missing(function, "missing")
        before = dict(self._names)
        for text in (edits or {}).values():
            exec(text, self._names)
        try:
            return self.call_rows(function, [arguments])[0]
        finally:
            self._names.update(before)

    def call_rows(
        self, function: str, rows: Sequence[Sequence[Any]]
    ) -> list[Reply]:
        self.made[function] += 1
        replies = []
        for row in rows:
            arguments = tuple(row)
            try:
                value = self._names[function](*arguments)
            except Exception as error:
                self.raised_in[function] = 1
                raised = Raised(function, type(error).__name__, str(error))
                replies.append(Reply(None, arguments, raised))
            else:
                replies.append(Reply(value, arguments))
        return replies


def conventions_of(*sources: str) -> tuple[StudentConventions, Calls]:
    calls = Calls("".join(textwrap.dedent(source) for source in sources))

    def reference(_: Substitution) -> Reference:
        return Reference(EXERCISE)

    def own_mistakes(_: str) -> Substitution:
        return AS_IT_STANDS

    conventions = StudentConventions(calls, EXERCISE, reference, own_mistakes)  # type: ignore[arg-type]
    return conventions, calls


def test_the_exercises_own_convention_is_none() -> None:
    conventions, calls = conventions_of(FOR_VECTORS)
    assert conventions.of("forward_pass") is None
    assert conventions.function("forward_pass") is calls.student.forward_pass


def test_a_function_for_columns_is_called_with_vectors() -> None:
    conventions, _ = conventions_of(FOR_COLUMNS)
    found = conventions.of("forward_pass")
    assert found is not None
    assert found.kind == "columns"
    right = Reference(EXERCISE).forward_pass(*PROBE)
    own = conventions.student_with("forward_pass").forward_pass(*PROBE)
    for value, expected in zip(own, right, strict=True):
        assert torch.allclose(value, expected)


def test_looking_for_one_is_done_once_and_leaves_no_trace() -> None:
    conventions, calls = conventions_of(FOR_COLUMNS)
    assert conventions.of("forward_pass") is conventions.of("forward_pass")
    assert calls.made["forward_pass"] == 1
    assert calls.raised_in == {}


def test_it_is_not_looked_for_in_what_is_missing_or_never_ends() -> None:
    conventions, calls = conventions_of(FOR_COLUMNS)
    calls.given_up.add("forward_pass")
    assert conventions.of("forward_pass") is None
    assert conventions.of("backward_pass") is None
    assert not calls.made


def test_the_second_function_with_the_same_convention_is_told_already() -> (
    None
):
    conventions, _ = conventions_of(FOR_COLUMNS, BACKWARD_FOR_COLUMNS)
    assert not conventions.is_told("forward_pass")
    assert conventions.is_told("backward_pass")
    conventions, _ = conventions_of(FOR_VECTORS, BACKWARD_FOR_COLUMNS)
    conventions.of("forward_pass")
    assert not conventions.is_told("backward_pass")


@pytest.mark.parametrize(
    ("shapes", "mixed_up"),
    [(("5", "3"), None), (("(5, 1)", "(3, 1)"), "forward_pass")],
)
def test_a_training_that_hands_on_several_layouts(
    shapes: tuple[str, str], mixed_up: str | None
) -> None:
    # the biases are columns, and the sample is a vector
    conventions, _ = conventions_of(FOR_VECTORS, TRAIN.format(*shapes))
    assert conventions.mixed_up_by("train") == mixed_up
    assert conventions.mixed_up_by("forward_pass") is None
