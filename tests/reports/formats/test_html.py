# ruff: noqa: RUF001 - shapes have a multiplication sign, and French its own apostrophe
"""The student's page: what it says, and that it runs and fetches nothing."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Callable

import pytest
import report_samples as samples
from html_page import Page

from grader.errors import UsageError
from grader.exercise import Exercise
from grader.notices import Notice
from grader.reports.formats.class_page import class_page
from grader.reports.formats.html import student_report
from grader.reports.formats.text import text_report
from grader.reports.text import language
from grader.results import Mismatch


def page_of(sample: Callable[[], object], **options: object) -> Page:
    return Page(student_report(sample(), samples.EXERCISE, **options))


@pytest.mark.parametrize(
    "sample", samples.ALL, ids=lambda sample: sample.__name__
)
def test_a_report_is_well_formed_runs_nothing_and_fetches_nothing(sample):
    page = page_of(sample)
    names = {tag for tag, _ in page.tags}
    assert not names & {
        "script",
        "img",
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "video",
        "use",
    }
    for _tag, attributes in page.tags:
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("src", "style", "srcset")
        ]
        assert (attributes.get("href") or "#").startswith("#")


@pytest.mark.parametrize(
    "sample", samples.ALL, ids=lambda sample: sample.__name__
)
def test_a_report_stays_under_300_kb(sample):
    assert len(student_report(sample(), samples.EXERCISE).encode()) < 300_000


def test_identifiers_are_unique_and_headings_descend_one_by_one():
    page = page_of(samples.wrong)
    identifiers = [
        attributes["id"] for _, attributes in page.tags if "id" in attributes
    ]
    assert len(identifiers) == len(set(identifiers))
    levels = [
        int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)
    ]
    assert levels[0] == 1 and all(
        after <= before + 1 for before, after in itertools.pairwise(levels)
    )


def test_the_report_says_what_to_do_why_and_where():
    text = page_of(samples.wrong).text
    assert "9 / 20" in text
    assert "Begin with loss; then backward_pass and train." in text
    assert "Follow the arrows back from loss to s1." in text
    assert "Look here: dl_ds1 = dl_dx2 * dsigma(s1).t()" in text
    assert (
        "x0 is read from the notebook" in text
    )  # a fact in the place of {name}
    assert "3 × 5" in text and "[2, 0]" in text and "15 of 15 entries" in text
    assert "First wrong quantity: dl_dx2" in text
    assert "right, given your own functions that it builds on" in text
    assert "it needs backward_pass" in text
    assert (
        "Line 3 of the cell that begins # training (In [9]) has a loop at the top level."
        in text
    )


def test_a_right_submission_has_nothing_left_to_do():
    text = page_of(samples.right).text
    assert (
        "Everything is right. Well done." in text
        and "Right: 7 functions, 20 points" in text
    )


def test_what_is_unexplained_accuses_of_nothing():
    text = page_of(samples.unfinished).text
    assert "No known mistake explains these results, so none is named." in text
    assert "Each of these explains your results exactly." in text
    assert "landlock ✗ unavailable: the kernel is older than 5.13" in text


def test_each_graph_marks_one_first_wrong_quantity_and_what_depends_on_it():
    page = page_of(samples.wrong)
    classes = [
        attributes.get("class", "")
        for tag, attributes in page.tags
        if tag == "g"
    ]
    assert classes.count("node wrong") == 1
    assert classes.count("node after") == 7


def test_the_command_to_rerun_can_be_pasted_whatever_the_file_is_called():
    assert "grader check practical-3.ipynb" in page_of(samples.wrong).text
    assert "grader check './-rf; $(reboot) " in page_of(samples.hostile).text


def test_a_french_report_is_french_in_words_and_numbers():
    page = student_report(samples.wrong(), samples.EXERCISE, "fr")
    assert '<html lang="fr">' in page
    assert "Commencez par" in page and "Begin with" not in page
    assert language.number(2.5, "fr") == "2,5"
    assert "Votre fonction" not in text_report(
        samples.right(), samples.EXERCISE, "en"
    )


def test_the_exercise_s_english_is_marked_as_such_in_a_french_page():
    page = student_report(samples.wrong(), samples.EXERCISE, "fr")
    assert '<h3 lang="en">The differences are summed' in page
    assert 'lang="en"' not in student_report(
        samples.wrong(), samples.EXERCISE
    ).replace('<html lang="en">', "")


def test_an_unknown_language_is_refused_by_name():
    with pytest.raises(UsageError, match="'xx'; known are en, fr"):
        student_report(samples.right(), samples.EXERCISE, "xx")


def test_a_french_page_marks_english_sentences_alone():
    result = samples.wrong()
    practical3 = Exercise.load("practical3")
    for page, tag in (
        (student_report(result, practical3, "fr"), "h3"),
        (class_page([result], practical3, "fr"), "summary"),
    ):
        assert f"<{tag}>Les différences sont additionnées avant" in page
        assert f'<{tag} lang="en">' not in page
    for page, tag in (
        (student_report(result, samples.EXERCISE, "fr"), "h3"),
        (class_page([result], samples.EXERCISE, "fr"), "summary"),
    ):
        assert f'<{tag} lang="en">The differences are summed' in page


def test_a_check_s_title_is_marked_as_english_only_where_it_is():
    ours = student_report(
        samples.with_a_failed_check(samples.TITLE), samples.EXERCISE, "fr"
    )
    assert f"<span>{samples.FRENCH_TITLE}</span>" in ours
    other = student_report(
        samples.with_a_failed_check("Not a title of ours."),
        samples.EXERCISE,
        "fr",
    )
    assert '<span lang="en">Not a title of ours.</span>' in other


def test_a_notice_is_marked_as_english_only_where_it_has_no_translation():
    remark = dataclasses.replace(
        samples.right(),
        notices=(Notice("remark", {"text": "Said in English."}),),
    )
    assert '<li lang="en">Said in English.</li>' in student_report(
        remark, samples.EXERCISE, "fr"
    )
    late = dataclasses.replace(
        samples.right(), notices=(Notice("late", {"platform": "Moodle"}),)
    )
    assert "<li>Moodle indique un rendu en retard.</li>" in student_report(
        late, samples.EXERCISE, "fr"
    )


def test_curves_have_the_exercise_s_titles():
    page = student_report(samples.right(), samples.EXERCISE, "fr")
    assert page.count('<figure class="curve">') == 3
    assert "<strong>Perte d’entraînement</strong>" in page


def test_an_exercise_without_graph_and_curves_has_neither():
    bare = dataclasses.replace(samples.EXERCISE, graph=None, curves=())
    page = student_report(samples.wrong(), bare)
    assert (
        '<figure class="network">' not in page
        and '<figure class="curve">' not in page
    )


@pytest.mark.parametrize(
    ("total", "says"),
    [
        (1, "value"),
        (15, "15 of 15 entries"),
    ],
)
def test_how_many_values_are_wrong_is_said_where_there_are_several(
    total, says
):
    mismatch = Mismatch("q", "values", "1", "2", total, total, 1.0, ())
    check = dataclasses.replace(
        samples.wrong().functions["loss"].checks[1], mismatch=mismatch
    )
    function = dataclasses.replace(
        samples.wrong().functions["loss"], checks=(check,)
    )
    page = student_report(
        dataclasses.replace(samples.wrong(), functions={"loss": function}),
        samples.EXERCISE,
    )
    assert f"<td>{says}</td>" in page
