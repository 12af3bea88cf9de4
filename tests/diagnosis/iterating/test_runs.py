"""Runs: how a call's outcome is read, and what is asked."""

import pytest
import torch

from grader.diagnosis.iterating import runs
from grader.diagnosis.iterating.runs import read_run
from grader.diagnosis.observation import Outcome
from iterating.trainings import case_of, edited, form_of, greatest_difference

W, B = torch.ones(2, 3), torch.zeros(2)
ROWS = [(1.0, 0.5, 0.25), (0.5, 0.5, 0.0)]


@pytest.mark.parametrize(
    "value",
    [
        ((W, B), ROWS),
        [[W, B], ROWS],
        (W, B, ROWS),
        ((W, B), torch.tensor(ROWS)),
    ],
    ids=[
        "as asked for",
        "lists",
        "side by side",
        "a history that is a tensor",
    ],
)
def test_parameters_and_history_are_read(value):
    run = read_run(Outcome(value, []))
    assert run is not None and run.history is not None
    assert run.shapes == [W.shape, B.shape]
    assert [list(row) for row in run.history] == [list(row) for row in ROWS]


@pytest.mark.parametrize(
    "value", [None, W, (W,), ((W, 1.0), ROWS), ("weights", ROWS)]
)
def test_what_is_no_run_is_not_read(value):
    assert read_run(Outcome(value, [])) is None
    assert read_run(Outcome(((W, B), ROWS), [], ("ValueError", ""))) is None


@pytest.mark.parametrize(
    "history", [None, 3, [1.0, 2.0], [("a", "b")], torch.ones(3)]
)
def test_a_history_without_rows_of_numbers_is_left_out(history):
    run = read_run(Outcome(((W, B), history), []))
    assert run is not None and run.history is None


def test_a_huge_history_is_not_read():
    run = read_run(
        Outcome(((W, B), torch.zeros(1).expand(runs.MOST_ENTRIES, 1)), [])
    )
    assert run is not None and run.history is None


def test_the_reference_starts_where_it_is_told():
    case = case_of(edited())
    start = case.student.run(0).parameters
    run = case.reference.run((), start, case.student.arguments, 0)
    assert greatest_difference(run.parameters, start) == 0
    assert run.history == ()


def test_mistakes_that_exclude_one_another_give_no_run():
    case = case_of(edited())
    start = case.student.run(0).parameters
    lost, ascends = form_of("train-update-lost"), form_of("train-ascends")
    assert (
        case.reference.run((lost,), start, case.student.arguments, 1)
        is not None
    )
    assert (
        case.reference.run((lost, ascends), start, case.student.arguments, 1)
        is None
    )


def test_no_combination_has_a_mistake_twice():
    sets = list(case_of(edited()).reference.combinations("update", 2))
    assert sets
    assert all(first.id != second.id for first, second in sets)


def test_each_number_of_steps_is_asked_for_once_the_arguments_are_arranged():
    case = case_of(edited())
    plain = case.student.arguments
    asked = runs.read_runs(case.student.ask_each())
    assert [len(run.history) for run in asked.values()] == [0, 1, 2, 3]
    _, targets, *_ = case.student.arguments
    assert sorted(targets.sum(0).tolist()) == sorted(plain[1].sum(0).tolist())
    first, second = asked[3].history[:2]
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_a_function_that_takes_far_too_many_steps_is_asked_twice():
    case = case_of(edited(("range(nb_steps)", "range(61)")))
    assert list(case.student.ask_each()) == [0, 1]
