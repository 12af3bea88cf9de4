"""The reference run on its probes, alone, with mistakes in it, and with functions of a student's."""

import pytest
import torch
from handwritten import EXERCISE

from grader.diagnosis.closeness import equal_traces
from grader.diagnosis.observation import trace
from grader.diagnosis.reference_runner import (
    ReferenceRunner,
    remembered,
    shared_runner,
)


def test_a_reference_without_changes_of_its_arguments_is_observed_by_its_value():
    assert ReferenceRunner(EXERCISE, "forward_pass").accumulators == ()
    assert trace(
        ReferenceRunner(EXERCISE, "loss").outcomes, ()
    ).structures == (
        "()",
        "()",
        "()",
    )


def test_a_far_function_is_called_once_for_the_same_numbers():
    seen = []

    def add(x, y):
        seen.append(1)
        x.add_(y)
        return x * 2

    add = remembered(add)
    for _ in range(2):
        x = torch.ones(2)
        assert torch.equal(add(x, torch.ones(2)), torch.full((2,), 4.0))
        assert torch.equal(x, torch.full((2,), 2.0)), (
            "what it changes is changed again"
        )
    assert len(seen) == 1
    add(torch.ones(2, 1), torch.ones(2, 1))
    assert len(seen) == 2


def test_a_far_function_that_raised_raises_again():
    def refuse(x):
        raise ValueError(float(x))

    recall = remembered(refuse)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=r"ValueError: 1\.0"):
            recall(torch.ones(1))


def test_what_a_function_adds_to_is_what_is_compared():
    runner = shared_runner(EXERCISE, "backward_pass")
    assert runner.accumulator_names == ("dl_dw1", "dl_db1", "dl_dw2", "dl_db2")
    assert runner.sizes[0] == [
        runner.probes[0][i].numel() for i in runner.accumulators
    ]
    assert shared_runner(EXERCISE, "backward_pass") is runner


def test_a_variant_is_given_up_at_the_first_probe_that_differs():
    runner = shared_runner(EXERCISE, "dloss")
    ids = [form.id for form in runner.forms]
    factor, sign = (ids.index("dloss-no-factor"),), (ids.index("dloss-sign"),)
    student = runner.run_variant(factor)
    assert runner.run_variant(sign).group == student.group
    assert equal_traces(runner.run_variant_like(factor, student), student)
    assert runner.run_variant_like(sign, student) is None


def test_forms_of_the_same_place_exclude_one_another():
    runner = shared_runner(EXERCISE, "dsigma")
    places = [form.edits[0].replace for form in runner.forms]
    pair = next(
        (i, j)
        for i in range(len(places))
        for j in range(i)
        if places[i] == places[j]
    )
    assert runner.edited(pair) is None
    assert runner.run_variant(pair) is None


def test_what_is_right_for_a_derivative_is_that_of_the_students_own_function():
    runner = ReferenceRunner(EXERCISE, "dsigma", {"sigma": torch.sigmoid})
    assert runner.forms == ()
    for outcome, (x,) in zip(runner.outcomes, runner.probes, strict=True):
        slope = torch.sigmoid(x) * (1 - torch.sigmoid(x))
        assert torch.allclose(outcome.value, slope, atol=1e-6)
