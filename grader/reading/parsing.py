"""The statements of a cell, and what of it does not compile, in a student's words."""

from __future__ import annotations

import ast
import re
import textwrap
import unicodedata  # noqa: F401 - the parser needs it for η, and a confined process cannot load it
from dataclasses import dataclass

from grader.reading.cells import Cell

UNCOMPILABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]|\s|#|$")
_STARTS = re.compile(r"(?:def|class|import|from|async)\b|@")
_GROWTH = 200  # column-0 lines that one string or bracket may span before its start is given up
_TRIES = 2_000  # in all


@dataclass(frozen=True)
class Broken:
    """A piece of the file that does not compile."""

    cell: int | None
    first_line: int
    line: int
    reason: str
    text: str
    recovered: bool = False  # read all the same, as it was meant


def parse(cell: Cell) -> tuple[list[ast.stmt], list[Broken]]:
    """The statements of a cell, and what of it does not compile.

    A notebook's cell compiles as a whole or not at all, as in IPython. A .py file that does not compile is
    read piece by piece, where a piece begins at column 0.
    """
    try:
        return ast.parse(cell.source).body, []
    except UNCOMPILABLE as error:
        if cell.number is not None or not isinstance(error, SyntaxError):
            line = getattr(error, "lineno", None) or 1
            return [], [Broken(cell.number, 1, line, reason(error, cell.source), cell.source)]
    return _parse_pieces(cell)


def _parse_pieces(cell: Cell) -> tuple[list[ast.stmt], list[Broken]]:
    lines = cell.source.split("\n")
    starts = [i for i, line in enumerate(lines) if not _CONTINUES.match(line)]
    starts = [i for n, i in enumerate(starts) if n == 0 or not lines[starts[n - 1]].startswith("@")]
    if not starts or starts[0] > 0:  # what stands indented above the first piece
        starts = [0, *starts]
    ends = [*starts[1:], len(lines)]
    trees: list[ast.stmt] = []
    broken: list[Broken] = []
    n = tries = 0
    while n < len(starts):
        end = n  # the last piece taken: an open string or bracket may span lines at column 0
        body, error = first_body, first_error = _parse_lines(lines, starts[n], ends[n])
        while _is_open(error) and end + 1 < len(starts) and end - n < _GROWTH and tries < _TRIES:
            end += 1
            tries += 1
            if "triple-quoted" not in str(error) and _STARTS.match(lines[starts[end]]):
                break
            body, error = _parse_lines(lines, starts[n], ends[end])
        if error is not None:
            end, body, error = n, first_body, first_error
        if error is not None:
            body, more = _salvage(lines, starts[n], ends[n], error, cell.number)
            broken += more
        trees += body
        n = end + 1
    return trees, broken


def _parse_lines(lines: list[str], start: int, end: int) -> tuple[list[ast.stmt], Exception | None]:
    try:
        tree = ast.parse("\n".join(lines[start:end]))
    except UNCOMPILABLE as error:
        if isinstance(error, SyntaxError):
            error.lineno = (error.lineno or 1) + start
            error.msg = re.sub(r"(?<=on line )\d+", lambda found: str(int(found[0]) + start), error.msg)
        return [], error
    ast.increment_lineno(tree, start)
    return tree.body, None


def _is_open(error: Exception | None) -> bool:
    return isinstance(error, SyntaxError) and ("never closed" in error.msg or "triple-quoted" in error.msg)


def _salvage(
    lines: list[str], start: int, end: int, error: Exception, cell: int | None
) -> tuple[list[ast.stmt], list[Broken]]:
    """A broken piece: where a wrongly indented `def` follows a sound one, each is read by itself."""
    line = getattr(error, "lineno", None) or start + 1
    text = "\n".join(lines[start:end])
    split = line - 1
    inside = isinstance(error, IndentationError) and start <= split < end
    nothing_above = all(line.strip()[:1] in ("", "#") for line in lines[start:split])
    if inside and (nothing_above or re.match(r"\s+(?:def|class)\b|\s+@", lines[split])):
        above, above_error = _parse_lines(lines, start, split)
        below, below_error = _parse_lines(_dedented(lines, split, end), split, end)
        if above_error is None and below_error is None:
            why = reason(error, "\n".join(lines))
            return above + below, [Broken(cell, start + 1, line, why, "", recovered=True)]
    return [], [Broken(cell, start + 1, line, reason(error, "\n".join(lines)), text)]


