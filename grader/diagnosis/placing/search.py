"""Where in a function's source its mistakes stand, whatever they are."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.diagnosis.observation import Evidence, Prober
from grader.diagnosis.placing.inside import SOURCES, trial
from grader.diagnosis.placing.instrument import (
    NAME,
    Instrumented,
    Place,
    instrumented,
    instrumented_helper,
)
from grader.diagnosis.placing.values import RightValue
from grader.errors import StudentFailure
from grader.exercise import patterns
from grader.results import Helper, Mark

_MOST_PLACES = 1_000  # of a function; a longer one is not searched
_LONGEST = 1_000_000  # lines of a text
_STUDENT, _RECORDED = f"{NAME}_student", f"{NAME}_recorded"


@dataclass(frozen=True)
class Placed:
    """What the search has found: the marks, in the order in which they were found, and those in helpers.

    mended: whether the function gives all that it should once they are mended.
    """

    marks: tuple[Mark, ...]
    mended: bool
    helpers: tuple[Helper, ...] = ()


@dataclass(frozen=True)
class Task:
    """What the search needs to know of a function; see `trial.Search`.

    lines: of the student's file, at which known mistakes stand; only_there: whether no others are searched.
    seconds: what the search may take; what it has found until then counts.
    """

    rows: Sequence[Sequence[Any]]
    expected: Sequence[Sequence[Sequence[tuple[Tensor, Any]]]]
    values: Sequence[RightValue]
    accumulators: Sequence[int] = ()
    added: Sequence[Sequence[Tensor]] = ()
    reads: str = "values"
    columns: int = 0
    turns: int = 1
    seed: int = 0
    most_runs: int = 6_000
    most_edits: int = 3
    lines: Collection[int] = ()
    only_there: bool = False
    seconds: float = 20.0


def place(
    prober: Prober, function: str, evidence: Evidence, task: Task
) -> Placed | None:
    """The marks of a function that is wrong; None where its source or process do not let it be searched."""
    try:
        texts = _texts(evidence)
    except RecursionError:
        return None
    if texts is None:
        return None
    recorded, student, helpers = texts
    places = helpers[-1].places if helpers else student.places
    search = {
        "sources": list(map(_as_bytes, _sources())),
        "name": NAME,
        "texts": [_as_bytes(recorded.text), _as_bytes(student.text)],
        "helpers": {one.name: _as_bytes(one.text) for one in helpers},
        "task": _sent(task, places, evidence),
    }
    try:
        value = prober.search(function, search)
    except StudentFailure:
        return None
    rows = _rows(value, task.most_edits)
    if not rows:
        return None
    return _placed(rows, places, task, evidence)


def _texts(
    evidence: Evidence,
) -> tuple[Instrumented, Instrumented, Sequence[Instrumented]] | None:
    """The function's texts, for recording and for edits, and its helpers'; None where it is too long."""
    source, names = evidence.source, evidence.helpers
    called, also_called = _STUDENT, _RECORDED
    tree = patterns.last_function(source)
    if tree is not None and evidence.is_lifted:
        # what stands around a loop calls the function that holds it
        called = also_called = tree.name
    make = functools.partial(
        instrumented, source, helpers=names, is_lifted=evidence.is_lifted
    )
    student = make(called, recording=False)
    recorded = make(also_called, recording=True)
    if student is None or recorded is None:
        return None
    if len(student.places) > _MOST_PLACES:
        return None
    helpers: list[Instrumented] = []
    places = student.places
    for name, helper in evidence.helpers.items():
        made = instrumented_helper(helper.text, name, places)
        if made is None or len(made.places) > _MOST_PLACES:
            return recorded, student, ()
        helpers.append(made)
        places = made.places
    return recorded, student, helpers


@functools.cache
def _sources() -> tuple[str, ...]:
    """The texts of what runs in the student's process; there they share one namespace."""
    texts = []
    for module in SOURCES:
        tree = ast.parse(inspect.getsource(module))
        kept = []
        for statement in tree.body:
            is_own = isinstance(statement, ast.ImportFrom) and (
                statement.module or ""
            ).startswith("grader.")
            if not is_own:
                kept.append(statement)
        texts.append(ast.unparse(ast.Module(kept, [])))
    return tuple(texts)


def _as_bytes(text: str) -> Tensor:
    """A text of any length as it crosses to the worker."""
    return torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)


