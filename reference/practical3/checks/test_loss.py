import torch

from grader.checking import CheckFailure, assert_pure, points, requires

SIZES = (3, 5, 8)


def scalar(value, like):
    """A loss as a 0-d tensor; a Python float will do."""
    return (
        torch.tensor(value, dtype=like.dtype)
        if isinstance(value, float)
        else value
    )


@points(2)
def test_values(student, reference, inputs, assert_close):
    """loss(v, t) should be the sum of the squared differences"""
    rows = [(inputs.normal(size), inputs.normal(size)) for size in SIZES]
    values = student.loss.map([(v.clone(), t.clone()) for v, t in rows])
    for (v, t), value in zip(rows, values, strict=True):
        assert_close(scalar(value, v), reference.loss(v, t), "loss(v, t)")


@points(1)
@requires("values")
def test_float64(student, reference, inputs, assert_close):
    """loss(v, t) should be a single number of the dtype of v, and zero where v is t"""
    v, t = (
        inputs.normal(4, dtype=torch.float64),
        inputs.normal(4, dtype=torch.float64),
    )
    value, at_target = student.loss.map(
        [(v.clone(), t.clone()), (t.clone(), t.clone())]
    )
    assert_close(scalar(value, v), reference.loss(v, t), "loss(v, t)")
    if (scalar(at_target, v) != 0).any():
        raise CheckFailure(
            "loss(t, t) is not 0, although the response is exactly the target there."
        )


@points(1)
@requires("values")
def test_pure(student, reference, inputs, assert_close):
    """loss should leave its arguments unchanged"""
    (size,) = inputs.numbers(1)
    v, t = inputs.normal(size), inputs.normal(size)
    value = assert_pure(student.loss, "loss", [v, t], ["v", "t"])
    assert_close(scalar(value, v), reference.loss(v, t), "loss(v, t)")
