"""The terminal: students' text cannot control it."""

from __future__ import annotations

import io
import re

import report_samples as samples
from rich.console import Console

from grader.reports.formats import terminal


def test_nothing_hostile_reaches_a_terminal_even_in_colour():
    file = io.StringIO()
    terminal.show(
        samples.hostile(),
        samples.EXERCISE,
        Console(file=file, force_terminal=True, width=80),
    )
    sequences = set(re.findall(r"\x1b[^m]*m", file.getvalue()))
    bare = file.getvalue()
    for sequence in sequences:
        assert re.fullmatch(r"\x1b\[[0-9;]*m", sequence)
        bare = bare.replace(sequence, "")
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", bare
    )


def test_a_class_s_summary_has_a_row_per_submission_the_frequent_mistakes_and_what_to_look_at():
    file = io.StringIO()
    results = [samples.unfinished(), samples.wrong(), samples.right()]
    terminal.show_summary(
        results, samples.EXERCISE, Console(file=file, width=100)
    )
    lines = file.getvalue().splitlines()
    assert [line.split()[0] for line in lines[1:4]] == [
        "amelie",
        "bruno",
        "chloe",
    ]
    assert any(
        line.startswith("   1  The arguments of `dloss` are swapped")
        for line in lines
    )
    assert lines[-1] == "To look at: chloe"
