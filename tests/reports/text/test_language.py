"""The reports' languages: every sentence of theirs is in each catalogue, with its values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from grader import notices, reports
from grader.reports.text import language

KEYWORDS = {
    "_": None,
    "gettext": None,
    "words": None,
    "self": None,
    "ngettext": (1, 2),
    "count": (1, 2),
}


METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]


LANGUAGES = [lang for lang in language.languages() if lang != "en"]


def sentences() -> set[str]:
    """Every sentence that the templates and the code of the reports hand to gettext."""
    root = Path(reports.__file__).parent
    options = {
        "**.html": {
            "trimmed": "true",
            "trim_blocks": "true",
            "lstrip_blocks": "true",
        }
    }
    found = set()
    for folder in (root, language.templates()):
        for _, _, message, *_ in extract_from_dir(
            folder, METHODS, options, KEYWORDS
        ):
            found.add(message[0] if isinstance(message, tuple) else message)
    return found | set(sentences_of_notices())


def sentences_of_notices() -> Iterator[str]:
    """The sentence of every kind of notice, and what a place is called; placeholders alone need no words."""
    for kind in notices.KINDS.values():
        if re.sub(r"\{\w+\}", "", kind.sentence):
            yield kind.sentence
    places: list[str] = []
    for line, cell in ((1, None), (1, 2), (None, 2)):
        for label in ("", "`x`"):
            notices.place(
                line,
                cell,
                label,
                lambda sentence: places.append(sentence) or sentence,
            )
    notices.place(
        1,
        None,
        "",
        lambda sentence: places.append(sentence) or sentence,
        "a.py",
    )
    yield from places
    yield notices.ELSEWHERE


def catalogue(lang: str) -> Catalog:
    with (language.templates() / "locale" / f"{lang}.po").open("rb") as file:
        return read_po(file, locale=lang)


def test_there_is_something_to_translate():
    assert {
        "How this was graded",
        "%(slips)s slip in %(name)s: %(places)s.",
        "Begin with %(name)s; then %(names)s.",
    } <= sentences()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sentence_is_translated(lang):
    translated = {
        message.id[0] if isinstance(message.id, tuple) else message.id
        for message in catalogue(lang)
        if message.id
        and (
            all(message.string)
            if isinstance(message.string, tuple)
            else message.string
        )
    }
    assert sentences() - translated == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_translation_is_left_over_or_loses_a_value(lang):
    known = sentences()
    for message in catalogue(lang):
        if not message.id:
            continue
        originals = (
            message.id if isinstance(message.id, tuple) else (message.id,)
        )
        strings = (
            message.string
            if isinstance(message.string, tuple)
            else (message.string,)
        )
        assert originals[0] in known
        for string in strings:
            assert set(re.findall(r"%\(\w+\)s|\{\w+\}", string)) == set(
                re.findall(r"%\(\w+\)s|\{\w+\}", originals[-1])
            )


def test_plural_forms_are_those_of_the_language():
    one, many = "%(num)s slip", "%(num)s slips"
    french = language.translations("fr")
    assert (
        french.ngettext(one, many, 0)
        == french.ngettext(one, many, 1)
        != french.ngettext(one, many, 2)
    )


def test_french_is_set_as_french_is():
    for message in catalogue("fr"):
        strings = (
            message.string
            if isinstance(message.string, tuple)
            else (message.string,)
        )
        for string in strings if message.id else ():
            words = re.sub(r"%\(\w+\)s|\{\w+\}|`[^`]+`", "x", string)
            assert not re.search(r"(?<!\u00a0)[:;?!](\s|$)", words), string
            assert "'" not in words, string
