"""Gradients by finite differences and by autograd."""

import torch
from torch import Tensor

from grader.checking.gradients import (
    autograd_gradients,
    differences_by_rows,
    finite_differences,
)


def vector(size: int) -> Tensor:
    return torch.randn(
        size,
        dtype=torch.float64,
        generator=torch.Generator().manual_seed(size),
    )


def test_finite_differences_of_an_elementwise_and_of_a_scalar_function() -> (
    None
):
    x = vector(5)
    assert torch.allclose(
        finite_differences(torch.tanh, x), 1 - torch.tanh(x) ** 2, atol=1e-8
    )
    assert torch.allclose(
        finite_differences(lambda p: p.pow(2).sum(), x), 2 * x, atol=1e-8
    )
    assert torch.allclose(
        finite_differences(lambda p: float(p.pow(2).sum()), x),
        2 * x,
        atol=1e-8,
    )


def test_the_difference_at_a_scalar() -> None:
    slope = finite_differences(
        torch.sin, torch.tensor(0.5, dtype=torch.float64)
    )
    assert slope.shape == ()
    assert (
        abs(float(slope) - torch.cos(torch.tensor(0.5, dtype=torch.float64)))
        < 1e-9
    )


def test_an_elementwise_function_is_asked_for_all_rows_in_two_calls() -> None:
    asked = []

    def cubes(rows):  # type: ignore[no-untyped-def]
        asked.append(len(rows))
        return [x**3 for (x,) in rows]

    rows = [[vector(3)], [vector(4)]]
    for slope, (x,) in zip(
        differences_by_rows(cubes, rows), rows, strict=True
    ):
        assert torch.allclose(slope, 3 * x**2, atol=1e-8)
    assert asked == [2, 2]


def test_a_function_may_change_what_it_is_given() -> None:
    def distances(rows):  # type: ignore[no-untyped-def]
        return [t.sub_(x).pow(2).sum() for x, t in rows]

    rows = [[vector(3), vector(3) + 1], [vector(4), vector(4) - 1]]
    slopes = differences_by_rows(distances, rows)
    assert torch.allclose(slopes[0], -2 * torch.ones(3).double(), atol=1e-8)
    assert torch.allclose(slopes[1], 2 * torch.ones(4).double(), atol=1e-8)
    assert torch.equal(rows[0][0], vector(3))


def test_autograd_gradients_leave_their_inputs_alone() -> None:
    a, b = torch.randn(3), torch.randn(3)
    da, db = autograd_gradients(lambda a, b: (a * b).sum(), [a, b])
    assert torch.equal(da, b)
    assert torch.equal(db, a)
    assert not a.requires_grad
