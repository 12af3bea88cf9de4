"""What the checks draw."""

import pytest
import torch

from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
INPUTS = EXERCISE.inputs
QUICK = EXERCISE.profiles["quick"].settings


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (INPUTS.Inputs(seed, QUICK).sample() for seed in (1, 1, 2))
    assert torch.equal(first.w1, again.w1)
    assert not torch.equal(first.w1, other.w1)


@pytest.mark.parametrize("seed", range(20))
def test_no_unit_of_a_sample_is_saturated(seed: int) -> None:
    sample = INPUTS.Inputs(seed, QUICK).sample()
    s1 = sample.w1.mv(sample.x) + sample.b1
    s2 = sample.w2.mv(s1.tanh()) + sample.b2
    assert torch.cat([s1, s2]).abs().max() < INPUTS.MOST_STATE
    assert sorted(sample.t.tolist()) == pytest.approx([0, 0, 0.9])


def test_lopsided_data_has_another_share_of_each_class_in_training_and_test() -> None:
    data = INPUTS.Inputs(3, QUICK).lopsided_data()
    assert (len(data.train_target), len(data.test_target)) == (20, 12)
    counts = zip(
        data.train_target.sum(0).tolist(), data.test_target.sum(0).tolist(), strict=True
    )
    assert sorted(counts) == sorted((float(a), float(b)) for a, b in INPUTS.LOPSIDED)


def test_coarse_images_are_as_long_as_the_whole_ones() -> None:
    data = INPUTS.Inputs(3, QUICK).data(6, 4)
    coarse = INPUTS.Inputs.coarse(data)
    assert coarse.train_input.shape == (6, 49)
    assert torch.equal(coarse.train_target, data.train_target)
    ratio = coarse.train_input.norm(dim=1) / data.train_input.norm(dim=1)
    assert ((ratio > 0.7) & (ratio < 1.1)).all()
