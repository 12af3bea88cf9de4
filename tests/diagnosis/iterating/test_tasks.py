"""Slips in a training that no catalogue knows get their line, and the expression in it."""

import pytest

from .trainings import SEARCHED, TRAIN, diagnosed

SLIPS = [
    ("x2.argmax() != t.argmax()", "x2.argmax() != t.argmin()", "t.argmin()"),
    ("eta = 0.1 / n", "eta = 0.3 / n", "0.3"),
    ("wrong / n", "wrong / (n + 1)", "n + 1"),
    (
        "for _ in range(nb_steps)",
        "for _ in range(nb_steps - 1)",
        "nb_steps - 1",
    ),
    # what raises late, when few turns have been made
    (
        "(w1, b1, w2, b2, x)[-1].argmax() != t.argmax()",
        "(w1, b1, w2, b2, total)[-1].argmax() != t.argmax()",
        "total",
    ),
    # others count for others, which only shows once answers differ
    (
        "(test_input, test",
        "(test_input.roll(1, 0), test",
        "test_input.roll(1, 0)",
    ),
    ("p.sub_(eta * g)", "p.copy_(eta * g)", "p.copy_(eta * g)"),
]


@pytest.mark.parametrize(("right", "wrong", "part"), SLIPS)
def test_the_wrong_expression_of_a_training(right, wrong, part):
    assert right in TRAIN
    source = TRAIN.replace(right, wrong, 1).strip()
    found = diagnosed(source, SEARCHED)
    lines = source.split("\n")
    assert found.line is not None
    assert part in lines[found.line - 1]
    for mark in found.marks:
        assert lines[mark.line - 1][mark.column : mark.end_column] in part


INITIAL = [
    ("empty(nb_hidden).normal_(0, 1e-6)", "empty(nb_hidden).normal_(0, 3e-2)"),
    ("train_input.size(1)", "train_input.size(0)"),
]


@pytest.mark.parametrize(("right", "wrong"), INITIAL)
def test_initial_parameters(right, wrong):
    assert right in TRAIN
    source = TRAIN.replace(right, wrong).strip()
    found = diagnosed(source, SEARCHED)
    assert wrong in source.split("\n")[found.line - 1]
