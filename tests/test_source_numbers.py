"""The numbers of a source are found again in another text of it."""

import ast

import numpy
import pytest

from grader import source_numbers
from grader.exercise import patterns

SOURCE = """
def f(x, n=3):
    match n:
        case 7:
            y = x[1:2] + 0.5
    return y, -4, True, "5", f"{n:.6f}", 2j
"""
NUMBERS = [3, 1, 2, 0.5, 4]


def numbered() -> ast.Module:
    tree = ast.parse(SOURCE)
    source_numbers.number(tree)
    return tree


def test_each_number_is_known_in_a_copy() -> None:
    first, copy = numbered(), patterns.clone(numbered())
    for tree in (first, copy):
        found = {}
        for node in ast.walk(tree):
            number = source_numbers.number_of(node)
            if number is not None:
                assert isinstance(node, ast.Constant)
                found[number] = node.value
        assert sorted(found) == list(range(len(NUMBERS)))
        assert sorted(found.values()) == sorted(NUMBERS)


@pytest.mark.parametrize("value", NUMBERS)
def test_a_variable_in_its_place_is_still_that_number(value: float) -> None:
    tree = numbered()
    (node,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and node.value == value
        and source_numbers.number_of(node) is not None
    ]
    variable = source_numbers.replaced(node, "size")
    assert source_numbers.number_of(variable) == source_numbers.number_of(node)
    assert (variable.id, variable.lineno) == ("size", node.lineno)


def test_the_text_runs_with_variables_in_their_place() -> None:
    plain, named = numbered(), source_numbers.Names().visit(numbered())
    given = {}
    for node in ast.walk(plain):
        number = source_numbers.number_of(node)
        if number is not None:
            given[source_numbers.named(number)] = node.value
    assert "case 7" in ast.unparse(named)
    returned = []
    for tree in (plain, named):
        names = dict(given)
        exec(compile(tree, "text", "exec"), names)
        returned.append(names["f"](numpy.arange(4.0), 7))
    assert str(returned[0]) == str(returned[1])
