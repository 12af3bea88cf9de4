"""Slips that no catalogue knows get their line, and the expression in it."""

from pathlib import Path

import pytest
import shared
from handwritten import BACKWARD, FORWARD, SEARCHED, diagnosed, written

from grader.intake.submission import Submission
from grader.reports.views.listing import wrong_parts

CORPUS = Path(__file__).parents[2] / "corpus"
RIGHT = (
    Path(__file__).parents[3]
    / "submissions"
    / "practical3"
    / "right-per-sample.py"
)

LOSS = "d = v - t\nreturn (d * d).sum()"
SIGMA = "a = x.clamp(-9, 9).exp()\nb = 1 / a\nreturn (a - b) / (a + b)"


def placed(function, body, *edits):
    """The diagnosis of a function with edits, its places included."""
    source = written(function, body, *edits)
    return diagnosed(function, source, exercise=SEARCHED)


def marked(function, body, *edits):
    """The texts of the marks."""
    found = placed(function, body, *edits)
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
    assert marked("backward_pass", BACKWARD, edit) == parts


def test_two_slips_are_both_marked():
    edits = [
        ("dloss(x2, t)", "dloss(x2, 3 * t)"),
        ("* x[None, :]", "* x[None, :].abs()"),
    ]
    assert marked("backward_pass", BACKWARD, *edits) == [
        "3",
        "x[None, :].abs()",
    ]


def test_a_forward_pass():
    edit = ("w2 @ x1", "w2 @ x1.relu()")
    assert marked("forward_pass", FORWARD, edit) == ["x1.relu()"]


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
    assert marked(function, body, edit) == [part]


def test_what_raises_is_marked_too():
    edit = ("(w2.t() @ g2)", "(w2.t @ g2)")
    found = placed("backward_pass", BACKWARD, edit)
    if found.line is None:
        pytest.fail("no line")
    lines = written("backward_pass", BACKWARD, edit).split("\n")
    assert "w2.t @ g2" in lines[found.line - 1]


def test_operators_that_have_no_place_stay_as_they_are():
    body = "g = [0, 1][2 ** 1 & 3 ^ 3]\n" + BACKWARD
    edit = ("dloss(x2, t)", "dloss(x2, 3 * t)")
    assert marked("backward_pass", body, edit) == ["3"]


def test_a_right_function_has_no_marks():
    assert placed("backward_pass", BACKWARD).marks == ()


IN_HELPERS = [
    # file, edit, function, helper, wrong part
    (
        "006-classes.py",
        ("self.weight.t().matmul(grad", "self.weight.matmul(grad"),
        ("backward_pass", "Linear", "self.weight"),
    ),
    (
        "008-functools.py",
        ("targets.argmax(1)).d", "targets.argmin(1)).d"),
        ("train", "evaluate", "targets.argmin(1)"),
    ),
    (
        "007-lambdas.py",
        ("lambda x: w.mv(x) + b", "lambda x: w.mv(x) - b"),
        ("forward_pass", "affine", "w.mv(x) - b"),
    ),
]


@pytest.mark.parametrize(("name", "edit", "expected"), IN_HELPERS)
def test_what_is_wrong_in_a_function_of_the_students_own(name, edit, expected):
    text = (CORPUS / name).read_text(encoding="utf-8")
    assert edit[0] in text
    data = text.replace(*edit).encode()
    with shared.session(SEARCHED, seed=1) as session:
        result = session.grade(Submission("x", "x", name, data, (name,)))
    function, helper, part = expected
    found = result.functions[function]
    assert [one.name for one in found.helpers] == [helper]
    assert wrong_parts(found) == [part]
    assert found.mended


# loops that are judged in the place of `train`; the numbers in them are sizes, and the prints are rounded
LOOP = """
del train
from dlc_practical_prologue import load_data
train_input, train_target, test_input, test_target = load_data(one_hot_labels=True, normalize=True)
w1, b1 = torch.randn(50, 784) * 1e-6, torch.randn(50) * 1e-6
w2, b2 = torch.randn(10, 50) * 1e-6, torch.randn(10) * 1e-6
for step in range(1000):
    g = torch.zeros(50, 784), torch.zeros(50), torch.zeros(10, 50), torch.zeros(10)
    total, bad, bad_test = 0, 0, 0
    for x, t in zip(train_input, 0.9 * train_target):
        x0, s1, x1, s2, x2 = forward_pass(w1, b1, w2, b2, x)
        backward_pass(w1, b1, w2, b2, t, x0, s1, x1, s2, x2, *g)
        total += loss(x2, t).item()
        bad += int(x2.argmax() != t.argmax())
    for x, t in zip(test_input, test_target):
        bad_test += int(forward_pass(w1, b1, w2, b2, x)[-1].argmax() != t.argmax())
    w1, b1 = w1 - 1e-4 * g[0], b1 - 1e-4 * g[1]
    w2, b2 = w2 - 1e-4 * g[2], b2 - 1e-4 * g[3]
    print(f"loss {total:.3f} train error {bad / 1000:.3f} test error {bad_test / 1000:.3f}")
"""
IN_LOOPS = [
    ("b1 - 1e-4 * g[1]", "b1 - 1e-4 * g[1] * 2", "1e-4 * g[1] * 2"),
    (
        "forward_pass(w1, b1, w2, b2, x)[-1]",
        "forward_pass(w1, b1, w2, b2, bad)[-1]",
        "bad",
    ),
    # of an f-string all is marked
    (
        "{bad / 1000:.3f}",
        "{bad / 999:.3f}",
        'f"loss {total:.3f} train error {bad / 999:.3f} test error {bad_test / 1000:.3f}"',
    ),
]


@pytest.mark.parametrize(("right", "wrong", "part"), IN_LOOPS)
def test_what_is_wrong_in_a_loop(right, wrong, part):
    assert right in LOOP
    text = RIGHT.read_text(encoding="utf-8") + LOOP.replace(right, wrong, 1)
    one = Submission("x", "x", "x.py", text.encode(), ("x.py",))
    with shared.session(SEARCHED, seed=1) as session:
        found = session.grade(one).functions["train"]
    assert wrong_parts(found) == [part]
    assert found.mended
