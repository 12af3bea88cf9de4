"""Functions that do nothing, in the place of a student's."""

from __future__ import annotations

import torch

from grader.checking.telling import IdleCalls, IdleFunctions, zeros_of
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")


def test_nothing_comes_of_zeros() -> None:
    idle = IdleFunctions(EXERCISE).built_on_zeros(("dsigma",))
    x = torch.linspace(-1, 1, 3)
    assert torch.equal(idle.dsigma(x), torch.zeros(3))
    assert torch.equal(idle.sigma(x), torch.tanh(x))
    data = [torch.rand(4, 6), torch.eye(3)[[0, 1, 2, 0]]] * 2
    (start, _), (end, history) = (
        idle.train(*data, 5, steps) for steps in (0, 2)
    )
    for before, after in zip(start, end, strict=True):
        assert torch.equal(before, after)
        assert before.any()
    assert len(history) == 2


def test_a_result_is_kept_and_nobody_can_change_it() -> None:
    idle = IdleFunctions(EXERCISE)
    data = [torch.rand(4, 6), torch.eye(3)[[0, 1, 2, 0]]] * 2
    first, _ = idle.built_on_zeros(("loss",)).train(*data, 5, 1)
    for parameter in first:
        parameter.zero_()
    again, _ = idle.built_on_zeros(("loss",)).train(*data, 5, 1)
    assert all(parameter.any() for parameter in again)


def test_what_is_changed_in_place_is_changed_each_time() -> None:
    idle = IdleFunctions(EXERCISE).built_on_zeros(())
    inputs = EXERCISE.inputs.Inputs(1, {})
    sample = inputs.sample()
    states = EXERCISE.solution.reference["forward_pass"](
        *sample.parameters, sample.x
    )
    for _ in range(2):
        gradients = [torch.zeros_like(p) for p in sample.parameters]
        idle.backward_pass(*sample.parameters, sample.t, *states, *gradients)
        assert gradients[3].any()


def test_zeros_have_the_form_of_what_is_right() -> None:
    zeros = zeros_of(lambda x: (x, [x.sum()], None))
    x = torch.ones(2)
    one, (total,), nothing = zeros(x)
    assert torch.equal(one, torch.zeros(2)) and total == 0 and nothing is None
    assert torch.equal(x, torch.ones(2))


def test_calls_know_nothing_of_them() -> None:
    idle = IdleFunctions(EXERCISE).built_on_zeros(())
    calls = IdleCalls(idle)
    assert calls.by_torch("sigma") is None
    assert not calls.is_lifted("train")
    x = torch.ones(2)
    with calls.replacing(["sigma"]):
        reply = calls.call("sigma", [x], edits={"sigma": "no Python"})
    assert torch.equal(reply.value, torch.tanh(x))
