"""The reports' own words in the reader's language: one `templates/locale/<lang>.po` per language.

The English sentence is the key, as in gettext; a sentence without a translation is shown in English.
An exercise's own words, its notes and its checks' titles, are in its own `locale/<lang>.toml`.
"""

from __future__ import annotations

import gettext
import io
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


def templates() -> Path:
    """The folder of templates."""
    return paths.folder("templates")


def languages() -> tuple[str, ...]:
    """The known languages: English, and each one that has a file."""
    folder = templates() / "locale"
    translated = []
    for file in folder.glob("*.po"):
        translated.append(file.stem)
    return ("en", *sorted(translated))


@cache
def translations(lang: str) -> Translations:
    """The translations into `lang`. Raises UsageError if there is no such language."""
    if lang not in languages():
        known = ", ".join(languages())
        raise UsageError(f"There is no language {lang!r}; known are {known}.")
    if lang == "en":
        return gettext.NullTranslations()
    path = templates() / "locale" / f"{lang}.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=lang)
    # Compiled in memory when it is needed: no .mo file can be out of date.
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


_LONG = 1e15  # a number that is not written out


@lru_cache(10_000)  # formatting is slow, and a class has few different marks
def number(value: float, lang: str) -> str:
    """A number as its readers write it, with at most two decimals: "12.5" or "12,5"."""
    if abs(value) >= _LONG:
        # babel writes no more than 28 digits
        return f"{value:.5g}"
    return babel.numbers.format_decimal(value, format="#,##0.##", locale=lang)


def percent(share: float, lang: str) -> str:
    """A share in [0, 1] in whole percent, as the language writes it."""
    return babel.numbers.format_percent(share, locale=lang)


def moment(started: str, lang: str) -> str:
    """An ISO time as the language writes it, in UTC. A text that is not a time is returned as it is."""
    try:
        time = datetime.fromisoformat(started)
        written = babel.dates.format_datetime(
            time, "medium", tzinfo=UTC, locale=lang
        )
    except (ValueError, OverflowError):
        return started
    return f"{written} UTC"
