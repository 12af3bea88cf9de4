"""Jinja2, set up once for every HTML page: text is always escaped, style and script stand in the page."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.reports.text import language, neutral, prose
from grader.reports.text.words import SIGNS
from grader.reports.views import content

_SHAPE = re.compile(r"\(\s*(?:(\d{1,18}(?:\s*,\s*\d{1,18})*)\s*(?:,\s*)?)?\)")


@cache
def environment(lang: str) -> Environment:
    """The environment for pages in `lang`. Raises UsageError if there is no such language."""
    pages = Environment(
        loader=FileSystemLoader(language.templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations = language.translations(lang)
    pages.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]

    # A screen reader needs to know which sentences are not in the page's language; messages are English.
    def spoken(language: str) -> Markup:
        if language == lang:
            return Markup()
        return Markup(' lang="{}"').format(language)

    pages.globals.update(
        lang=lang,
        spoken=spoken,
        foreign=spoken("en"),
        signs=SIGNS,
        style=inline("style.css"),
        script=inline("class.js"),
        policy=policy,
    )
    pages.filters.update(
        number=lambda value: language.number(value, lang),
        percent=lambda share: language.percent(share, lang),
        moment=lambda started: language.moment(started, lang),
        seen=content.seen,
        mismatches=content.mismatches,
        look=content.to_look_at,
        sentence=prose.sentence_to_html,
        prose=prose.to_html,
        title=prose.line_to_html,
        plain=prose.to_text,
        shape=shape,
        measure=measure,
        one_line=neutral.one_line,
    )
    return pages


@cache
def inline(name: str) -> Markup:
    """A style sheet or script of the templates' folder, as text for the page itself."""
    path = language.templates() / name
    text = path.read_text(encoding="utf-8")
    return Markup(text.strip())


def policy(script: bool = False) -> str:
    """The page's content security policy: nothing is fetched, and only our own style and script are used."""
    # Named by their digests: a style or a script that got in with a student's text is not used.
    style = _digest(inline("style.css"))
    parts = ["default-src 'none'", f"style-src {style}"]
    if script:
        code = _digest(inline("class.js"))
        parts.append(f"script-src {code}")
    parts += ["base-uri 'none'", "form-action 'none'"]
    return "; ".join(parts)


def shape(text: str) -> tuple[int, ...] | None:
    """A shape such as "(3, 4)" as numbers; None if `text` is not a shape."""
    match = _SHAPE.fullmatch(text.strip())
    if not match:
        return None
    if match[1] is None:
        return ()
    sizes = match[1].split(",")
    return tuple(map(int, sizes))


def measure(sizes: tuple[int, ...]) -> tuple[int, int]:
    """The width and height of a tensor's drawing, in pixels: small sizes differ visibly, big ones fit."""
    if not sizes:
        return _length(1), _length(1)
    if len(sizes) == 1:
        return _length(1), _length(sizes[0])
    # Of a tensor with more axes, the last two are drawn: its rows and columns.
    rows, columns = sizes[-2:]
    return _length(columns), _length(rows)


def _length(size: int) -> int:
    if size == 0:
        return 0
    # The power flattens what is large: 784 entries must not be a hundred times as long as 7.
    length: float = 5 + 12 * (size - 1) ** 0.35
    return min(44, round(length))


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    written = base64.b64encode(digest).decode()
    return f"'sha256-{written}'"
