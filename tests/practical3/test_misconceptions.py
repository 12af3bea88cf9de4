"""Every mistake that is known: its edits show, it is told from its siblings, and its note can be read."""

import re

import pytest
from handwritten import EXERCISE, diagnosed
from inprocess import played

from grader.diagnosis.closeness import equal_traces
from grader.diagnosis.observation import trace
from grader.diagnosis.reference_runner import shared_runner
from grader.exercise.probes import probes_of
from grader.reports.text import prose

MISCONCEPTIONS = EXERCISE.misconceptions

IDS = set(
    """
    sigma-logistic sigma-relu sigma-overflow mutates-argument dsigma-not-squared dsigma-plus
    dsigma-expects-activation dsigma-logistic loss-sum-before-square loss-mean loss-half loss-not-reduced
    loss-not-squared dloss-summed dloss-no-factor dloss-sign dloss-mean forward-no-bias forward-bias-column
    forward-column-vectors forward-weights-transposed forward-hidden-linear forward-output-linear
    forward-second-layer-from-s1 forward-order forward-output-only not-implemented backward-dloss-swapped
    backward-dsigma-of-x2 backward-dsigma-of-x1 backward-no-dsigma2 backward-no-dsigma1 backward-skips-dl_dx1
    backward-dl_dx1-from-dl_dx2 backward-w2-elementwise backward-w2-not-transposed backward-elementwise-outer
    backward-outer-transposed backward-dw2-from-x0 backward-dw2-from-s1 backward-dw2-from-x2
    backward-dw1-from-s1 backward-dw1-from-x1 backward-rebinds backward-overwrites backward-subtracts
    backward-column-vectors backward-bias-missing backward-swaps-accumulators uses-global shadows-function
    arguments-order
    train-step-size train-step-per-sample train-single-epoch train-never-resets train-resets-per-sample
    train-ascends train-update-lost train-averages-twice train-init-exp train-init-zero train-init-unit
    train-no-zeta train-zeta-of-inputs train-class-index train-ignores-nb-steps train-mean-loss
    train-accuracy-for-error train-percent train-test-on-train train-stale-history uses-autograd row-vectors
    mixed-vectors train-column-vectors backward-layer-1-missing backward-w2-viewed forward-output-softmax
    train-init-uniform train-init-constant train-init-zero-biases
    """.split()  # noqa: SIM905 (a table is easier to compare with the list it is taken from)
)
FACTS = {
    "name": "x0",
    "hidden": "loss",
    "argument": "x",
}  # what the placeholders of notes may be
COMPARED = [
    name for name in MISCONCEPTIONS.functions if probes_of(EXERCISE, name)
]


def forms(function):
    return [
        (function, i, form.id)
        for i, form in enumerate(MISCONCEPTIONS.forms_of(function))
    ]


SINGLES = [single for function in COMPARED for single in forms(function)]
STAGED = [
    (stage, i, form.id)
    for stage in ("initial", "update", "history")
    for i, form in enumerate(MISCONCEPTIONS.forms_of("train", stage))
    if form.id
    != "train-stale-history"  # its edit serves the history alone; test_history writes it out
]


def test_every_misconception_of_the_course_is_known():
    assert {misconception.id for misconception in MISCONCEPTIONS} == IDS


@pytest.mark.parametrize(("function", "index", "id_"), SINGLES)
def test_an_edit_shows_on_the_probes(function, index, id_):
    runner = shared_runner(EXERCISE, function)
    assert not equal_traces(runner.run_variant((index,)), runner.reference), (
        id_
    )


@pytest.mark.parametrize("function", COMPARED)
def test_siblings_are_told_apart_or_declared_alike(function):
    runner = shared_runner(EXERCISE, function)
    singles = [
        (form, runner.run_variant((i,))) for i, form in enumerate(runner.forms)
    ]
    alike = {
        frozenset((m.id, other))
        for m in MISCONCEPTIONS.of(function)
        for other in m.alike
    }
    same = {
        frozenset((a.id, b.id))
        for i, (a, left) in enumerate(singles)
        for b, right in singles[:i]
        if a.id != b.id
        and left.errors == right.errors
        and equal_traces(left, right)
    }
    assert same <= alike, (
        f"give the same, undeclared: {[sorted(pair) for pair in same - alike]}"
    )
    known = {m.id for m in MISCONCEPTIONS.of(function)}
    assert {pair for pair in alike if pair <= known} <= same, (
        "declared alike, and told apart"
    )


@pytest.mark.parametrize(("function", "index", "id_"), SINGLES)
def test_a_variant_played_as_a_student_is_named(function, index, id_):
    runner = shared_runner(EXERCISE, function)
    source = played(runner.edited((index,)), EXERCISE, function)
    found = diagnosed(function, source)
    assert found.misconceptions == (id_,), found


@pytest.mark.parametrize(("stage", "index", "id_"), STAGED)
def test_a_variant_of_train_played_as_a_student_is_named(stage, index, id_):
    form = MISCONCEPTIONS.forms_of("train", stage)[index]
    source = played(form.apply(EXERCISE.solution.trees), EXERCISE, "train")
    found = diagnosed("train", source)
    assert found.misconceptions == (id_,), found


@pytest.mark.parametrize(
    "misconception", list(MISCONCEPTIONS), ids=lambda m: m.id
)
def test_a_note_can_be_read_and_does_not_give_the_solution_away(misconception):
    for text in (misconception.title, misconception.note, misconception.hint):
        assert text
        assert "{" not in prose.to_text(text, FACTS), (
            "a placeholder that is not filled"
        )
        assert prose.to_html(text, FACTS)
    for form in misconception.forms:
        for edit in form.edits:
            right = re.sub(r"\W", "", edit.replace)
            if len(right) > 8:
                assert right not in re.sub(r"\W", "", misconception.hint)


def test_the_quantities_of_the_probes_are_not_tiny():
    for function in COMPARED:
        runner = shared_runner(EXERCISE, function)
        for vector in trace(runner.outcomes, runner.accumulators).numbers:
            assert vector.abs().max() > 0.05
