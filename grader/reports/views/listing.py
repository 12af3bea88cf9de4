"""A student's source, highlighted, line by line, with the marked line in view."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape
from pygments import highlight  # type: ignore[import-untyped]  # Pygments has no types of its own
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from grader.results import FunctionResult

_LEXER = PythonLexer(stripnl=False, ensurenl=False)
# One for all: making it takes longer than using it.
_FORMATTER = HtmlFormatter(nowrap=True)
MAX_CHARACTERS = 6_000  # of source shown for one function
# Characters of highlighted source; a longer one is shown without colours.
MAX_HTML = 24_000


@dataclass(frozen=True)
class Line:
    """One line: its number in the file or cell, its text, the text highlighted, and whether it is marked."""

    number: int
    text: str
    html: Markup
    marked: bool


@dataclass(frozen=True)
class Listing:
    """The lines shown, and how many are left out before and after."""

    lines: tuple[Line, ...]
    before: int
    after: int
    in_notebook: bool


def listing(function: FunctionResult) -> Listing | None:
    """The function's source around its first marked line; None if there is no source."""
    source = function.source
    if source is None or not source.text.strip():
        return None
    first, texts = source.written()
    marked = 0
    if function.line is not None:
        marked = function.line - first
    lengths = [len(text) for text in texts]
    start, stop = _window(lengths, marked)
    # A single line may be longer than all that is shown.
    shown = [text[:MAX_CHARACTERS] for text in texts[start:stop]]
    marks = {function.line, *function.lines.values()}
    lines = []
    number = first + start
    for text, html in zip(shown, _highlighted(shown), strict=True):
        is_marked = number in marks
        line, _, _ = source.place_of(number)
        lines.append(Line(line, text, html, is_marked))
        number += 1
    left_out = len(texts) - stop
    in_notebook = source.cell is not None
    return Listing(tuple(lines), start, left_out, in_notebook)


def _window(lengths: list[int], marked: int) -> tuple[int, int]:
    """The longest run of lines around `marked` within MAX_CHARACTERS, at least the marked line itself."""
    last = len(lengths) - 1
    marked = min(max(marked, 0), last)
    start = marked
    stop = marked + 1
    room = MAX_CHARACTERS - lengths[marked]
    # What stands before the marked line comes first: it is what the line was computed from.
    while True:
        if start > 0 and lengths[start - 1] < room:
            start -= 1
            room -= lengths[start] + 1
        elif stop < len(lengths) and lengths[stop] < room:
            room -= lengths[stop] + 1
            stop += 1
        else:
            return start, stop


def _highlighted(texts: list[str]) -> list[Markup]:
    # Pygments closes and reopens its spans at each line's end, so that its output splits by lines.
    html = highlight("\n".join(texts), _LEXER, _FORMATTER)
    # Its output may end with one more line break than the source.
    lines = html.split("\n")[: len(texts)]
    if len(texts) == 1:
        lines = html.rstrip("\n").split("\n")
    if len(html) > MAX_HTML or len(lines) != len(texts):
        return [escape(text) for text in texts]
    return [Markup(line) for line in lines]
