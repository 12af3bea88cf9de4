"""Whatever a submission's functions return, each check has its outcome, and nothing of grader's fails.

`hostile` makes the submissions. A longer run: HYPOTHESIS_PROFILE=long.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hostile
import pytest
import shared
from hypothesis import given, settings

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake import submission
from grader.reports import FORMATS
from grader.results import from_json, to_json

CASES = Path(__file__).parent / "cases" / "verdict"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with shared.session(Exercise.load("practical3"), seed=11) as warm:
        yield warm


# each of them is a whole submission
@settings(max_examples=(settings.default.max_examples + 1) // 2)
@given(changed=hostile.hostiles())
def test_values_of_any_kind_pass_through_all_checks(
    session: Session, changed: list[hostile.Hostile]
) -> None:
    result = session.grade(hostile.submission(changed))
    assert not result.faults
    assert not result.incomplete
    names = {one.function for one in changed}
    for name, function in result.functions.items():
        assert 0 <= function.score <= function.max_score
        builds_on = {*session.exercise.functions[name].earlier, name}
        if not builds_on & names:
            assert function.status == "right"
    assert from_json(to_json(result)) == result
    for form in FORMATS.values():
        form.render(result, session.exercise, "en", None)


# Honest mistakes that once ended in a failure of grader's: what each function loses.
LOST = {
    "04_honest_forgot_sum_grader_fault": {"loss": 1},
    # its `train` keeps the loss of the last sample only
    "04b_print_instead_of_return_grader_fault": {"loss": 1, "train": 0.25},
    "04c_complex_loss_grader_fault": {"loss": 1},
}


@pytest.mark.parametrize("name", LOST)
def test_an_honest_mistake_costs_what_is_wrong(
    session: Session, name: str
) -> None:
    result = session.grade(submission.from_file(CASES / f"{name}.py"))
    assert not result.faults
    assert not result.incomplete
    lost = {}
    for function, found in result.functions.items():
        if found.lost > 0:
            lost[function] = found.lost
    assert lost == LOST[name]
