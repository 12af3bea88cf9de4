"""Every mistake that can be named has a wrong and a right example."""

from __future__ import annotations

import ast

import pytest

from grader.exercise import Exercise
from grader.exercise.snippets import snippets_of

EXERCISE = Exercise.load("practical3")


@pytest.mark.parametrize("id_", EXERCISE.notes())
def test_both_examples_are_python_and_differ(id_: str) -> None:
    found = snippets_of(EXERCISE, id_)
    assert found is not None
    ast.parse(found.wrong)
    ast.parse(found.right)
    assert found.wrong != found.right


def test_an_unknown_mistake_has_none() -> None:
    assert snippets_of(EXERCISE, "no-such-mistake") is None


def test_a_form_shows_the_lines_that_it_changes() -> None:
    found = snippets_of(EXERCISE, "backward-dsigma-of-x1")
    assert found is not None
    assert found.wrong == "dl_ds1 = dsigma(x1) * dl_dx1"
    assert found.right == "dl_ds1 = dsigma(s1) * dl_dx1"
