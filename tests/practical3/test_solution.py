"""The reference solution against mathematics."""

import inspect

import pytest
import torch

from grader.checking.gradients import autograd_gradients, finite_differences
from grader.checking.reference import Reference
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
SOLUTION = Reference(EXERCISE)
INPUTS = EXERCISE.inputs
QUICK = EXERCISE.profiles["quick"].settings


@pytest.mark.parametrize(
    "sizes", [(7, 5, 3), (4, 4, 4), (1, 1, 1), (11, 2, 9)]
)
def test_backward_pass_is_what_autograd_finds(
    sizes: tuple[int, int, int],
) -> None:
    sample = INPUTS.Inputs(3, QUICK).sample(sizes, dtype=torch.float64)
    accumulators = [torch.ones_like(p) for p in sample.parameters]
    _, s1, x1, s2, x2 = SOLUTION.forward_pass(*sample.parameters, sample.x)
    SOLUTION.backward_pass(
        *sample.parameters, sample.t, sample.x, s1, x1, s2, x2, *accumulators
    )

    def loss_of(*parameters: torch.Tensor) -> torch.Tensor:
        return SOLUTION.loss(
            SOLUTION.forward_pass(*parameters, sample.x)[-1], sample.t
        )

    for accumulated, gradient in zip(
        accumulators,
        autograd_gradients(loss_of, sample.parameters),
        strict=True,
    ):
        assert torch.allclose(accumulated - 1, gradient, atol=1e-12)


def test_the_derivatives_agree_with_finite_differences() -> None:
    x, t = (
        torch.randn(5, dtype=torch.float64),
        torch.randn(5, dtype=torch.float64),
    )
    assert torch.allclose(
        SOLUTION.dsigma(x), finite_differences(SOLUTION.sigma, x), atol=1e-8
    )
    assert torch.allclose(
        SOLUTION.dloss(x, t),
        finite_differences(lambda v: SOLUTION.loss(v, t), x),
        atol=1e-8,
    )


def test_training_starts_from_given_parameters_and_leaves_them_alone() -> None:
    data = INPUTS.Inputs(5, QUICK).made_up_data()
    parameters = SOLUTION.train(*data, 4, 0)[0]
    before = [p.clone() for p in parameters]
    SOLUTION.train(*data, 4, 2, parameters=parameters)
    assert all(
        torch.equal(a, b) for a, b in zip(parameters, before, strict=True)
    )


def test_points_add_up_to_20_most_of_them_on_the_last_two() -> None:
    assert EXERCISE.max_score == 20
    assert (
        sum(
            EXERCISE.functions[name].points
            for name in ("backward_pass", "train")
        )
        > 10
    )


def test_stand_ins_take_what_the_functions_take() -> None:
    for name, standin in EXERCISE.standins.items():
        assert inspect.signature(standin) == inspect.signature(
            getattr(SOLUTION, name)
        ), name
