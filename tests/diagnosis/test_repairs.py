"""The student's source without one cause of trouble."""

import pytest

from grader.diagnosis import repairs
from grader.exercise.patterns import Edit


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            "def f(a, n):\n    for k in range(1000):\n        for x in a:\n            g(x)",
            2,
        ),
        (
            "def f(a, n):\n    b = a\n    for k in range(STEPS):\n        g(k)",
            3,
        ),
        (
            "def f(a, n):\n    for x in a:\n        for k in range(3):\n            g(x)",
            None,
        ),
        ("def f(a, n):\n    for k in range(n):\n        g(k)", None),
        (
            "def f(a, n):\n    for k in range(3):\n        g(k)\n    for k in range(4):\n        g(k)",
            None,
        ),
    ],
)
def test_the_loop_that_a_constant_counts(source, line):
    repaired = repairs.counted_by(source, 1)
    assert (repaired and repaired[1]) == line
    assert line is None or "range(n)" in repaired[0]


def test_a_slip_in_a_name_is_mended_by_the_name_it_resembles():
    source = (
        "def f(w):\n    dl_dw1 = w\n    dl_w1 = g(dl_w1)\n    return dl_w1"
    )
    assert (
        repairs.respelt(source, "dl_w1")
        == "def f(w):\n    dl_dw1 = w\n    dl_dw1 = g(dl_dw1)\n    return dl_dw1"
    )
    assert repairs.respelt("def f(w):\n    total = total + w", "total") is None


@pytest.mark.parametrize(
    ("position", "name", "repaired"),
    [
        (1, "w", "def f(x, w):\n    return x + w"),
        (0, "y", None),  # another parameter is called that
        (2, "w", None),  # there is no third one
    ],
)
def test_a_parameter_is_called_as_the_body_calls_it(position, name, repaired):
    assert (
        repairs.renamed_parameter(
            "def f(x, y):\n    return x + y", position, name
        )
        == repaired
    )


def test_a_local_variable_is_renamed_where_it_is_not_called():
    source = "def f(x):\n    g = g(x) + h(g)\n    return g"
    assert (
        repairs.renamed_local(source, "g")
        == "def f(x):\n    g_ = g(x) + h(g_)\n    return g_"
    )


def test_the_edits_that_apply_are_made():
    edits = [Edit("g(_E)", "_E"), Edit("h(_E)", "_E")]
    assert (
        repairs.edited("def f(x):\n    return g(x)", edits)
        == "def f(x):\n    return x"
    )
    assert repairs.edited("def f(x):\n    return x", edits) is None


def test_what_is_not_python_is_not_repaired():
    broken = "def f(x:"
    assert repairs.renamed_local(broken, "x") is None
    assert repairs.renamed_parameter(broken, 0, "y") is None
    assert repairs.respelt(broken, "x") is None
    assert repairs.counted_by(broken, 0) is None
    assert repairs.edited(broken, [Edit("x", "y")]) is None
