"""The statements of a cell, and what of it does not compile."""

from __future__ import annotations

import ast
import re
import textwrap
import unicodedata  # noqa: F401 - the parser needs it for η, and a confined process cannot load it
from collections.abc import Sequence
from dataclasses import dataclass

from grader.notices import Notice
from grader.reading.cells import Cell
from grader.reading.syntax_errors import (
    IS_MERGE,
    MERGE_MARKS,
    UNCOMPILABLE,
    merge_marks,
    reason,
)

# A line at column 0 that belongs to what stands above it, and one that surely begins something new.
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]|\s|#|$")
_STARTS = re.compile(r"(?:def|class|import|from|async)\b|@")
_INDENTED_DEFINITION = re.compile(r"\s+(?:def|class)\b|\s+@")
_MAX_GROWTH = 200  # column-0 lines that one string or bracket may span before its start is given up
_MAX_TRIES = 2_000  # for all pieces of a file together


@dataclass(frozen=True)
class Broken:
    """A piece of the file that does not compile: the line of the error, the reason, the piece's source.

    recovered: the piece was read all the same, as if it were indented correctly; `text` is then empty.
    """

    cell: int | None
    line: int
    reason: str
    text: str
    recovered: bool = False

    def defines(self, name: str) -> bool:
        """Whether its text looks as if it defined `name` at the top level or in a block."""
        return _definition_of(name).search(self.text) is not None

    @property
    def notice(self) -> Notice:
        """What the report says about it."""
        if self.recovered:
            kind = "broken-indentation"
        elif self.cell is None:
            kind = "broken-part"
        else:
            kind = "broken-cell"
        values = {"reason": self.reason}
        return Notice(kind, values, self.line, self.cell)


def _definition_of(name: str) -> re.Pattern[str]:
    word = re.escape(name)
    # the prompt of a pasted session may stand before it
    return re.compile(
        rf"^(?:>>>|\.\.\.)?[ \t]*(?:async\s+)?(?:def\s+{word}\b|{word}\s*=[^=])",
        re.MULTILINE,
    )


Trees = list[ast.stmt]
Parsed = tuple[Trees, list[Broken]]


def parse(cell: Cell) -> Parsed:
    """The statements of a cell, and what of it does not compile.

    A notebook's cell compiles as a whole or not at all, as in IPython. A .py file that does not compile is
    read piece by piece, where a piece begins at column 0.
    """
    try:
        return ast.parse(cell.source).body, []
    except UNCOMPILABLE as error:
        if cell.number is None and isinstance(error, SyntaxError):
            return _parse_pieces(cell.source)
        marks = merge_marks(cell.source.split("\n"))
        if marks:
            broken = Broken(cell.number, marks[0] + 1, IS_MERGE, cell.source)
            return [], [broken]
        line = getattr(error, "lineno", None) or 1
        why = reason(error, cell.source)
        broken = Broken(cell.number, line, why, cell.source)
        return [], [broken]


def _parse_pieces(source: str) -> Parsed:
    pieces = _Pieces(source)
    trees: Trees = []
    broken: list[Broken] = []
    n = 0
    while n < len(pieces):
        last, attempt = pieces.parse(n)
        if attempt.error is not None:
            attempt, problem = pieces.mend(n, attempt.error)
            broken.append(problem)
        trees += attempt.trees
        n = last + 1
    return trees, broken


@dataclass(frozen=True)
class _Attempt:
    """What parsing some lines gave: statements, or the error."""

    trees: Trees
    error: Exception | None = None

    @property
    def open_string(self) -> bool:
        """Whether a triple-quoted string is open at the end."""
        return self._says("triple-quoted")

    @property
    def is_open(self) -> bool:
        """Whether a string or a bracket is open at the end."""
        return self.open_string or self._says("never closed")

    def _says(self, words: str) -> bool:
        if not isinstance(self.error, SyntaxError):
            return False
        return words in self.error.msg


def _attempt(lines: Sequence[str], lines_above: int) -> _Attempt:
    """Parse `lines`; statements and errors count their lines from the top of the file."""
    source = "\n".join(lines)
    try:
        tree = ast.parse(source)
    except UNCOMPILABLE as error:
        if isinstance(error, SyntaxError):
            _move_down(error, lines_above)
        return _Attempt([], error)
    ast.increment_lineno(tree, lines_above)
    return _Attempt(tree.body)