def _dedented(lines: list[str], start: int, end: int) -> list[str]:
    return [*lines[:start], *textwrap.dedent("\n".join(lines[start:end])).split("\n"), *lines[end:]]


# --- syntax errors in a student's words

_REASONS: list[tuple[str, str]] = [
    (r"Missing parentheses in call to '(print|exec)'", r"\1 without parentheses is Python 2"),
    (r"multiple exception types must be parenthesized", "`except A, e` is Python 2: write `except A as e`"),
    (r"expected ':'", "a colon is missing"),
    (
        r"expected an indented block after (.+) on line (\d+)",
        r"the block after the \1 on line \2 is not indented",
    ),
    (r"unexpected indent", "the line is indented further than the block it is in"),
    (r"unindent does not match", "the indentation matches no line above"),
    (r"inconsistent use of tabs", "tabs and spaces are mixed in the indentation: use spaces only"),
    (r"'(.)' was never closed", r"the bracket `\1` is never closed"),
    (r"unmatched '(.)'", r"the bracket `\1` was never opened"),
    (r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", r"`\2` is closed by `\1`"),
    (r"Maybe you meant '==' or ':='", "`=` assigns: a comparison is written `==`"),
    (r"unterminated triple-quoted", "a triple-quoted string is never closed"),
    (r"unterminated (f-)?string|EOL while", "a string is not closed on its line"),
    (r"non-printable character (U\+\w+)", r"it holds an invisible character, \1: type the line anew"),
    (r"invalid character '(.)'", r"`\1` is not a character of Python code: type it anew"),
    (r"forgot a comma", "a comma or an operator is missing"),
    (r"leading zeros in decimal", "a number with a leading zero is Python 2"),
    (r"invalid decimal literal", "a number is followed by letters, or a name starts with a digit"),
    (r"'(return|yield)' outside function", r"`\1` stands outside a function"),
    (r"null bytes", "it contains null bytes"),
    (r"too many nested|too many statically nested", "it is nested too deeply"),
]


def reason(error: BaseException, source: str = "") -> str:
    """Why something does not compile, in a student's words."""
    if isinstance(error, RecursionError | MemoryError | OverflowError):
        return "it is nested too deeply"
    message = str(getattr(error, "msg", None) or error)
    for pattern, words in _REASONS:
        if found := re.search(pattern, message):
            return found.expand(words)
    if isinstance(error, SyntaxError) and message == "invalid syntax":
        return _reason_by_line(error, source)
    return f"Python says: {message[:200]}"


def _reason_by_line(error: SyntaxError, source: str) -> str:
    """A plain "invalid syntax", by what the line shows."""
    lines = source.split("\n")
    number = error.lineno or 0
    line = lines[number - 1] if 0 < number <= len(lines) else (error.text or "")
    line = line.strip()
    if re.match(r"(print|exec)\s+[^\s(=]", line):
        return f"{line[:5].strip()} without parentheses is Python 2"
    if re.match(r"raise\s+\w+\s*,", line):
        return "`raise A, message` is Python 2: write `raise A(message)`"
    if "<>" in line:
        return "`<>` is Python 2: write `!=`"
    if line[:1] in ("%", "!"):
        return "`%` and `!` lines belong in a notebook, not in a .py file"
    if re.match(r"(lambda|async|await|yield|class|def|from|import|in|is|not|pass|with)\s*=", line):
        return f"`{line.split('=')[0].strip()}` is a word of the language and cannot be a variable"
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "it holds the marks of an unresolved merge"
    return "invalid syntax"
