# ruff: noqa: RUF001 - shapes have a multiplication sign, and French its own apostrophe
"""What holds for every format of the tables in grader/reports/__init__.py."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
import report_samples as samples
from html_page import Page

from grader.reports import CLASS_FORMATS, FORMATS
from grader.reports.formats.gradebook import gradebook
from grader.reports.formats.html import student_report
from grader.reports.text import neutral
from grader.reports.views import overrides
from grader.reports.views.overrides import Override


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_format_renders_every_sample(name, lang):
    for sample in samples.ALL:
        text = FORMATS[name].render(sample(), samples.EXERCISE, lang, None)
        assert not neutral._UNSEEN.search(
            text.replace("\u2060", "")
        )  # the word joiner is our own
        text.encode("utf-8")


def test_checks_that_say_the_same_are_told_once():
    check = samples.wrong().functions["train"].checks[0]
    function = replace(
        samples.wrong().functions["train"], checks=(check, check)
    )
    sample = replace(samples.wrong(), functions={"train": function})
    for name in ("html", "markdown", "text"):
        assert (
            FORMATS[name]
            .render(sample, samples.EXERCISE)
            .count("Not judged: it needs")
            == 1
        )


@pytest.mark.parametrize("name", CLASS_FORMATS)
def test_no_export_of_a_class_holds_a_formula(name):
    text = CLASS_FORMATS[name].render(
        [samples.hostile(), samples.right()], None
    )
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("form", ["text", "markdown", "junit", "gradescope"])
def test_every_format_translates_the_titles(form):
    result = samples.with_a_failed_check(samples.TITLE)
    report = FORMATS[form].render(result, samples.EXERCISE, "fr")
    assert samples.FRENCH_TITLE in report
    assert samples.TITLE not in report


def test_manual_marks_replace_points_and_show_as_the_instructor_s():
    manual = {"backward_pass": Override(4.5, "Right idea <b>")}
    assert overrides.apply_overrides(samples.wrong(), manual).score == 12.5
    page = Page(
        student_report(samples.wrong(), samples.EXERCISE, manual=manual)
    )
    assert "Marked by hand: 4.5 points; the grader gave 1." in page.text
    assert (
        "From your instructor" in page.text and "Right idea <b>" in page.text
    )
    assert "12.5 / 20" in page.text
    for name in ("markdown", "text"):
        text = FORMATS[name].render(
            samples.wrong(), samples.EXERCISE, "en", manual
        )
        assert "12.5 / 20" in text and "From your instructor" in text
    rows = list(
        csv.DictReader(
            io.StringIO(gradebook([samples.wrong()], {"bruno": manual}))
        )
    )
    assert rows[0]["score"] == "12.5" and rows[0]["manual"] == "backward_pass"


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [("en", "gave no result"), ("fr", "n’a donné aucun résultat")],
)
@pytest.mark.parametrize("name", ["html", "markdown", "text", "gradescope"])
def test_notices_are_in_the_reader_s_language(name, lang, sentence):
    assert sentence in FORMATS[name].render(
        samples.unfinished(), samples.EXERCISE, lang
    )
