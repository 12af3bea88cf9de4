"""Whole diagnoses of hand-written trainings: what is named, and what is left alone."""

import pytest
import torch
from inprocess import Here, base

from grader.diagnosis import Evidence, diagnose
from iterating.trainings import (
    EXERCISE,
    NOTEBOOK_LOOP,
    TRAIN,
    diagnosed,
    edited,
    trained,
)


@pytest.mark.parametrize("seed", range(25))
def test_a_right_training_is_accused_of_nothing_whatever_it_draws(seed):
    found = trained(
        ("targets = train", f"torch.manual_seed({seed})\n    targets = train")
    )
    assert found.misconceptions == ()


def test_the_notebooks_training_loop():
    found = diagnosed(NOTEBOOK_LOOP)
    assert set(found.misconceptions) == {
        "train-update-lost",
        "train-step-size",
        "train-step-per-sample",
        "train-single-epoch",
        "train-init-exp",
    }


@pytest.mark.parametrize(
    ("ids", "edits"),
    [
        (
            {"train-step-size", "train-no-zeta"},
            [("0.1 / n", "0.1"), ("* 0.9", "* 1.0")],
        ),
        ({"train-ignores-nb-steps"}, [("range(nb_steps)", "range(4)")]),
        ({"train-ignores-nb-steps"}, [("range(nb_steps)", "range(100)")]),
        (
            {"train-single-epoch", "train-init-exp"},
            [("range(nb_steps)", "range(1)"), ("1e-6", "math.exp(-6)")],
        ),
        (
            {"mutates-argument"},
            [("train_target * 0.9", "train_target.mul_(0.9)")],
        ),
        ({"train-update-lost"}, [("p.sub_", "p.sub")]),
        (
            {"train-accuracy-for-error", "train-percent"},
            [
                ("wrong / n,", "100 - 100 * wrong / n,"),
                ("test_wrong / len(test_input)", "100 - 20 * test_wrong"),
            ],
        ),
        ({"uses-global"}, [("len(train_input)\n", "len(train_data)\n")]),
        (set(), [("1e-6", "1e-3")]),
        (set(), [("eta * g", "0.6 * eta * g")]),
    ],
    ids=lambda value: (
        ", ".join(sorted(value)) if isinstance(value, set) else ""
    ),
)
def test_a_mistake_of_the_training_is_named(ids, edits):
    assert set(trained(*edits).misconceptions) == ids


@pytest.mark.parametrize(
    "body", ["pass", "raise NotImplementedError", "n = len(train_input)"]
)
def test_a_training_that_is_only_begun_is_not_written(body):
    head = TRAIN.strip().splitlines()[0]
    found = diagnosed(f"{head}\n    {body}\n")
    assert (found.misconceptions, found.line) == (("not-implemented",), 1)


def test_a_training_that_is_not_reproducible_is_not_accused():
    found = trained(
        ("targets = train", "torch.seed()\n    targets = train"),
        ("0.1 / n", "0.1"),
    )
    assert "train-step-size" not in found.misconceptions


def test_what_cannot_be_done_again_is_not_compared():
    """Until the seventh call everything is as with any training; that one gives other numbers."""
    forgetful = (
        "return (w1,",
        "calls.append(0)\n    if len(calls) > 6:\n        w1 = w1 + 1\n    return (w1,",
    )
    assert (
        trained(("0.1 / n", "0.1"), forgetful, calls=[]).misconceptions == ()
    )


def test_torchs_own_machinery_is_told_by_what_ran_not_by_a_name():
    evident = Evidence(
        source=TRAIN, calls={"model.backward": 3}, autograd=False
    )
    prober = Here(TRAIN, base(EXERCISE))
    assert diagnose(EXERCISE, "train", prober, evident).misconceptions == ()
    evident = Evidence(
        source=TRAIN, calls={"model.backward": 3}, autograd=True
    )
    found = diagnose(EXERCISE, "train", prober, evident)
    assert (found.misconceptions, found.line) == (("uses-autograd",), 3)


def test_earlier_functions_that_are_wrong_are_not_the_trainings_mistakes():
    def half(v, t):
        return v - t

    names = {**EXERCISE.solution.namespace({"dloss": half}), "torch": torch}
    for edits, ids in [([], ()), ([("* 0.9", "* 1.0")], ("train-no-zeta",))]:
        source = edited(*edits)
        evident = Evidence(source=source.strip())
        found = diagnose(
            EXERCISE, "train", Here(source, names), evident, {"dloss": half}
        )
        assert found.misconceptions == ids


@pytest.mark.parametrize(
    "returned",
    ["(w1, w2)", "(w1, b1, w2)", "(w1.t(), b1, w2, b2)", "(torch.zeros(0),)"],
)
@pytest.mark.parametrize("count", ["nb_steps", "len(train_input)"])
def test_parameters_that_fit_no_network_are_accused_of_nothing(
    returned, count
):
    found = trained(
        ("return (w1, b1, w2, b2)", f"return {returned}"),
        ("range(nb_steps)", f"range({count})"),
        ("1e-6", "0.3"),
    )
    assert set(found.misconceptions) <= {"train-ignores-nb-steps"}


@pytest.mark.parametrize(
    ("edit", "raised", "ids"),
    [
        (("* 0.9", "* 1.0"), {}, ["train-no-zeta"]),
        (("* 0.9", "* 1.0"), {"raised_before": True}, []),
        # within the loop, where what raised has changed nothing
        (("p.sub_(eta", "p.sub_(-eta"), {"raised_before": True}, []),
        (
            ("g.zero_()", "pass"),
            {"raised_before": True},
            ["train-never-resets"],
        ),
        (
            ("g.zero_()", "pass"),
            {"raised_before": True, "unbound_before": True},
            [],
        ),
        # the source shows it, whatever has raised
        (
            ("normal_(0, 1e-6)", "normal_(0, math.exp(-6))"),
            {"raised_before": True, "unbound_before": True},
            ["train-init-exp"],
        ),
    ],
)
def test_what_a_statement_that_raised_explains_is_no_mistake(
    edit, raised, ids
):
    source = edited(edit)
    evident = Evidence(source=source.strip(), is_lifted=True, **raised)
    found = diagnose(EXERCISE, "train", Here(source, base(EXERCISE)), evident)
    assert list(found.misconceptions) == ids
