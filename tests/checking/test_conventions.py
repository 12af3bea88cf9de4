"""Conventions: how a function lays out vectors, found by calling it in every way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.checking.conventions import (
    Convention,
    InConvention,
    Layout,
    OwnCall,
    Vectors,
    as_vector,
    call_told,
    convention_of,
    find,
    fits,
    laid_out,
    plain,
    telling_its_arguments,
    vectors_of,
)
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
SOLUTION = SimpleNamespace(**EXERCISE.solution.reference)
FORWARD = vectors_of(EXERCISE, "forward_pass")
LAYOUTS: tuple[Layout, ...] = ("vector", "column", "row")

Function = Callable[..., Any]


def calling(
    function: Function,
) -> Callable[[Sequence[Sequence[Any]]], list[Any]]:
    """Calls a function of this process as a student's is called."""

    def call(rows: Sequence[Sequence[Any]]) -> list[Any]:
        answers = []
        for row in rows:
            try:
                value, error = function(*row), None
            except Exception as raised:
                value, error = None, raised
            answers.append(
                SimpleNamespace(value=value, arguments=row, error=error)
            )
        return answers

    return call


def convention(
    name: str, function: Function, own: Any = None
) -> Convention | None:
    return convention_of(EXERCISE, name, calling(function), [SOLUTION], own)


def insisting(
    name: str, layouts: Sequence[Layout], returned: Layout
) -> Function:
    """The reference's function, for vectors of these layouts only."""
    vectors = vectors_of(EXERCISE, name)
    right = getattr(SOLUTION, name)

    def function(*arguments: Any) -> Any:
        own = list(arguments)
        for positions, layout in zip(vectors.groups, layouts, strict=True):
            for position in positions:
                is_laid_out = as_vector(own[position])
                assert (
                    laid_out(is_laid_out, layout).shape == own[position].shape
                )
                own[position] = is_laid_out
        value = right(*own)
        if value is not None:
            value = tuple(laid_out(part, returned) for part in value)
        return value

    return function


@pytest.mark.parametrize("name", ["forward_pass", "backward_pass"])
def test_every_convention_of_a_right_function_is_found(name: str) -> None:
    groups = len(vectors_of(EXERCISE, name).groups)
    for layouts in itertools.product(LAYOUTS, repeat=groups):
        found = convention(name, insisting(name, layouts, "vector"))
        if layouts == plain(groups):
            assert found is None
        else:
            assert found is not None
            assert found.layouts == layouts


@pytest.mark.parametrize(
    ("layout", "kind"),
    [("column", "columns"), ("row", "rows"), ("vector", None)],
)
def test_what_is_returned_shows_a_convention_too(
    layout: Layout, kind: str
) -> None:
    found = convention(
        "forward_pass", insisting("forward_pass", plain(2), layout)
    )
    assert (found.kind if found else None) == kind


def columns(product: str = "torch.mm(w1, x)", bias: str = "b1") -> Function:
    """A forward pass for columns, with a mistake if wanted."""
    names: dict[str, Any] = {"torch": torch}
    exec(
        f"""
def forward_pass(w1, b1, w2, b2, x):
    s1 = {product} + {bias}
    x1 = s1.tanh()
    s2 = torch.mm(w2, x1) + b2
    return x, s1, x1, s2, s2.tanh()
""",
        names,
    )
    function: Function = names["forward_pass"]
    return function


def test_a_mistake_within_a_convention_does_not_hide_it() -> None:
    found = convention("forward_pass", columns(bias="0 * b1"))
    assert found is not None
    assert found.kind == "columns"


def test_what_raises_in_every_convention_has_the_one_that_the_submission_uses() -> (
    None
):
    function = columns(product="torch.mm(w1.t(), x)")
    assert convention("forward_pass", function) is None
    found = convention("forward_pass", function, own=("column", "column"))
    assert found is not None
    assert found.kind == "columns"


def test_what_broadcasts_to_a_matrix_is_a_mistake_unless_it_is_called_otherwise() -> (
    None
):
    def function(
        w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, x: Tensor
    ) -> Any:
        s1 = w1 @ x + b1.view(-1, 1)
        s2 = w2 @ s1.tanh() + b2.view(-1, 1)
        return x, s1, s1.tanh(), s2, s2.tanh()

    assert convention("forward_pass", function) is None
    assert convention("forward_pass", function, own=plain(2)) is None
    found = convention("forward_pass", function, own=("column", "vector"))
    assert found is not None
    assert found.layouts == ("column", "vector")


def test_a_second_dimension_that_was_forgotten_once_is_no_convention() -> None:
    def function(
        w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, x: Tensor
    ) -> Any:
        s1 = (w1 @ x).view(-1) + b1
        assert x.dim() == 2
        s2 = w2 @ s1.tanh() + b2
        return x.view(-1), s1, s1.tanh(), s2, s2.tanh()

    assert convention("forward_pass", function, own=plain(2)) is None
    assert convention("forward_pass", function) is not None


def test_what_computes_with_equal_sizes_is_no_mixture_of_columns_and_vectors() -> (
    None
):
    def function(
        w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor, x: Tensor
    ) -> Any:
        s1 = w1.mv(x).view(-1, 1) + b1
        s2 = w2 @ s1.tanh() + b2
        return x, s1, s1.tanh(), s2, s2.tanh()

    assert convention("forward_pass", function) is None
    found = convention("forward_pass", function, own=("vector", "column"))
    assert found is not None


