import torch

from grader.checking import (
    OF_DIFFERENCES,
    assert_pure,
    finite_differences,
    points,
    requires,
)

SIZES = (3, 5, 8)


@points(3)
def test_values(student, reference, inputs, assert_close):
    """dloss(v, t) should be the gradient of the loss with respect to v, one entry per component"""
    rows = [(inputs.normal(size), inputs.normal(size)) for size in SIZES]
    values = student.dloss.map([(v.clone(), t.clone()) for v, t in rows])
    for (v, t), value in zip(rows, values, strict=True):
        assert_close(value, reference.dloss(v, t), "dloss(v, t)")


@points(1.5)
@requires("values")
def test_finite_differences(student, reference, inputs, assert_close):
    """dloss(v, t) should agree with finite differences of the loss, in float64"""
    v, t = (
        inputs.normal(4, dtype=torch.float64),
        inputs.normal(4, dtype=torch.float64),
    )
    expected = finite_differences(lambda point: reference.loss(point, t), v)
    assert_close(
        student.dloss(v.clone(), t.clone()),
        expected,
        "dloss(v, t)",
        tolerance=OF_DIFFERENCES,
    )


@points(1.5)
@requires("values")
def test_pure(student, reference, inputs, assert_close):
    """dloss should leave its arguments unchanged"""
    (size,) = inputs.numbers(1)
    v, t = inputs.normal(size), inputs.normal(size)
    value = assert_pure(student.dloss, "dloss", [v, t], ["v", "t"])
    assert_close(value, reference.dloss(v, t), "dloss(v, t)")
