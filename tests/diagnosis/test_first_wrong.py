"""The first wrong quantity, for mistakes without a name."""

import pytest
from handwritten import backward, forward

from grader.results import Remark

NOVEL = {
    "dl_dx2": ("dloss(x2, t)", "(x2 - 3 * t)"),
    "dl_ds2": ("dsigma(s2)", "dsigma(s2).sqrt()"),
    "dl_dw2": ("* x1[None, :]", "* x1[None, :].abs()"),
    "dl_db2": ("dl_db2 += g2", "dl_db2 += g2.sum()"),
    "dl_dx1": ("(w2.t() @ g2)", "(w2.t() @ g2.abs())"),
    "dl_ds1": ("dsigma(s1)", "dsigma(s1).sqrt()"),
    "dl_dw1": ("* x[None, :]", "* x[None, :].abs()"),
    "dl_db1": ("dl_db1 += g1", "dl_db1 += g1.sum()"),
}


@pytest.mark.parametrize(("quantity", "edit"), NOVEL.items(), ids=NOVEL)
def test_a_mistake_without_a_name_is_placed(quantity, edit):
    found = backward(edit)
    assert found.misconceptions == ()
    assert found.first_wrong == quantity


@pytest.mark.parametrize(
    ("quantity", "edit"),
    [
        ("s1", ("w1 @ x", "2 * w1 @ x")),
        ("x2", ("x2 = sigma(s2)", "x2 = torch.sin(s2)")),
    ],
)
def test_a_forward_mistake_without_a_name_is_placed(quantity, edit):
    found = forward(edit)
    assert (found.misconceptions, found.first_wrong) == ((), quantity)


def test_a_factor_is_told():
    (remark,) = backward(("dl_dw1 += g1", "dl_dw1 += 3 * g1")).remarks
    assert remark == Remark("factor", "dl_dw1", "3")
