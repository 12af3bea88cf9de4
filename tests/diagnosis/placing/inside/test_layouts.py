"""How a right value may stand in an expression's place."""

import torch

from grader.diagnosis.placing.inside import layouts
from grader.diagnosis.placing.inside.layouts import laid_out

A, B = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])
MATRIX = torch.arange(6.0).reshape(2, 3)


def test_vectors_as_columns_and_rows_and_matrices_the_other_way():
    (column,) = laid_out([A], layouts.COLUMN, 1)
    (row,) = laid_out([A], layouts.ROW, 1)
    assert column.shape == (2, 1) and row.shape == (1, 2)
    (transposed,) = laid_out([MATRIX], layouts.TRANSPOSED, 1)
    assert torch.equal(transposed, MATRIX.t())
    assert laid_out([MATRIX], layouts.COLUMN, 1) is None
    assert laid_out([A], layouts.TRANSPOSED, 1) is None


def test_numbers_as_tensors_and_tensors_of_one_entry_as_numbers():
    assert laid_out([torch.tensor(2.5)], layouts.NUMBER, 1) == [2.5]
    (made,) = laid_out([2.5], layouts.NUMBER, 1)
    assert torch.equal(made, torch.tensor(2.5))
    assert laid_out([A], layouts.NUMBER, 1) is None


def test_the_values_of_samples_together():
    (rows,) = laid_out([A, B], layouts.STACKED, 1)
    assert torch.equal(rows, torch.stack([A, B]))
    (columns,) = laid_out([A, B], layouts.STACKED_COLUMNS, 1)
    assert torch.equal(columns, torch.stack([A, B], 1))
    (total,) = laid_out([A, B], layouts.SUMMED, 1)
    assert torch.equal(total, A + B)
    # two evaluations of two samples each
    assert len(laid_out([A, B, A, B], layouts.STACKED, 2)) == 2
    assert laid_out([A, MATRIX], layouts.STACKED, 1) is None
