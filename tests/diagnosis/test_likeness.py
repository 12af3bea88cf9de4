"""What wrong numbers are like."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.diagnosis.likeness import likeness

torch.manual_seed(3)
RIGHT = [torch.randn(n) for n in (3, 5, 4)]
MATRICES = [torch.randn(n, n) for n in (3, 4)]

LIKE = {
    "zero": torch.zeros_like,
    "opposite": torch.neg,
    "factor": lambda one: 2.5 * one,
    "divided": lambda one: one / one.numel(),
    "square": torch.square,
    "absolute": torch.abs,
    "sum": torch.sum,
    "mean": torch.mean,
    "one-off": lambda one: one.roll(1, 0),
    "one-off-back": lambda one: one.roll(-1, 0),
    "reordered": lambda one: one.flip(0),
    "shape": lambda one: one[:, None] * 7,
}


@pytest.mark.parametrize("kind", LIKE)
def test_what_they_are_like(kind):
    found = likeness([(LIKE[kind](one), one) for one in RIGHT], "s1")
    assert (found.kind, found.about) == (kind, "s1")


def test_a_factor_and_another_quantity_are_named():
    assert likeness([(2.5 * one, one) for one in RIGHT]).value == "2.5"
    others = {"x": [one + 1 for one in RIGHT], "t": [one * 3 for one in RIGHT]}
    pairs = [(one + 1, one) for one in RIGHT]
    found = likeness(pairs, others=others)
    assert (found.kind, found.value) == ("is", "x")


def test_a_matrix_is_transposed():
    assert likeness([(m.t(), m) for m in MATRICES]).kind == "transposed"


@given(seed=st.integers(0, 10**6))
def test_numbers_that_are_like_nothing(seed):
    generator = torch.Generator().manual_seed(seed)
    pairs = [
        (torch.randn(one.shape, generator=generator), one) for one in RIGHT
    ]
    assert likeness(pairs) is None


def test_one_call_shows_nothing_and_calls_must_agree():
    assert likeness([(2 * RIGHT[0], RIGHT[0])]) is None
    factors = itertools.count(2)
    assert likeness([(next(factors) * one, one) for one in RIGHT]) is None


def test_what_is_empty_is_like_nothing():
    assert likeness([(torch.zeros(0), one) for one in RIGHT]) is None


def test_what_is_always_the_same_shows_nothing():
    half = torch.tensor(0.5)
    assert likeness([(2 * half, half)] * 3) is None
