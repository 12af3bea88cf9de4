"""Whether a function stands by its answers, and whether they depend on what it is asked."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from grader.checking.answers import (
    AsBefore,
    is_constant,
    stands_by_its_answers,
)
from grader.checking.reference import TakingColumns
from grader.errors import Missing, Raised
from grader.sandbox.calls import Answer

Function = Callable[..., Any]


def answer(function: Function, *arguments: Any) -> Answer:
    """What a function answers, kept as `Calls` keeps it."""
    after = [argument.clone() for argument in arguments]
    try:
        return Answer(arguments, function(*after), after, None)
    except ArithmeticError as error:
        raised = Raised("f", type(error).__name__, str(error))
        return Answer(arguments, None, after, raised)


def asked_again(before: Function, again: Function) -> bool:
    """Whether one that answered like `before` stands by it where it answers like `again`."""
    inputs = torch.linspace(-1, 1, 5), torch.ones(2, 3)

    def call(_: str, arguments: Sequence[Any]) -> Any:
        found = answer(again, *arguments)
        return types.SimpleNamespace(
            value=found.value, arguments=found.after, error=found.error
        )

    calls: Any = types.SimpleNamespace(
        answers={"f": [answer(before, x) for x in inputs]},
        apart=types.SimpleNamespace(call=call),
        seed=1,
    )
    return stands_by_its_answers(calls, "f")


def divides(x: torch.Tensor) -> float:
    return len(x) / 0


def says(value: Any) -> Function:
    """A function that says this whatever it is asked."""
    return lambda *_: value


def in_place(x: torch.Tensor) -> None:
    x.exp_()


def same_in_place(x: torch.Tensor) -> None:
    x.add_(0)


FUNCTIONS: list[Function] = [
    torch.tanh,
    torch.exp_,
    lambda x: x * float("nan"),
    lambda x: (x, [x.sum(), None]),
    lambda x: {"x": 1j * x},
    lambda x: float(x.sum()),
    lambda x: str(x.shape),
    says(None),
    divides,
]


@pytest.mark.parametrize("before", range(len(FUNCTIONS)))
@pytest.mark.parametrize("again", range(len(FUNCTIONS)))
def test_a_function_stands_by_what_it_says_again(
    before: int, again: int
) -> None:
    said = asked_again(FUNCTIONS[before], FUNCTIONS[again])
    assert said == (before == again)


def test_rounding_is_no_other_answer() -> None:
    assert asked_again(torch.tanh, lambda x: torch.tanh(x) * (1 + 1e-6))
    assert not asked_again(torch.tanh, lambda x: torch.tanh(x) * (1 + 1e-2))


def test_what_does_not_answer_elsewhere_does_not_stand_by_it() -> None:
    def fails(*_: Any) -> Any:
        raise Missing("f", "it is not there")

    calls: Any = types.SimpleNamespace(
        answers={"f": [answer(torch.tanh, torch.ones(2))]},
        apart=types.SimpleNamespace(call=fails),
        seed=1,
    )
    assert not stands_by_its_answers(calls, "f")


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (torch.zeros_like, True),
        (torch.ones_like, True),
        (says(0.5), True),
        (lambda x: 0.5 + 1e-9 * x, True),
        (lambda x: (0 * x, 0 * x), True),
        (same_in_place, True),
        (torch.tanh, False),
        (in_place, False),
        (lambda x: (0 * x, x), False),
        (says("text"), False),
        (divides, False),
    ],
)
def test_constant(function: Function, expected: bool) -> None:
    inputs = torch.linspace(-1, 1, 5), torch.full((1,), 2.0)
    answers = [answer(function, x) for x in inputs]
    assert is_constant(answers) == expected


def test_one_answer_does_not_show_that_it_is_constant() -> None:
    assert not is_constant([answer(torch.zeros_like, torch.ones(2))])


SMALL, LARGE = torch.linspace(-2, 2, 5), torch.tensor([-900.0, 0.5, 900.0])


def taking_part(function: Function, elsewhere: Function) -> AsBefore:
    """A function that has answered like `function`, and that answers otherwise where it takes part."""
    asked = [SMALL, SMALL / 2, SMALL.view(5, 1), LARGE]
    answers = [answer(function, x) for x in asked]
    return AsBefore(TakingColumns(elsewhere), torch.tanh, answers)


def wrong_for_large(x: torch.Tensor) -> torch.Tensor:
    return torch.tanh(x) * (1e9 if x.abs().max() > 500 else 1)


def steps(x: torch.Tensor) -> torch.Tensor:
    """Nearly tanh, with a slope of 1 everywhere."""
    centre = torch.round(x, decimals=4)
    return torch.tanh(centre) + x - centre


@pytest.mark.parametrize("lie", [torch.zeros_like, steps])
def test_where_a_function_was_right_the_right_value_takes_part(
    lie: Function,
) -> None:
    part = taking_part(wrong_for_large, lie)
    asked = SMALL + 0.1
    assert part(asked).equal(torch.tanh(asked))
    (value,) = part.map([(asked,)])
    assert value.equal(torch.tanh(asked))


def test_where_it_was_wrong_it_takes_part_itself() -> None:
    part = taking_part(wrong_for_large, wrong_for_large)
    assert part(LARGE).equal(wrong_for_large(LARGE))
    twice = taking_part(lambda x: 2 * torch.tanh(x), lambda x: 2.1 * x.tanh())
    assert twice(SMALL).equal(2.1 * torch.tanh(SMALL))


def test_what_is_much_further_off_than_it_was_takes_no_part() -> None:
    part = taking_part(lambda x: 2 * torch.tanh(x), lambda x: x + 50)
    with pytest.raises(ValueError, match="further from what is right"):
        part(SMALL)
    # where it was far off for large arguments, it may not be so for small ones
    part = taking_part(
        lambda x: wrong_for_large(x) * 2, lambda x: 1e6 * x.sinh()
    )
    with pytest.raises(ValueError, match="further from what is right"):
        part(SMALL)
