"""The reports' own words in the reader's language: one `templates/locale/<lang>.po` a language.

The English sentence is the key, as gettext has it; a sentence without a translation is shown in English.
An exercise's own words, its notes and its checks' titles, are in its own `locale/<lang>.toml`.
"""

from __future__ import annotations

import gettext
import io
import re
import tomllib
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path

import babel.dates
import babel.numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from grader import paths
from grader.errors import UsageError

Translations = gettext.NullTranslations
_NAME = re.compile(r"\{(\w+)\}")


def templates() -> Path:
    """The folder of templates."""
    return paths.folder("templates")


def languages() -> tuple[str, ...]:
    """The languages there are: English, and each that has a file."""
    return ("en", *sorted(path.stem for path in (templates() / "locale").glob("*.po")))


@cache
def translations(lang: str) -> Translations:
    """The catalogue of `lang`. Raises UsageError where there is none."""
    if lang not in languages():
        raise UsageError(f"There is no language {lang!r}; there are {', '.join(languages())}.")
    if lang == "en":
        return gettext.NullTranslations()
    with (templates() / "locale" / f"{lang}.po").open("rb") as file:
        catalog = read_po(file, locale=lang)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def fixed(title: str, lang: str, exercise: str) -> str:
    """A check's title in `lang`, where the exercise's `locale/<lang>.toml` has it; else as it is.

    Its [checks] are English titles and their translations. A {name} in both stands for what a check's
    title says there, such as a quantity's name.
    """
    for pattern, translated in _titles(lang, exercise):
        if match := pattern.fullmatch(title):
            return _NAME.sub(lambda name: match[name[1]], translated)
    return title


@cache
def _titles(lang: str, exercise: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    path = paths.folder("reference") / exercise / "locale" / f"{lang}.toml"
    if not path.is_file():
        return ()
    checks = tomllib.loads(path.read_text(encoding="utf-8")).get("checks", {})
    return tuple((_pattern(title), translated) for title, translated in checks.items())


def _pattern(title: str) -> re.Pattern[str]:
    """What the titles look like that `title` stands for: a {name} is one word, or a tuple."""
    parts = _NAME.split(title)  # text and names, in turn
    value = r"\([^()]*\)|\S+"
    return re.compile("".join(f"(?P<{p}>{value})" if i % 2 else re.escape(p) for i, p in enumerate(parts)))


@lru_cache(10_000)  # a class has few different marks
def number(value: float, lang: str, digits: int = 2) -> str:
    """A mark as its readers write it: at most `digits` decimals, "12.5" or "12,5"."""
    pattern = "#,##0" + ("." + "#" * digits if digits else "")
    return babel.numbers.format_decimal(value, format=pattern, locale=lang)


def percent(share: float, lang: str) -> str:
    """A share in [0, 1] in whole percent, as the language writes it."""
    return babel.numbers.format_percent(share, locale=lang)


def moment(started: str, lang: str) -> str:
    """An ISO time as the language writes it, in UTC; what is none is left as it is."""
    try:
        time = datetime.fromisoformat(started)
    except ValueError:
        return started
    return babel.dates.format_datetime(time, "medium", tzinfo=UTC, locale=lang) + " UTC"
