"""The right values of an exercise's own function, in the order of their evaluation."""

import ast

import torch

from grader.diagnosis.placing.values import distinct, right_values, sizes

SOURCE = """
def half(x):
    return x / 2

def f(x, n):
    total = torch.zeros(())
    for i in range(n):
        y = half(x) + i
        total += y
    return total
"""


def values():
    names = {"torch": torch}
    exec(SOURCE, names)
    trees = {tree.name: tree for tree in ast.parse(SOURCE).body}
    calls = [lambda function: function(torch.ones(()), 3)]
    return right_values(trees, "f", ["half"], names, calls)


def test_each_evaluation_counts_and_is_kept_as_it_was():
    by_name = {value.name: value.sequences[0] for value in distinct(values())}
    assert [y.item() for y in by_name["y"]] == [0.5, 1.5, 2.5]
    assert [i if isinstance(i, int) else None for i in by_name["i"]] == [
        0,
        1,
        2,
    ]
    # in a helper too, and once where it never changes
    assert by_name["x"] == [torch.ones(())]


def test_the_same_values_are_kept_once_under_a_name():
    names = [value.name for value in distinct(values())]
    assert names.count("x") == 1
    assert len(distinct([*values(), *values()])) == len(names)


def test_sizes_are_right_values_too():
    found = sizes([(torch.zeros(2, 5), 1), (torch.zeros(3, 5), 1)])
    assert [[2], [3]] in [value.sequences for value in found]
    assert [[10], [15]] in [value.sequences for value in found]
