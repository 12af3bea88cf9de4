"""The order in which a report tells a result."""

from __future__ import annotations

import report_samples as samples

from grader.reports.views.review import SHARES, review


def test_what_is_wrong_comes_first_in_the_exercise_s_order() -> None:
    told = review(samples.wrong(), samples.NOTES)
    assert [one.name for one in told.wrong] == [
        "loss", "backward_pass", "train",
    ]  # fmt: skip
    assert all(one.function.status == "right" for one in told.rights)
    assert len(told.sections) == len(samples.wrong().functions)


def test_the_strip_keeps_the_order_and_the_widths_of_the_points() -> None:
    result = samples.wrong()
    told = review(result, samples.NOTES)
    assert [one.name for one in told.segments] == list(result.functions)
    full = sum(one.max_score for one in result.functions.values())
    for segment in told.segments:
        part = SHARES * segment.function.max_score / full
        assert abs(segment.share - part) < 1


def test_each_part_of_the_strip_leads_to_where_the_function_is_told() -> None:
    told = review(samples.wrong(), samples.NOTES)
    targets = {one.name: one.target for one in told.segments}
    assert targets["loss"] == "f-loss"
    assert targets["sigma"] == "right"


def test_comments_are_numbered_where_there_are_several() -> None:
    told = review(samples.wrong(), samples.NOTES)
    for section in told.wrong:
        numbers = [one.number for one in section.sheet.comments]
        assert numbers == list(range(1, len(numbers) + 1))
        assert section.is_numbered == (len(numbers) > 1)
