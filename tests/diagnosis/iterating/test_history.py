"""What a training reports: the columns of its history."""

import pytest

from grader.diagnosis.iterating import history
from grader.diagnosis.iterating.runs import Run, read_runs
from grader.diagnosis.recognisers import STALE
from iterating.trainings import case_of, edited, form_of, trained

ACCURACY = ("wrong / n,", "1 - wrong / n,")
PERCENT = (
    "test_wrong / len(test_input)",
    "100 * test_wrong / len(test_input)",
)
UPDATE = "        for p, g in zip((w1, b1, w2, b2), gradients):\n            p.sub_(eta * g)\n"
LATE_TEST = [
    (UPDATE, ""),
    ("        test_wrong = 0\n", UPDATE + "        test_wrong = 0\n"),
]
AGAIN = """        total, wrong = 0.0, 0
        for x, t in zip(train_input, targets):
            x2 = forward_pass(w1, b1, w2, b2, x)[-1]
            total += loss(x2, t).item()
            wrong += int(x2.argmax() != t.argmax())
"""
LATE = [
    *LATE_TEST,
    ("        test_wrong = 0\n", AGAIN + "        test_wrong = 0\n"),
]


def explained(*edits):
    case = case_of(edited(*edits))
    runs = read_runs(case.student.ask_each())
    return set(history.explanation(case.student, runs, runs[0].parameters, ()))


def unexplained(*edits):
    case = case_of(edited(*edits))
    return history.unexplained(
        case.student, read_runs(case.student.ask_each())
    )


@pytest.mark.parametrize(
    ("edits", "mistakes"),
    [
        ([], set()),
        ([ACCURACY], {"train-accuracy-for-error"}),
        ([PERCENT], {"train-percent"}),
        ([ACCURACY, PERCENT], {"train-accuracy-for-error", "train-percent"}),
        ([("append((total,", "append((total / n,")], {"train-mean-loss"}),
        (
            [
                (
                    "zip(test_input, test_target)",
                    "zip(train_input, train_target)",
                )
            ],
            set(),
        ),
        (LATE, {"train-stale-history"}),
        (LATE_TEST, set()),  # as the hand-out's words allow
    ],
)
def test_the_columns_tell_the_mistakes(edits, mistakes):
    assert explained(*edits) == mistakes


def test_what_can_be_explained_is_named_beside_what_cannot():
    assert explained(PERCENT, ("append((total,", "append((total - 3,")) == {
        "train-percent"
    }


def test_histories_of_another_form_are_not_compared():
    assert explained(("wrong / n, test_wrong", "test_wrong"), PERCENT) == set()
    assert (
        explained(("history = []", "history = [(0, 0, 0)]"), PERCENT) == set()
    )


def test_a_column_that_the_students_own_parameters_give_is_right(monkeypatch):
    searched = []
    monkeypatch.setattr(
        history._Search,
        "fewest",
        lambda _, wrong: searched.append(wrong) or {},
    )
    case = case_of(edited(("w2, b2, t, x,", "w2, b2, t / 0.9, x,")))
    runs = read_runs(case.student.ask_each())
    no_zeta = (form_of("train-no-zeta"),)  # would report another loss too
    history.explanation(case.student, runs, runs[0].parameters, no_zeta)
    assert searched == [[]]


def test_a_mistake_must_explain_the_column_on_other_samples_too():
    odd = ("wrong / n,", "1 - wrong / n if n == 7 else wrong / n,")
    assert explained(odd) == set()


def test_a_column_that_fits_by_chance_on_a_few_samples_is_not_named():
    off = (
        "wrong += int(x2.argmax() != t.argmax())",
        "wrong += int(not torch.equal(x2 > 0.5, t > 0.5))",
    )
    assert trained(off).misconceptions == ()


def test_a_late_history_is_seen_where_nothing_explains_the_parameters():
    odd = ("eta * g", "0.6 * eta * g")
    seen = unexplained(*LATE, odd)
    assert seen.off
    assert STALE.clue(seen) is not None
    assert STALE.clue(unexplained(odd)) is None
    assert not unexplained(*LATE_TEST, odd).off
    assert trained(*LATE, odd).misconceptions == ("train-stale-history",)


def test_what_is_not_known_or_does_not_fit_cannot_be_measured():
    case = case_of(edited())
    runs = read_runs(case.student.ask_each())
    two = {
        steps: Run(run.parameters[:2], run.history)
        for steps, run in runs.items()
    }
    assert len(history.measured_history(case.student, runs)) == 3
    assert (
        history.measured_history(case.student, {0: runs[0], 3: runs[3]})
        is None
    )
    assert history.measured_history(case.student, two) is None
