"""Text that students wrote, made harmless for each place it is shown in.

A submission's names, prints, exceptions and source reach every report. `clean` is applied once, where a
report begins; what a target needs besides is one function each. HTML needs no more: Jinja2 escapes it.
"""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from grader.results import Curves

LIMIT = 4_000  # characters of one text that a report shows

T = TypeVar("T")

# C0 and C1 controls but newline and tab, marks that turn the direction of text, invisible characters,
# line separators, lone surrogates, tags and non-characters: unseen by a reader, able to mislead.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_FORMULA = re.compile(r"(^|[;,|\t\n])(\s*)(?=[=+\-@%\uff1d\uff0b\uff0d\uff20])")
# What Markdown could take for markup; a list's sign, a heading's or a link's only where it could be one.
_MARKUP = re.compile(r"([\\`*_\[\]<>#!|~&@$]|:(?=//)|(?<=www)\.|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)])")


def visible(text: str, limit: int = LIMIT) -> str:
    """`text` with every unseen character written as its Python escape, and cut to `limit` characters."""
    if len(text) > limit:
        text = text[:limit] + " […]"
    if text.isprintable():  # the usual case, and quick: nothing unseen is printable to Python
        return text
    return _UNSEEN.sub(_escape, text.replace("\r\n", "\n"))


def clean(record: T, limit: int = LIMIT) -> T:
    """`record`, a frozen dataclass, with every text in it made `visible`; numbers are left alone.

    What holds nothing unseen is the very same object: the records of a class share most of their parts.
    """
    return _clean(record, limit)  # type: ignore[no-any-return]  # the shape is kept


def one_line(text: str) -> str:
    """`text` on one line, as where a line break could pass for the report's own next line."""
    return " ".join(visible(text).split())


def terminal(text: str) -> str:
    """For a terminal: no escape sequence, no bell, no carriage return survives."""
    return visible(text).expandtabs(4)


def markdown(text: str) -> str:
    """For running Markdown text: no markup but `code`, no link or HTML, and nobody is mentioned."""
    parts = re.split(r"(`[^`]+`)", one_line(text))
    return "".join(
        markdown_code(part[1:-1]) if index % 2 else _plain(part) for index, part in enumerate(parts)
    )


def markdown_code(text: str, cell: bool = False) -> str:
    """A Markdown code span of `text`; in a table's `cell` a bar must not end the cell."""
    text = one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    span = f"{fence}{pad}{text}{pad}{fence}"
    return span.replace("|", "\\|") if cell else span


def markdown_block(text: str, language: str = "") -> str:
    """A fenced Markdown block of `text`, which cannot close the fence."""
    text = visible(text, limit=20_000)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def csv(text: str) -> str:
    """For a CSV cell: no spreadsheet takes it for a formula, whichever separator it reads by."""
    return _FORMULA.sub(r"\1\2'", one_line(text))


def workflow(text: str) -> str:
    """For the message of a GitHub workflow command."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def workflow_property(text: str) -> str:
    """For a property (file, title) of a GitHub workflow command."""
    return workflow(text).replace(":", "%3A").replace(",", "%2C")


def xml(text: str) -> str:
    """For XML, which forbids most control characters outright; the XML writer escapes the rest."""
    return visible(text)


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text).replace("\\@", "\\@\u2060")  # the word joiner: GitHub mentions nobody


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _clean(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return visible(value, limit)
    if isinstance(value, Curves):
        return value  # thousands of numbers, no text
    if isinstance(value, Mapping):
        pairs = [(_clean(key, limit), _clean(item, limit)) for key, item in value.items()]
        kept = all(key is k and item is i for (key, item), (k, i) in zip(value.items(), pairs, strict=True))
        return value if kept else dict(pairs)
    if isinstance(value, tuple):
        items = [_clean(item, limit) for item in value]
        return value if all(map(operator.is_, value, items)) else tuple(items)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [getattr(value, name) for name in _names(type(value))]
        items = [_clean(field, limit) for field in fields]
        return value if all(map(operator.is_, fields, items)) else type(value)(*items)
    return value


@cache
def _names(record: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(record))
