import pytest
import torch

from grader.checking import (
    CheckFailure,
    assert_unchanged,
    finite_differences,
    points,
    requires,
    shared_call,
    value_of,
)

SHAPES = {"vector": (7,), "matrix": (4, 3), "scalar": ()}


def of_each_kind(student, inputs):
    """An x of each kind, and what the student gives for it."""
    arguments = {kind: inputs.normal(*shape) for kind, shape in SHAPES.items()}
    values = student.dsigma.map_outcomes([(x.clone(),) for x in arguments.values()])
    return arguments, dict(zip(arguments, values, strict=True))


@points(1)
@pytest.mark.parametrize("kind", SHAPES)
def test_values(student, reference, inputs, assert_close, shared, kind):
    """dsigma(x) is the derivative of sigma at x, for a {kind} x."""
    arguments, values = shared_call(shared, "values", lambda: of_each_kind(student, inputs))
    assert_close(value_of(values[kind]), reference.dsigma(arguments[kind]), "dsigma(x)")


@points(1)
@requires("values")
def test_finite_differences(student, reference, inputs, assert_close):
    """dsigma(x) agrees with finite differences of sigma, in float64."""
    x = inputs.normal(6, dtype=torch.float64)
    assert_close(
        student.dsigma(x.clone()), finite_differences(reference.sigma, x), "dsigma(x)", tolerance=1e-6
    )


@points(1)
@requires("values")
def test_large(student, reference, assert_close):
    """dsigma(x) is right for large x."""
    x = torch.tensor([-900.0, -300.0, -90.0, 0.5, 90.0, 300.0, 900.0])
    value = student.dsigma(x.clone())
    if torch.is_tensor(value) and value.isnan().any():
        raise CheckFailure("dsigma(x) is nan for large x: an exponential overflows on the way.")
    assert_close(value, reference.dsigma(x), "dsigma(x)")


@points(1)
@requires("values")
def test_pure(student, inputs):
    """dsigma leaves its argument unchanged."""
    x = inputs.normal(3, 5)
    before = x.clone()
    student.dsigma(x)
    assert_unchanged([x], [before], ["x"], "dsigma")
