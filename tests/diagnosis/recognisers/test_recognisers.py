"""The table of recognisers, and how their findings are claimed."""

from typing import get_args

from observed import observed, raised

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers import (
    ONE_STEP,
    RECOGNISERS,
    Steps,
    claim_signs,
    claim_step_sign,
)
from grader.diagnosis.verdict import Claims
from grader.exercise import Misconception, Misconceptions
from grader.exercise.tables import Recogniser


def known(recognise):
    return Misconceptions(
        (
            Misconception(
                "id", ("f",), "title", "note", "hint", recognise=recognise
            ),
        )
    )


def test_an_exercise_may_name_each_recogniser_and_nothing_else():
    assert set(RECOGNISERS) == set(get_args(Recogniser))


UNWRITTEN = "def f(x):\n    raise NotImplementedError\n"


def test_conclusive_signs_are_asked_apart_from_the_others():
    claims = Claims()
    unwritten = observed([raised("NotImplementedError")], source=UNWRITTEN)
    assert not claim_signs(
        known("stub"), "f", unwritten, claims, conclusive=False
    )
    assert claim_signs(known("stub"), "f", unwritten, claims, conclusive=True)
    assert claims.ids == ["id"]


def test_what_an_exercise_does_not_know_is_not_claimed():
    claims = Claims()
    unwritten = observed([raised("NotImplementedError")])
    assert not claim_signs(
        known("mutates"), "f", unwritten, claims, conclusive=True
    )
    assert not claim_step_sign(
        ONE_STEP,
        known("steps"),
        "f",
        Steps(reported={0: 1, 1: 1}, is_constant=True),
        claims,
    )
    assert claims == Claims()


def test_the_steps_are_claimed():
    claims = Claims()
    steps = Steps(reported={0: 1, 1: 1}, is_constant=True)
    assert claim_step_sign(ONE_STEP, known("one step"), "f", steps, claims)
    assert claims.ids == ["id"]


def test_a_sign_that_is_not_seen_is_not_claimed():
    assert not claim_signs(
        known("stub"),
        "f",
        observed([Outcome(1.0, ())]),
        Claims(),
        conclusive=True,
    )
