"""The reference exercise against mathematics, and its parts against each other."""

import inspect
import types
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from grader.checking.gradients import autograd_gradients, finite_differences
from grader.checking.reference import Reference
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
SOLUTION = Reference(EXERCISE)
INPUTS = EXERCISE.inputs
QUICK = EXERCISE.profiles["quick"].settings


@pytest.mark.parametrize("sizes", [(7, 5, 3), (4, 4, 4), (1, 1, 1), (11, 2, 9)])
def test_backward_pass_is_what_autograd_finds(sizes: tuple[int, int, int]) -> None:
    sample = INPUTS.Inputs(3, QUICK).sample(sizes, dtype=torch.float64)
    accumulators = [torch.ones_like(p) for p in sample.parameters]
    _, s1, x1, s2, x2 = SOLUTION.forward_pass(*sample.parameters, sample.x)
    SOLUTION.backward_pass(*sample.parameters, sample.t, sample.x, s1, x1, s2, x2, *accumulators)

    def loss_of(*parameters: torch.Tensor) -> torch.Tensor:
        return SOLUTION.loss(SOLUTION.forward_pass(*parameters, sample.x)[-1], sample.t)

    for accumulated, gradient in zip(
        accumulators, autograd_gradients(loss_of, sample.parameters), strict=True
    ):
        assert torch.allclose(accumulated - 1, gradient, atol=1e-12)


