import pytest
import torch

from grader.checking import (
    CheckFailure,
    assert_pure,
    autograd_gradients,
    by_hand,
    points,
    requires,
    shapes,
    shared_call,
    value_of,
    without_earlier,
)
from grader.errors import StudentFailure

MOST_DRAWN = 8
ACCUMULATORS = ("dl_dw1", "dl_db1", "dl_dw2", "dl_db2")
SIZES = ((4, 4, 4), (6, 3, 3), (4, 4, 3), (1, 1, 1))


def backward(student, reference, sample, accumulators):
    """Call the student's backward pass on what the reference's forward pass computed."""
    student.backward_pass(*arguments_for(reference, sample), *accumulators)


def arguments_for(reference, sample):
    """Clones of what backward_pass takes before its accumulators."""
    _, s1, x1, s2, x2 = reference.forward_pass(*sample.parameters, sample.x)
    arguments = [*sample.parameters, sample.t, sample.x, s1, x1, s2, x2]
    return [a.detach().clone() for a in arguments]


def zeros_for(sample):
    """Four accumulators that hold nothing yet."""
    return [torch.zeros_like(p) for p in sample.parameters]


def gradients(reference, sample):
    """The four gradients, by autograd through the reference, in the order of ACCUMULATORS."""

    def loss_of(*parameters):
        return reference.loss(
            reference.forward_pass(*parameters, sample.x)[-1], sample.t
        )

    return autograd_gradients(loss_of, sample.parameters)


def telling_sample(reference, inputs):
    """(sample, its gradients), none of them zero: a function that does nothing must not be right by them.

    Only a student's own functions, plugged in, can make them so: a rectifier on some samples, others always.
    """
    for _ in range(MOST_DRAWN):
        sample = inputs.sample()
        expected = gradients(reference, sample)
        if all(g.isfinite().all() and g.any() for g in expected):
            return sample, expected
    raise CheckFailure(
        "With your functions before it, there is no gradient to compare with."
    )


def of_one_sample(student, reference, inputs):
    """(accumulators, what they held before, the gradients)."""
    sample, expected = telling_sample(reference, inputs)
    accumulators = zeros_for(sample)
    before = [a.clone() for a in accumulators]
    backward(student, reference, sample, accumulators)
    return accumulators, before, expected


def of_each_size(student, reference, inputs):
    """Sizes -> (sample, how the call ended, accumulators, what they held before), all in one exchange."""
    outcomes, rows = {}, {}
    for sizes in SIZES:
        sample = inputs.sample(sizes)
        accumulators = inputs.accumulators(sample)
        outcomes[sizes] = [
            sample,
            None,
            accumulators,
            [a.clone() for a in accumulators],
        ]
        try:
            rows[sizes] = *arguments_for(reference, sample), *accumulators
        except StudentFailure as failure:  # the student's own functions in the reference fail for this size
            outcomes[sizes][1] = failure
    endings = student.backward_pass.map_outcomes(list(rows.values()))
    for sizes, ending in zip(rows, endings, strict=True):
        outcomes[sizes][1] = ending
    return outcomes


def compare(assert_close, accumulators, before, expected, only=ACCUMULATORS):
    """Each accumulator against what it held before plus the gradient.

    Not the difference against the gradient: where that is small, the sum has rounded it away.
    """
    for name, now, was, gradient in zip(
        ACCUMULATORS, accumulators, before, expected, strict=True
    ):
        if name in only:
            assert_close(now, was + gradient, name)


def assert_by_hand(calls):
    """Raise where torch was seen to differentiate for the student's backward pass."""
    by_torch = calls.by_torch("backward_pass")
    if by_torch:
        raise CheckFailure(by_torch)


@points(3)
@pytest.mark.parametrize("accumulator", ACCUMULATORS[::-1])
def test_gradient(
    student, reference, inputs, assert_close, shared, accumulator
):
    """{accumulator} should be the gradient that autograd finds"""
    accumulators, before, expected = shared_call(
        shared, "gradients", lambda: of_one_sample(student, reference, inputs)
    )
    compare(assert_close, accumulators, before, expected, only=[accumulator])


@points(42)
@by_hand
def test_by_hand(student, calls, reference, inputs, assert_close):
    """The four gradients should be right, and computed by hand"""
    sample, expected = telling_sample(reference, inputs)
    accumulators = zeros_for(sample)
    try:
        backward(student, reference, sample, accumulators)
    except StudentFailure:
        assert_by_hand(calls)  # autograd may also be what makes the call fail
        raise
    assert_by_hand(calls)
    wrong = []
    for name, now, gradient in zip(
        ACCUMULATORS, accumulators, expected, strict=True
    ):
        if assert_close.mismatch(now, gradient, name) is not None:
            wrong.append(name)
    if wrong:
        credit = 1 - len(wrong) / len(ACCUMULATORS)
        raise CheckFailure(
            f"Computed by hand, but not yet right: {', '.join(wrong)}.",
            credit=credit,
        )


@points(6)
@requires("by_hand")
def test_accumulates(student, reference, inputs, assert_close):
    """Two calls should add both gradients to what the accumulators held before"""
    sample, expected = telling_sample(reference, inputs)
    accumulators = inputs.accumulators(sample)
    before = [a.clone() for a in accumulators]
    backward(student, reference, sample, accumulators)
    backward(student, reference, sample, accumulators)
    compare(assert_close, accumulators, before, [2 * g for g in expected])


@points(4)
@requires("by_hand", "accumulates")
@shapes
def test_shapes(student, reference, inputs, assert_close):
    """backward_pass should take vectors of one dimension"""
    sample = inputs.sample()
    accumulators = zeros_for(sample)
    before = [a.clone() for a in accumulators]
    backward(student, reference, sample, accumulators)
    compare(assert_close, accumulators, before, gradients(reference, sample))


@points(0.5)
@requires("by_hand")
@pytest.mark.parametrize("sizes", SIZES, ids=lambda s: "x".join(map(str, s)))
def test_sizes(student, reference, inputs, assert_close, shared, sizes):
    """The gradients should be right on a network of sizes (D, H, C) = {sizes}"""
    outcomes = shared_call(
        shared, "sizes", lambda: of_each_size(student, reference, inputs)
    )
    sample, ending, accumulators, before = outcomes[sizes]
    value_of(ending)
    compare(assert_close, accumulators, before, gradients(reference, sample))


@points(3)
@requires("by_hand")
def test_float64(student, reference, inputs, assert_close):
    """The gradients should be right in float64"""
    sample = inputs.sample(dtype=torch.float64)
    accumulators = zeros_for(sample)
    before = [a.clone() for a in accumulators]
    backward(student, reference, sample, accumulators)
    compare(assert_close, accumulators, before, gradients(reference, sample))


@points(3)
@requires("by_hand")
def test_pure(student, calls, reference, inputs):
    """backward_pass should change nothing but its four accumulators"""
    sample = inputs.sample(inputs.numbers(3))
    arguments = arguments_for(reference, sample)
    assert_pure(
        student.backward_pass,
        "backward_pass",
        arguments,
        ["w1", "b1", "w2", "b2", "t", "x", "s1", "x1", "s2", "x2"],
        accumulators=lambda: zeros_for(sample),
        within=without_earlier(calls, reference),
    )
