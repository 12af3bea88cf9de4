"""What a class's results show together."""

from __future__ import annotations

from dataclasses import replace

import pytest
import report_samples as samples

from grader.reports.views import cohort


def test_bins_hold_every_mark_once():
    results = samples.a_class(200)
    bins = cohort.bins(results)
    assert sum(one.count for one in bins) == 200
    full = [result for result in results if result.score == result.max_score]
    assert bins[-1].count >= len(full) > 0


def test_blocked_checks_count_in_neither_share():
    found = {one.id: one for one in cohort.check_statistics([samples.wrong()])}
    assert found["step"].pass_rate is None and found["step"].unjudged == 1
    assert found["loss_values"].pass_rate == 0


def test_discrimination_tells_a_check_that_follows_the_mark_from_one_that_does_not():
    def sample(index: int, passed: bool, strong: bool):
        base = samples.right(f"s{index}")
        check = replace(
            base.functions["sigma"].checks[0],
            outcome="passed" if passed else "failed",
            points=0,
        )
        function = replace(base.functions["sigma"], checks=(check,))
        return replace(
            base,
            functions={"sigma": function},
            score=18.0 if strong else 4.0 + index % 2,
        )

    following = [
        sample(index, index % 2 == 0, index % 2 == 0) for index in range(20)
    ]
    against = [
        sample(index, index % 2 == 1, index % 2 == 0) for index in range(20)
    ]
    assert cohort.check_statistics(following)[0].discrimination > 0.9
    assert cohort.check_statistics(against)[0].discrimination < -0.9
    assert cohort.check_statistics(following[:4])[0].discrimination is None


def test_a_blocked_check_says_nothing_of_who_is_strong():
    base = samples.right()
    outcomes = ["passed", "failed"] * 5 + [
        "blocked"
    ] * 10  # the blocked ones are the weakest
    results = []
    for index, outcome in enumerate(outcomes):
        check = replace(
            base.functions["sigma"].checks[0], outcome=outcome, points=0
        )
        function = replace(base.functions["sigma"], checks=(check,))
        score = 1.0 if outcome == "blocked" else 10.0 + index // 2
        results.append(
            replace(base, functions={"sigma": function}, score=score)
        )
    assert cohort.check_statistics(results)[0].discrimination == pytest.approx(
        0, abs=1e-9
    )


def test_misconceptions_come_by_frequency_and_count_a_submission_once():
    results = [samples.wrong("a"), samples.wrong("b"), samples.unfinished("c")]
    shared = cohort.misconceptions(results, samples.NOTES)
    assert [len(one.submissions) for one in shared] == sorted(
        (len(one.submissions) for one in shared), reverse=True
    )
    assert {one.note.id: len(one.submissions) for one in shared}[
        "loss-sum-before-square"
    ] == 2


def test_a_person_looks_at_the_unexplained_and_the_stopped():
    looks = cohort.needing_a_look(
        [samples.right(), samples.wrong(), samples.unfinished()]
    )
    assert [look.result.submission.id for look in looks] == ["chloe"]
    assert looks[0].unexplained == ("dsigma", "train")
    assert [notice.kind for notice in looks[0].notices] == ["no-result"]
