"""Vectors as columns and back."""

import torch

from grader.checking.columns import as_column, as_vector


def test_a_vector_is_a_column_and_the_column_the_vector() -> None:
    vector = torch.arange(3.0)
    assert as_column(vector).shape == (3, 1)
    assert torch.equal(as_vector(as_column(vector)), vector)


def test_both_are_views_so_that_changes_in_place_arrive() -> None:
    vector = torch.zeros(3)
    as_column(vector).add_(1)
    assert torch.equal(vector, torch.ones(3))


def test_columns_within_tuples_and_lists_are_vectors_too() -> None:
    (vector,), matrix, number = as_vector(([torch.ones(3, 1)], torch.ones(2, 3), 1.0))
    assert vector.shape == (3,)
    assert matrix.shape == (2, 3)
    assert number == 1.0


def test_anything_else_stays_as_it_is() -> None:
    matrix = torch.ones(2, 3)
    assert as_column(matrix) is matrix
    assert as_vector(matrix) is matrix
    assert as_column(None) is None
