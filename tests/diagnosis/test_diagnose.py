"""Diagnoses of hand-written functions: what is named, and what is left alone."""

import pytest
import torch
from handwritten import BACKWARD, EXERCISE, backward, diagnosed, written

from grader.diagnosis import Diagnosis, Evidence, diagnose
from grader.errors import TimedOut

RIGHT = {
    "sigma, exponentials": ("sigma", "return 2 / (1 + torch.exp(-2 * x)) - 1"),
    "dsigma, hyperbolic cosine": (
        "dsigma",
        "return 1 / torch.cosh(x.clamp(-40, 40)) ** 2",
    ),
    "loss, a float": ("loss", "return float(torch.dot(v - t, v - t))"),
    "loss, of the norm": ("loss", "return torch.norm(v - t) ** 2"),
    "dloss, in twos": ("dloss", "return (v - t) + (v - t)"),
    "forward, addmv": (
        "forward_pass",
        "s1 = b1 + w1 @ x\ns2 = torch.addmv(b2, w2, s1.tanh())\nreturn [x, s1, s1.tanh(), s2, s2.tanh()]",
    ),
    "backward, broadcast": ("backward_pass", BACKWARD),
    "backward, einsum": (
        "backward_pass",
        """
d2 = torch.einsum('i,i->i', dsigma(s2), dloss(x2, t))
d1 = torch.einsum('ij,i,j->j', w2, d2, dsigma(s1))
dl_dw2.add_(torch.einsum('i,j->ij', d2, x1)); dl_db2.add_(d2)
dl_dw1.add_(torch.einsum('i,j->ij', d1, x)); dl_db1.add_(d1)
""",
    ),
    "backward, views and mm": (
        "backward_pass",
        """
d2 = (dsigma(s2) * dloss(x2, t)).view(-1, 1)
d1 = w2.t().mm(d2) * dsigma(s1).view(-1, 1)
dl_dw2 += d2.mm(x1.view(1, -1))
dl_db2 += d2.view(-1)
dl_dw1 += d1.mm(x.view(1, -1))
dl_db1 += d1.squeeze(1)
return dl_dw1, dl_db1, dl_dw2, dl_db2
""",
    ),
    "backward, loops": (
        "backward_pass",
        """
d2 = [float(2 * (x2[i] - t[i]) * (1 - x2[i] ** 2)) for i in range(len(t))]
d1 = [sum(float(w2[i, j]) * d2[i] for i in range(len(t))) * float(1 - x1[j] ** 2) for j in range(len(x1))]
for i in range(len(t)):
    dl_db2[i] += d2[i]
    for j in range(len(x1)):
        dl_dw2[i, j] += d2[i] * x1[j]
for j in range(len(x1)):
    dl_db1[j] += d1[j]
    dl_dw1[j] += d1[j] * x
""",
    ),
}


@pytest.mark.parametrize(("function", "body"), RIGHT.values(), ids=RIGHT)
def test_a_right_function_is_accused_of_nothing(function, body):
    found = diagnosed(function, written(function, body))
    assert found.misconceptions == ()
    assert found.first_wrong is None


WRONG = {
    "logistic, by hand": (
        "sigma",
        "return torch.exp(x) / (1 + torch.exp(x))",
        {"sigma-logistic", "sigma-overflow"},
    ),
    "overflow": (
        "sigma",
        "a, b = x.exp(), (-x).exp()\nreturn (a - b) / (a + b)",
        {"sigma-overflow"},
    ),
    "in place": ("sigma", "return x.tanh_()", {"mutates-argument"}),
    "half the mean": (
        "loss",
        "return 0.5 * ((v - t) ** 2).mean()",
        {"loss-mean", "loss-half"},
    ),
    "sum first": (
        "loss",
        "return (v - t).sum().pow(2)",
        {"loss-sum-before-square"},
    ),
    "t - v, no factor": (
        "dloss",
        "return t - v",
        {"dloss-no-factor", "dloss-sign"},
    ),
    "summed": ("dloss", "return torch.sum(2 * (v - t))", {"dloss-summed"}),
    "not written": ("forward_pass", "pass", {"not-implemented"}),
    "raises that it is not": (
        "dsigma",
        "raise NotImplementedError",
        {"not-implemented"},
    ),
}


@pytest.mark.parametrize(
    ("function", "body", "ids"), WRONG.values(), ids=WRONG
)
def test_a_mistake_is_named(function, body, ids):
    assert (
        set(diagnosed(function, written(function, body)).misconceptions) == ids
    )


