"""What hides the runs of a training, and what shows behind it."""

import pytest
import torch

from grader.diagnosis.iterating import behind
from grader.diagnosis.iterating.runs import read_runs
from iterating.trainings import case_of, edited, trained

STEP_SIZE = ("0.1 / n", "0.1")
NO_ZETA = ("* 0.9", "* 1.0")
SUBSTRACT = ("p.sub_(eta", "p.substract(eta")
SHADOW = (
    "total += loss(x2, t).item()",
    "loss = loss(x2, t).item()\n            total += loss",
)
SLIP = (
    "eta = 0.1 / n",
    "step_size = 0.1\n    step_sizes = step_sizes / n\n    eta = step_size",
)
GLOBAL = ("zip(train_input, targets)", "zip(train_input, new_target)")


@pytest.mark.parametrize(
    ("edits", "mistakes"),
    [
        ([SUBSTRACT], {"train-update-lost"}),
        ([SUBSTRACT, STEP_SIZE], {"train-update-lost", "train-step-size"}),
        ([SHADOW], {"shadows-function"}),
        ([SHADOW, STEP_SIZE], {"shadows-function", "train-step-size"}),
        ([SLIP, NO_ZETA], {"train-no-zeta"}),
    ],
    ids=[
        "no such method",
        "and a mistake",
        "a hidden function",
        "and a mistake too",
        "a slip in a name",
    ],
)
def test_behind_an_exception_the_rest_is_diagnosed(edits, mistakes):
    assert set(trained(*edits).misconceptions) == mistakes


def test_lines_are_those_of_the_students_source_after_a_repair_too():
    line = trained(SHADOW, SUBSTRACT).lines["train-update-lost"]
    assert "p.substract" in edited(SHADOW, SUBSTRACT).splitlines()[line - 1]


def test_an_argument_that_is_read_as_a_variable_is_supplied():
    parameter = ("def train(train_input,", "def train(inputs,")
    case = case_of(edited(parameter))
    outcomes = behind.exceptions(case, case.student.ask_each())
    assert len(read_runs(outcomes)) == 4
    assert case.claims.ids == ["uses-global"]
    assert case.claims.facts == {"name": "train_input"}
    found = trained(parameter, STEP_SIZE)
    assert set(found.misconceptions) == {"uses-global", "train-step-size"}


def test_a_missing_module_or_helper_is_no_variable():
    assert trained(("eta * g", "np.multiply(eta, g)")).misconceptions == ()
    assert trained(("eta * g", "helper(g)")).misconceptions == ()


def test_variables_that_hold_other_values_are_named_if_right_ones_make_it_right():
    case = case_of(edited(GLOBAL), new_target=torch.ones(7, 3))
    case.student.ask_each()
    assert behind.right_globals(case)
    assert (case.claims.ids, case.claims.facts) == (
        ["uses-global"],
        {"name": "new_target"},
    )
    wrong = case_of(edited(GLOBAL, STEP_SIZE), new_target=torch.ones(7, 3))
    wrong.student.ask_each()
    assert not behind.right_globals(wrong)
    assert (wrong.claims.ids, wrong.student.supply) == ([], {})


def test_without_variables_nothing_is_asked():
    case = case_of(edited(STEP_SIZE))
    case.student.prober = None
    assert not behind.right_globals(case)


def test_constants_for_the_sizes_are_met_with_these_sizes():
    sizes = (
        "n = len(train_input)",
        "n = len(train_input)\n    train_input = train_input - torch.zeros(784)",
    )
    case = case_of(edited(sizes))
    outcomes = case.student.ask_each()
    assert not read_runs(outcomes)
    assert len(read_runs(behind.constant_sizes(case, outcomes))) == 4
    assert case.student.inputs is case.reference.trajectory.full_size
    assert set(trained(sizes, STEP_SIZE).misconceptions) == {"train-step-size"}


def test_where_the_sizes_are_not_the_reason_the_small_ones_stay():
    case = case_of(
        edited(("n = len(train_input)", "n = len(train_input.view(-1, 3))"))
    )
    outcomes = case.student.ask_each()
    assert behind.constant_sizes(case, outcomes) is outcomes
    assert case.student.inputs is case.reference.trajectory.inputs
