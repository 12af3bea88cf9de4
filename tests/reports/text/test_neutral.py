"""Hostile text is harmless in each place where it is shown."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
import report_samples as samples
from markdown_it import MarkdownIt

from grader.reports.text import neutral


def test_unseen_characters_are_shown_and_the_rest_is_left_alone():
    assert (
        neutral.visible("a\x1b[2J\u202e\ud800\x00")
        == "a\\x1b[2J\\u202e\\ud800\\x00"
    )
    assert neutral.visible("é ∂ 😀\tτ\n") == "é ∂ 😀\tτ\n"
    assert neutral.visible("\U000e0041") == "\\U000e0041"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@x",
        "\t=1",
        " =1",
        "a;=1",
        "a,@x",
        "a\n=1",
        "\r=1",
        "%0A",
        "\uff1d1",
        'a;"=1',
        'a;" "=1',
        "a,'=1",
    ],
)
def test_no_cell_is_a_formula_whatever_the_separator(text):
    cell = neutral.csv(text)
    for part in re.split(r"[;,\t\n]", cell):
        assert not re.match(r"[\s\"]*[=+\-@%\uff1d]", part)


def test_ordinary_names_stay_as_they_are_in_csv():
    assert (
        neutral.csv("O'Neil, Chloé-Anne (2nd)") == "O'Neil, Chloé-Anne (2nd)"
    )


def test_workflow_commands_stay_on_one_line():
    assert neutral.workflow("50%\r\n::error::x\r") == "50%25%0A::error::x\\x0d"
    assert neutral.workflow_property("a:b,c") == "a%3Ab%2Cc"


@pytest.mark.parametrize(
    "text",
    [
        "::error::x",
        "no\n  ::stop-commands::x",
        "a ##[error]x",
        "a ##vso[x]",
        "\t::x",
        ":::",
        "\x1b[1m ::x",
    ],
)
def test_no_line_is_a_command(text: str) -> None:
    printed = neutral.without_commands(text)
    assert not re.search(r"##\w*\[", printed)
    assert not re.search(r"^(\s|\x1b\[1m)*::", printed, re.MULTILINE)
    assert printed.replace(" ", "") == text.replace(" ", "")


def test_json_holds_no_command_and_the_same_texts() -> None:
    texts = ["a ##[error]x", "##vso[x]", "## [1]", "[##]"]
    printed = neutral.json_without_commands(json.dumps([texts, 1]))
    assert not re.search(r"##\w*\[", printed)
    assert json.loads(printed) == [texts, 1]


def test_what_is_no_command_stays_as_it_is() -> None:
    for text in ("x[::2]", "# a comment", "## [1]", "a :: b"):
        assert neutral.without_commands(text) == text


def test_cleaning_keeps_what_is_clean_as_the_same_object():
    clean = samples.right()
    assert neutral.clean(clean) is clean
    function = replace(clean.functions["sigma"], facts={"name": "\x1b[2J"})
    dirty = replace(clean, functions={**clean.functions, "sigma": function})
    cleaned = neutral.clean(dirty)
    assert cleaned.functions["sigma"].facts == {"name": "\\x1b[2J"}
    assert cleaned.functions["train"] is dirty.functions["train"]


@pytest.mark.parametrize("text", ["``x``", "a`b", "``````", "`", ""])
def test_code_spans_hold_any_backticks(text):
    span = neutral.markdown_code(text)
    assert (
        MarkdownIt("commonmark").render(span)
        == f"<p><code>{text}</code></p>\n"
        or not text
    )
