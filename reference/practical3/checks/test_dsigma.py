import pytest
import torch

from grader.checking import (
    OF_DIFFERENCES,
    CheckFailure,
    assert_pure,
    finite_differences,
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
        arguments[kind] = inputs.state(*shape)
    values = student.dsigma.map_outcomes(
        [(x.clone(),) for x in arguments.values()]
    )
    return arguments, dict(zip(arguments, values, strict=True))


@points(1)
@pytest.mark.parametrize("kind", SHAPES)
def test_values(student, reference, inputs, assert_close, shared, kind):
    """dsigma(x) should be the derivative of sigma at x, for a {kind} x"""
    arguments, values = shared_call(
        shared, "values", lambda: of_each_kind(student, inputs)
    )
    assert_close(
        value_of(values[kind]), reference.dsigma(arguments[kind]), "dsigma(x)"
    )


@points(1)
@requires("values")
def test_finite_differences(student, reference, inputs, assert_close):
    """dsigma(x) should agree with finite differences of sigma, in float64"""
    x = inputs.normal(6, dtype=torch.float64)
    expected = finite_differences(reference.sigma, x)
    assert_close(
        student.dsigma(x.clone()),
        expected,
        "dsigma(x)",
        tolerance=OF_DIFFERENCES,
    )


@points(1)
@requires("values")
def test_large(student, reference, assert_close):
    """dsigma(x) should be right for large x"""
    x = torch.tensor([-900.0, -300.0, -90.0, 0.5, 90.0, 300.0, 900.0])
    value = student.dsigma(x.clone())
    if torch.is_tensor(value) and value.isnan().any():
        raise CheckFailure(
            "dsigma(x) is nan for large x: an exponential overflows on the way."
        )
    assert_close(value, reference.dsigma(x), "dsigma(x)")


@points(1)
@requires("values")
def test_pure(student, reference, inputs, assert_close):
    """dsigma should leave its argument unchanged"""
    for shape in (inputs.numbers(2), inputs.numbers(1), (3, 5)):
        x = inputs.normal(*shape)
        value = assert_pure(student.dsigma, "dsigma", [x], ["x"])
        assert_close(value, reference.dsigma(x), "dsigma(x)")
