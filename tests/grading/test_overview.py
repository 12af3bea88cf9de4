"""What is kept of each result is little, and is what the class page needs."""

from __future__ import annotations

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
