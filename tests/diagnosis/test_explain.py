"""Which mistakes explain the numbers: by the table, with the student's own functions, and under a reading."""

from handwritten import backward, diagnosed, forward, written


def test_products_written_otherwise_are_told_by_the_sizes_that_let_them_compute():
    found = backward(("(w2.t() @ g2)", "torch.einsum('ij,j->i', w2, g2)"))
    assert found.misconceptions == ("backward-w2-not-transposed",)


def test_what_is_returned_shows_what_rebinding_hides():
    rebound = [
        (f"{name} +=", f"{name} = {name} +")
        for name in ("dl_dw1", "dl_db1", "dl_dw2", "dl_db2")
    ]
    wrong = (
        "dl_db1 += g1",
        "dl_db1 += g1\nreturn dl_dw1, dl_db1, dl_dw2, dl_db2",
    )
    found = backward(wrong, *rebound, ("dsigma(s2)", "dsigma(x2)"))
    assert set(found.misconceptions) == {
        "backward-rebinds",
        "backward-dsigma-of-x2",
    }
    assert backward(*rebound).misconceptions == ("backward-rebinds",)


def test_columns_are_told_also_when_something_else_is_wrong():
    columns = """
d2 = dloss(x2, t) * dsigma(s2)
d1 = w2.t().mm(d2) * dsigma({})
dl_dw2 += d2.mm(x1.t()); dl_db2 += d2
dl_dw1 += d1.mm(x.t()); dl_db1 += d1
"""
    right = diagnosed(
        "backward_pass", written("backward_pass", columns.format("s1"))
    )
    assert right.misconceptions == ("backward-column-vectors",)
    wrong = diagnosed(
        "backward_pass", written("backward_pass", columns.format("x1"))
    )
    assert set(wrong.misconceptions) == {
        "backward-column-vectors",
        "backward-dsigma-of-x1",
    }


def test_with_earlier_functions_plugged_in_only_what_is_this_functions_own_is_named():
    def half(v, t):
        return v - t

    assert backward(plugged={"dloss": half}).misconceptions == ()
    found = backward(("dsigma(s1)", "dsigma(x1)"), plugged={"dloss": half})
    assert found.misconceptions == ("backward-dsigma-of-x1",)


def test_who_writes_a_formula_out_is_not_blamed_for_the_helper_that_he_got_wrong():
    found = backward(
        ("dsigma(s2)", "(1 - x2 ** 2)"), plugged={"dsigma": lambda x: 1 - x**2}
    )
    assert found.misconceptions == ()


def test_parts_in_any_order_are_told_beside_another_mistake():
    in_order = ("return x, s1, x1, s2, x2", "return s1, s2, x, x1, x2")
    assert forward(in_order).misconceptions == ("forward-order",)
    assert set(
        forward(in_order, ("s2 = w2 @ x1 + b2", "s2 = w2 @ x1")).misconceptions
    ) == {
        "forward-order",
        "forward-no-bias",
    }
