"""What the checks draw."""

import pytest
import torch

from grader.checking.reference import Reference
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
SOLUTION = Reference(EXERCISE)
INPUTS = EXERCISE.inputs
QUICK = EXERCISE.profiles["quick"].settings


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (
        INPUTS.Inputs(seed, QUICK).sample() for seed in (1, 1, 2)
    )
    assert torch.equal(first.w1, again.w1)
    assert not torch.equal(first.w1, other.w1)


@pytest.mark.parametrize("seed", range(20))
def test_no_unit_of_a_sample_is_saturated(seed: int) -> None:
    sample = INPUTS.Inputs(seed, QUICK).sample()
    s1 = sample.w1.mv(sample.x) + sample.b1
    s2 = sample.w2.mv(s1.tanh()) + sample.b2
    assert torch.cat([s1, s2]).abs().max() < INPUTS.MOST_STATE
    assert sorted(sample.t.tolist()) == pytest.approx([0, 0, 0.9])


def test_lopsided_data_has_another_share_of_each_class_in_training_and_test() -> (
    None
):
    data = INPUTS.Inputs(3, QUICK).lopsided_data()
    assert (len(data.train_target), len(data.test_target)) == (20, 13)
    counts = zip(
        data.train_target.sum(0).tolist(),
        data.test_target.sum(0).tolist(),
        strict=True,
    )
    assert sorted(counts) == sorted(
        (float(a), float(b)) for a, b in INPUTS.LOPSIDED
    )


def test_coarse_images_are_as_long_as_the_whole_ones() -> None:
    data = INPUTS.Inputs(3, QUICK).data(6, 4)
    coarse = INPUTS.Inputs.coarse(data)
    assert coarse.train_input.shape == (6, 49)
    assert torch.equal(coarse.train_target, data.train_target)
    ratio = coarse.train_input.norm(dim=1) / data.train_input.norm(dim=1)
    assert ((ratio > 0.7) & (ratio < 1.1)).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("epsilon", [1e-6, 1e-3])
def test_on_contested_data_no_answer_is_right_by_chance(
    epsilon: float, seed: int
) -> None:
    """Once the hidden layer is awake, a single class for all samples has more errors, in both sets."""
    data = INPUTS.Inputs(seed, QUICK).contested_data()
    torch.manual_seed(seed)
    shapes = (50, 784), (50,), (10, 50), (10,)
    start = [epsilon * torch.randn(*shape) for shape in shapes]
    told_apart = {"train": False, "test": False}
    for steps in (7, 8):  # a step may overshoot, but not two in a row
        parameters, _ = INPUTS.Inputs.trajectory(SOLUTION, data, start, steps)
        measured = INPUTS.Inputs.measure(SOLUTION, data, parameters)
        for name in told_apart:
            errors = getattr(measured, name)
            targets = getattr(data, f"{name}_target")
            of_one_class = len(targets) - int(targets.sum(0).max())
            if 2 <= errors.least == errors.most < of_one_class:
                told_apart[name] = True
    assert all(told_apart.values())


def test_contested_data_is_normalised() -> None:
    data = INPUTS.Inputs(3, QUICK).contested_data()
    assert float(data.train_input.mean()) == pytest.approx(0, abs=1e-6)
    assert float(data.train_input.std()) == pytest.approx(1)


def test_what_is_measured_is_what_the_solution_reports() -> None:
    data = INPUTS.Inputs(3, QUICK).data(6, 5)
    start, _ = SOLUTION.train(*data, 9, 0)
    parameters = [1e5 * p for p in start]  # no ties
    _, ((loss, train_error, test_error),) = SOLUTION.train(
        *data, 9, 1, parameters=parameters
    )
    measured = INPUTS.Inputs.measure(SOLUTION, data, parameters)
    assert measured.loss == pytest.approx(loss, rel=1e-5)
    assert (measured.train.rates, measured.test.rates) == (
        [train_error],
        [test_error],
    )


def test_what_is_no_number_is_not_measured() -> None:
    data = INPUTS.Inputs(3, QUICK).data(2, 2)
    start, _ = SOLUTION.train(*data, 9, 0)
    nowhere = [p * float("nan") for p in start]
    assert INPUTS.Inputs.measure(SOLUTION, data, nowhere) is None
