"""The sentences at the head of every report."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_samples as samples
from html_page import Page
from markupsafe import escape

from grader.reports.text.lead import Sentence, lead
from grader.reports.text.words import Words
from grader.reports.views.overrides import Override, apply_overrides
from grader.reports.views.review import review
from grader.results import FunctionResult, Mark, Result, Source

SOURCE = Source("def dsigma(x):\n    s = x\n    return s\n", 20)
FAILED = samples.wrong().functions["loss"].checks[1]
ONE = FunctionResult("wrong", 0.0, 1.5, checks=(FAILED,), source=SOURCE)


def said(result: Result, lang: str = "en") -> list[Sentence]:
    told = review(result, samples.NOTES)
    return lead(result, told, Words(samples.EXERCISE, lang))


def text(result: Result) -> str:
    return " ".join(map(str, said(result)))


def with_dsigma(**changes: object) -> Result:
    """A right result but for `dsigma`."""
    right = samples.right()
    functions = dict(right.functions)
    full = functions["dsigma"].max_score
    functions["dsigma"] = replace(ONE, max_score=full, **changes)
    return replace(right, score=right.max_score - full, functions=functions)


NAMED = {
    "misconceptions": ("dsigma-not-squared",),
    "lines": {"dsigma-not-squared": 21},
}
MARK = Mark("value", 22, 11, 22, 12)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({**NAMED, "mended": True}, "One slip in `dsigma`: line 21."),
        (NAMED, "One slip in `dsigma`; begin at line 21."),
        ({"misconceptions": NAMED["misconceptions"]}, "One slip in `dsigma`."),
        (
            {"marks": (MARK,), "mended": True},
            "One slip in `dsigma`: line 22.",
        ),
        (
            {"marks": (MARK, replace(MARK, line=21, end_line=21))},
            "Two slips in `dsigma`; begin at line 21 and line 22.",
        ),
        ({"stop": "exception"}, "`dsigma` stops before it gives anything"),
        ({}, "`dsigma` does not give what it should"),
        ({"status": "missing"}, "What is left is to write `dsigma`."),
    ],
)
def test_one_wrong_function_is_said_with_its_lines(
    changes: dict[str, object], expected: str
) -> None:
    assert text(with_dsigma(**changes)).startswith(expected)


def test_what_the_rest_is_worth_is_said_where_one_function_is_wrong() -> None:
    assert "you have 20 of 20" in text(with_dsigma(**NAMED))
    unjudged = replace(with_dsigma(**NAMED), unjudged=1.0)
    assert "you have" not in text(unjudged)


def test_several_wrong_functions_are_named_in_order() -> None:
    assert text(samples.wrong()) == (
        "Begin with `loss`; then `backward_pass` and `train`. 4 functions are right."
    )


def test_what_is_wrong_stays_so_where_it_was_given_full_marks() -> None:
    result = apply_overrides(samples.wrong(), {"loss": Override(1.0)})
    assert "Begin with `loss`" in text(result)


def test_what_an_instructor_takes_off_is_no_mistake() -> None:
    result = apply_overrides(samples.right(), {"dloss": Override(0.5)})
    assert text(result) == "`dloss` lost points: see its section."


def test_there_may_be_nothing_to_do() -> None:
    assert text(samples.right()) == "Everything is right. Well done."


def test_names_are_links_to_their_sections() -> None:
    html = " ".join(str(escape(one)) for one in said(samples.wrong()))
    page = Page(html)
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    assert links == ["#f-loss", "#f-backward_pass", "#f-train"]


def test_a_line_leads_to_its_note() -> None:
    html = str(escape(said(with_dsigma(**NAMED))[0]))
    assert '<a href="#n-dsigma-1">line 21</a>' in html


def test_a_hostile_name_stays_text() -> None:
    hostile = "<script>"
    right = samples.right()
    functions = {**right.functions, hostile: ONE}
    for sentence in said(replace(right, functions=functions)):
        assert "<script>" not in str(escape(sentence))


def test_it_is_said_in_french() -> None:
    first = str(said(samples.wrong(), "fr")[0])
    assert first.startswith("Commencez par `loss`")
