"""Comparing values: what is a mismatch, what is not, and the sentence that a student reads."""

import json
from typing import Any

import hostile
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from grader.checking import Close, assert_unchanged, is_close
from grader.checking.comparison import (
    DEFAULT_TOLERANCE,
    OF_DIFFERENCES,
    Rounded,
    sentence,
    type_in_words,
)
from grader.checking.gradients import finite_differences
from grader.errors import CheckFailure
from grader.results import Mismatch
from grader.sandbox import protocol
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
    "another whole number": (
        torch.tensor([7, 8]),
        torch.tensor([7, 9]),
        "values",
    ),
    "one entry": (
        torch.tensor([1.0, 2.0]),
        torch.tensor([1.0, 2.1]),
        "values",
    ),
    "nan": (
        torch.tensor([1.0, torch.nan]),
        torch.tensor([1.0, 2.0]),
        "values",
    ),
    "infinite": (
        torch.tensor([1.0, torch.inf]),
        torch.tensor([1.0, 2.0]),
        "values",
    ),
    "all zero, where little is expected": (
        torch.zeros(3),
        torch.full((3,), 1e-9),
        "values",
    ),
}


@pytest.mark.parametrize(
    ("actual", "expected", "kind"), MISMATCHES.values(), ids=MISMATCHES
)
def test_mismatch(actual: object, expected: Tensor, kind: str) -> None:
    mismatch = CLOSE.mismatch(actual, expected, "q")
    assert mismatch is not None
    assert mismatch.kind == kind
    with pytest.raises(CheckFailure) as failure:
        CLOSE(actual, expected, "q")
    assert str(failure.value) == sentence(mismatch)
    assert failure.value.mismatch == mismatch


EQUALS = {
    "the same": (ONES, ONES),
    "rounded": (ONES + 1e-6, ONES),
    "cancellation in a small entry": (
        torch.tensor([1000.0, 1e-3]),
        torch.tensor([1000.0, 2e-3]),
    ),
    "empty": (torch.empty(0, 3), torch.empty(0, 3)),
    "0-d": (torch.tensor(2.0), torch.tensor(2.0)),
    "zero where zero is expected": (torch.zeros(2), torch.zeros(2)),
}


@pytest.mark.parametrize(("actual", "expected"), EQUALS.values(), ids=EQUALS)
def test_no_mismatch(actual: Tensor, expected: Tensor) -> None:
    assert CLOSE.mismatch(actual, expected, "q") is None
    assert is_close(actual, expected, 1e-4)


def test_the_tolerance_is_the_exercise_s_the_default_s_or_the_check_s_own() -> (
    None
):
    two, more = (
        torch.tensor([2.0]).double(),
        torch.tensor([2.0 + 1e-6]).double(),
    )
    assert (
        CLOSE.mismatch(more, two, "q") is not None
    )  # the default for float64
    assert Close({"float64": 1e-6}).mismatch(more, two, "q") is None
    assert CLOSE.mismatch(more, two, "q", tolerance=1e-6) is None


@pytest.mark.parametrize("dtype", DEFAULT_TOLERANCE)
def test_every_dtype_has_a_tolerance_of_its_own(dtype: str) -> None:
    """An exercise that sets none gets one that rounding cannot exceed, and that a wrong number does."""
    one = torch.ones(1, dtype=getattr(torch, dtype))
    rounding = torch.finfo(one.dtype).eps
    close = Close({})
    assert close.mismatch(one + 2 * rounding, one, "q") is None
    assert close.mismatch(1.1 * one, one, "q") is not None


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_where_dtypes_may_differ_the_coarser_one_counts(
    first: int, second: int
) -> None:
    """Rounded to float32, by the student or by the reference."""
    rounded, exact = torch.tensor([1 + 1e-5]), torch.ones(1).double()
    pair = {1: rounded, 2: exact}
    actual, expected = pair[first], pair[second]
    assert CLOSE.mismatch(actual, expected, "q", dtype=False) is None


def test_a_difference_quotient_is_as_near_as_its_tolerance_says() -> None:
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)
    slope = finite_differences(torch.tanh, x)
    exact = 1 - x.tanh().square()
    assert is_close(slope, exact, OF_DIFFERENCES)
    assert not is_close(slope, exact * (1 + 1e-5), OF_DIFFERENCES)


def test_a_number_as_it_was_printed() -> None:
    printed = Rounded(0.25, 0.005)
    assert (printed, printed.slack) == (0.25, 0.005)


def test_the_dtype_counts_unless_it_should_not() -> None:
    assert CLOSE.mismatch(ONES.double(), ONES, "q", dtype=False) is None


def test_numbers_are_close_as_tensors_are() -> None:
    assert is_close(1.01, 1.0, 0.02)
    assert not is_close(1.03, 1.0, 0.02)
    assert not is_close(float("nan"), 1.0, 0.02)
    assert is_close(1e300, 1e300, 0.02)  # too large for float32


