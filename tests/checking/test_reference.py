"""The reference solution with functions of the student's in it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.checking.gradients import autograd_gradients
from grader.checking.reference import Reference, TakingColumns
from grader.errors import Raised
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")


class OneByOne:
    """A function as a student's is plugged in: it can be asked for several rows of arguments."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def map(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        return [self.function(*row) for row in rows]


def vector(size: int = 4) -> Tensor:
    return torch.randn(
        size,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(size),
    )


def test_without_anything_plugged_it_is_the_solution() -> None:
    reference = Reference(EXERCISE)
    assert reference.plugged == frozenset()
    assert torch.equal(reference.sigma(vector()), torch.tanh(vector()))
    with pytest.raises(AttributeError, match="no no_such_function"):
        reference.no_such_function(1)


def test_a_plugged_function_goes_with_its_derivative() -> None:
    logistic = Reference(EXERCISE, {"sigma": torch.sigmoid})
    expected = torch.sigmoid(vector()) * (1 - torch.sigmoid(vector()))
    assert torch.allclose(logistic.dsigma(vector()), expected, atol=1e-8)
    (slope,) = autograd_gradients(
        lambda x: logistic.sigma(x).sum(), [vector()]
    )
    assert torch.allclose(slope, expected, atol=1e-8)


def test_autograd_takes_the_students_derivative() -> None:
    both = Reference(EXERCISE, {"sigma": torch.sigmoid, "dsigma": torch.cos})
    (slope,) = autograd_gradients(lambda x: both.sigma(x).sum(), [vector()])
    assert torch.equal(slope, torch.cos(vector()))
    derivative = Reference(EXERCISE, {"dsigma": torch.cos})
    assert torch.equal(derivative.sigma(vector()), torch.tanh(vector()))
    (slope,) = autograd_gradients(
        lambda x: derivative.sigma(x).sum(), [vector()]
    )
    assert torch.equal(slope, torch.cos(vector()))


def test_a_plugged_function_is_what_the_others_call() -> None:
    doubled = Reference(EXERCISE, {"sigma": OneByOne(lambda x: 2 * x)})
    w1, b1, w2, b2 = torch.eye(2), torch.zeros(2), torch.eye(2), torch.zeros(2)
    assert torch.equal(
        doubled.forward_pass(w1, b1, w2, b2, torch.ones(2))[-1],
        torch.full((2,), 4.0),
    )
    assert [
        value.tolist()
        for value in doubled.map("sigma", [[torch.ones(1)], [torch.zeros(1)]])
    ] == [
        [2],
        [0],
    ]


def test_a_function_that_changes_its_second_argument_has_a_derivative() -> (
    None
):
    def loss(v, t):  # type: ignore[no-untyped-def]
        t -= v
        return 0.5 * t.pow(2).sum()

    reference = Reference(EXERCISE, {"loss": OneByOne(loss)})
    v, t = vector(), vector(4) + 1
    before = t.clone()
    assert torch.allclose(reference.dloss(v, t), v - before, atol=1e-8)
    assert torch.equal(t, before)


def for_columns(x: Tensor) -> Tensor:
    """Works on columns alone, and changes what it is given even where it then raises."""
    x += 1
    if x.dim() != 2:
        raise Raised("f", "RuntimeError", "not a column")
    return 2 * x


def test_a_function_for_columns_takes_vectors() -> None:
    function = TakingColumns(for_columns)
    x = torch.zeros(3)
    assert torch.equal(function(x), torch.full((3,), 2.0))
    assert torch.equal(
        x, torch.ones(3)
    )  # changed once, by the call that worked
    assert not function.refuses


def test_a_function_that_raises_on_columns_too_refuses() -> None:
    def never(x: Tensor) -> Tensor:
        raise Raised("f", "RuntimeError", f"{x.dim()} dimensions")

    function = TakingColumns(never)
    with pytest.raises(Raised, match="1 dimensions"):
        function(torch.zeros(3))
    assert function.refuses


TOO_LARGE = {
    "a long vector": lambda x: x.repeat(9_000),
    "a long column": lambda x: x.repeat(9_000)[:, None],
    "many dimensions": lambda x: x[None, None],
    "many items": lambda x: [x[0]] * 30_000,
    "items of items": lambda x: ([[x[0]] * 30_000],),
    "an argument that has grown": lambda x: x.resize_(30_000)[:4],
}
LARGE_ENOUGH = {
    "a matrix": lambda x: x[:, None] * x,
    "a row": lambda x: x[None],
    "several": lambda x: (x, [x, x.sum()], 1.0, None),
    "nothing": lambda x: x[:0],
}


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_what_a_students_function_gives_has_a_limit(kind: str) -> None:
    function = TakingColumns(OneByOne(TOO_LARGE[kind]))
    with pytest.raises(ValueError, match=r"there (is|are)"):
        function(vector())
    with pytest.raises(ValueError, match=r"there (is|are)"):
        function.map([(vector(),)])


@pytest.mark.parametrize("kind", LARGE_ENOUGH)
def test_what_mistakes_give_is_within_it(kind: str) -> None:
    function = TakingColumns(OneByOne(LARGE_ENOUGH[kind]))
    function(vector())
    assert len(function.map([(vector(),), (vector(7),)])) == 2
