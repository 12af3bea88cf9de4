"""An exercise's own words in other languages: `locale/<lang>.toml`.

A table for each misconception, by its id; `[checks]` and `[curves]` are English titles with their
translations. What a file leaves out is shown in English.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.exercise.misconceptions import Misconceptions
from grader.exercise.tables import (
    Problems,
    TranslationTable,
    check_facts,
    read_table,
    read_toml,
)
from grader.results import Note

_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Title:
    """A check's title and its translation. A {name} in both stands for what a title says there."""

    pattern: re.Pattern[str]
    translated: str

    @classmethod
    def of(cls, english: str, translated: str) -> Title:
        """The pair; a {name} stands for one word, or for a tuple."""
        pattern = ""
        for number, part in enumerate(_NAME.split(english)):
            # text and names, in turn
            is_name = number % 2 == 1
            if is_name:
                pattern += rf"(?P<{part}>\([^()]*\)|\S+)"
            else:
                pattern += re.escape(part)
        return cls(re.compile(pattern), translated)

    def translate(self, title: str) -> str | None:
        """`title` in the other language, None where it is another title."""
        match = self.pattern.fullmatch(title)
        if match is None:
            return None
        return _NAME.sub(lambda name: match[name[1]], self.translated)


@dataclass(frozen=True)
class Translation:
    """One language: notes by id, the titles of checks, and those of the training curves."""

    notes: Mapping[str, Note]
    checks: tuple[Title, ...] = ()
    curves: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def check_title(self, title: str) -> str:
        """A check's title in this language, or as it is."""
        for known in self.checks:
            translated = known.translate(title)
            if translated is not None:
                return translated
        return title


def read_translation(
    path: Path,
    misconceptions: Misconceptions,
    titles: Iterable[str] | None,
    curves: Iterable[str],
    problems: Problems,
) -> Translation:
    """A language's file. Misconceptions, and these titles of checks and curves, can be translated.

    titles: None where not all files of checks could be read; no translation is a fault then.
    """
    notes = misconceptions.notes()
    recognisers = {known.id: known.recognise for known in misconceptions}
    tables = read_toml(path, problems)
    checks_table = tables.pop("checks", {})
    curves_table = tables.pop("curves", {})
    checks = _pairs(checks_table, path, "checks", titles, problems)
    renamed = _pairs(curves_table, path, "curves", curves, problems)
    translated = dict(notes)
    for id_, data in tables.items():
        if id_ in misconceptions.unread:
            continue  # its own fault has been noted
        if id_ not in notes:
            problems.add_unknown(path, f"[{id_}]", "misconception", id_, notes)
            continue
        table = read_table(TranslationTable, data, path, f"[{id_}]", problems)
        if table is not None:
            texts = {
                "title": table.title,
                "note": table.note,
                "hint": table.hint,
            }
            for key, text in texts.items():
                place = f"[{id_}] {key}"
                check_facts(text, recognisers[id_], path, place, problems)
            translated[id_] = dataclasses.replace(
                notes[id_], **texts, lang=path.stem
            )
    pairs = []
    for english, text in checks.items():
        pairs.append(Title.of(english, text))
    return Translation(translated, tuple(pairs), renamed)


def _pairs(
    data: Any,
    path: Path,
    table: str,
    known: Iterable[str] | None,
    problems: Problems,
) -> dict[str, str]:
    """English titles with their translations; those that the exercise does not have are faults."""
    if not isinstance(data, Mapping):
        return {}
    if known is not None:
        known = list(known)
    pairs = {}
    for english, text in data.items():
        place = f"[{table}] {english!r}"
        if not isinstance(text, str):
            problems.add(path, place, "a text is expected here")
        elif known is not None and not _is_among(known, english):
            problems.add_unknown(path, f"[{table}]", "title", english, known)
        elif _names_in(text) - _names_in(english):
            what = "the translation has a {name} that the title has not"
            problems.add(path, place, what)
        else:
            pairs[english] = text
    return pairs


def _names_in(text: str) -> set[str]:
    return set(_NAME.findall(text))


def _is_among(titles: Iterable[str], english: str) -> bool:
    """Whether one of these titles is the one that is translated."""
    return any(_can_be(english, title) for title in titles)


def _can_be(english: str, title: str) -> bool:
    """Whether a title, whose {names} a check fills in, can come out as the one that is translated."""
    if _any_values(english).fullmatch(title):
        return True
    # the file may translate a title with its {names} filled in
    return _any_values(title).fullmatch(english) is not None


def _any_values(title: str) -> re.Pattern[str]:
    """A pattern of the titles that `title` becomes when its {names} are filled in."""
    texts = _NAME.split(title)[::2]
    escaped = [re.escape(text) for text in texts]
    return re.compile(".+".join(escaped))
