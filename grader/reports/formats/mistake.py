"""One mistake's page in the terminal: what a student reads about it, and an example, for instructors."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from grader.exercise.snippets import Snippets
from grader.reports.text import prose
from grader.reports.text.words import Words
from grader.results import Note

_WIDTH = 100


def page_of(
    note: Note, snippets: Snippets | None, words: Words
) -> Iterator[str]:
    """The page's lines. The facts of a student's own stand in it as `{name}`."""
    yield prose.to_text(note.title, {})
    yield f"{note.id} ({note.function})" if note.function else note.id
    yield ""
    yield from _wrapped(note.note)
    if note.hint:
        yield ""
        yield from _wrapped(note.hint)
    if snippets is None:
        return
    yield from _example(words.labelled(words("Wrong"), ""), snippets.wrong)
    yield from _example(words.labelled(words("Right"), ""), snippets.right)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(prose.to_text(text, {}), _WIDTH)


def _example(label: str, code: str) -> Iterator[str]:
    yield ""
    yield label.rstrip()
    yield textwrap.indent(code, "    ")