def test_kinds() -> None:
    def kind(*layouts: Layout, returned: Layout = "vector") -> str:
        return Convention(FORWARD, layouts, frozenset({returned})).kind

    assert kind("column", "vector") == "columns"
    assert kind("vector", "vector", returned="row") == "rows"
    assert kind("row", "column") == "mixed"
    assert kind("column", "column", returned="row") == "mixed"


def test_changes_in_place_reach_the_vectors_that_were_given() -> None:
    def adds(total: Tensor, column: Tensor) -> Tensor:
        total.add_(column)
        return column

    class Student:
        def __call__(self, *row: Any) -> Any:
            return adds(*row)

        def map(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
            return [adds(*row) for row in rows]

        map_outcomes = map

    both = Vectors(groups=((0, 1),), returned=((),))
    function = InConvention(Student(), Convention(both, ("column",)))
    total, one = torch.zeros(3), torch.ones(3)
    assert function(total, one).shape == (3,)
    assert [v.shape for v in function.map([(total, one), (total, one)])] == [
        (3,),
        (3,),
    ]
    function.map_outcomes([(total, one)])
    assert torch.equal(total, torch.full((3,), 4.0))


def test_a_tensor_that_stands_in_several_rows_is_one_tensor() -> None:
    total = torch.zeros(3)
    both = Convention(Vectors(groups=((0,), (1,))), ("row", "column"))
    first, second = both.given_rows([(total, total), (total, total)])
    assert first[0] is second[0]
    assert first[0].shape == (1, 3)
    assert first[1].shape == (3, 1)


def test_parts_of_a_result_become_vectors_and_nothing_else_does() -> None:
    some = Convention(Vectors(returned=((0, 1), (5,))), ())
    value = ((torch.ones(1, 3), torch.ones(3, 1)), [torch.ones(3, 1)])
    (weights, bias), (other,) = some.taken(value)
    assert (weights.shape, bias.shape, other.shape) == ((1, 3), (3,), (3, 1))
    assert some.taken(None) is None


def test_a_function_without_vectors_has_no_convention() -> None:
    assert not vectors_of(EXERCISE, "sigma")
    assert convention("sigma", torch.tanh) is None


def test_biases_that_iterating_returns_as_columns() -> None:
    def train(*arguments: Any) -> Any:
        (w1, b1, w2, b2), history = SOLUTION.train(*arguments)
        return (w1, b1[:, None], w2, b2[:, None]), history

    found = convention("train", train)
    assert found is not None
    assert found.kind == "columns"
    assert convention("train", SOLUTION.train) is None


@pytest.mark.parametrize(
    "of", [torch.tensor, list, lambda row: [torch.tensor(row)]]
)
def test_other_forms_of_a_history_hide_no_columns(of: Function) -> None:
    def train(*arguments: Any) -> Any:
        (w1, b1, w2, b2), history = SOLUTION.train(*arguments)
        return (w1, b1[:, None], w2, b2), of(history)

    found = convention("train", train)
    assert found is not None
    assert found.kind == "columns"


def test_whether_a_function_takes_a_layout() -> None:
    call = calling(columns())
    assert fits(EXERCISE, "forward_pass", call, SOLUTION, ("column", "column"))
    assert not fits(
        EXERCISE, "forward_pass", call, SOLUTION, ("column", "vector")
    )


def test_how_a_submission_calls_a_function_is_told_by_its_exception() -> None:
    def told(*arguments: Any) -> OwnCall | None:
        names: dict[str, Any] = {}
        exec(telling_its_arguments("f"), names)
        with pytest.raises(ValueError, match="shapes") as raised:
            names["f"](*arguments)
        return call_told(str(raised.value), Vectors(groups=((0,), (1,))))

    vector = torch.ones(3)
    assert told(vector[None], vector[:, None]) == OwnCall(
        ("row", "column"), False
    )
    assert told(torch.ones(7, 3), vector) == OwnCall(("row", "vector"), True)
    assert told(1, vector) == OwnCall(("vector", "vector"), False)
    assert told(vector) is None
    assert call_told("something else", FORWARD) is None
    with pytest.raises(ValueError, match="shapes") as raised:
        exec(telling_its_arguments("f") + "f()")
    deep = str(raised.value).replace("[]", "[" * 5_000)
    assert call_told(deep, FORWARD) is None


def test_without_an_expected_value_nothing_is_found() -> None:
    broken = SimpleNamespace(forward_pass=lambda *_: 1 / 0)
    call = calling(columns())
    assert convention_of(EXERCISE, "forward_pass", call, [broken]) is None


def test_find_gives_each_trial_arguments_of_its_own() -> None:
    x = torch.ones(2)

    def doubles(vector: Tensor) -> Tensor:
        vector.mul_(2)
        assert vector.dim() == 2
        return vector

    expected = [SimpleNamespace(value=2 * x, arguments=[x], error=None)]
    vectors = Vectors(groups=((0,),), returned=((),))
    assert find(calling(doubles), vectors, [x], expected) is not None
    assert torch.equal(x, torch.ones(2))


def test_layouts() -> None:
    vector = torch.arange(3.0)
    for layout, shape in (
        ("vector", (3,)),
        ("column", (3, 1)),
        ("row", (1, 3)),
    ):
        view = laid_out(vector, layout)
        assert view.shape == shape
        assert torch.equal(as_vector(view), vector)
        view.add_(1)
    assert torch.equal(vector, torch.arange(3.0) + 3)
    matrix = torch.ones(2, 3)
    assert laid_out(matrix, "row") is matrix
    assert as_vector(matrix) is matrix
    assert laid_out(None, "column") is None
