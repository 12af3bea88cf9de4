"""Purity: told by the process, and found out by a second call where the process does not tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch

from grader.checking import assert_pure
from grader.errors import CheckFailure, Raised

X = torch.tensor([1.0, -2.0, 0.5])


class Told:
    """A student's function here, whose process tells of its arguments what it likes."""

    def __init__(self, function: Callable[..., Any], lies: bool) -> None:
        self._function = function
        self._lies = lies

    def map_outcomes(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        before = [argument.clone() for argument in rows[0]]
        outcomes = []
        for row in rows:
            try:
                value = self._function(*row)
            except RuntimeError as error:
                value = Raised("f", "RuntimeError", str(error))
            outcomes.append(
                value.clone() if isinstance(value, torch.Tensor) else value
            )
        if self._lies:
            for argument, was in zip(rows[0], before, strict=True):
                argument.data = was
        return outcomes


def adds_then_computes(x: torch.Tensor) -> torch.Tensor:
    return x.add_(1).tanh()


def computes_then_adds(x: torch.Tensor) -> torch.Tensor:
    value = x.tanh()
    x.add_(1)
    return value


def second_raises(x: torch.Tensor) -> Any:
    if x.dim() != 1:
        raise RuntimeError("no vector")
    x.data = x[None]
    return 1.0


IMPURE = [
    adds_then_computes,
    computes_then_adds,
    second_raises,
    lambda x: float(x.neg_()[0]),
    lambda x: (0, [x.mul_(2)[:1].clone()]),
    lambda x: x.set_(torch.zeros(x.numel() + 1)).numel(),
]
PURE = [
    torch.tanh,
    lambda x: x,
    lambda x: float(x[0]),
    lambda x: (x[:2], [3, None], "text", {"a": x}, True),
    lambda x: [None] * len(x),
    lambda x: x.to(torch.int32),
    lambda x: x.to(torch.complex64)[:2],
]


@pytest.mark.parametrize("lies", [True, False])
@pytest.mark.parametrize("function", IMPURE)
def test_what_changes_its_argument(
    function: Callable[..., Any], lies: bool
) -> None:
    says = "another result" if lies else "another result|in place"
    with pytest.raises(CheckFailure, match=says):
        assert_pure(Told(function, lies), "f", [X.clone()], ["x"])


@pytest.mark.parametrize("function", PURE)
def test_what_does_not(function: Callable[..., Any]) -> None:
    assert_pure(Told(function, lies=False), "f", [torch.rand(3)], ["x"])


def test_what_is_changed_on_purpose() -> None:
    def zeros() -> tuple[torch.Tensor]:
        return (torch.zeros(3),)

    def adds(x: torch.Tensor, sums: torch.Tensor) -> None:
        sums += x

    def adds_the_changed(x: torch.Tensor, sums: torch.Tensor) -> None:
        sums += x.mul_(2)

    x = torch.rand(3)
    assert_pure(Told(adds, lies=False), "f", [x], ["x"], zeros)
    with pytest.raises(CheckFailure, match="another result"):
        assert_pure(Told(adds_the_changed, lies=True), "f", [x], ["x"], zeros)


def test_a_call_that_gives_no_value() -> None:
    def raises(x: torch.Tensor) -> None:
        raise RuntimeError(f"no {x}")

    with pytest.raises(Raised, match="no"):
        assert_pure(Told(raises, lies=False), "f", [X.clone()], ["x"])
