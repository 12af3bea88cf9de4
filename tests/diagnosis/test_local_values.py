"""The local variables of a trusted function."""

import torch

from grader.diagnosis.local_values import local_values, rebound_arguments


def half(x, scale):
    y = x * scale
    x = x + 1
    z = inner(y)
    return z / x.missing


def inner(y):
    hidden = y + 1
    return hidden + 0


def test_locals_are_there_up_to_an_exception_and_those_of_callees_are_not():
    x = torch.ones(2)
    found = local_values(half, (x, 3))
    assert found.keys() == {"x", "y", "z", "scale"}
    assert torch.equal(found["z"], torch.full((2,), 4.0))
    assert torch.equal(found["x"], x), "an argument is what was given"


def test_what_is_bound_to_a_parameters_name_is_told_apart():
    (rebound,) = rebound_arguments(half, (torch.ones(2), 3))
    assert torch.equal(rebound, torch.full((2,), 2.0))


def test_the_arguments_are_not_changed():
    def add(x):
        x += 1

    x = torch.ones(2)
    assert torch.equal(local_values(add, (x,))["x"], torch.full((2,), 2.0))
    assert torch.equal(x, torch.ones(2))
