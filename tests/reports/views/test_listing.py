"""The student's source, line by line."""

from __future__ import annotations

from html_page import Page

from grader.reports.views import listing
from grader.results import FunctionResult, Source


def test_source_is_shown_around_its_marked_line_however_long_it_is():
    text = "\n".join(f"x = {index}" for index in range(9_000))
    function = FunctionResult(
        "wrong", 0, 1, line=5_010, source=Source(text, 10)
    )
    shown = listing.listing(function)
    assert [line.text for line in shown.lines if line.marked] == ["x = 5000"]
    assert shown.before + len(shown.lines) + shown.after == 9_000
    assert (
        sum(len(line.text) for line in shown.lines) <= listing.MAX_CHARACTERS
    )


def test_a_string_over_many_lines_is_highlighted_line_by_line():
    function = FunctionResult(
        "wrong",
        0,
        1,
        line=2,
        source=Source('def f():\n    """a\n    <b>\n    """\n', 1),
    )
    lines = listing.listing(function).lines
    assert [line.number for line in lines] == [1, 2, 3, 4]
    for line in lines:
        Page(str(line.html))
        assert "<b>" not in line.html
