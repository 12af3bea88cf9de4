import pytest
import torch

from grader.checking import (
    CheckFailure,
    assert_pure,
    points,
    requires,
    shared_call,
    value_of,
)

SHAPES = {"vector": (7,), "matrix": (4, 3), "scalar": ()}


def of_each_kind(student, inputs):
    """(an x of each kind, what the student gives for it), both by kind; all in one exchange."""
    arguments = {}
    for kind, shape in SHAPES.items():
        arguments[kind] = inputs.away_from_zero(*shape)
    values = student.sigma.map_outcomes(
        [(x.clone(),) for x in arguments.values()]
    )
    return arguments, dict(zip(arguments, values, strict=True))


@points(0.5)
@pytest.mark.parametrize("kind", SHAPES)
def test_values(student, reference, inputs, assert_close, shared, kind):
    """sigma(x) should be tanh(x), element by element, for a {kind} x"""
    arguments, values = shared_call(
        shared, "values", lambda: of_each_kind(student, inputs)
    )
    assert_close(
        value_of(values[kind]), reference.sigma(arguments[kind]), "sigma(x)"
    )


@points(0.5)
@requires("values")
def test_float64(student, reference, inputs, assert_close):
    """sigma(x) should have the dtype of x"""
    x = inputs.normal(6, dtype=torch.float64)
    assert_close(student.sigma(x.clone()), reference.sigma(x), "sigma(x)")


@points(0.5)
@requires("values")
def test_large(student, reference, assert_close):
    """sigma(x) should be right for large x"""
    x = torch.tensor([-900.0, -300.0, -90.0, 0.0, 90.0, 300.0, 900.0])
    value = student.sigma(x.clone())
    if torch.is_tensor(value) and value.isnan().any():
        raise CheckFailure(
            "sigma(x) is nan for large x: an exponential overflows on the way."
        )
    assert_close(value, reference.sigma(x), "sigma(x)")


@points(0.5)
@requires("values")
def test_pure(student, reference, inputs, assert_close):
    """sigma should leave its argument unchanged"""
    for shape in (inputs.numbers(2), inputs.numbers(1), (3, 5)):
        x = inputs.normal(*shape)
        value = assert_pure(student.sigma, "sigma", [x], ["x"])
        assert_close(value, reference.sigma(x), "sigma(x)")
