"""Runs in the student's process: how a right value may stand in an expression's place.

The text of this module is sent there, so it needs nothing of grader's but what is sent before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from grader.diagnosis.placing.inside.switches import form

AS_IT_IS, COLUMN, ROW, TRANSPOSED, NUMBER, STACKED, STACKED_COLUMNS, SUMMED = (
    range(8)
)
WRITTEN_OTHERWISE = 8  # another operator, function or variable stands there


def laid_out(
    sequence: Sequence[Any], layout: int, count: int
) -> list[Any] | None:
    """A sequence of right values as an expression may have them that is evaluated `count` times."""
    first = sequence[0]
    if layout in (STACKED, STACKED_COLUMNS, SUMMED):
        return _gathered(sequence, layout, count)
    if layout == AS_IT_IS:
        return list(sequence)
    if layout == NUMBER:
        return _as_numbers(sequence)
    if not isinstance(first, torch.Tensor):
        return None
    wanted = 2 if layout == TRANSPOSED else 1
    if first.dim() != wanted:
        return None
    made = {COLUMN: (-1, 1), ROW: (1, -1)}
    laid = []
    for value in sequence:
        shape = made.get(layout)
        laid.append(value.t() if shape is None else value.reshape(shape))
    return laid


def _as_numbers(sequence: Sequence[Any]) -> list[Any] | None:
    """Tensors of one number as numbers, and numbers as tensors."""
    changed: list[Any] = []
    for value in sequence:
        if isinstance(value, torch.Tensor):
            if value.numel() != 1:
                return None
            changed.append(value.item())
        elif isinstance(value, bool | int | float):
            changed.append(torch.tensor(value))
        else:
            return None
    return changed


def _gathered(
    sequence: Sequence[Any], layout: int, count: int
) -> list[Any] | None:
    """The values of several samples together, for an expression that is evaluated once for all of them."""
    size = len(sequence) // max(count, 1)
    if size < 2 or size * count != len(sequence):
        return None
    forms = {form(one) for one in sequence}
    is_number = all(isinstance(one, bool | int | float) for one in sequence)
    is_tensor = all(isinstance(one, torch.Tensor) for one in sequence)
    if len(forms) > 1 or not (is_number or is_tensor):
        return None
    gathered = []
    for start in range(0, len(sequence), size):
        parts = [
            torch.as_tensor(one) for one in sequence[start : start + size]
        ]
        if layout == SUMMED:
            gathered.append(torch.stack(parts).sum(0))
        elif layout == STACKED:
            gathered.append(torch.stack(parts))
        elif parts[0].dim() == 1:
            gathered.append(torch.stack(parts, 1))
        else:
            return None
    return gathered
