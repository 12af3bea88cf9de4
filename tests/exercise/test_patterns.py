"""Patterns on syntax trees: what they match, and the edits that they make."""

import ast

import pytest

from grader.errors import ExerciseError
from grader.exercise import patterns
from grader.exercise.patterns import Edit, functions

SOURCE = '''
def f(a, b, c):
    """A docstring."""
    x = g(a) * b
    c.add_(h(x, a))
    c.add_(x)
    return x
'''


def edited(*edits):
    tree = functions(SOURCE)["f"]
    for replace, by in edits:
        tree = Edit(replace, by).apply(tree)
        if tree is None:
            return None
    return ast.unparse(tree)


@pytest.mark.parametrize(
    ("replace", "by", "line"),
    [
        ("g(a)", "g(b)", "x = g(b) * b"),  # an expression
        ("_E * b", "_E", "x = g(a)"),  # a placeholder keeps what it stands for
        ("g(a) * b", "b", "x = b"),
        ("h(_A, _B)", "h(_B, _A)", "c.add_(h(a, x))"),  # an exchange
        (
            "c.add_(x)",
            "c = c + x",
            "c = c + x",
        ),  # an expression becomes a statement
        (
            "c.add_(x)",
            "c.zero_()\nc.add_(x)",
            "c.zero_()\n    c.add_(x)",
        ),  # and several
        ("return _E", "return _E / 2", "return x / 2"),
        (
            "_C.add_(_E)",
            "_C.sub_(_E)",
            "c.sub_(h(x, a))\n    c.sub_(x)",
        ),  # at every place
    ],
)
def test_an_edit(replace, by, line):
    assert line in edited((replace, by))


@pytest.mark.parametrize("replace", ["g(b)", "_E + _F", "h(_A, _A)"])
def test_what_does_not_match_is_not_edited(replace):
    assert edited((replace, "0")) is None


@pytest.mark.parametrize("order", [1, -1])
def test_edits_combine_in_any_order(order):
    edits = [
        ("c.add_(h(_A, _B))", "c = c + h(_A, _B)"),
        ("h(_A, _B)", "_A * _B"),
    ][::order]
    outer_first = edited(*edits)
    if order == 1:
        assert outer_first is None, (
            "what an edit has put in is not edited again"
        )
    edits = [("c.add_(_E)", "c = c + _E"), ("h(_A, _B)", "_A * _B")][::order]
    assert "c = c + x * a" in edited(*edits)


def test_edits_of_the_same_place_exclude_one_another():
    assert edited(("g(a)", "g(b)"), ("g(a)", "a")) is None


def test_what_is_not_python_is_refused():
    with pytest.raises(
        ExerciseError, match="neither an expression nor a statement"
    ):
        Edit("g(a", "a").apply(functions(SOURCE)["f"])


def matches(pattern, code, known=None):
    """Whether a pattern matches an expression: exactly, or with local names and operands free."""
    (wanted,), (found,) = patterns.fragment(pattern), patterns.fragment(code)
    renaming = (
        None if known is None else patterns.Renaming(frozenset(known), {})
    )
    return patterns.match(wanted, found, {}, renaming)


@pytest.mark.parametrize(
    ("pattern", "code", "exact", "free"),
    [
        ("f(a) + b", "f(a) + b", True, True),
        (
            "f(_E) + _E",
            "f(x * y) + x * y",
            True,
            True,
        ),  # a placeholder stands for the same expression
        ("f(_E) + _E", "f(x) + y", False, False),
        (
            "f(a) + b",
            "b + f(a)",
            False,
            True,
        ),  # operands of a sum in the other order
        ("f(a) - b", "b - f(a)", False, False),
        (
            "f(a) * a",
            "f(u) * u",
            False,
            True,
        ),  # a local name under another name
        ("f(a) * a", "f(u) * v", False, False),  # but the same throughout
        (
            "f(a) * c",
            "g(a) * c",
            False,
            False,
        ),  # `f` means the same on both sides
        (
            "a * b",
            "b * a",
            False,
            True,
        ),  # tried in one order and then in the other
    ],
)
def test_a_match_is_exact_or_free_in_local_names(pattern, code, exact, free):
    assert matches(pattern, code) == exact
    assert matches(pattern, code, known={"f"}) == free


def test_what_was_tried_in_one_order_is_forgotten_in_the_other():
    """`a` is taken for `u` at first, which fails at the number; the other order must not suffer from it."""
    assert matches("f(a, 1) * f(b, 2)", "f(u, 2) * f(v, 1)", known={"f"})


@pytest.mark.parametrize("source", ["def f(:", "x = 1", ""])
def test_a_source_without_a_function_has_no_last_one(source):
    assert patterns.last_function(source) is None


def test_the_last_function_of_a_source_stands():
    source = "    def f(a):\n        pass\n    def f(b):\n        pass\n"
    assert patterns.parameters(patterns.last_function(source)) == ("b",)


@pytest.mark.parametrize(
    ("replace", "by", "function"),
    [
        ("g(a, b)", "g(b, a)", "g"),
        ("g(a, b)", "g(a, b)", None),
        ("g(a, b)", "g(a, a)", None),
        ("g(a, b)", "h(b, a)", None),
        ("torch.outer(a, b)", "torch.outer(b, a)", None),
        ("a", "b", None),
    ],
)
def test_an_edit_that_permutes_the_arguments_of_a_call(replace, by, function):
    assert patterns.permuted_call(Edit(replace, by)) == function
