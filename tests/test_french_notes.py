"""The exercise's texts in other languages: each note has one, with the same facts, code and formulas."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest

from grader.errors import ExerciseError
from grader.exercise import Exercise
from grader.reports.text import formula, language

ROOT = Path(__file__).parent.parent
EXERCISE = ROOT / "reference" / "practical3"
PRACTICAL3 = Exercise.load("practical3")
LANGUAGES = sorted(path.stem for path in (EXERCISE / "locale").glob("*.toml"))
IDS = sorted(PRACTICAL3.notes())
PLACEHOLDER, CODE, FORMULA = r"\{\w+\}", r"`[^`]+`", r"\$([^$]+)\$"


def texts(lang: str, id_: str) -> str:
    note = PRACTICAL3.notes(lang)[id_]
    return "\n".join((note.title, note.note, note.hint))


def copied(folder: Path, translation: str) -> Exercise:
    """The exercise, copied to `folder`, with `translation` as its French."""
    made = shutil.copytree(
        EXERCISE,
        folder / "copied",
        ignore=shutil.ignore_patterns("data", "__pycache__"),
    )
    (made / "locale" / "fr.toml").write_text(translation, encoding="utf-8")
    return Exercise.read(made)


def check_titles() -> set[str]:
    """The titles of all checks, as they stand in the golden grades."""
    grades = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (ROOT / "tests/__snapshots__/test_golden").glob("*.json")
    ]
    return {
        check["title"]
        for one in grades
        for function in one["functions"].values()
        for check in function["checks"]
    }


def test_french_is_there_and_the_reports_speak_it():
    assert "fr" in LANGUAGES
    assert set(LANGUAGES) <= set(language.languages())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_note_is_translated(lang):
    notes = PRACTICAL3.notes(lang)
    assert sorted(notes) == IDS
    assert [id_ for id_, note in notes.items() if note.lang != lang] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("id_", IDS)
def test_a_translation_keeps_facts_code_and_formulas(lang, id_):
    english, translated = texts("en", id_), texts(lang, id_)
    assert translated != english
    for what in (PLACEHOLDER, CODE, FORMULA):
        assert sorted(re.findall(what, translated)) == sorted(
            re.findall(what, english)
        )
    for latex in re.findall(FORMULA, translated):
        formula.to_mathml(latex)
    assert "$" not in re.sub(FORMULA, "", translated)


@pytest.mark.parametrize("id_", IDS)
def test_french_is_set_as_french_is(id_):
    prose = re.sub(f"{CODE}|{FORMULA}", "x", texts("fr", id_))
    assert not re.search(r"(?<!\u00a0)[:;?!](\s|$)", prose), (
        "a space that does not break stands before : ; ? !"
    )
    assert "'" not in prose, "a typewriter's apostrophe"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_check_s_title_is_translated(lang):
    titles = check_titles()
    assert len(titles) > 40
    assert {
        title
        for title in titles
        if PRACTICAL3.check_title(title, lang) == title
    } == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_check_s_title_keeps_its_values(lang):
    described = tomllib.loads(
        (EXERCISE / "locale" / f"{lang}.toml").read_text(encoding="utf-8")
    )
    for title, translated in described["checks"].items():
        assert sorted(re.findall(PLACEHOLDER, translated)) == sorted(
            re.findall(PLACEHOLDER, title)
        )


def test_the_values_of_a_title_are_filled_in():
    sizes = "The gradients should be right on a network of sizes (D, H, C) = (11, 2, 9)"
    french = "Les gradients doivent être justes sur un réseau de tailles (D, H, C) = (11, 2, 9)"
    assert PRACTICAL3.check_title(sizes, "fr") == french
    assert (
        PRACTICAL3.check_title("x0 should be right", "fr")
        == "x0 doit être juste"
    )


@pytest.mark.parametrize(
    "title",
    ["", "All of it should be right", "x0 should be right, or not"],
    ids=["empty", "words", "more"],
)
def test_a_title_that_is_not_known_stays_as_it_is(title):
    assert PRACTICAL3.check_title(title, "fr") == title


def test_a_title_stays_english_in_english_and_in_a_language_without_translations():
    assert (
        PRACTICAL3.check_title("x0 should be right", "en")
        == "x0 should be right"
    )
    assert (
        PRACTICAL3.check_title("x0 should be right", "xx")
        == "x0 should be right"
    )


def test_what_is_not_translated_is_english(tmp_path):
    notes = copied(
        tmp_path, "[loss-half]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\n"
    ).notes("fr")
    assert (notes["loss-half"].title, notes["loss-half"].lang) == ("T", "fr")
    assert notes["loss-mean"] == PRACTICAL3.notes()["loss-mean"]


def test_a_language_without_a_file_is_english():
    assert PRACTICAL3.notes("xx") == PRACTICAL3.notes("en")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "[loss-haff]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\n",
            "did you mean 'loss-half'",
        ),
        (
            "[loss-half]\ntitle = 'T'\nnote = 'N'\n",
            r"\[loss-half\] hint: this key is missing",
        ),
        (
            "[loss-half]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\nid = 'x'\n",
            r"\] id: this key is not known",
        ),
        ("[loss-half\n", "this is not TOML"),
    ],
    ids=["unknown id", "a text too few", "a key too many", "not TOML"],
)
def test_a_faulty_translation_is_refused(tmp_path, text, why):
    with pytest.raises(ExerciseError, match=why):
        copied(tmp_path, text).notes("fr")
