"""A function that does nothing earns nothing more because of one that says that nothing is right."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import broken
import liars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import Result

CASES = broken.ROOT / "tests" / "cases" / "verdict"
ROUNDING = 1e-6
# of `train`: what it returns, its initial parameters, the number of entries, its arguments unchanged
IDLE_TRAIN = 1.125


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    exercise = broken.quick(Exercise.load("practical3"))
    with broken.WithoutDiagnosis(exercise, seed=4) as warm:
        yield warm


@pytest.fixture(scope="module")
def honest(session: Session) -> object:
    """What a submission earns in which one function does nothing and none lies."""

    @functools.cache
    def grade(idle: str, how: str) -> Result:
        return session.grade(
            liars.Liar(idle, how, "sigma", "always", "zeros", "none").honest
        )

    return grade


@given(liar=st.sampled_from(liars.liars()))
def test_a_liar_earns_no_more_than_its_honest_part(
    session: Session, honest: object, liar: liars.Liar
) -> None:
    expected = honest(liar.idle, liar.how)  # type: ignore[operator]
    result = session.grade(liar.lying)
    own = result.functions[liar.idle].score
    assert own <= expected.functions[liar.idle].score + ROUNDING
    assert result.score <= expected.score + ROUNDING


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("01_fake_history_20_of_20.py", 14 + IDLE_TRAIN),
        ("02_followthrough_fake_train_19.75.py", 13.75 + IDLE_TRAIN),
        ("03_seven_functions_that_compute_nothing_12_of_20.py", 2),
    ],
)
def test_a_made_up_history_earns_shapes_and_initial_values(
    session: Session, name: str, most: float
) -> None:
    path = CASES / name
    data = path.read_bytes()
    result = session.grade(Submission("x", name, name, data, (name,)))
    assert result.functions["train"].score <= IDLE_TRAIN
    assert result.score <= most + ROUNDING
