"""What part each sample and each parameter has in a step."""

import pytest
from handwritten import EXERCISE

from grader.diagnosis.iterating import shares
from grader.diagnosis.iterating.runs import ReferenceRuns, Run
from grader.results import Remark

REFERENCE = ReferenceRuns(EXERCISE, "train", {})
INPUTS = REFERENCE.trajectory.inputs.arguments
N = len(INPUTS[0])


def step(change, samples=slice(None)):
    """What is said of a step along these samples whose differences are changed."""
    before = Run(REFERENCE.initial((), INPUTS), None)
    train_input, train_target, *rest = INPUTS
    few = (train_input[samples], train_target[samples], *rest)
    after = REFERENCE.run((), before.parameters, few, 1)
    share = len(few[0]) / N
    moved = []
    for index, (one, other) in enumerate(
        zip(before.parameters, after.parameters, strict=True)
    ):
        moved.append(one + share * change(index) * (other - one))
    return shares.remarks(REFERENCE, before, Run(tuple(moved), None), INPUTS)


SEEN = [
    (lambda _: 0.4, slice(None), [Remark("step-factor", "", "0.4")]),
    (lambda _: -1, slice(None), [Remark("step-opposite")]),
    (lambda i: i != 1, slice(None), [Remark("never-moves", "b1")]),
    (
        lambda i: -1 if i == 0 else 1,
        slice(None),
        [Remark("step-opposite", "w1")],
    ),
    (
        lambda i: 2 if i == 3 else 1,
        slice(None),
        [Remark("step-factor", "b2", "2")],
    ),
    (
        lambda _: 1,
        slice(0, -1),
        [Remark("samples-unused", str(N), str(N - 1))],
    ),
    (
        lambda _: 1,
        slice(N - 1, N),
        [Remark("samples-only", str(N), str(N - 1))],
    ),
    (lambda _: 1, slice(0, 2), [Remark("samples-only", str(N), "0-1")]),
    (lambda _: 1, slice(None), []),
    (lambda i: 0.3 + 0.2 * i, slice(None), None),
]


@pytest.mark.parametrize(("change", "samples", "expected"), SEEN)
def test_what_a_step_shows(change, samples, expected):
    found = step(change, samples)
    if expected is None:
        assert {one.kind for one in found} == {"step-factor"}
        assert len(found) == 4
    else:
        assert found == expected
