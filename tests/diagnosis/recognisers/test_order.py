"""`recognise = "order"`."""

import pytest
import torch
from observed import observed

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.order import Order

A, B, C, D, OTHER = (torch.full((2,), float(n)) for n in range(1, 6))
RIGHT = (A, B, C, D)


def readings(*values, right=RIGHT):
    seen = observed(
        [Outcome(value, ()) for value in values],
        expected=[Outcome(right, ()) for _ in values],
    )
    return list(Order().readings(seen))


def orders(*values):
    """What each reading makes of the first call, as the numbers of its parts."""
    return [
        [int(part[0]) for part in reading.outcomes[0].value]
        for reading in readings(*values)
    ]


def test_the_parts_are_put_in_the_references_order():
    assert orders((B, A, D, C)) == [[1, 2, 3, 4]]
    assert all(reading.is_whole for reading in readings((B, A, D, C)))


def test_a_part_that_is_nowhere_takes_the_place_that_is_left():
    assert orders((B, A, D, OTHER)) == [[1, 2, 5, 4]]


def test_two_parts_that_are_nowhere_are_tried_in_both_orders():
    assert orders((B, A, OTHER, 2 * OTHER)) == [[1, 2, 5, 10], [1, 2, 10, 5]]


def test_one_order_holds_for_every_call():
    (reading,) = readings((B, A, C, D), (A, B, C, D))
    second = [int(part[0]) for part in reading.outcomes[1].value]
    assert second == [2, 1, 3, 4]


@pytest.mark.parametrize(
    "value",
    [RIGHT, (B, A), A, (OTHER, 2 * OTHER, 3 * OTHER, A)],
    ids=["right", "two", "none", "unknown"],
)
def test_what_is_in_order_or_not_to_be_put_in_order_is_not_read_so(value):
    assert readings(value) == []


def test_a_reference_that_returns_one_value_has_no_order():
    assert readings((B, A), right=A) == []
