"""Every format, parsed again, says what the grades say: whatever ids, names, titles and messages hold."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import report_samples as samples
from any_result import results
from html_page import Page
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from grader.reports import CLASS_FORMATS, FORMATS
from grader.reports.formats.class_page import class_page
from grader.reports.formats.classroom50 import SCALE
from grader.reports.formats.gradebook import mark
from grader.reports.formats.lms import not_in_canvas
from grader.reports.formats.workflow import MOST
from grader.reports.text import neutral
from grader.reports.views.cohort import function_names
from grader.results import Result

classes = st.lists(results, max_size=4)


def rendered(name: str, result: Result) -> str:
    return FORMATS[name].render(result, samples.EXERCISE, "en", None)


def visible_names(result: Result, limit: int) -> list[str]:
    """The functions as reports call them; two that look alike are one."""
    return list(neutral.clean(result, limit=limit).functions)


@given(results)
def test_junit(result: Result) -> None:
    root = ElementTree.fromstring(rendered("junit", result))
    assert [suite.get("name") for suite in root] == visible_names(result, 2000)
    functions = neutral.clean(result, limit=2000).functions
    for suite, function in zip(root, functions.values(), strict=True):
        properties = {}
        for one in suite.findall("properties/property"):
            properties[one.get("name")] = one.get("value")
        assert properties["score"] == mark(function.score)
        cases = suite.findall("testcase")
        assert int(str(suite.get("tests"))) == len(cases)
        for case, check in zip(cases, function.checks, strict=False):
            assert case.get("name") == check.title
            failure = case.find("failure")
            assert (failure is not None) == (check.outcome == "failed")
            if failure is not None:
                assert failure.get("message") == check.message


@given(results)
def test_gradescope_and_classroom50(result: Result) -> None:
    data = json.loads(rendered("gradescope", result))
    assert data["score"] == round(result.score, 2)
    assert [test["name"] for test in data["tests"]] == visible_names(
        result, 1000
    )
    other = json.loads(rendered("classroom50", result))
    assert other["score"] == round(SCALE * result.score)
    assert len(other["tests"]) == len(data["tests"])
    for test, their in zip(data["tests"], other["tests"], strict=True):
        assert their["score"] == round(SCALE * test["score"])
        assert their["passed"] == (test["status"] == "passed")


@given(results)
def test_github(result: Result) -> None:
    *errors, notice = rendered("github", result).splitlines()
    lost = [
        one for one in result.functions.values() if one.score < one.max_score
    ]
    assert len(errors) <= min(MOST, len(lost))
    for line in errors:
        # properties and message cannot bring a command of their own
        assert re.fullmatch(r"::error (\w+=[^,:]*,)*title=[^,:]*::.*", line)
    assert notice.endswith(f"::{result.score:g} / {result.max_score:g}")


@given(results)
def test_markdown(result: Result) -> None:
    text = rendered("markdown", result)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    kinds = {token.type for token in tokens}
    for token in tokens:
        kinds |= {child.type for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    (heading,) = [
        after
        for token, after in itertools.pairwise(tokens)
        if token.tag == "h1" and token.nesting == 1
    ]
    assert f": {result.score:g} / {result.max_score:g}" in heading.content
    rows = [token for token in tokens if token.type == "tr_open"]
    assert len(rows) == 1 + len(visible_names(result, 1000))


@given(results)
def test_the_page(result: Result) -> None:
    page = Page(rendered("html", result))
    assert "script" not in {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
    for name in visible_names(result, neutral.LIMIT):
        assert " ".join(name.split()) in page.text


@given(results)
def test_text(result: Result) -> None:
    text = rendered("text", result)
    assert (
        f"{result.score:g} / {result.max_score:g}" in text.partition("\n")[0]
    )
    assert not set(text) & {"\x1b", "\r", "\x07", "\u202e"}


def by_id(found: list[Result]) -> list[Result]:
    return sorted(found, key=lambda result: result.submission.id)


@given(classes)
def test_the_gradebook(found: list[Result]) -> None:
    text = CLASS_FORMATS["csv"].render(found, None)
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    names = function_names(by_id(found))
    assert len(header) == 9 + 2 * len(names)
    for row, result in zip(rows, by_id(found), strict=True):
        cells = dict(zip(header[:4], row, strict=False))
        assert cells["submission"] == neutral.csv(result.submission.id)
        assert cells["score"] == mark(result.score)
        for index, name in enumerate(names):
            function = result.functions.get(name)
            if function is not None:
                assert row[4 + 2 * index] == mark(function.score)
                assert row[5 + 2 * index] == function.status


@given(classes)
def test_learning_platforms(found: list[Result]) -> None:
    text = CLASS_FORMATS["nbgrader"].render(found, None)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    for row, result in zip(rows, by_id(found), strict=True):
        assert row["student_id"] == neutral.csv(result.submission.id)
        assert row["score"] == f"{result.score:.2f}"
    text = CLASS_FORMATS["canvas"].render(found, None)
    _, _, *cells = csv.reader(io.StringIO(text, newline=""))
    left = not_in_canvas(found)
    there = [r for r in by_id(found) if r.submission.id not in left]
    for line, result in zip(cells, there, strict=True):
        assert line[1].isdecimal()
        assert line[4] == f"{result.score:.2f}"


@given(classes)
def test_the_class_page(found: list[Result]) -> None:
    page = Page(class_page(found, samples.EXERCISE))
    links = [
        str(attributes["href"])
        for tag, attributes in page.tags
        if tag == "a" and "href" in attributes
    ]
    assert all(re.match(r"#|\./[^/]*/report\.html$", link) for link in links)
    wanted = {result.submission.id for result in found}
    linked = set()
    for link in links:
        if link.startswith("./"):
            name = link.removeprefix("./").removesuffix("/report.html")
            linked.add(unquote(name, errors="surrogateescape"))
    assert len(linked) <= len(wanted)
