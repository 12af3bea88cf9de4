"""What is kept of each result is little, and is what the class page needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import report_samples as samples

from grader.exercise import Exercise
from grader.grading.overview import Overview


@pytest.fixture
def overview(tmp_path: Path) -> Overview:
    return Overview(
        tmp_path, Exercise.load("practical3"), "en", ["b", "a", "c"]
    )


def test_results_come_in_the_submissions_order_without_their_details(
    overview: Overview,
) -> None:
    overview.add(samples.wrong("a"))
    overview.add(samples.wrong("b"))
    first, second = overview.results()
    assert [first.submission.id, second.submission.id] == ["b", "a"]
    assert len(overview) == 2
    for function in first.functions.values():
        is_placed = function.marks or function.lines or function.line
        if function.status == "right" or not is_placed:
            assert function.source is None
        assert not any(check.message for check in function.checks)
    assert first.versions is second.versions
    names = list(first.functions)
    assert (
        first.functions[names[0]].checks[0]
        is second.functions[names[0]].checks[0]
    )


def test_the_page_is_written_when_there_is_something_to_show(
    overview: Overview, tmp_path: Path
) -> None:
    overview.write()
    assert not list(tmp_path.iterdir())
    overview.add(samples.right("c"))
    overview.write_if_due()  # the last one is not old yet
    assert not list(tmp_path.iterdir())
    overview.write()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "gradebook.csv",
        "index.html",
    ]


def test_the_page_shows_a_wrong_line_and_the_student_s_own_names(
    overview: Overview, tmp_path: Path
) -> None:
    overview.add(samples.wrong("a"))
    overview.write()
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<code class="own">' in page
    (kept,) = overview.results()
    assert kept.functions["backward_pass"].facts["name"] == "x0"


def test_a_source_that_is_very_long_is_not_kept(overview: Overview) -> None:
    wrong = samples.wrong("a")
    functions = dict(wrong.functions)
    loss = functions["loss"]
    assert loss.source is not None
    long = replace(loss.source, text="#" * 50_000)
    functions["loss"] = replace(loss, source=long)
    overview.add(replace(wrong, functions=functions))
    (kept,) = overview.results()
    assert kept.functions["loss"].source is None
