"""The student's own functions and classes that a graded function uses, and that are not graded themselves."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from typing import TypedDict

from grader.reading.reaching import Reaching
from grader.reading.slicing import Slice
from grader.reading.trees import first_line, lambda_of

_MOST = 8  # of one function


class Helper(TypedDict):
    """A definition at the top level of the file; `first_line` counts in the file or in `cell`."""

    name: str
    text: str
    first_line: int
    cell: int | None


def helpers_of(found: Slice, reaching: Reaching, name: str) -> list[Helper]:
    """What a graded function uses, directly or not; empty where it is too much, or not in this one file."""
    if found.modules:
        return []
    helpers = list(_helpers(found, reaching, name))
    return helpers if len(helpers) <= _MOST else []


def _helpers(found: Slice, reaching: Reaching, name: str) -> Iterator[Helper]:
    for used, statement in reaching.helpers_of(name):
        tree = statement.tree
        is_definition = isinstance(tree, ast.FunctionDef | ast.ClassDef)
        if not is_definition and lambda_of(tree) is None:
            continue
        # a loop that is judged in its place may stand in a function, which is no helper of it
        if tree is found.definitions[name].tree:
            continue
        first = first_line(tree)
        lines = found.lines[statement.cell][first - 1 : tree.end_lineno]
        text = textwrap.dedent("\n".join(lines))
        yield Helper(
            name=used, text=text, first_line=first, cell=statement.cell
        )
