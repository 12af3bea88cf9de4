"""The class page: complete for a large class, and for none."""

from __future__ import annotations

import dataclasses

import report_samples as samples
from html_page import Page

from grader.reports.formats.class_page import address, class_page
from grader.results import Mark, Source


def test_an_id_never_becomes_another_address():
    result = samples.right("javascript:alert(1)//../../etc")
    assert (
        address(result)
        == "./javascript%3Aalert%281%29%2F%2F..%2F..%2Fetc/report.html"
    )


def test_the_class_page_of_1000_submissions_stays_under_3_mb():
    page = class_page(samples.a_class(1_000), samples.EXERCISE)
    assert len(page.encode()) < 3_000_000
    assert Page(page).text.count("student-0999") >= 1


def test_the_class_page_survives_hostile_and_no_submissions():
    page = Page(
        class_page([samples.hostile(), *samples.a_class(3)], samples.EXERCISE)
    )
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert all(
        not name.startswith("on")
        for _, attributes in page.tags
        for name in attributes
    )
    assert "Nothing graded yet" in Page(class_page([], samples.EXERCISE)).text


def test_progress_is_shown_while_a_batch_is_running_only():
    results = samples.a_class(3)
    assert (
        "3 of 10 graded"
        in Page(class_page(results, samples.EXERCISE, progress=(3, 10))).text
    )
    assert (
        "of 3 graded"
        not in Page(
            class_page(results, samples.EXERCISE, progress=(3, 3))
        ).text
    )


def test_a_wrong_part_far_down_a_long_function_is_shown():
    lines = ["def loss(v, t):", *["    pass"] * 200, "    return v - far_down"]
    mark = Mark("value", 202, 15, 202, 23)
    result = samples.wrong()
    functions = dict(result.functions)
    functions["loss"] = dataclasses.replace(
        functions["loss"],
        misconceptions=(),
        source=Source("\n".join(lines), 1),
        marks=(mark,),
    )
    page = class_page(
        [dataclasses.replace(result, functions=functions)], samples.EXERCISE
    )
    assert "<code>far_down</code>" in page
