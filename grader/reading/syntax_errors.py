"""Why something does not compile, in a student's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

# what `ast.parse` and `compile` raise on hostile source
UNCOMPILABLE = (
    SyntaxError,
    ValueError,
    RecursionError,
    MemoryError,
    OverflowError,
)

# what Python's message contains -> what the student reads
_REASONS: list[tuple[str, str]] = [
    (
        r"Missing parentheses in call to '(print|exec)'",
        r"\1 without parentheses is Python 2",
    ),
    (
        r"multiple exception types must be parenthesized",
        "`except A, e` is Python 2: write `except A as e`",
    ),
    (r"expected ':'", "a colon is missing"),
    (
        r"expected an indented block after (.+) on line (\d+)",
        r"the block after the \1 on line \2 is not indented",
    ),
    (
        r"unexpected indent",
        "the line is indented further than the block it is in",
    ),
    (r"unindent does not match", "the indentation matches no line above"),
    (
        r"inconsistent use of tabs",
        "tabs and spaces are mixed in the indentation: use spaces only",
    ),
    (r"'(.)' was never closed", r"the bracket `\1` is never closed"),
    (r"unmatched '(.)'", r"the bracket `\1` was never opened"),
    (
        r"closing parenthesis '(.)' does not match opening parenthesis '(.)'",
        r"`\2` is closed by `\1`",
    ),
    (
        r"Maybe you meant '==' or ':='",
        "`=` assigns: a comparison is written `==`",
    ),
    (r"unterminated triple-quoted", "a triple-quoted string is never closed"),
    (
        r"unterminated (f-)?string|EOL while",
        "a string is not closed on its line",
    ),
    (
        r"non-printable character (U\+\w+)",
        r"it holds an invisible character, \1: type the line anew",
    ),
    (
        r"invalid character '(.)'",
        r"`\1` is not a character of Python code: type it anew",
    ),
    (r"forgot a comma", "a comma or an operator is missing"),
    (r"leading zeros in decimal", "a number with a leading zero is Python 2"),
    (
        r"invalid decimal literal",
        "a number is followed by letters, or a name starts with a digit",
    ),
    (r"'(return|yield)' outside function", r"`\1` stands outside a function"),
    (r"null bytes", "it contains null bytes"),
    (r"too many nested|too many statically nested", "it is nested too deeply"),
]
MERGE_MARKS = ("<<<<<<<", "=======", ">>>>>>>")
IS_MERGE = "it holds the marks of an unresolved merge"
_PROMPT = re.compile(r"(>>>|\.\.\.)(\s|$)")
_KEYWORD_ASSIGNED = re.compile(
    r"(lambda|async|await|yield|class|def|from|import|in|is|not|pass|with)\s*="
)


def merge_marks(lines: Sequence[str]) -> list[int]:
    """The indices of the lines that are marks of an unresolved merge; empty where none is whole."""
    found = []
    for i, line in enumerate(lines):
        if line.startswith(MERGE_MARKS):
            found.append(i)
    written = [lines[i][: len(MERGE_MARKS[0])] for i in found]
    # a row of `=` by itself is an underline
    begin, _, end = MERGE_MARKS
    if begin not in written or end not in written:
        return []
    return found


def reason(error: BaseException, source: str = "") -> str:
    """Why `source` does not compile, as a clause; `error` is one of UNCOMPILABLE."""
    if isinstance(error, RecursionError | MemoryError | OverflowError):
        return "it is nested too deeply"
    message = str(getattr(error, "msg", None) or error)
    for pattern, words in _REASONS:
        found = re.search(pattern, message)
        if found:
            return found.expand(words)
    if isinstance(error, SyntaxError) and message == "invalid syntax":
        line = _line_of(error, source)
        return _reason_by_line(line.strip())
    return f"Python says: {message[:200]}"


def _line_of(error: SyntaxError, source: str) -> str:
    lines = source.split("\n")
    number = error.lineno or 0
    if 0 < number <= len(lines):
        return lines[number - 1]
    return error.text or ""


def _reason_by_line(line: str) -> str:
    """The reason for a plain "invalid syntax", by what the line shows."""
    if re.match(r"(print|exec)\s+[^\s(=]", line):
        return f"{line[:5].strip()} without parentheses is Python 2"
    if re.match(r"raise\s+\w+\s*,", line):
        return "`raise A, message` is Python 2: write `raise A(message)`"
    if "<>" in line:
        return "`<>` is Python 2: write `!=`"
    if line[:1] in ("%", "!"):
        return "`%` and `!` lines belong in a notebook, not in a .py file"
    if _KEYWORD_ASSIGNED.match(line):
        return f"`{line.split('=')[0].strip()}` is a word of the language and cannot be a variable"
    if line.startswith(MERGE_MARKS):
        return IS_MERGE
    prompt = _PROMPT.match(line)
    if prompt:
        return f"`{prompt[1]}` is the prompt of an interactive session and not Python"
    return "invalid syntax"
