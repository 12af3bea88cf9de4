"""A student's function is found in the catalogue by what it has answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from grader.checking.catalogue import same_mistake
from grader.exercise import Exercise
from grader.sandbox.calls import Answer

EXERCISE = Exercise.load("practical3")
INPUTS = torch.linspace(-2, 2, 7), torch.ones(2, 3) / 3, torch.tensor(0.7)


def answers(function: Any, *inputs: Any) -> Iterator[Answer]:
    for x in inputs or INPUTS:
        after = x.clone()
        yield Answer([x], function(after), [after], None)


@pytest.mark.parametrize(
    ("function", "own"),
    [
        ("sigma", torch.sigmoid),
        ("sigma", torch.relu),
        ("dsigma", lambda x: torch.sigmoid(x) * (1 - torch.sigmoid(x))),
        ("dsigma", lambda x: 1 - x.pow(2)),
    ],
)
def test_a_known_mistake_is_found_and_answers_the_same(
    function: str, own: Any
) -> None:
    found = same_mistake(EXERCISE, function, list(answers(own)))
    assert found is not None
    x = torch.linspace(-1, 1, 4)
    assert torch.allclose(found(x), own(x))


def test_what_nobody_knows_is_not_found() -> None:
    own = torch.nn.functional.softsign
    assert same_mistake(EXERCISE, "sigma", list(answers(own))) is None


def test_what_says_something_else_once_is_not_found() -> None:
    said = [*answers(torch.sigmoid), *answers(torch.relu, torch.ones(2))]
    assert same_mistake(EXERCISE, "sigma", said) is None


def test_what_changes_its_argument_is_not_found() -> None:
    said = list(answers(lambda x: x.sigmoid_()))
    assert same_mistake(EXERCISE, "sigma", said) is None


def test_what_was_asked_little_is_not_found() -> None:
    said = list(answers(torch.sigmoid, INPUTS[0]))
    assert same_mistake(EXERCISE, "sigma", said) is None
