"""What a training starts from: the spread, and the estimate where it cannot be asked for."""

from dataclasses import replace

import pytest
import torch

from grader.diagnosis.iterating.start import estimated_start, wrong_start
from iterating.trainings import case_of, edited, greatest_difference


@pytest.mark.parametrize(
    ("spread", "mistake"),
    [
        ("1e-6", None),
        ("1e-3", None),
        ("0.02", None),  # wrong, and no known mistake
        ("math.exp(-6)", "train-init-exp"),
        ("0", "train-init-zero"),
        ("1", "train-init-unit"),
    ],
)
def test_the_spread_tells_the_mistake(spread, mistake):
    case = case_of(edited(("1e-6", spread)))
    form = wrong_start(case.student, always_steps=False)
    assert (form and form.id) == mistake


def test_a_spread_that_the_exercise_accepts_is_no_mistake():
    case = case_of(edited(("1e-6", "1")))
    case.reference.trajectory = replace(
        case.reference.trajectory, accepted_spreads=(0.1, 1.0)
    )
    assert wrong_start(case.student, always_steps=False) is None


@pytest.mark.parametrize("seed", range(20))
def test_no_draw_of_the_right_spread_is_accused(seed):
    case = case_of(
        edited(
            (
                "targets = train",
                f"torch.manual_seed({seed})\n    targets = train",
            )
        )
    )
    assert wrong_start(case.student, always_steps=False) is None


def test_a_function_that_always_steps_is_asked_where_a_step_changes_nothing():
    case = case_of(
        edited(("range(nb_steps)", "range(20)"), ("1e-6", "math.exp(-6)"))
    )
    assert wrong_start(case.student, always_steps=False) is None
    form = wrong_start(case.student, always_steps=True)
    assert form.id == "train-init-exp"


@pytest.mark.parametrize(
    ("spread", "most"),
    [("1e-6", 1e-7), ("math.exp(-6)", 2.5e-4), ("0.1", 1e-2)],
)
def test_the_estimated_start_is_the_start(spread, most):
    case = case_of(edited(("range(nb_steps)", "range(4)"), ("1e-6", spread)))
    start = case_of(edited(("1e-6", spread))).student.run(0).parameters
    estimate = estimated_start(case.student, case.student.run(0))
    assert greatest_difference(estimate, start) < most


def test_parameters_of_other_shapes_each_time_give_no_estimate():
    case = case_of(edited())
    run = case.student.run(0)
    other = case.student.run(0, (*case.student.arguments[:-1], 6))
    assert estimated_start(case.student, other) is None
    assert estimated_start(case.student, run) is not None


def test_undefined_parameters_are_no_evidence():
    case = case_of(edited(("normal_(0, 1e-6)", "fill_(math.nan)")))
    assert torch.isnan(case.student.run(0).parameters[0]).all()
    assert wrong_start(case.student, always_steps=False) is None
