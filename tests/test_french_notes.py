"""The exercise's texts in other languages: each note has one, with the same facts, code and formulas."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import report_samples as samples

from grader.errors import ExerciseError
from grader.exercise import Exercise
from grader.reports import FORMATS
from grader.reports.formats.class_page import class_page
from grader.reports.formats.html import student_report
from grader.reports.text import formula, language
from grader.results import CheckResult, Result

ROOT = Path(__file__).parent.parent
EXERCISE = ROOT / "reference" / "practical3"
LANGUAGES = sorted(path.stem for path in (EXERCISE / "locale").glob("*.toml"))
IDS = sorted(Exercise.load("practical3").notes())
PLACEHOLDER, CODE, FORMULA = r"\{\w+\}", r"`[^`]+`", r"\$([^$]+)\$"


def texts(lang: str, id_: str) -> str:
    note = Exercise.load("practical3").notes(lang)[id_]
    return "\n".join((note.title, note.note, note.hint))


def copied(folder: Path, translation: str) -> Exercise:
    """The exercise, copied to `folder`, with `translation` as its French."""
    made = shutil.copytree(EXERCISE, folder / "copied", ignore=shutil.ignore_patterns("data", "__pycache__"))
    (made / "locale" / "fr.toml").write_text(translation, encoding="utf-8")
    return Exercise(made)


def check_titles() -> set[str]:
    """The titles of all checks, as they stand in the golden grades."""
    grades = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "tests/golden").glob("*.json")]
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
    notes = Exercise.load("practical3").notes(lang)
    assert sorted(notes) == IDS
    assert [id_ for id_, note in notes.items() if note.lang != lang] == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("id_", IDS)
def test_a_translation_keeps_facts_code_and_formulas(lang, id_):
    english, translated = texts("en", id_), texts(lang, id_)
    assert translated != english
    for what in (PLACEHOLDER, CODE, FORMULA):
        assert sorted(re.findall(what, translated)) == sorted(re.findall(what, english))
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
    assert {title for title in titles if language.fixed(title, lang, "practical3") == title} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_check_s_title_keeps_its_values(lang):
    described = tomllib.loads((EXERCISE / "locale" / f"{lang}.toml").read_text(encoding="utf-8"))
    for title, translated in described["checks"].items():
        assert sorted(re.findall(PLACEHOLDER, translated)) == sorted(re.findall(PLACEHOLDER, title))


def test_the_values_of_a_title_are_filled_in():
    sizes = "The gradients should be right on a network of sizes (D, H, C) = (11, 2, 9)"
    french = "Les gradients doivent être justes sur un réseau de tailles (D, H, C) = (11, 2, 9)"
    assert language.fixed(sizes, "fr", "practical3") == french
    assert language.fixed("x0 should be right", "fr", "practical3") == "x0 doit être juste"


@pytest.mark.parametrize(
    "title", ["", "All of it should be right", "x0 should be right, or not"], ids=["empty", "words", "more"]
)
def test_a_title_that_is_not_known_stays_as_it_is(title):
    assert language.fixed(title, "fr", "practical3") == title


def test_a_title_stays_english_in_english_and_in_an_exercise_without_translations():
    assert language.fixed("x0 should be right", "en", "practical3") == "x0 should be right"
    assert language.fixed("x0 should be right", "fr", "no-such-exercise") == "x0 should be right"


def test_what_is_not_translated_is_english(tmp_path):
    notes = copied(tmp_path, "[loss-half]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\n").notes("fr")
    assert (notes["loss-half"].title, notes["loss-half"].lang) == ("T", "fr")
    assert notes["loss-mean"] == Exercise.load("practical3").notes()["loss-mean"]


def test_a_language_without_a_file_is_english():
    assert Exercise.load("practical3").notes("xx") == Exercise.load("practical3").notes("en")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[loss-haff]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\n", "no misconception loss-haff"),
        ("[loss-half]\ntitle = 'T'\nnote = 'N'\n", r"\[loss-half\] needs title, note, hint"),
        ("[loss-half]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\nid = 'x'\n", "and nothing else"),
        ("[loss-half\n", "is not TOML"),
    ],
    ids=["unknown id", "a text too few", "a key too many", "not TOML"],
)
def test_a_faulty_translation_is_refused(tmp_path, text, why):
    with pytest.raises(ExerciseError, match=why):
        copied(tmp_path, text).notes("fr")


def test_a_french_page_marks_english_sentences_alone():
    result = samples.wrong()
    notes = Exercise.load("practical3").notes("fr")
    for page in (student_report(result, notes, "fr"), class_page([result], notes, "fr")):
        assert "<h3>Les différences sont additionnées avant" in page
        assert '<h3 lang="en">' not in page
    mixed = notes | {"loss-sum-before-square": samples.NOTES["loss-sum-before-square"]}
    for page in (student_report(result, mixed, "fr"), class_page([result], mixed, "fr")):
        assert '<h3 lang="en">The differences are summed' in page


def with_a_failed_check(title: str) -> Result:
    """A result in which `loss` fails one check, of that title."""
    result = samples.wrong()
    check = CheckResult("loss/x", title, "failed", 0.0, 1.0)
    loss = replace(result.functions["loss"], checks=(check,))
    return replace(result, functions={**result.functions, "loss": loss})


def test_a_check_s_title_is_marked_as_english_only_where_it_is():
    ours = student_report(
        with_a_failed_check("loss should leave its arguments unchanged"), samples.NOTES, "fr"
    )
    assert "<span>loss doit laisser ses arguments intacts</span>" in ours
    other = student_report(with_a_failed_check("Not a title of ours."), samples.NOTES, "fr")
    assert '<span lang="en">Not a title of ours.</span>' in other


@pytest.mark.parametrize("form", ["text", "markdown", "junit", "gradescope"])
def test_every_format_translates_the_titles(form):
    result = with_a_failed_check("loss should leave its arguments unchanged")
    report = FORMATS[form].render(result, samples.NOTES, "fr")
    assert "loss doit laisser ses arguments intacts" in report
    assert "loss should leave its arguments unchanged" not in report
