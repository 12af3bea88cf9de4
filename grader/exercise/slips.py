"""Beginners' slips that every exercise knows: exceptions and omissions of any subject.

`slips.toml` has them all: what raises, the texts in each language, a wrong and a right example.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import ExerciseError
from grader.exercise.tables import (
    Problems,
    SlipTable,
    Strings,
    TranslationTable,
    read_table,
    read_toml,
)
from grader.results import Note

_FILE = Path(__file__).with_name("slips.toml")
_LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class Slip:
    """One slip. `raises` match "Exception: text"; their named groups are facts for the texts.

    notes: language -> what a student reads. wrong, right: a few lines with the slip, and without it.
    """

    id: str
    raises: tuple[re.Pattern[str], ...]
    notes: Mapping[str, Note]
    wrong: str
    right: str

    def facts(self, exception: str) -> dict[str, str] | None:
        """What an exception that this slip raises tells; None where it raises others."""
        for pattern in self.raises:
            found = pattern.match(exception)
            if found is not None:
                return found.groupdict()
        return None


@functools.cache
def slips() -> Mapping[str, Slip]:
    """Every slip by its id, in the order in which they are asked. Raises ExerciseError for a faulty file."""
    problems = Problems()
    found = {}
    for id_, data in read_toml(_FILE, problems).items():
        table = read_table(SlipTable, data, _FILE, f"[{id_}]", problems)
        if table is not None:
            found[id_] = _slip(id_, table)
    if problems.lines:
        raise ExerciseError(*problems.lines)
    return found


def notes_of_slips(lang: str) -> dict[str, Note]:
    """What a student reads about each slip, by id; in English where there is no text in `lang`."""
    notes = {}
    for id_, slip in slips().items():
        notes[id_] = slip.notes.get(lang, slip.notes["en"])
    return notes


def _slip(id_: str, table: SlipTable) -> Slip:
    texts = {"en": table.en, "fr": table.fr}
    notes = {}
    for lang in _LANGUAGES:
        notes[lang] = _note(id_, texts[lang], lang)
    return Slip(
        id=id_,
        raises=_compiled(table.raises),
        notes=notes,
        wrong=table.wrong.strip(),
        right=table.right.strip(),
    )


def _compiled(texts: Strings) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(text) for text in texts)


def _note(id_: str, texts: TranslationTable, lang: str) -> Note:
    return Note(
        id=id_,
        function="",
        title=texts.title,
        note=texts.note.strip(),
        hint=texts.hint.strip(),
        lang=lang,
    )
