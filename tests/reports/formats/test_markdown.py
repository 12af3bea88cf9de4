"""Markdown: students' text is never read as markup."""

from __future__ import annotations

import re

import report_samples as samples
from markdown_it import MarkdownIt

from grader.reports.formats.markdown import markdown_report


def test_nothing_hostile_becomes_markdown():
    text = markdown_report(samples.hostile(), samples.EXERCISE)
    html = MarkdownIt("commonmark").enable("table").render(text)
    for tag in ("<script", "<img", "<a ", "<b>", "javascript:1)</a"):
        assert tag not in html
    assert "everyone" in html and "@everyone" not in re.sub(
        r"<code>.*?</code>", "", html, flags=re.S
    )
