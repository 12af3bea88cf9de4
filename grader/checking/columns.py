"""Vectors (n,) as columns (n, 1) and back: some students write everything for columns."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def as_column(value: Any) -> Any:
    """A vector (n,) as a view of shape (n, 1); anything else as it is."""
    return value.unsqueeze(1) if isinstance(value, Tensor) and value.dim() == 1 else value


def as_vector(value: Any) -> Any:
    """A column (n, 1) as a view of shape (n,), also within tuples and lists; anything else as it is."""
    if isinstance(value, Tensor):
        return value.squeeze(1) if value.dim() == 2 and value.shape[1] == 1 else value
    return type(value)(map(as_vector, value)) if isinstance(value, tuple | list) else value
