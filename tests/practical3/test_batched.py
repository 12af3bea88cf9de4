"""The quick forms of `train` against `solution.train`."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from grader.checking.reference import Reference
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
SOLUTION = Reference(EXERCISE)
INPUTS = EXERCISE.inputs
QUICK = EXERCISE.profiles["quick"].settings


def test_the_matrix_form_trains_as_the_solution_does() -> None:
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = SOLUTION.train(*data, 8, 0)[0]
    slow, slow_history = SOLUTION.train(*data, 8, 5, parameters=parameters)
    fast, fast_history = INPUTS.Inputs.trajectory(
        SOLUTION, data, parameters, 5
    )
    for a, b in zip(slow, fast, strict=True):
        assert torch.allclose(a.double(), b, rtol=1e-4, atol=1e-9)
    assert torch.allclose(
        torch.tensor(slow_history), torch.tensor(fast_history), rtol=1e-5
    )


class OneByOne:
    """A function as a student's is plugged in: it can be asked for several rows of arguments."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.asked = 0

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)

    def map(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        self.asked += 1
        return [self.function(*row) for row in rows]


PLUGGED = """
    sigma, sigma dsigma, dsigma, loss, loss dloss, dloss, forward_pass, backward_pass,
    forward_pass backward_pass, sigma loss dloss forward_pass backward_pass
"""


@pytest.mark.parametrize("names", PLUGGED.split(","), ids=str.strip)
def test_all_samples_at_once_train_as_one_after_the_other_does(
    names: str,
) -> None:
    plugged = {
        name: OneByOne(EXERCISE.standins[name]) for name in names.split()
    }
    reference = Reference(EXERCISE, plugged)
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = [1e4 * p for p in SOLUTION.train(*data, 8, 0)[0]]
    slow, slow_history = reference.train(*data, 8, 3, parameters=parameters)
    fast, fast_history = INPUTS.batched.train_with(
        reference, *data, 3, parameters
    )
    for a, b, start in zip(slow, fast, parameters, strict=True):
        assert torch.allclose(
            a - start,
            b - start,
            rtol=1e-3,
            atol=1e-5 * float((a - start).abs().max()),
        )
    assert torch.allclose(
        torch.tensor(slow_history), torch.tensor(fast_history), rtol=1e-4
    )


def changing(w1, b1, w2, b2, x):  # type: ignore[no-untyped-def]
    b1 += 1e-3
    return SOLUTION.forward_pass(w1, b1, w2, b2, x)


def of_another_shape(x):  # type: ignore[no-untyped-def]
    return torch.tanh(x).sum()


@pytest.mark.parametrize(
    ("name", "odd"), [("forward_pass", changing), ("dsigma", of_another_shape)]
)
def test_what_depends_on_the_order_or_is_odd_is_trained_one_after_the_other(
    name: str, odd: Callable[..., Any]
) -> None:
    function = OneByOne(odd)
    reference = Reference(EXERCISE, {name: function})
    data = INPUTS.Inputs(5, QUICK).made_up_data()
    parameters = SOLUTION.train(*data, 4, 0)[0]
    slow, slow_history = reference.train(*data, 4, 2, parameters=parameters)
    kept, kept_history = INPUTS.Inputs.trajectory(
        reference, data, parameters, 2
    )
    assert function.asked
    assert all(torch.equal(a, b) for a, b in zip(slow, kept, strict=True))
    assert slow_history == kept_history


def test_functions_that_leave_something_for_each_other_are_called_in_turn() -> (
    None
):
    left = {}

    def forward_pass(*arguments):  # type: ignore[no-untyped-def]
        left["states"] = SOLUTION.forward_pass(*arguments)
        return left["states"]

    def backward_pass(*arguments):  # type: ignore[no-untyped-def]
        SOLUTION.backward_pass(
            *arguments[:5], *left["states"], *arguments[-4:]
        )

    functions = {"forward_pass": forward_pass, "backward_pass": backward_pass}
    reference = Reference(
        EXERCISE, {name: OneByOne(f) for name, f in functions.items()}
    )
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = SOLUTION.train(*data, 8, 0)[0]
    right = SOLUTION.train(*data, 8, 2, parameters=parameters)[0]
    found = INPUTS.Inputs.trajectory(reference, data, parameters, 2)[0]
    assert all(
        torch.allclose(a, b, rtol=1e-4)
        for a, b in zip(right, found, strict=True)
    )


@pytest.mark.parametrize(
    ("response", "errors"),
    [
        ([0.9, 0.1, 0.2], (0, 0)),
        ([0.1, 0.9, 0.2], (1, 1)),
        ([0.9, 0.90001, 0.2], (0, 1)),
        ([0.90001, 0.9, 0.2], (0, 1)),
        ([0.9, 0.902, 0.2], (1, 1)),
        ([1e-8, 2e-7, -3e-7], (0, 1)),  # what exp leaves of it near zero
    ],
)
def test_a_tie_is_an_error_or_none(
    response: list[float], errors: tuple[int, int]
) -> None:
    responses = torch.tensor([response, [0.0, 1.0, 0.0]])
    targets = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    found = INPUTS.batched._errors(responses, targets)
    assert found == (*errors, 2)
    assert found.rates == [
        count / 2 for count in range(errors[0], errors[1] + 1)
    ]


def test_what_is_measured_with_other_functions_is_what_they_report() -> None:
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = [1e5 * p for p in SOLUTION.train(*data, 8, 0)[0]]
    for name in ("forward_pass", "sigma", "loss"):
        reference = Reference(
            EXERCISE, {name: OneByOne(EXERCISE.standins[name])}
        )
        _, ((loss, *rates),) = reference.train(
            *data, 8, 1, parameters=parameters
        )
        found = INPUTS.Inputs.measure(reference, data, parameters)
        assert found.loss == pytest.approx(loss, rel=1e-4)
        assert [found.train.rates, found.test.rates] == [
            [rate] for rate in rates
        ]


def test_a_run_that_is_known_already_is_given_anew() -> None:
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = SOLUTION.train(*data, 8, 0)[0]
    (w1, *_), history = INPUTS.batched.train(*data, 5, parameters)
    known = w1.clone()
    w1.zero_()
    history.clear()
    (again, *_), told = INPUTS.batched.train(*data, 5, parameters)
    assert torch.equal(again, known)
    assert len(told) == 5


def test_a_run_from_elsewhere_is_another() -> None:
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    w1, *others = SOLUTION.train(*data, 8, 0)[0]
    first, _ = INPUTS.batched.train(*data, 5, (w1, *others))
    other, _ = INPUTS.batched.train(*data, 5, (2 * w1, *others))
    fewer, _ = INPUTS.batched.train(*data, 4, (w1, *others))
    assert not torch.equal(first[0], other[0])
    assert not torch.equal(first[0], fewer[0])
