"""Jinja2, set up once for every HTML page: escaping always on, the reader's language, inline style."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grader.reports.text import language, neutral, prose
from grader.reports.views import content

_SHAPE = re.compile(r"\(\s*(\d+(?:\s*,\s*\d+)*)?\s*,?\s*\)")


@cache
def environment(lang: str) -> Environment:
    """The environment for pages in `lang`. Raises UsageError where there is no such language."""
    pages = Environment(
        loader=FileSystemLoader(language.templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    pages.install_gettext_translations(language.translations(lang), newstyle=True)  # type: ignore[attr-defined]

    # Sentences in another language than the page's say so, for a voice to read them; messages are English.
    def spoken(language: str) -> Markup:
        return Markup(' lang="{}"').format(language) if language != lang else Markup()

    pages.globals.update(spoken=spoken, foreign=spoken("en"))
    pages.globals.update(lang=lang, style=inline("style.css"), script=inline("class.js"), policy=policy)
    pages.filters.update(
        points=lambda value: language.number(value, lang),
        decimal=lambda value: language.number(value, lang, digits=2),
        percent=lambda share: language.percent(share, lang),
        moment=lambda started: language.moment(started, lang),
        fixed=lambda title, exercise: language.fixed(title, lang, exercise),
        grouped=content.grouped,
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
    """A style sheet or script of the templates' folder, to stand in the page itself."""
    return Markup((language.templates() / name).read_text(encoding="utf-8").strip())


def policy(script: bool = False) -> str:
    """The page's content security policy: nothing is fetched, and nothing runs but what we wrote."""
    parts = ["default-src 'none'", f"style-src {_digest(inline('style.css'))}"]
    parts += [f"script-src {_digest(inline('class.js'))}"] if script else []
    return "; ".join([*parts, "base-uri 'none'", "form-action 'none'"])


def shape(text: str) -> tuple[int, ...] | None:
    """A shape such as "(3, 4)" as numbers, None where `text` is none."""
    match = _SHAPE.fullmatch(text.strip())
    if not match:
        return None
    return tuple(int(size) for size in (match[1] or "").split(",") if size.strip())


def measure(sizes: tuple[int, ...]) -> tuple[int, int]:
    """The width and height, in pixels, to draw a tensor with: small sizes differ, big ones fit."""
    if len(sizes) == 0:
        return 5, 5
    height, width = (sizes[0], 1) if len(sizes) == 1 else (sizes[-2], sizes[-1])
    return _length(width), _length(height)


def _length(size: int) -> int:
    return 0 if size == 0 else min(44, round(5 + 12 * (size - 1) ** 0.35)) if size > 1 else 5


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
