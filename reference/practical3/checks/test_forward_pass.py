import pytest
import torch

from grader.checking import (
    OF_DIFFERENCES,
    CheckFailure,
    assert_pure,
    points,
    requires,
    shapes,
    shared_call,
    type_in_words,
    value_of,
    without_earlier,
)

QUANTITIES = ("x0", "s1", "x1", "s2", "x2")
BEFORE = {"s1": "x0", "x1": "s1", "s2": "x1", "x2": "s2"}
SIZES = ((4, 4, 4), (6, 3, 3), (4, 4, 3), (1, 1, 1), (11, 2, 9))


def forward(student, sample):
    """The five quantities that the student's forward pass gives, by name."""
    return quantities(student.forward_pass(*arguments_for(sample)))


def arguments_for(sample):
    """Clones of what forward_pass takes."""
    return *(p.clone() for p in sample.parameters), sample.x.clone()


def quantities(value):
    """The five quantities by name, from what forward_pass returns."""
    if not isinstance(value, list | tuple) or len(value) != len(QUANTITIES):
        raise CheckFailure(
            f"forward_pass returns {type_in_words(value)}; expected (x0, s1, x1, s2, x2)."
        )
    return dict(zip(QUANTITIES, value, strict=True))


def expected_for(reference, sample):
    """The five quantities of the reference, by name."""
    return quantities(reference.forward_pass(*sample.parameters, sample.x))


def of_one_sample(student, inputs):
    """(sample, its five quantities as the student has them)."""
    sample = inputs.sample()
    return sample, forward(student, sample)


def of_each_size(student, inputs):
    """Sizes -> (sample, what the student gives for it), all in one exchange."""
    samples = [inputs.sample(sizes) for sizes in SIZES]
    values = student.forward_pass.map_outcomes(
        [arguments_for(sample) for sample in samples]
    )
    return dict(zip(SIZES, zip(samples, values, strict=True), strict=True))


def given_own(reference, sample, own, quantity):
    """(the quantity as it should be given the student's own before it, what it is where nothing is computed).

    (None, None) where it cannot be said: the student's own quantity has another shape, is not a tensor, or is
    the same number everywhere, from which something can be right that computes nothing.
    """
    before = own.get(BEFORE.get(quantity))
    if (
        not torch.is_tensor(before)
        or not before.numel()
        or (before == before.reshape(-1)[:1]).all()
    ):
        return None, None
    try:
        if quantity == "s1":
            return sample.w1.mv(own["x0"]) + sample.b1, sample.b1
        if quantity == "s2":
            return sample.w2.mv(own["x1"]) + sample.b2, sample.b2
        if quantity in ("x1", "x2"):
            return reference.sigma(before), before
    except (RuntimeError, TypeError):
        pass
    return None, None


@points(1)
def test_returns(student, inputs):
    """forward_pass should return the five quantities (x0, s1, x1, s2, x2)"""
    forward(student, inputs.sample())


@points(2)
@requires("returns")
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_value(student, reference, inputs, assert_close, shared, quantity):
    """{quantity} should be right"""
    sample, own = shared_call(
        shared, "own", lambda: of_one_sample(student, inputs)
    )
    expected = expected_for(reference, sample)[quantity]
    if assert_close.mismatch(own[quantity], expected, quantity) is None:
        return
    given, idle = given_own(reference, sample, own, quantity)
    comparable = given is not None and given.shape == expected.shape
    if (
        comparable
        and assert_close.mismatch(own[quantity], given, quantity) is None
        and assert_close.mismatch(idle, given, quantity) is not None
    ):
        return  # it is right, computed from a wrong quantity before it
    assert_close(own[quantity], expected, quantity)


@points(5)
@requires("value")
@shapes
def test_shapes(student, reference, inputs, assert_close):
    """forward_pass should take and return vectors of one dimension"""
    sample = inputs.sample()
    own = forward(student, sample)
    for quantity, expected in expected_for(reference, sample).items():
        assert_close(own[quantity], expected, quantity)


@points(1)
@requires("value")
@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: "x".join(map(str, s)))
def test_sizes(student, reference, inputs, assert_close, shared, sizes):
    """The forward pass should be right on a network of sizes (D, H, C) = {sizes}"""
    sample, value = shared_call(
        shared, "sizes", lambda: of_each_size(student, inputs)
    )[sizes]
    own = quantities(value_of(value))
    for quantity, expected in expected_for(reference, sample).items():
        assert_close(squeezed(own[quantity], expected), expected, quantity)


def squeezed(value, expected):
    """A 0-d tensor as a vector where one entry is expected: `squeeze()` leaves nothing else of it."""
    if torch.is_tensor(value) and value.dim() == 0:
        return value.expand(expected.shape) if expected.numel() == 1 else value
    return value


@points(2)
@requires("value")
def test_float64(student, reference, inputs, assert_close):
    """The forward pass should keep the dtype of its inputs"""
    sample = inputs.sample(dtype=torch.float64)
    own = forward(student, sample)
    for quantity, expected in expected_for(reference, sample).items():
        assert_close(
            own[quantity], expected, quantity, tolerance=OF_DIFFERENCES
        )


@points(2)
@requires("value")
def test_pure(student, calls, reference, inputs):
    """forward_pass should leave its arguments unchanged"""
    sample = inputs.sample(inputs.numbers(3))
    arguments = [*sample.parameters, sample.x]
    assert_pure(
        student.forward_pass,
        "forward_pass",
        arguments,
        ["w1", "b1", "w2", "b2", "x"],
        within=without_earlier(calls, reference),
    )
