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


def test_initial_parameters():
    right = "b1 = torch.empty(nb_hidden).normal_(0, 1e-6)"
    wrong = "b1 = torch.empty(nb_hidden).normal_(0, 3e-2)"
    source = TRAIN.replace(right, wrong).strip()
    found = diagnosed(source, SEARCHED)
    assert "3e-2" in source.split("\n")[found.line - 1]