def _sent(
    task: Task, places: Sequence[Place], evidence: Evidence
) -> Mapping[str, Any]:
    """The task as the worker takes it."""
    rows = [list(row) for row in task.rows]
    order = list(evidence.order or range(len(rows[0])))
    expected = []
    for parts in task.expected:
        expected.append([[list(one) for one in part] for part in parts])
    described = []
    numbers = _numbers(places, evidence)
    for one, number in zip(places, numbers, strict=True):
        described.append(
            [
                one.kind,
                number,
                one.size,
                one.is_assigned,
                list(one.reads),
                one.is_whole,
            ]
        )
    return {
        "rows": rows,
        "expected": expected,
        "values": [value.sequences for value in task.values],
        "places": described,
        "reads": task.reads,
        "accumulators": list(task.accumulators),
        "added": [list(one) for one in task.added],
        "order": order,
        "columns": task.columns,
        "turns": task.turns,
        "seed": task.seed,
        "most": task.most_runs,
        "seconds": task.seconds,
        "focus": _at_lines(places, task.lines, evidence.first_line - 1),
        "only": task.only_there,
        "most_edits": task.most_edits,
    }


def _numbers(places: Sequence[Place], evidence: Evidence) -> list[int]:
    """The number of each place's statement, in the order in which they are tried.

    Where a helper is called first, its statements come after the rest of the calling one, and before the call
    itself: in the place of a whole call everything can be put right.
    """
    called_at = _called_at(evidence)
    names = list(evidence.helpers)
    numbers = []
    for one in places:
        line, group = one.statement, 0
        if one.helper:
            line = called_at[one.helper]
            group = (1 + names.index(one.helper)) * _LONGEST + one.statement
        elif one.calls_helper:
            group = (1 + len(names)) * _LONGEST
        numbers.append(line * (2 + len(names)) * _LONGEST + group)
    return numbers


def _called_at(evidence: Evidence) -> dict[str, int]:
    """The line of the function where each helper is first used, if only by another one."""
    lines: dict[str, int] = {}
    for line, name in _named_in(evidence.source):
        lines.setdefault(name, line)
    # they stand in the order in which they are reached
    for helper, source in evidence.helpers.items():
        line = lines.setdefault(helper, 1)
        for _, name in _named_in(source.text):
            lines.setdefault(name, line)
    return lines


def _named_in(source: str) -> list[tuple[int, str]]:
    """The names that a source reads, with their lines, in order."""
    try:
        tree = ast.parse(textwrap.dedent(source))
    except (SyntaxError, ValueError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.append((node.lineno, node.id))
    return sorted(found)


def _at_lines(
    places: Sequence[Place], lines: Collection[int], offset: int
) -> list[int]:
    """The numbers of the places in the statements that these lines of the file belong to."""
    statements = set()
    for one in places:
        spans = range(one.line + offset, one.end_line + offset + 1)
        if not one.helper and any(line in spans for line in lines):
            statements.add(one.statement)
    numbers = []
    for number, one in enumerate(places):
        if not one.helper and one.statement in statements:
            numbers.append(number)
    return numbers


def _rows(value: Any, most: int) -> list[tuple[int, ...]]:
    """What the trial has told, if it is of that form: it comes from the student's process."""
    if not isinstance(value, list) or len(value) > most + 1:
        return []
    rows: list[tuple[int, ...]] = []
    for row in value:
        if not isinstance(row, tuple) or len(row) != 4:
            return []
        if not all(type(one) is int for one in row):
            return []
        rows.append(row)
    return rows


def _placed(
    rows: Sequence[tuple[int, ...]],
    places: Sequence[Place],
    task: Task,
    evidence: Evidence,
) -> Placed | None:
    marks: list[Mark] = []
    of_helpers: dict[str, list[Mark]] = {}
    offset = evidence.first_line - 1
    for number, *_ in rows[1:]:
        if number == trial.INSERT:
            ends = [one.end_line for one in places if not one.helper]
            last = max(ends, default=1) + offset
            marks.append(Mark("missing", last, 0, last, 0))
            continue
        if number not in range(len(places)):
            return None
        one = places[number]
        if one.helper:
            first = evidence.helpers[one.helper].first_line
            mark = _mark(one, first - 1)
            of_helpers.setdefault(one.helper, []).append(mark)
        else:
            marks.append(_mark(one, offset))
    helpers = []
    for name, found in of_helpers.items():
        helpers.append(Helper(name, evidence.helpers[name], tuple(found)))
    everything = (1 << len(task.expected[0])) - 1
    *_, right = rows[-1]
    return Placed(tuple(marks), right == everything, tuple(helpers))


def _mark(one: Place, offset: int) -> Mark:
    begins = one.line + offset, one.column
    ends = one.end_line + offset, one.end_column
    if one.kind == "drop" or one.kind == "add" or one.kind == "swap":
        return Mark(one.kind, *begins, *ends)
    return Mark("value", *begins, *ends)
