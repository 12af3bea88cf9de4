"""A lifted loop as the text of a function, for whoever reads it: the diagnosis and the reports.

Its lines keep their numbers in a `.py` file. In a notebook, they come from several cells and are numbered
anew.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from grader.reading.definitions import Definition, Place
from grader.reading.loops import Start
from grader.reading.statements import File, Statement
from grader.reading.trees import first_line

_INDENT = "    "


def definition_of_loop(
    start: Start, header: str, run: Iterable[Statement], file: File
) -> Definition:
    """What stands for the function: the definition that holds the loop, or the statements as its body.

    header: the first line of the function then, which the student has not written.
    """
    holder = start.holder
    if holder.is_definition:
        first = first_line(holder.tree)
        lines = file.lines[holder.cell]
        lines = lines[first - 1 : holder.tree.end_lineno]
        text = textwrap.dedent("\n".join(lines))
        label = file.labels[holder.cell]
        return Definition(text, first, holder.cell, holder.tree, label=label)
    body = []
    for statement in run:
        if not statement.declares:
            body.append(statement)
    numbered, places = _numbered(body, file)
    return _as_function(header, numbered, places)


def _numbered(
    body: Iterable[Statement], file: File
) -> tuple[dict[int, str], dict[int, Place]]:
    """The lines of the statements by number; a notebook's are numbered anew, with the place of each."""
    numbered: dict[int, str] = {}
    number_of: dict[Place, int] = {}
    for statement in body:
        for number, line in _lines_of(statement, file):
            if statement.cell is not None:
                # a line of its own for the header
                label = file.labels[statement.cell]
                place = (number, statement.cell, label)
                number = number_of.setdefault(place, len(number_of) + 2)
            if number in numbered:
                # several statements share the line
                line = f"{numbered[number]}; {line.strip()}"
            numbered[number] = line
    places = {number: place for place, number in number_of.items()}
    return numbered, places


def _lines_of(statement: Statement, file: File) -> Iterator[tuple[int, str]]:
    """(number, text) of each line of a statement, as if it stood at the top level."""
    tree = statement.tree
    first = first_line(tree)
    lines = list(file.lines[statement.cell][first - 1 : tree.end_lineno])
    # several statements may share a line
    lines[-1] = _cut(lines[-1], tree.end_col_offset)
    yield first, _cut_before(lines[0], tree.col_offset)
    for number, line in enumerate(lines[1:], start=first + 1):
        yield number, _outdented(line, tree.col_offset)


def _outdented(line: str, columns: int) -> str:
    """The line without its first columns, where these are blank: a text may begin further to the left."""
    if line[:columns].strip():
        return line
    return line[columns:]


def _cut(line: str, end: int | None) -> str:
    """The line up to a column that counts in bytes of UTF-8."""
    return line.encode()[:end].decode()


def _cut_before(line: str, start: int) -> str:
    return line.encode()[start:].decode()


def _as_function(
    header: str, numbered: Mapping[int, str], places: Mapping[int, Place]
) -> Definition:
    """A function with these lines as its body; each keeps its number."""
    first, last = min(numbered), max(numbered)
    text = [header]
    for number in range(first, last + 1):
        line = numbered.get(number, "")
        if line:
            line = _INDENT + line
        text.append(line)
    whole = "\n".join(text)
    module = ast.parse(whole)
    ast.increment_lineno(module, first - 2)
    return Definition(
        text=whole,
        first_line=first - 1,
        cell=None,
        tree=module.body[0],
        places=places,
        is_lifted=True,
    )
