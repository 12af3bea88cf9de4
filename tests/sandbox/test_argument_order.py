"""Arguments in another order: what parameters' names tell, and the way there and back."""

from __future__ import annotations

import itertools

import pytest

from grader.sandbox.argument_order import in_order, order_told, put_back

HANDOUT = ("w1", "b1", "x", "dl_dw")


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))], ids=str)
def test_any_order_of_the_hand_outs_names_is_told(
    order: tuple[int, ...],
) -> None:
    own = [HANDOUT[place] for place in order]
    told = order_told(own, HANDOUT)
    assert told == (None if order == (0, 1, 2, 3) else order)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
def test_there_and_back(order: tuple[int, ...]) -> None:
    row = ["a", "b", "c", "more"]
    there = in_order(row, order)
    assert there == [row[place] for place in order] + ["more"]
    assert put_back(there, order) == row


@pytest.mark.parametrize(
    ("own", "told"),
    [
        # case and underscores make no difference, and further parameters come last
        (["X", "W1", "B1", "dldw"], (2, 0, 1, 3)),
        (["x", "w1", "b1", "dl_dw", "verbose"], (2, 0, 1, 3)),
        # one other name stands for what is left over
        (["input", "w1", "b1", "dl_dw"], (2, 0, 1, 3)),
        # another name at its own place has not moved
        (["b1", "w1", "inp", "grad"], (1, 0, 2, 3)),
        (["input", "w1", "b1", "grad"], (2, 0, 1, 3)),
        # names that do not tell
        (["a", "b", "c", "d"], None),
        (["a", "c", "w1", "b1"], None),
        (["w1", "b1", "input", "grad"], None),
        (["x", "w1"], None),
        (["x", "X", "w1", "b1"], None),
    ],
)
def test_what_the_names_tell(
    own: list[str], told: tuple[int, ...] | None
) -> None:
    assert order_told(own, HANDOUT) == told
