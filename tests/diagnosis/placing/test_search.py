"""Slips that no catalogue knows get their line, and the expression in it."""

import pytest
from handwritten import (
    BACKWARD,
    FORWARD,
    backward,
    diagnosed,
    forward,
    written,
)

LOSS = "d = v - t\nreturn (d * d).sum()"
SIGMA = "a = x.clamp(-9, 9).exp()\nb = 1 / a\nreturn (a - b) / (a + b)"


def marked(found, function, body, *edits):
    """The texts of the marks."""
    lines = written(function, body, *edits).split("\n")
    assert found.mended
    return [
        lines[mark.line - 1][mark.column : mark.end_column]
        for mark in found.marks
    ]


BACKWARD_SLIPS = [
    (("* dsigma(s1)", "* dsigma(x1).sqrt()"), ["dsigma(x1).sqrt()"]),
    (("dloss(x2, t)", "dloss(x2, 3 * t)"), ["3"]),
    (("* x1[None, :]", "* x1[None, :].abs()"), ["x1[None, :].abs()"]),
    (("dl_db2 += g2", "dl_db2 += g2.sum()"), ["g2.sum()"]),
    (("(w2.t() @ g2)", "(w2.t() @ g2.abs())"), ["g2.abs()"]),
]


@pytest.mark.parametrize(("edit", "parts"), BACKWARD_SLIPS)
def test_the_wrong_expression_of_a_backward_pass(edit, parts):
    assert marked(backward(edit), "backward_pass", BACKWARD, edit) == parts


def test_two_slips_are_both_marked():
    edits = [
        ("dloss(x2, t)", "dloss(x2, 3 * t)"),
        ("* x[None, :]", "* x[None, :].abs()"),
    ]
    found = backward(*edits)
    assert marked(found, "backward_pass", BACKWARD, *edits) == [
        "3",
        "x[None, :].abs()",
    ]


def test_a_forward_pass():
    edit = ("w2 @ x1", "w2 @ x1.relu()")
    found = forward(edit)
    assert marked(found, "forward_pass", FORWARD, edit) == ["x1.relu()"]


@pytest.mark.parametrize(
    ("function", "body", "edit", "part"),
    [
        ("loss", LOSS, ("v - t", "v - 3 * t"), "3 * t"),
        ("loss", LOSS, ("(d * d)", "(d * d * d)"), "d * d"),
        # the reference has nothing like these; but another operator or function makes them right
        ("sigma", SIGMA, ("(a - b)", "(a - 2 * b)"), "2 * b"),
        ("sigma", SIGMA, ("(a - b)", "(a * b)"), "a * b"),
        ("sigma", SIGMA, (".exp()", ".sinh()"), "x.clamp(-9, 9).sinh()"),
    ],
)
def test_small_functions(function, body, edit, part):
    found = diagnosed(function, written(function, body, edit))
    assert marked(found, function, body, edit) == [part]


def test_what_raises_is_marked_too():
    edit = ("(w2.t() @ g2)", "(w2.t @ g2)")
    found = backward(edit)
    if found.line is None:
        pytest.fail("no line")
    lines = written("backward_pass", BACKWARD, edit).split("\n")
    assert "w2.t @ g2" in lines[found.line - 1]


def test_a_right_function_has_no_marks():
    assert backward().marks == ()
