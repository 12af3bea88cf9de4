"""Comparing values: what is a mismatch, what is not, and the sentence a student reads."""

import pytest
import torch
from torch import Tensor

from grader.checking import Close, assert_unchanged, finite_differences
from grader.checking.comparison import sentence, type_in_words
from grader.checking.gradients import autograd_gradients
from grader.errors import CheckFailure
from grader.sandbox.protocol import Opaque

CLOSE = Close({"float32": 1e-4})
ONES = torch.ones(2, 3)

MISMATCHES = {
    "not a tensor": (1.0, ONES, "type"),
    "nothing": (None, ONES, "type"),
    "a type of the student's": (Opaque("numpy.ndarray"), ONES, "type"),
    "transposed": (torch.ones(3, 2), ONES, "shape"),
    "a column": (torch.ones(3, 1), torch.ones(3), "shape"),
    "double for float": (ONES.double(), ONES, "dtype"),
    "one entry": (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.1]), "values"),
    "nan": (torch.tensor([1.0, torch.nan]), torch.tensor([1.0, 2.0]), "values"),
    "infinite": (torch.tensor([1.0, torch.inf]), torch.tensor([1.0, 2.0]), "values"),
    "all zero, where little is expected": (torch.zeros(3), torch.full((3,), 1e-9), "values"),
}


@pytest.mark.parametrize(("actual", "expected", "kind"), MISMATCHES.values(), ids=MISMATCHES)
def test_mismatch(actual: object, expected: Tensor, kind: str) -> None:
    mismatch = CLOSE.mismatch(actual, expected, "q")
    assert mismatch is not None
    assert mismatch.kind == kind
    assert sentence(mismatch).startswith("q")


EQUALS = {
    "the same": (ONES, ONES),
    "rounded": (ONES + 1e-6, ONES),
    "cancellation in a small entry": (torch.tensor([1000.0, 1e-3]), torch.tensor([1000.0, 2e-3])),
    "empty": (torch.empty(0, 3), torch.empty(0, 3)),
    "0-d": (torch.tensor(2.0), torch.tensor(2.0)),
    "zero where zero is expected": (torch.zeros(2), torch.zeros(2)),
}


@pytest.mark.parametrize(("actual", "expected"), EQUALS.values(), ids=EQUALS)
def test_no_mismatch(actual: Tensor, expected: Tensor) -> None:
    assert CLOSE.mismatch(actual, expected, "q") is None


def test_the_numbers_of_a_mismatch() -> None:
    expected = torch.zeros(2, 3)
    expected[0, 0] = 1
    actual = expected.clone()
    actual[1, 2] = 0.5
    actual[0, 1] = -0.25
    mismatch = CLOSE.mismatch(actual, expected, "q")
    assert mismatch is not None
    assert (mismatch.wrong, mismatch.total, mismatch.where, mismatch.greatest) == (2, 6, (1, 2), 0.5)
    assert (mismatch.actual, mismatch.expected) == ("0.5", "0")
    assert "2 of 6 entries are off" in sentence(mismatch)
    assert "[1, 2]" in sentence(mismatch)


def test_an_infinite_difference_has_no_number() -> None:
    mismatch = CLOSE.mismatch(torch.tensor([torch.inf]), torch.ones(1), "q")
    assert mismatch is not None
    assert mismatch.greatest is None


def test_values_in_words() -> None:
    words = [type_in_words(v) for v in (None, (1, 2), 3.0, Opaque("numpy.ndarray"))]
    assert words == ["None", "a tuple of 2", "a float", "of type numpy.ndarray"]


def test_a_changed_argument_is_named() -> None:
    before = [torch.ones(2), torch.ones(2)]
    now = [torch.ones(2), torch.zeros(2)]
    assert_unchanged(before, before, ["v", "t"], "f")
    with pytest.raises(CheckFailure, match=r"f changes its argument t"):
        assert_unchanged(now, before, ["v", "t"], "f")


def test_finite_differences_of_an_elementwise_and_of_a_scalar_function() -> None:
    x = torch.randn(5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(finite_differences(torch.tanh, x), 1 - torch.tanh(x) ** 2, atol=1e-8)
    assert torch.allclose(finite_differences(lambda p: p.pow(2).sum(), x), 2 * x, atol=1e-8)
    assert torch.allclose(finite_differences(lambda p: float(p.pow(2).sum()), x), 2 * x, atol=1e-8)


def test_autograd_gradients_leave_their_inputs_alone() -> None:
    a, b = torch.randn(3), torch.randn(3)
    da, db = autograd_gradients(lambda a, b: (a * b).sum(), [a, b])
    assert torch.equal(da, b)
    assert torch.equal(db, a)
    assert not a.requires_grad
