"""A student's source, highlighted, line by line, with the marked line in view."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape
from pygments import highlight  # type: ignore[import-untyped]  # Pygments has no types of its own
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from grader.results import FunctionResult, Mark

_LEXER = PythonLexer(stripnl=False, ensurenl=False)
# One for all: making it takes longer than using it.
_FORMATTER = HtmlFormatter(nowrap=True)
MAX_CHARACTERS = 6_000  # of source shown for one function
# Characters of highlighted source; a longer one is shown without colours.
MAX_HTML = 24_000

Span = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """One line: its number in the file or cell, its text, the text highlighted, and whether it is marked.

    spans: the parts of the text that are wrong, from one character to another; they are underlined. at: its
    number as results count lines, which of a notebook's is another one. pieces: the highlighted text up to
    the end of each such part, each with the part, and what stands behind them all.
    """

    number: int
    text: str
    html: Markup
    marked: bool
    spans: tuple[Span, ...] = ()
    at: int = 0
    pieces: tuple[tuple[Markup, Span | None], ...] = ()


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
    spans = spans_of(function)
    marks = {function.line, *function.lines.values(), *spans}
    lines = []
    number = first + start
    for text, html in zip(shown, _highlighted(shown), strict=True):
        is_marked = number in marks
        line, _, _ = source.place_of(number)
        wrong = spans.get(number, ())
        pieces = _underlined(text, wrong) if wrong else ((html, None),)
        html = Markup().join(piece for piece, _ in pieces)
        lines.append(Line(line, text, html, is_marked, wrong, number, pieces))
        number += 1
    left_out = len(texts) - stop
    in_notebook = source.cell is not None
    return Listing(tuple(lines), start, left_out, in_notebook)


def of_helpers(function: FunctionResult) -> list[FunctionResult]:
    """The student's own functions that hold its mistakes, to be shown as it is."""
    shown = []
    for helper in function.helpers:
        line = helper.marks[0].line
        shown.append(
            FunctionResult(
                "wrong",
                0.0,
                0.0,
                line=line,
                source=helper.source,
                marks=helper.marks,
            )
        )
    return shown


def spans_of(function: FunctionResult) -> dict[int, tuple[Span, ...]]:
    """The wrong parts of each line, by the line's number, as `Source.written` has its text."""
    source = function.source
    if source is None:
        return {}
    first, texts = source.written()
    originals = source.text.split("\n")
    found: dict[int, list[Span]] = {}
    for mark in function.marks:
        if mark.kind == "missing":
            continue
        for number in range(mark.line, mark.end_line + 1):
            shown = number - first
            original = number - source.first_line
            if shown not in range(len(texts)) or original >= len(originals):
                continue
            span = _span(mark, number, originals[original], texts[shown])
            if span[0] < span[1]:
                found.setdefault(number, []).append(span)
    return {number: _apart(spans) for number, spans in found.items()}


def wrong_parts(function: FunctionResult) -> list[str]:
    """The texts that are underlined, for a reader who sees no underline."""
    parts = []
    for one in [function, *of_helpers(function)]:
        if one.source is None:
            continue
        first, texts = one.source.written()
        for number, spans in spans_of(one).items():
            for start, stop in spans:
                parts.append(texts[number - first][start:stop])
    return parts


def _span(mark: Mark, number: int, original: str, shown: str) -> Span:
    """The part of one line that a mark underlines, where the line is shown without tabs or indentation."""
    start = len(original) - len(original.lstrip())
    stop = len(original.rstrip())
    if number == mark.line:
        start = mark.column
    if number == mark.end_line:
        stop = mark.end_column
    shift = len(original.expandtabs(4)) - len(shown)
    begin = len(original[:start].expandtabs(4)) - shift
    end = len(original[:stop].expandtabs(4)) - shift
    return max(begin, 0), min(end, len(shown))


def _apart(spans: list[Span]) -> tuple[Span, ...]:
    """The spans in order, without those that lie in another one."""
    kept: list[Span] = []
    for span in sorted(spans):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return tuple(kept)


def _underlined(
    text: str, spans: tuple[Span, ...]
) -> tuple[tuple[Markup, Span | None], ...]:
    """A line with its wrong parts underlined; each part is highlighted by itself."""
    pieces: list[tuple[Markup, Span | None]] = []
    done = 0
    for start, stop in spans:
        (before,) = _highlighted([text[done:start]])
        (wrong,) = _highlighted([text[start:stop]])
        underlined = Markup('<u class="wrong">') + wrong + Markup("</u>")
        pieces.append((before + underlined, (start, stop)))
        done = stop
    (rest,) = _highlighted([text[done:]])
    return (*pieces, (rest, None))


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
