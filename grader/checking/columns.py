"""Vectors (n,) as columns (n, 1) and back, for students who write everything for columns."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def as_column(value: Any) -> Any:
    """A vector (n,) as a view of shape (n, 1); anything else as it is."""
    if isinstance(value, Tensor) and value.dim() == 1:
        return value.unsqueeze(1)
    return value


def as_vector(value: Any) -> Any:
    """A column (n, 1) as a view of shape (n,), also within tuples and lists; anything else as it is."""
    if isinstance(value, Tensor):
        if value.dim() == 2 and value.shape[1] == 1:
            return value.squeeze(1)
        return value
    if isinstance(value, tuple | list):
        vectors = [as_vector(item) for item in value]
        return type(value)(vectors)
    return value