def test_the_derivatives_agree_with_finite_differences() -> None:
    x, t = torch.randn(5, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    assert torch.allclose(SOLUTION.dsigma(x), finite_differences(SOLUTION.sigma, x), atol=1e-8)
    assert torch.allclose(
        SOLUTION.dloss(x, t), finite_differences(lambda v: SOLUTION.loss(v, t), x), atol=1e-8
    )


def test_the_matrix_form_trains_as_the_solution_does() -> None:
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = SOLUTION.train(*data, 8, 0)[0]
    slow, slow_history = SOLUTION.train(*data, 8, 5, parameters=parameters)
    fast, fast_history = INPUTS.Inputs.trajectory(SOLUTION, data, parameters, 5)
    for a, b in zip(slow, fast, strict=True):
        assert torch.allclose(a.double(), b, rtol=1e-4, atol=1e-9)
    assert torch.allclose(torch.tensor(slow_history), torch.tensor(fast_history), rtol=1e-5)


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
def test_all_samples_at_once_train_as_one_after_the_other_does(names: str) -> None:
    plugged = {name: OneByOne(EXERCISE.standins[name]) for name in names.split()}
    reference = Reference(EXERCISE, plugged)
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = [1e4 * p for p in SOLUTION.train(*data, 8, 0)[0]]
    slow, slow_history = reference.train(*data, 8, 3, parameters=parameters)
    fast, fast_history = INPUTS.batched.train_with(reference, *data, 3, parameters)
    for a, b, start in zip(slow, fast, parameters, strict=True):
        assert torch.allclose(a - start, b - start, rtol=1e-3, atol=1e-5 * float((a - start).abs().max()))
    assert torch.allclose(torch.tensor(slow_history), torch.tensor(fast_history), rtol=1e-4)


def changing(w1, b1, w2, b2, x):  # type: ignore[no-untyped-def]
    b1 += 1e-3
    return SOLUTION.forward_pass(w1, b1, w2, b2, x)


def of_another_shape(x):  # type: ignore[no-untyped-def]
    return torch.tanh(x).sum()


@pytest.mark.parametrize(("name", "odd"), [("forward_pass", changing), ("dsigma", of_another_shape)])
def test_what_depends_on_the_order_or_is_odd_is_trained_one_after_the_other(
    name: str, odd: Callable[..., Any]
) -> None:
    function = OneByOne(odd)
    reference = Reference(EXERCISE, {name: function})
    data = INPUTS.Inputs(5, QUICK).made_up_data()
    parameters = SOLUTION.train(*data, 4, 0)[0]
    slow, slow_history = reference.train(*data, 4, 2, parameters=parameters)
    kept, kept_history = INPUTS.Inputs.trajectory(reference, data, parameters, 2)
    assert function.asked
    assert all(torch.equal(a, b) for a, b in zip(slow, kept, strict=True))
    assert slow_history == kept_history


def test_functions_that_leave_something_for_each_other_are_called_in_turn() -> None:
    left = {}

    def forward_pass(*arguments):  # type: ignore[no-untyped-def]
        left["states"] = SOLUTION.forward_pass(*arguments)
        return left["states"]

    def backward_pass(*arguments):  # type: ignore[no-untyped-def]
        SOLUTION.backward_pass(*arguments[:5], *left["states"], *arguments[-4:])

    functions = {"forward_pass": forward_pass, "backward_pass": backward_pass}
    reference = Reference(EXERCISE, {name: OneByOne(f) for name, f in functions.items()})
    data = INPUTS.Inputs(5, QUICK).data(6, 4)
    parameters = SOLUTION.train(*data, 8, 0)[0]
    right = SOLUTION.train(*data, 8, 2, parameters=parameters)[0]
    found = INPUTS.Inputs.trajectory(reference, data, parameters, 2)[0]
    assert all(torch.allclose(a, b, rtol=1e-4) for a, b in zip(right, found, strict=True))


def test_a_function_that_changes_its_second_argument_has_a_derivative() -> None:
    def loss(v, t):  # type: ignore[no-untyped-def]
        t -= v
        return 0.5 * t.pow(2).sum()

    reference = Reference(EXERCISE, {"loss": OneByOne(loss)})
    v, t = torch.randn(4, dtype=torch.float64), torch.randn(4, dtype=torch.float64)
    before = t.clone()
    assert torch.allclose(reference.dloss(v, t), v - before, atol=1e-8)
    assert torch.equal(t, before)


def test_training_starts_from_given_parameters_and_leaves_them_alone() -> None:
    data = INPUTS.Inputs(5, QUICK).made_up_data()
    parameters = SOLUTION.train(*data, 4, 0)[0]
    before = [p.clone() for p in parameters]
    SOLUTION.train(*data, 4, 2, parameters=parameters)
    assert all(torch.equal(a, b) for a, b in zip(parameters, before, strict=True))


def test_points_add_up_to_20_most_of_them_on_the_last_two() -> None:
    assert EXERCISE.max_score == 20
    assert sum(EXERCISE.functions[name].points for name in ("backward_pass", "train")) > 10


def test_stand_ins_take_what_the_functions_take() -> None:
    for name, standin in EXERCISE.standins.items():
        assert inspect.signature(standin) == inspect.signature(getattr(SOLUTION, name)), name


def test_a_plugged_function_goes_with_its_derivative() -> None:
    logistic = Reference(EXERCISE, {"sigma": torch.sigmoid})
    x = torch.randn(4, dtype=torch.float64)
    expected = torch.sigmoid(x) * (1 - torch.sigmoid(x))
    assert torch.allclose(logistic.dsigma(x), expected, atol=1e-8)
    (slope,) = autograd_gradients(lambda x: logistic.sigma(x).sum(), [x])
    assert torch.allclose(slope, expected, atol=1e-8)


def test_the_prologue_serves_what_the_data_set_holds() -> None:
    prologue = types.ModuleType("prologue")
    (text,) = set(EXERCISE.prologues().values())
    exec(text, prologue.__dict__)
    prologue.install(*INPUTS.course_data({}))
    train_input, train_target, test_input, test_target = prologue.load_data(
        one_hot_labels=True, normalize=True, flatten=True
    )
    assert train_input.shape == (1000, 784)
    assert train_target.shape == (1000, 10)
    assert len(test_input) == len(test_target) == 797
    assert abs(float(train_input.mean())) < 1e-4
    assert set(train_target.unique().tolist()) == {0.0, 1.0}


def test_real_mnist_is_read_from_its_own_files(tmp_path: object) -> None:
    import gzip
    import struct
    from pathlib import Path

    folder = Path(str(tmp_path))
    images, labels = EXERCISE.module("dataset").digits()
    pixels = images[:60].round().to(torch.uint8)
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz", "wb") as stream:
        stream.write(struct.pack(">IIII", 0x803, 60, 28, 28) + pixels.numpy().tobytes())
    with (folder / "t10k-labels-idx1-ubyte").open("wb") as stream:
        stream.write(struct.pack(">II", 0x801, 60) + labels[:60].to(torch.uint8).numpy().tobytes())
    data = INPUTS.Inputs(1, {**QUICK, "data": str(folder)}).data(30, 30)
    assert data.train_input.shape == (30, 784)
    assert data.test_target.shape == (30, 10)
