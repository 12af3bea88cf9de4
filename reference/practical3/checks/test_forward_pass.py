import pytest
import torch

from grader.checking import CheckFailure, assert_unchanged, points, requires, shared_call, value_of
from grader.checking.comparison import type_in_words

QUANTITIES = ("x0", "s1", "x1", "s2", "x2")
SIZES = ((4, 4, 4), (6, 3, 3), (4, 4, 3), (1, 1, 1), (11, 2, 9))


def forward(student, sample):
    """The five quantities that the student's forward pass gives."""
    return quantities(student.forward_pass(*arguments_for(sample)))


def arguments_for(sample):
    return *(p.clone() for p in sample.parameters), sample.x.clone()


def quantities(value):
    """The five quantities by name, from what forward_pass returns."""
    if not isinstance(value, list | tuple) or len(value) != 5:
        raise CheckFailure(
            f"forward_pass returns {type_in_words(value)}, where (x0, s1, x1, s2, x2) is expected."
        )
    return dict(zip(QUANTITIES, value, strict=True))


def of_one_sample(student, inputs):
    """(sample, its five quantities)."""
    sample = inputs.sample()
    return sample, forward(student, sample)


def of_each_size(student, inputs):
    """Sizes -> (sample, what the student gives for it)."""
    samples = [inputs.sample(sizes) for sizes in SIZES]
    values = student.forward_pass.map_outcomes(list(map(arguments_for, samples)))
    return dict(zip(SIZES, zip(samples, values, strict=True), strict=True))


def given_own(reference, sample, own):
    """Each quantity as it should be, given the student's own quantities before it."""

    def try_to(compute):
        try:
            return compute()
        except (RuntimeError, TypeError):  # the student's own quantity has another shape, or is none
            return None

    return {
        "x0": None,
        "s1": try_to(lambda: sample.w1.mv(own["x0"]) + sample.b1),
        "x1": try_to(lambda: reference.sigma(own["s1"])),
        "s2": try_to(lambda: sample.w2.mv(own["x1"]) + sample.b2),
        "x2": try_to(lambda: reference.sigma(own["s2"])),
    }


@points(1)
def test_returns(student, inputs):
    """forward_pass returns the five quantities (x0, s1, x1, s2, x2)."""
    forward(student, inputs.sample())


@points(2)
@requires("returns")
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_value(student, reference, inputs, assert_close, shared, quantity):
    """{quantity} is right."""
    sample, own = shared_call(shared, "own", lambda: of_one_sample(student, inputs))
    expected = dict(zip(QUANTITIES, reference.forward_pass(*sample.parameters, sample.x), strict=True))
    mismatch = assert_close.mismatch(own[quantity], expected[quantity], quantity)
    if mismatch is None:
        return
    given = given_own(reference, sample, own)[quantity]
    if given is None or given.shape != expected[quantity].shape:
        assert_close(own[quantity], expected[quantity], quantity)
    if assert_close.mismatch(own[quantity], given, quantity) is not None:
        assert_close(own[quantity], expected[quantity], quantity)


@points(2)
@requires("value")
@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: "x".join(map(str, s)))
def test_sizes(student, reference, inputs, assert_close, shared, sizes):
    """The forward pass is right on a network of sizes (D, H, C) = {sizes}."""
    sample, value = shared_call(shared, "sizes", lambda: of_each_size(student, inputs))[sizes]
    own = quantities(value_of(value))
    expected = reference.forward_pass(*sample.parameters, sample.x)
    for quantity, value in zip(QUANTITIES, expected, strict=True):
        assert_close(own[quantity], value, quantity)


@points(2)
@requires("value")
def test_float64(student, reference, inputs, assert_close):
    """The forward pass keeps the dtype of its inputs."""
    sample = inputs.sample(dtype=torch.float64)
    own = forward(student, sample)
    expected = reference.forward_pass(*sample.parameters, sample.x)
    for quantity, value in zip(QUANTITIES, expected, strict=True):
        assert_close(own[quantity], value, quantity, tolerance=1e-6)


@points(2)
@requires("value")
def test_pure(student, reference, inputs):
    """forward_pass leaves its arguments unchanged."""
    if reference.plugged:
        return  # the earlier functions may be what changes it
    sample = inputs.sample()
    arguments = [*sample.parameters, sample.x]
    before = [a.clone() for a in arguments]
    student.forward_pass(*arguments)
    assert_unchanged(arguments, before, ["w1", "b1", "w2", "b2", "x"], "forward_pass")