def test_combined_mistakes_are_named_together_with_their_lines():
    found = backward(
        ("dloss(x2, t)", "dloss(t, x2)"), ("dsigma(s1)", "dsigma(x1)")
    )
    assert found.misconceptions == (
        "backward-dloss-swapped",
        "backward-dsigma-of-x1",
    )
    assert found.lines == {
        "backward-dloss-swapped": 2,
        "backward-dsigma-of-x1": 3,
    }
    assert found.first_wrong == "dl_dx2"
    assert found.line == 2


def test_nothing_is_compared_with_edits_that_equal_the_reference():
    """`dsigma` of the activation is right where `dsigma` expects the activation: nobody is accused."""
    source = "def dsigma(x):\n    return (1 - torch.tanh(x)) * (1 + torch.tanh(x))\n"
    assert diagnosed("dsigma", source).misconceptions == ()


def test_a_function_that_hangs_is_left_alone():
    class Hanging:
        def calls(self, function, rows):  # noqa: ARG002
            raise TimedOut(function, 1.0)

    def told(body):
        evident = Evidence(source=f"def sigma(x):\n    {body}\n")
        return diagnose(EXERCISE, "sigma", Hanging(), evident)

    assert told("return slowly(x)") == Diagnosis()
    assert told("while True: pass").misconceptions == ("endless-loop",)


# The attempts of the source notebook.


def test_the_notebooks_first_attempt():
    source = written(
        "backward_pass",
        """
loss = loss(t, x2)
dl_dw2 += dloss(t, x2) * dsigma(x2).t() * x1.t()
dl_db2 += dloss(t, x2) * dsigma(x2)
dl_dw1 += w1 * dloss(t, x2) * dsigma(x2)  * dsigma(x1) * x0
dl_db1 += w1 * dloss(t, x2) * dsigma(x2)  * dsigma(x1)
return dl_dw1, dl_db1, dl_dw2, dl_db2
""",
    )
    found = diagnosed("backward_pass", source)
    assert set(found.misconceptions) == {
        "shadows-function",
        "uses-global",
        "backward-dloss-swapped",
        "backward-dsigma-of-x2",
        "backward-dsigma-of-x1",
        "backward-elementwise-outer",
    }
    assert (found.facts["hidden"], found.facts["name"]) == ("loss", "x0")


def test_the_notebooks_second_attempt():
    source = written(
        "backward_pass",
        """
dl_dx2 = dloss(t, x2)
dl_ds2 = dl_dx2 * dsigma(s2).t()
dl_dx1 = w2 * dl_ds2
dl_ds1 = dl_dx2 * dsigma(s1).t()
dl_dw2 += dl_ds2 * x1.t()
dl_db2 += dl_ds2
dl_dw1 += dl_ds1 * x0
dl_db1 += dl_ds1
return dl_dw1, dl_db1, dl_dw2, dl_db2
""",
    )
    found = diagnosed("backward_pass", source)
    assert set(found.misconceptions) == {
        "uses-global",
        "backward-dloss-swapped",
        "backward-skips-dl_dx1",
        "backward-w2-elementwise",
        "backward-elementwise-outer",
    }
    assert found.lines["backward-skips-dl_dx1"] == 5


def test_the_notebooks_slip_in_a_parameters_name_hides_nothing():
    source = written(
        "backward_pass",
        BACKWARD,
        ("dloss(x2, t)", "dloss(t, x2)"),
        ("* x[None, :]", "* x0[None, :]"),
        ("dl_db1 += g1", "dl_db1 += g1\nreturn dl_w1, dl_db1, dl_dw2, dl_db2"),
    ).replace("x2, dl_dw1", "x2, dl_w1")
    found = diagnosed("backward_pass", source)
    assert found.misconceptions == ("uses-global", "backward-dloss-swapped")
    assert found.facts["unbound"] == "dl_dw1"


def test_a_derivative_of_the_students_own_function_is_no_mistake():
    overflows = """
    def dsigma(x):
        e = torch.exp(-x)
        return e / (1 + e) ** 2
    """
    found = diagnosed("dsigma", overflows, {"sigma": torch.sigmoid})
    assert found.misconceptions == ("sigma-overflow",)
    assert diagnosed("dsigma", overflows).misconceptions == (
        "dsigma-logistic",
        "sigma-overflow",
    )
