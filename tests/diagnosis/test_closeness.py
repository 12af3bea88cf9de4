"""What counts as equal, on both sides of each tolerance."""

import math

import pytest
import torch

from grader.diagnosis import closeness
from grader.diagnosis.closeness import (
    COARSE,
    SAME,
    close,
    matching_entries,
    parameters_agree,
    raise_alike,
    same,
    same_column,
    spread_agrees,
)
from grader.diagnosis.observation import RAISED, Outcome, Trace

BIG = torch.tensor([100.0, 1e-4, math.nan, math.inf])


def test_a_tolerance_is_of_the_greatest_entry_and_of_each():
    assert close(BIG * (1 + SAME.relative / 2), BIG)
    assert not close(BIG * (1 + 2 * SAME.relative), BIG)
    assert close(
        BIG + torch.tensor([0, 50 * SAME.absolute, 0, 0]), BIG
    )  # beside 100, a 1e-4 is nothing
    assert not close(BIG + torch.tensor([0, 300 * SAME.absolute, 0, 0]), BIG)


def test_other_shapes_and_other_infinities_are_not_close():
    assert not close(torch.ones(2), torch.ones(2, 1))
    assert not close(
        torch.tensor([math.inf, 1.0]), torch.tensor([-math.inf, 1.0])
    )
    assert close(torch.zeros(2), torch.zeros(2))


@pytest.mark.parametrize(
    "other",
    [[torch.ones(2)], (torch.ones(2), 2.0), (torch.ones(2), None), None],
)
def test_values_of_another_structure_are_not_the_same(other):
    assert not same((torch.ones(2), 1.0), other)


def test_lists_and_numbers_are_as_good_as_tuples_and_tensors():
    assert same((torch.ones(2), 1.0), [torch.ones(2), torch.tensor(1.0)])


def test_outcomes_are_equal_with_their_exceptions():
    def raised(text):
        return [Outcome(None, (), ("ValueError", text))]

    assert closeness.equal_outcomes(raised("a"), raised("a"), ())
    assert not closeness.equal_outcomes(raised("a"), raised("b"), ())
    assert not closeness.equal_outcomes(raised("a"), [Outcome(1.0, ())], ())


def test_calls_raise_alike_from_the_same_state_only():
    def trace(error, number):
        return Trace((RAISED,), (error,), (torch.tensor([number]),))

    assert raise_alike(trace("E", 1.0), trace("E", 1 + COARSE.relative / 2))
    assert not raise_alike(trace("E", 1.0), trace("E", 1.1))
    assert not raise_alike(trace("E", 1.0), trace("F", 1.0))
    assert not raise_alike(trace("", 1.0), trace("", 1.0))


def test_entries_match_one_by_one():
    student = torch.tensor([1.0, 1.0])
    variants = torch.tensor([[1.0001, 1.001], [1.0, 1.0]])
    assert matching_entries(student, variants).tolist() == [
        [True, False],
        [True, True],
    ]


@pytest.mark.parametrize(
    "wrong",
    [[(1.0, 0.0)], [(1.0, 0.0), (2.0, 0.1)], [(1.0, 0.0), (2.0, math.nan)]],
)
def test_a_column_is_the_same_from_top_to_bottom(wrong):
    right = [(1.0, 0.0), (2.0, 0.5)]
    assert same_column(right, [(1.00001, 9.0), (2.0, 9.0)], 0)
    assert not same_column(wrong, right, 1)


# Parameters, and how they move.

START = (torch.tensor([[1.0, -2.0], [0.5, 0.0]]), torch.zeros(2))
MOVED_ON = (START[0] + 0.01, START[1] + 0.01)


def test_parameters_are_compared_relative_to_how_far_they_moved():
    move = 0.01
    near, off = closeness.MOVED / 2 * move, 2 * closeness.MOVED * move
    assert parameters_agree([p + near for p in MOVED_ON], MOVED_ON, START)
    assert not parameters_agree(
        [MOVED_ON[0], MOVED_ON[1] + off], MOVED_ON, START
    )
    assert parameters_agree(
        [p + off for p in MOVED_ON],
        MOVED_ON,
        START,
        closeness.MOVED_FROM_ESTIMATE,
    )


def test_parameters_that_do_not_move_may_differ_by_float32s_rounding():
    noise = 2.0 * closeness.FLOAT32_NOISE
    assert parameters_agree([START[0] + noise / 2, START[1]], START, START)
    assert not parameters_agree([START[0] + 2 * noise, START[1]], START, START)


def test_parameters_of_other_shapes_or_with_other_undefined_entries_do_not_agree():
    assert not parameters_agree(START[:1], START, START)
    assert not parameters_agree((START[0], torch.zeros(3)), START, START)
    nan, inf = torch.tensor([math.nan, 1.0]), torch.tensor([math.inf, 1.0])
    assert parameters_agree([nan], [nan], [torch.zeros(2)])
    assert not parameters_agree([inf], [nan], [torch.zeros(2)])
    assert not parameters_agree([torch.ones(2)], [nan], [torch.zeros(2)])
    assert parameters_agree(
        [torch.zeros(0)], [torch.zeros(0)], [torch.zeros(0)]
    )


def drawn(spread, mean=0.0, count=200):
    """Entries of exactly that standard deviation around `mean`, in a vector."""
    half = torch.full((count // 2,), float(spread))
    return torch.cat([half, -half]) + mean


def test_a_spread_is_told_within_five_standard_errors():
    margin = closeness.STANDARD_ERRORS / (2 * 200) ** 0.5
    assert spread_agrees([drawn(1 + 0.9 * margin)], [1.0])
    assert not spread_agrees([drawn(1 + 1.1 * margin)], [1.0])
    assert not spread_agrees([drawn(1), drawn(1)], [1.0])
    assert not spread_agrees([torch.zeros(0)], [1.0])
    assert not spread_agrees(
        [torch.ones(200)], [1.0]
    )  # all alike: not drawn around 0
    assert spread_agrees([torch.zeros(200)], [0.0])
