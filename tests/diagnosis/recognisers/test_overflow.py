"""`recognise = "overflow"`."""

import math

import torch
from observed import observed, raised

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.overflow import Overflow

RIGHT = Outcome(torch.tensor([0.5, 1.0]), ())


def readings(*outcomes):
    return list(
        Overflow().readings(
            observed(outcomes, expected=[RIGHT] * len(outcomes))
        )
    )


def test_entries_that_are_not_finite_are_left_out():
    (reading,) = readings(RIGHT, Outcome(torch.tensor([math.nan, 1.0]), ()))
    assert reading.ignored.tolist() == [False, False, True, False]


def test_a_call_that_overflowed_is_left_out_whole():
    (reading,) = readings(RIGHT, raised("OverflowError"))
    assert reading.ignored.tolist() == [False, False, True, True]
    assert reading.outcomes[1].error is None


def test_finite_numbers_are_read_as_they_are():
    assert readings(RIGHT, raised("ValueError")) == []


def test_where_nothing_is_finite_nothing_is_left_to_compare():
    assert readings(Outcome(torch.tensor([math.inf, math.nan]), ())) == []
