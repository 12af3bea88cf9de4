"""A training that takes the same number of steps, whatever number it is asked for."""

import pytest

from grader.diagnosis.iterating import constant
from grader.diagnosis.iterating.runs import read_runs
from iterating.trainings import case_of, edited, trained

AS_MANY_AS_SAMPLES = (
    "range(nb_steps)",
    "range(len(train_input))",
)  # a constant that no edit takes out


@pytest.mark.parametrize(
    ("count", "line"),
    [
        ("4", 12),
        ("100", 12),
        ("STEPS", 12),
        ("1", None),
        ("nb_steps", None),
        ("len(train_input)", None),
    ],
)
def test_a_constant_in_the_source_is_replaced_and_named(count, line):
    case = case_of(edited(("range(nb_steps)", f"range({count})")), STEPS=5)
    plain = case.student.prober
    outcomes = constant.counted(case, case.student.ask_each())
    assert case.claims.lines.get("train-ignores-nb-steps") == line
    assert (case.student.prober is plain) == (line is None)
    if line is not None:
        assert [len(run.history) for run in read_runs(outcomes).values()] == [
            0,
            1,
            2,
            3,
        ]


def test_a_constant_that_does_not_count_the_steps_is_left_alone():
    case = case_of(
        edited(
            (
                "for _ in range(nb_steps):",
                "for _ in range(2):\n        pass\n    for _ in [0] * 5:",
            )
        )
    )
    plain = case.student.prober
    outcomes = case.student.ask_each()
    assert constant.counted(case, outcomes) is outcomes
    assert (case.student.prober is plain, case.claims.ids) == (True, [])


def test_behind_the_constant_the_rest_is_diagnosed():
    found = trained(
        ("range(nb_steps)", "range(100)"),
        ("0.1 / n", "0.1"),
        ("wrong / n,", "1 - wrong / n,"),
    )
    assert set(found.misconceptions) == {
        "train-ignores-nb-steps",
        "train-step-size",
        "train-accuracy-for-error",
    }


@pytest.mark.parametrize(
    ("edit", "mistake"),
    [
        (("0.1 / n", "0.1"), "train-step-size"),
        (("wrong / n,", "1 - wrong / n,"), "train-accuracy-for-error"),
        (("1e-6", "math.exp(-6)"), "train-init-exp"),
    ],
)
def test_without_the_source_the_start_is_estimated_and_the_rest_diagnosed(
    edit, mistake
):
    found = trained(AS_MANY_AS_SAMPLES, edit)
    assert set(found.misconceptions) == {"train-ignores-nb-steps", mistake}


@pytest.mark.parametrize(
    ("edits", "mistakes"),
    [
        ([], {"train-single-epoch"}),
        ([("1e-6", "math.exp(-6)")], {"train-single-epoch", "train-init-exp"}),
        (
            [("wrong / n,", "1 - wrong / n,")],
            {"train-single-epoch", "train-accuracy-for-error"},
        ),
    ],
)
def test_one_step_only(edits, mistakes):
    assert (
        set(trained(("range(nb_steps)", "range(1)"), *edits).misconceptions)
        == mistakes
    )


def test_a_great_number_of_steps_is_named_and_the_start_diagnosed():
    found = trained(
        ("range(nb_steps)", "range(9 * len(train_input))"),
        ("1e-6", "math.exp(-6)"),
    )
    assert set(found.misconceptions) == {
        "train-ignores-nb-steps",
        "train-init-exp",
    }


def test_a_training_that_never_moves_takes_no_constant_number_of_steps():
    case = case_of(edited(("p.sub_", "p.sub"), AS_MANY_AS_SAMPLES))
    runs = read_runs(case.student.ask_each())
    assert not constant.observed_steps(case, runs).is_constant
    moving = case_of(edited(AS_MANY_AS_SAMPLES))
    assert constant.observed_steps(
        moving, read_runs(moving.student.ask_each())
    ).is_constant
