"""Mistakes that stand where a function is mended, and that no numbers prove, because each call raises."""

from __future__ import annotations

import pytest
from handwritten import SEARCHED, diagnosed, written

from grader.diagnosis import Diagnosis

# two statements of one line each, with the mistake in both of them
INLINED = """
dl_dw2 += (dsigma(s2) * dloss(x2, t)).view(-1, 1) @ x1.view(1, -1)
dl_db2 += dsigma(s2) * dloss(x2, t)
dl_dw1 += (dsigma(s1) * ({product})).view(-1, 1) @ x.view(1, -1)
dl_db1 += dsigma(s1) * ({product})
"""
DELTA = "dsigma(s2) * dloss(x2, t)"


def with_product(product: str) -> Diagnosis:
    body = INLINED.format(product=product)
    source = written("backward_pass", body)
    return diagnosed("backward_pass", source, exercise=SEARCHED)


@pytest.mark.parametrize(
    "product",
    [f"w2 * ({DELTA})", f"w2.t() * ({DELTA})", f"w2 * ({DELTA}).view(-1, 1)"],
)
def test_a_wrong_product_is_named_where_it_stands(product: str) -> None:
    found = with_product(product)
    assert found.misconceptions == ("backward-w2-elementwise",)
    assert found.mended
    # the first line is that of `def`
    assert found.lines == {"backward-w2-elementwise": 4}
    assert found.marks[0].line == 4


def test_what_no_pattern_is_of_is_only_placed() -> None:
    found = with_product(f"w2.flatten()[:2] * ({DELTA})")
    assert not found.misconceptions


def test_nothing_is_missing_behind_an_exception() -> None:
    found = with_product(f"w2 * ({DELTA})")
    assert {mark.kind for mark in found.marks} == {"value"}
