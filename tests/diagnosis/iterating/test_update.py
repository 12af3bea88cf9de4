"""How a training moves: the mistakes that lead to its parameters."""

import pytest

from grader.diagnosis.iterating import update
from grader.diagnosis.iterating.runs import read_runs
from iterating.trainings import case_of, edited, form_of, ids

STEP_SIZE = ("0.1 / n", "0.1")
NO_ZETA = ("* 0.9", "* 1.0")
NO_RESET = ("g.zero_()", "pass")


def explained(*edits):
    case = case_of(edited(*edits))
    runs = read_runs(case.student.ask_each())
    return update.explanations(
        case.reference, runs, runs[0].parameters, case.student.arguments
    )


def test_a_right_training_is_explained_by_no_mistake():
    assert explained() == [()]


@pytest.mark.parametrize(
    ("edits", "mistakes"),
    [
        ([STEP_SIZE], {"train-step-size"}),
        ([STEP_SIZE, NO_ZETA], {"train-step-size", "train-no-zeta"}),
        (
            [STEP_SIZE, NO_ZETA, NO_RESET],
            {"train-step-size", "train-no-zeta", "train-never-resets"},
        ),
    ],
)
def test_the_smallest_set_that_leads_there_is_found(edits, mistakes):
    assert {frozenset(ids(forms)) for forms in explained(*edits)} == {
        frozenset(mistakes)
    }


def test_what_no_mistake_leads_to_is_not_explained():
    assert explained(("eta * g", "0.6 * eta * g")) == []


def test_all_runs_must_agree_and_not_just_the_first():
    case = case_of(edited(NO_RESET))  # right for the first step
    runs = read_runs(case.student.ask_each())
    start, arguments = runs[0].parameters, case.student.arguments
    assert update.leads_to(case.reference, (), {1: runs[1]}, start, arguments)
    assert not update.leads_to(case.reference, (), runs, start, arguments)


def test_the_source_decides_between_sets_and_equals_stay():
    size, zeta = (form_of("train-step-size"),), (form_of("train-no-zeta"),)
    assert update.preferred([size, zeta], lambda _: 0) == [size, zeta]
    assert update.preferred(
        [size, zeta], lambda id_: id_ == "train-no-zeta"
    ) == [zeta]
    assert update.preferred(
        [size, zeta], lambda id_: -(id_ == "train-no-zeta")
    ) == [size]
    assert update.preferred([], lambda _: 0) == []


def test_two_forms_of_one_mistake_are_one_set():
    first, second, *_ = [
        f
        for f in case_of(edited()).reference.combinations("update", 1)
        if f[0].id == "train-step-per-sample"
    ]
    assert update.preferred([first, second], lambda _: 0) == [first]
