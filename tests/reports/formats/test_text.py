"""Plain text: what the terminal shows, without colour."""

from __future__ import annotations

import report_samples as samples

from grader.reports.formats.text import WIDTH, text_report


def test_a_report_has_its_lines_within_the_width_and_no_colour():
    text = text_report(samples.wrong(), samples.EXERCISE)
    assert "\x1b" not in text
    assert all(
        len(line) <= WIDTH and line == line.rstrip()
        for line in text.splitlines()
    )


def test_a_report_says_what_is_wrong_and_where_to_begin():
    text = text_report(samples.wrong(), samples.EXERCISE)
    assert "The arguments of `dloss` are swapped" in text
    assert "Hint: What shape must `dl_dx1` have?" in text
    assert "Begin with `loss`; then" in text
    assert "Everything is right. Well done." in text_report(
        samples.right(), samples.EXERCISE
    )


def test_what_is_not_isolated_is_said():
    assert "Isolation: landlock unavailable" in text_report(
        samples.unfinished(), samples.EXERCISE
    )
