"""Which definition of a required function is graded: the last one in the file that is run."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.notices import Notice
from grader.reading.needs import Bindings
from grader.reading.statements import File, Statement
from grader.reading.trees import (
    binder_of,
    first_line,
    function_of,
    kind_of,
    parameters,
)

_MAX_ALIASES = 10  # steps of `f = g` that are followed


Place = tuple[int, int, str]  # a line, its cell, and what the cell is called


@dataclass(frozen=True)
class Definition:
    """A required function as the student wrote it. `first_line` counts in the file or in `cell`.

    is_lifted: the student wrote the rest outside a function, and not the first line. places: where its lines
    come from several cells of a notebook, each line's number -> its place.
    label: what the cell is called (see `cells.label_of`).
    """

    text: str
    first_line: int
    cell: int | None
    tree: ast.stmt
    places: Mapping[int, Place] = field(default_factory=dict)
    is_lifted: bool = False
    label: str = ""

    @property
    def parameters(self) -> list[str]:
        """The names of its positional parameters; empty where the statement defines no function."""
        function = function_of(self.tree)
        return [] if function is None else parameters(function)


def definition_of(
    name: str, bindings: Bindings, file: File
) -> Definition | None:
    """The definition that is graded; None where there is none."""
    binder = bindings.last_binder(name, bindings.end)
    if binder is None:
        return None
    name, statement = _past_aliases(name, binder, bindings)
    tree = binder_of(statement.tree, name)
    first = first_line(tree)
    lines = file.lines[statement.cell]
    text = "\n".join(lines[first - 1 : tree.end_lineno])
    # a definition within an `if` is indented
    text = textwrap.dedent(text)
    label = file.labels[statement.cell]
    return Definition(text, first, statement.cell, tree, label=label)


def _past_aliases(
    name: str, binder: int, bindings: Bindings
) -> tuple[str, Statement]:
    """Past `f = g` and `f = decorate(f)`: the name and the statement that hold the student's own code."""
    for _ in range(_MAX_ALIASES):
        statement = bindings.statements[binder]
        tree = statement.tree
        if not isinstance(tree, ast.Assign) or len(tree.targets) != 1:
            break
        other = name
        if isinstance(tree.value, ast.Name):
            other = tree.value.id
        if other not in statement.names.now:
            break
        earlier = bindings.last_binder(other, binder)
        if earlier is None:
            break
        source = binder_of(bindings.statements[earlier].tree, other)
        if kind_of(source) == "import":
            # the student wrote the assignment, and not what it names
            break
        name, binder = other, earlier
    return name, bindings.statements[binder]


def order_notice(name: str, bindings: Bindings, file: File) -> Notice | None:
    """A notice where a notebook ran another definition of `name` after the one that is graded."""
    counts = file.execution_counts
    graded = latest = None
    highest = -1
    for statement in bindings.statements:
        if name not in statement.binds or statement.never_run is not None:
            continue
        graded = statement.cell
        count = counts[graded]
        if count is not None and count > highest:
            highest, latest = count, graded
    if latest is None or latest == graded:
        return None
    kind = "executed-out-of-order"
    if counts[graded] is None:
        kind = "never-executed"
    values = {"function": name, "other": file.labels[latest]}
    return Notice(kind, values, cell=graded)