def test_the_numbers_of_a_mismatch() -> None:
    expected = torch.zeros(2, 3)
    expected[0, 0] = 1
    actual = expected.clone()
    actual[1, 2] = 0.5
    actual[0, 1] = -0.25
    mismatch = CLOSE.mismatch(actual, expected, "q")
    assert mismatch is not None
    assert (
        mismatch.wrong,
        mismatch.total,
        mismatch.where,
        mismatch.greatest,
    ) == (
        2,
        6,
        (1, 2),
        0.5,
    )
    assert (mismatch.actual, mismatch.expected) == ("0.5", "0")


def test_an_infinite_difference_has_no_number() -> None:
    mismatch = CLOSE.mismatch(torch.tensor([torch.inf]), torch.ones(1), "q")
    assert mismatch is not None
    assert mismatch.greatest is None


SENTENCES = {
    "f(x) is None; expected a tensor.": Mismatch(
        "f(x)", "type", "None", "a tensor"
    ),
    "f(x) has shape (3, 1); expected (3,).": Mismatch(
        "f(x)", "shape", "(3, 1)", "(3,)"
    ),
    "f(x) has dtype float64; expected float32, the dtype of the inputs.": Mismatch(
        "f(x)", "dtype", "float64", "float32"
    ),
    "f(x) is 2; expected 3.": Mismatch(
        "f(x)", "values", "2", "3", 1, 1, 1.0, ()
    ),
    "1 of 6 entries of q is wrong. The largest difference is at index [1, 2]: yours is 2, expected is 3.": (
        Mismatch("q", "values", "2", "3", 1, 6, 1.0, (1, 2))
    ),
    "The change of b1 has shape (1,); expected (3,).": Mismatch(
        "the change of b1", "shape", "(1,)", "(3,)"
    ),
}


@pytest.mark.parametrize(("text", "mismatch"), SENTENCES.items())
def test_the_sentence_of_a_mismatch(text: str, mismatch: Mismatch) -> None:
    assert sentence(mismatch) == text


def test_values_in_words() -> None:
    words = {
        "None": None,
        "a tuple of 2": (1, 2),
        "a float": 3.0,
        "an int": 0,
        "of type numpy.ndarray": Opaque("numpy.ndarray"),
    }
    assert [type_in_words(value) for value in words.values()] == list(words)


def test_a_changed_argument_is_named() -> None:
    before = [torch.ones(2), torch.ones(2)]
    now = [torch.ones(2), torch.zeros(2)]
    assert_unchanged(before, before, ["v", "t"], "f")
    with pytest.raises(CheckFailure, match=r"f changes its argument t"):
        assert_unchanged(now, before, ["v", "t"], "f")


def crossed(expression: str, tensor: Tensor) -> Any:
    """A value as it comes out of a worker; what the worker itself fails on crosses as an exception does."""
    # a worker has a limit of its own for what takes gigabytes
    assume("10**9" not in expression)
    names: dict[str, Any] = {}
    exec(hostile.CODE, names)
    try:
        value = eval(f"lambda v: {expression}", names)(tensor)
        prefix, *body = protocol.dumps(value)
    except Exception:
        assume(False)
    head = protocol.read_head(prefix[protocol.PREFIX.size :])
    return protocol.loads(head, b"".join(body))


@settings(max_examples=300)
@given(
    expression=hostile.expressions(),
    shape=st.sampled_from([(), (1,), (3,), (2, 3), (0,), (3, 0)]),
    dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]),
    counts=st.booleans(),
)
def test_a_value_of_any_kind_is_compared(
    expression: str,
    shape: tuple[int, ...],
    dtype: torch.dtype,
    counts: bool,
) -> None:
    expected = torch.ones(shape, dtype=dtype)
    actual = crossed(expression, expected.clone())
    found = Close({}).mismatch(actual, expected, "the value", dtype=counts)
    if found is None:
        assert torch.is_tensor(actual)
        assert actual.shape == expected.shape
    else:
        assert sentence(found).startswith(("The value", f"{found.wrong} of"))
        json.dumps(vars(found), allow_nan=False)


@pytest.mark.parametrize(
    "now",
    [torch.ones(2).double(), torch.ones(2, 1), torch.ones(3)],
    ids=["dtype", "shape", "size"],
)
def test_an_argument_is_another_by_its_dtype_or_shape_too(
    now: Tensor,
) -> None:
    with pytest.raises(CheckFailure, match=r"f changes its argument v"):
        assert_unchanged([now], [torch.ones(2)], ["v"], "f")


def test_only_tensors_can_be_changed() -> None:
    assert_unchanged([2, "b"], [1, "a"], ["n", "name"], "f")
