"""The right values: of every expression of the reference's function, on each probe, as it is evaluated."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.diagnosis.placing.inside.switches import Switches
from grader.diagnosis.placing.instrument import NAME, instrumented
from grader.exercise import Exercise, Forest

Sequences = list[list[Any]]  # by probe: the values of one expression

_LONGEST = 2_000  # evaluations of one expression that are kept
_LARGEST = 20_000  # entries of one value


@dataclass(frozen=True)
class RightValue:
    """What an expression of the reference's gives. name: the variable that it is, "" where it has none."""

    name: str
    sequences: Sequences


class _Recorder(Switches):
    """What the instrumented reference tells of its values."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[int, list[Any]] = {}

    def seen(
        self,
        place: str,
        value: Any,
        scope: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        kept = self.values.setdefault(int(place), [])
        if len(kept) < _LONGEST:
            kept.append(_copied(value))
        return value

    def turn(self) -> None:
        pass


def pool(
    exercise: Exercise,
    function: str,
    namespace: Mapping[str, Any],
    calls: Sequence[Callable[[Callable[..., Any]], Any]],
    rows: Sequence[Sequence[Any]],
) -> list[RightValue]:
    """All that can stand in an expression's place: right values, sizes of the arguments, small numbers.

    rows: the arguments of each probe; the rest as in `right_values`.
    """
    trees = exercise.solution.trees
    helpers = [name for name in trees if name not in exercise.functions]
    values = right_values(trees, function, helpers, namespace, calls)
    return distinct([*values, *sizes(rows), *counts(rows)])


def right_values(
    trees: Forest,
    function: str,
    helpers: Sequence[str],
    namespace: Mapping[str, Any],
    calls: Sequence[Callable[[Callable[..., Any]], Any]],
) -> list[RightValue]:
    """The values of the reference's function and of its helpers.

    trees: the reference's functions. namespace: what they are run in. calls: for each probe, what makes the
    call, given the function.
    """
    names = dict(namespace)
    recorders: dict[str, _Recorder] = {}
    named: dict[tuple[str, int], str] = {}
    for one in [*helpers, function]:
        text = ast.unparse(trees[one])
        made = instrumented(text, one, recording=True)
        if made is None:
            continue
        own_name = f"{NAME}_{one}"
        recorders[one] = names[own_name] = _Recorder()
        exec(made.text.replace(f"{NAME}.", f"{own_name}."), names)
        for place, name in _named(text, made.places).items():
            named[one, place] = name
    found: dict[tuple[str, int], Sequences] = {}
    for probe, call in enumerate(calls):
        call(names[function])
        for one, recorder in recorders.items():
            for place, values in recorder.values.items():
                sequences = found.setdefault((one, place), [])
                if len(sequences) == probe:
                    sequences.append(values)
            recorder.values = {}
    kept = []
    for key, sequences in found.items():
        if len(sequences) == len(calls):
            kept.append(RightValue(named.get(key, ""), sequences))
    return kept


def sizes(rows: Sequence[Sequence[Any]]) -> list[RightValue]:
    """The sizes of the arguments, which a function may go by."""
    found = []
    for position, one in enumerate(rows[0]):
        if not isinstance(one, Tensor):
            continue
        for dimension in range(one.dim()):
            sequences = [[row[position].shape[dimension]] for row in rows]
            found.append(RightValue("", sequences))
        entries = [[row[position].numel()] for row in rows]
        found.append(RightValue("", entries))
    return found


def counts(rows: Sequence[Sequence[Any]]) -> list[RightValue]:
    """The smallest whole numbers, with which indices and ranges begin and end."""
    return [RightValue("", [[number] for _ in rows]) for number in (0, 1, 2)]


def _named(text: str, places: Sequence[Any]) -> dict[int, str]:
    """The places that are a variable, or all that is assigned to one."""
    by_span: dict[tuple[int, int, int, int], int] = {}
    for number, place in enumerate(places):
        if place.kind == "value":
            span = place.line, place.column, place.end_line, place.end_column
            by_span[span] = number
    named = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            value: ast.expr = node
            name = node.id
        elif isinstance(node, ast.Assign) and isinstance(
            node.targets[0], ast.Name
        ):
            value, name = node.value, node.targets[0].id
        else:
            continue
        span = (
            value.lineno,
            value.col_offset,
            value.end_lineno or 0,
            value.end_col_offset or 0,
        )
        if span in by_span:
            named[by_span[span]] = name
    return named


def _copied(value: Any) -> Any:
    """A value as it is now; None for what cannot take an expression's place."""
    if isinstance(value, Tensor):
        return value.detach().clone() if value.numel() <= _LARGEST else None
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, tuple) and value:
        parts = tuple(map(_copied, value))
        return None if any(part is None for part in parts) else parts
    return None


def distinct(values: Sequence[RightValue]) -> list[RightValue]:
    """Each sequence once, under a name where it has one; what never changes as a sequence of one."""
    kept: dict[str, RightValue] = {}
    ranked = sorted(values, key=lambda one: not one.name)
    for value in ranked:
        sequences: Sequences = []
        for sequence in value.sequences:
            if any(one is None for one in sequence):
                break
            is_constant = len({_key(one) for one in sequence}) == 1
            sequences.append(sequence[:1] if is_constant else sequence)
        else:
            key = "|".join(map(_key_of_sequence, sequences))
            kept.setdefault(key, RightValue(value.name, sequences))
    return list(kept.values())


def _key_of_sequence(sequence: Sequence[Any]) -> str:
    return ";".join(map(_key, sequence))


def _key(value: Any) -> str:
    """A text that two values share only where they are the same."""
    if isinstance(value, Tensor):
        numbers = value.contiguous().view(-1)
        if numbers.dtype == torch.bfloat16:
            numbers = numbers.float()
        return f"{tuple(value.shape)}{value.dtype}{numbers.numpy().tobytes().hex()}"
    if isinstance(value, tuple):
        return f"({','.join(map(_key, value))})"
    return f"{type(value).__name__}{value!r}"
