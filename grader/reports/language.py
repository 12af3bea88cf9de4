"""The reports' own words in the reader's language: one `templates/locale/<lang>.po` a language.

The English sentence is the key, as gettext has it; a sentence without a translation is shown in English.
"""

from __future__ import annotations

import gettext
import io
from datetime import UTC, datetime
from functools import cache
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


def fixed(text: str, lang: str) -> str:
    """A sentence of the exercise's, such as a check's title, where the catalogue has it; else as it is."""
    return translations(lang).gettext(text) if text else text  # gettext("") is the catalogue's header


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
