"""Text that students wrote, made harmless for each place where it is shown.

A submission's names, prints, exceptions and source reach every report. `clean` is applied once, where a
report begins; what a target needs in addition is one function here. HTML needs nothing more: Jinja2
escapes every text.
"""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from grader.results import Curves

LIMIT = 4_000  # characters of one text that a report shows

T = TypeVar("T")

# What a reader cannot see and what can mislead: C0 and C1 controls except newline and tab, marks that turn
# the direction of text, invisible characters, line separators, lone surrogates, tags and non-characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_FORMULA = re.compile(
    r"(^|[;,|\t\n])([\s\"']*)(?=[=+\-@%\uff1d\uff0b\uff0d\uff20])"
)
# What could be a command to the server that grader runs on: GitHub's runner takes `::` at the beginning of a
# line for one, perhaps behind colours, and `##[` anywhere; others' begin with a name, as `##vso[`.
_COMMAND = re.compile(
    r"^((\s|\x1b\[[0-9;]*m)*):(?=:)|##(?=\w*\[)", re.MULTILINE
)
# What Markdown could take for markup. The sign of a list, a heading or a link counts only at a place where
# Markdown would read it as one.
_MARKUP = re.compile(
    r"([\\`*_\[\]<>#!|~&@$]|:(?=//)|(?<=www)\.|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)])"
)


def visible(text: str, limit: int = LIMIT) -> str:
    """`text` with every unseen character written as its Python escape, and cut to `limit` characters."""
    if len(text) > limit:
        text = text[:limit] + " […]"
    # The usual case, and a quick test: no unseen character is printable to Python.
    if text.isprintable():
        return text
    return _UNSEEN.sub(_escape, text.replace("\r\n", "\n"))


def clean(record: T, limit: int = LIMIT) -> T:
    """`record`, a frozen dataclass, with every text in it made `visible`; numbers are left alone.

    A part that holds nothing unseen is returned as the same object: the records of a class share most of
    their parts, and copies would cost time and memory.
    """
    return _clean(record, limit)  # type: ignore[no-any-return]  # the shape is kept


def one_line(text: str) -> str:
    """`text` on one line, for a place where a line break would look like the report's own next line."""
    return " ".join(visible(text).split())


def terminal(text: str) -> str:
    """For a terminal: no escape sequence, no bell, no carriage return survives."""
    return visible(text).expandtabs(4)


def without_commands(text: str) -> str:
    """All that is printed, with a space in what a workflow's runner would take for a command."""
    return _COMMAND.sub(lambda found: f"{found[0]} ", text)


def json_without_commands(text: str) -> str:
    """The same for JSON, whose texts stay what they are: a bracket behind `##` stands in no other place."""
    return re.sub(r"##(\w*)\[", r"##\1\\u005b", text)


def markdown(text: str) -> str:
    """For running Markdown text: no markup but `code`, no link or HTML, and nobody is mentioned."""
    written = ""
    parts = re.split(r"(`[^`]+`)", one_line(text))
    for index, part in enumerate(parts):
        # `re.split` puts what the pattern's group matched between the other parts.
        is_code = index % 2 == 1
        if is_code:
            written += markdown_code(part[1:-1])
        else:
            written += _plain(part)
    return written


def markdown_code(text: str, cell: bool = False) -> str:
    """A Markdown code span of `text`; in a table's `cell`, a bar is escaped: it would end the cell."""
    text = one_line(text)
    # A fence that is longer than every run of backticks in the text cannot be closed by it.
    fence = "`" * (1 + _longest_run_of_backticks(text))
    touches_fence = text.startswith("`") or text.endswith("`")
    if touches_fence or not text:
        # Markdown takes this space away, and without it the text's backtick would join the fence.
        text = f" {text} "
    span = f"{fence}{text}{fence}"
    if cell:
        span = span.replace("|", "\\|")
    return span


def markdown_block(text: str, language: str = "") -> str:
    """A fenced Markdown block of `text`, which cannot close the fence."""
    text = visible(text, limit=20_000)
    fence = "`" * max(3, 1 + _longest_run_of_backticks(text))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def csv(text: str) -> str:
    """For a CSV cell: no spreadsheet takes it for a formula, whichever separator it reads by."""
    return _FORMULA.sub(r"\1\2'", one_line(text))


def workflow(text: str) -> str:
    """For the message of a GitHub workflow command."""
    # The percent sign first: the others bring percent signs of their own.
    escaped = visible(text).replace("%", "%25")
    on_one_line = escaped.replace("\r", "%0D").replace("\n", "%0A")
    # others' servers have commands that act anywhere in a line
    return without_commands(on_one_line)


def workflow_property(text: str) -> str:
    """For a property (file, title) of a GitHub workflow command."""
    return workflow(text).replace(":", "%3A").replace(",", "%2C")


def _longest_run_of_backticks(text: str) -> int:
    runs = re.findall("`+", text)
    return max(map(len, runs), default=0)


def _plain(text: str) -> str:
    escaped = _MARKUP.sub(r"\\\1", text)
    # A word joiner after the sign: GitHub reads no name there, and mentions nobody.
    return escaped.replace("\\@", "\\@\u2060")


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFF:
        return f"\\x{code:02x}"
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    return f"\\U{code:08x}"


def _clean(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return visible(value, limit)
    if isinstance(value, Curves):
        return value  # thousands of numbers, no text
    if isinstance(value, Mapping):
        return _clean_mapping(value, limit)
    if isinstance(value, tuple):
        items = _clean_items(value, limit)
        return value if items is None else tuple(items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [getattr(value, name) for name in _names(type(value))]
        items = _clean_items(fields, limit)
        return value if items is None else type(value)(*items)
    return value


def _clean_items(items: Sequence[Any], limit: int) -> list[Any] | None:
    """The items made visible, None if every one of them stayed the same object."""
    cleaned = [_clean(item, limit) for item in items]
    unchanged = all(map(operator.is_, items, cleaned))
    return None if unchanged else cleaned


def _clean_mapping(
    mapping: Mapping[Any, Any], limit: int
) -> Mapping[Any, Any]:
    keys = _clean_items(list(mapping), limit)
    values = _clean_items(list(mapping.values()), limit)
    if keys is None and values is None:
        return mapping
    # One of the two may hold nothing unseen, and is taken as it is.
    if keys is None:
        keys = list(mapping)
    if values is None:
        values = list(mapping.values())
    return dict(zip(keys, values, strict=True))


@cache
def _names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(record))
