"""The student's source in the reference's names."""

import pytest

from grader.diagnosis.observation import Evidence
from grader.diagnosis.student_source import StudentSource
from grader.exercise import Misconception

WORDS = """
def back(W, a, target, out):
    err = dloss(target, out)  # line 12
    delta = dsigma(out).t() * err
    back_err = torch.mm(W.T, delta)
    W -= torch.outer(delta, a)
"""


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("dloss(t, x2)", 12),  # arguments by position
        (
            "dsigma(x2) * dl_dx2",
            13,
        ),  # a local name of any name; factors in any order; views of a vector
        ("w2.t().mv(dl_ds2)", 14),  # products by any method
        ("w2.mv(dl_ds2)", None),  # but a matrix's transposition counts
        ("w2.sub_(_E)", 15),  # in place, one way or the other
        ("dloss(x2, t)", None),
    ],
)
def test_where_an_expression_stands_in_the_students_words(pattern, line):
    evidence = Evidence(source=WORDS.strip(), first_line=11)
    names = ("w2", "x1", "t", "x2")
    words = StudentSource(
        evidence, names, [*names, "dloss", "dsigma", "torch"], matrices=["w2"]
    )
    assert words.line_of(pattern) == line


def source_of(text, parameters=("a", "b"), known=("a", "b", "f", "torch")):
    return StudentSource(Evidence(source=text), parameters, known)


def test_names_are_assigned_anew_on_these_lines():
    source = source_of(
        "def g(u, v):\n    u += f(v)\n    (u, w) = f(v), 1\n    v = u\n"
    )
    assert source.rebound(["a", "b"]) == {"a": 3, "b": 4}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("return u, v", ["a", "b"]),
        ("return [v, u]", ["b", "a"]),
        ("return u, f(v)", None),
        ("return u", None),
    ],
)
def test_the_names_that_are_returned(body, names):
    assert source_of(f"def g(u, v):\n    {body}\n").returned() == names


@pytest.mark.parametrize(
    ("body", "is_only_begun"),
    [
        ("w = u * 2", True),
        ("w = f(u)", False),
        ("for w in u: pass", False),
        ("return", True),
        ("return u", False),
    ],
)
def test_what_is_only_begun(body, is_only_begun):
    assert (
        source_of(f"def g(u, v):\n    {body}\n").is_only_begun({"f"})
        == is_only_begun
    )


def test_a_source_that_cannot_be_parsed_says_nothing():
    source = source_of("def g(:")
    seen = Misconception("id", ("f",), "", "", "", seen=("f(a)",))
    assert source.support(seen) == 0
    assert source.line_of("f(a)") is None
    assert not source.is_only_begun({"f"})


def test_the_source_speaks_for_a_mistake_or_against_it():
    source = source_of("def g(u, v):\n    return f(u)\n")
    for pattern, support in (("f(a)", 1), ("f(b)", -1)):
        assert (
            source.support(
                Misconception("id", ("f",), "", "", "", seen=(pattern,))
            )
            == support
        )
    assert source.support(Misconception("id", ("f",), "", "", "")) == 0


def test_functions_and_arguments_have_the_exercises_names():
    text = "def back(x, W, g):\n    d = g * f_prime(x)\n    return W.T @ d\n"
    evidence = Evidence(
        source=text, own_names={"df": "f_prime"}, order=(1, 0, 2)
    )
    names = ("w", "s", "g")
    source = StudentSource(evidence, names, [*names, "df", "torch"], ["w"])
    assert source.line_of("df(s) * g") == 2
    assert source.line_of("w.t().mv(_E)") == 3
    assert source.line_of("df(w)") is None