def _move_down(error: SyntaxError, lines_above: int) -> None:
    """Count the lines that the error names from the top of the file."""

    def moved(number: re.Match[str]) -> str:
        return str(int(number[0]) + lines_above)

    error.lineno = (error.lineno or 1) + lines_above
    error.msg = re.sub(r"(?<=on line )\d+", moved, error.msg)


class _Pieces:
    """A .py file cut into the pieces that begin at column 0."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.lines = source.split("\n")
        self.marks = merge_marks(self.lines)
        self.starts = _starts_of_pieces(self.lines, self.marks)
        self.ends = [*self.starts[1:], len(self.lines)]
        self.tries = 0

    def __len__(self) -> int:
        return len(self.starts)

    def parse(self, n: int) -> tuple[int, _Attempt]:
        """Piece `n`, and the number of the last piece that it took.

        A string or bracket that is open at its end may span lines at column 0: then pieces below are taken
        in until it closes. Where it never does, piece `n` is broken by itself.
        """
        last = n
        alone = attempt = self._attempt(n, n)
        while attempt.is_open and self._may_grow(n, last):
            last += 1
            self.tries += 1
            first_line = self.lines[self.starts[last]]
            if not attempt.open_string and _STARTS.match(first_line):
                # a `def` cannot stand within a bracket, so this one was never closed
                break
            attempt = self._attempt(n, last)
        if attempt.error is not None:
            return n, alone
        return last, attempt

    def _attempt(self, first: int, last: int) -> _Attempt:
        start, end = self.starts[first], self.ends[last]
        return _attempt(self.lines[start:end], start)

    def _may_grow(self, first: int, last: int) -> bool:
        if last + 1 >= len(self):
            return False
        # each try parses all the lines again: without limits, the time would grow with their square
        return last - first < _MAX_GROWTH and self.tries < _MAX_TRIES

    def mend(self, n: int, error: Exception) -> tuple[_Attempt, Broken]:
        """What can be read of the broken piece `n`, and what the report says about it."""
        start, end = self.starts[n], self.ends[n]
        text = "\n".join(self.lines[start:end])
        for mark in self.marks:
            if start <= mark < end:
                # what Python says of it is a consequence
                return _Attempt([]), Broken(None, mark + 1, IS_MERGE, text)
        line = getattr(error, "lineno", None) or start + 1
        why = reason(error, self.source)
        if isinstance(error, IndentationError):
            mended = self._indented_correctly(n, line - 1)
            if mended is not None:
                return mended, Broken(None, line, why, "", recovered=True)
        return _Attempt([]), Broken(None, line, why, text)

    def _indented_correctly(self, n: int, split: int) -> _Attempt | None:
        """Piece `n` with the wrongly indented part below line index `split` moved to column 0.

        This is done for an indented `def` or `class` below a sound piece, and for a file that is indented as
        a whole. None where it does not help.
        """
        start, end = self.starts[n], self.ends[n]
        if not start <= split < end:
            return None
        lines_above = self.lines[start:split]
        definition = _INDENTED_DEFINITION.match(self.lines[split])
        if not definition and not _is_blank(lines_above):
            return None
        indented = "\n".join(self.lines[split:end])
        dedented = textwrap.dedent(indented).split("\n")
        above = _attempt(lines_above, start)
        below = _attempt(dedented, split)
        if above.error is not None or below.error is not None:
            return None
        return _Attempt(above.trees + below.trees)


def _is_blank(lines: Sequence[str]) -> bool:
    """Whether there is nothing but comments."""
    for line in lines:
        text = line.strip()
        if text and not text.startswith("#"):
            return False
    return True


def _goes_on_indented(lines: Sequence[str]) -> bool:
    """Whether the next line that is neither empty nor the mark of a merge is indented."""
    for line in lines:
        if line.strip() and not line.startswith(MERGE_MARKS):
            return line[0].isspace()
    return False


def _starts_of_pieces(lines: Sequence[str], marks: Sequence[int]) -> list[int]:
    """The indices of the lines where a piece begins. `marks`: those of an unresolved merge."""
    starts: list[int] = []
    after_decorator = False
    for i, line in enumerate(lines):
        if _CONTINUES.match(line):
            continue
        if i in marks and _goes_on_indented(lines[i + 1 :]):
            # both sides of the merge stand within one block
            continue
        if not after_decorator:
            starts.append(i)
        after_decorator = line.startswith("@")
    if not starts or starts[0] > 0:
        # what stands indented above the first piece is a piece, too
        starts.insert(0, 0)
    return starts
