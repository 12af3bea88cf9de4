"""One mistake's page: what a student reads, and an example for instructors."""

from __future__ import annotations

from grader.exercise import Exercise
from grader.exercise.snippets import snippets_of
from grader.reports.formats.mistake import page_of
from grader.reports.text.words import Words

EXERCISE = Exercise.load("practical3")


def page(id_: str, lang: str = "en") -> str:
    note = EXERCISE.notes(lang)[id_]
    snippets = snippets_of(EXERCISE, id_)
    return "\n".join(page_of(note, snippets, Words(EXERCISE, lang)))


def test_a_page_has_the_note_the_question_and_both_examples() -> None:
    text = page("loss-half")
    note = EXERCISE.notes()["loss-half"]
    assert note.title in text and "loss-half (loss)" in text
    assert "A factor of one half" in text and "Compare the factor" in text
    assert "Wrong:" in text and "/ 2" in text and "Right:" in text


def test_a_page_in_french() -> None:
    assert "Faux\N{NO-BREAK SPACE}:" in page("missing-return", "fr").replace(
        "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"
    )
