"""What a lifted loop tells, read as the history of `train`: which column is which.

In the tables a column is (label, values); L, TRAIN and TEST stand for the right loss and errors of each step.
"""

import itertools
import math
from typing import Any

import pytest
import torch

from grader.checking.reference import Reference
from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
NB_STEPS = 6
NB_HIDDEN = 8


def made() -> tuple[tuple[Any, ...], list[Any]]:
    """The arguments of `train`, and parameters from which no two columns are alike."""
    inputs = EXERCISE.inputs.Inputs(5, EXERCISE.profiles["quick"].settings)
    generator = torch.Generator().manual_seed(0)
    shapes = (NB_HIDDEN, 784), (NB_HIDDEN,), (10, NB_HIDDEN), (10,)
    initial = [
        0.1 * torch.randn(*shape, generator=generator) for shape in shapes
    ]
    return (*inputs.data(20, 10), NB_HIDDEN, NB_STEPS), initial


ARGUMENTS, INITIAL = made()
_, HISTORY = Reference(EXERCISE).train(
    *ARGUMENTS[:-1], NB_STEPS + 1, parameters=INITIAL
)
L, TRAIN, TEST = torch.tensor(HISTORY, dtype=torch.float64).t()[:, :NB_STEPS]
AFTER = torch.tensor(HISTORY, dtype=torch.float64).t()[:, 1:]
STEPS = torch.arange(NB_STEPS, dtype=torch.float64)
NAN = torch.full((NB_STEPS,), math.nan, dtype=torch.float64)
WRONG_L, WRONG_TRAIN, WRONG_TEST = 1.5 * L, TRAIN / 3, TEST / 3


def told(*columns: tuple[str, torch.Tensor], digits: int | None = None) -> Any:
    """The history of columns that are printed with so many digits behind the point; None for all."""
    plain = []
    for label, values in columns:
        slacks = torch.zeros(NB_STEPS, dtype=torch.float64)
        if digits is not None:
            values, slacks = (
                values.round(decimals=digits),
                slacks + 0.5 * 10**-digits,
            )
        plain.append(
            [label.removesuffix("%"), label.endswith("%"), values, slacks]
        )
    value = (INITIAL, INITIAL, NB_STEPS, plain)
    parameters, history = EXERCISE.lifted.as_returned(ARGUMENTS, value)
    assert parameters == tuple(INITIAL)
    return history


def rows(*columns: torch.Tensor) -> Any:
    return list(zip(*(column.tolist() for column in columns), strict=True))


def same(history: Any, *columns: torch.Tensor) -> bool:
    expected = torch.stack(columns, 1)
    found = torch.tensor(history, dtype=torch.float64).view(-1, 3)
    return torch.allclose(found, expected, equal_nan=True)


LABELS = [
    pytest.param(("", "", ""), id="no labels"),
    pytest.param(("loss", "train error", "test error"), id="right labels"),
    pytest.param(("perte", "erreur train", "erreur test"), id="French labels"),
    pytest.param(("test", "loss", "step"), id="misleading labels"),
    pytest.param(("h", "h", "h"), id="one list"),
]


@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_right_columns_are_known_in_any_order(labels: Any, order: Any) -> None:
    columns = list(zip(labels, (L, TRAIN, TEST), strict=True))
    assert same(told(*(columns[place] for place in order)), L, TRAIN, TEST)


RIGHT = [
    pytest.param(
        [("", L), ("%", 100 * TRAIN), ("%", 100 * TEST)], id="percent"
    ),
    pytest.param(
        [("", L), ("", 100 * TRAIN), ("", 100 * TEST)], id="without its sign"
    ),
    pytest.param([("", L), ("", 100 * TRAIN), ("", TEST)], id="one of them"),
    pytest.param(
        [("", L), ("", 2 * TRAIN), ("", TEST)], id="a count divided by ten"
    ),
    pytest.param(
        [("step", STEPS), ("", L), ("", TRAIN), ("", TEST)], id="a counter"
    ),
    pytest.param(
        [("", STEPS + 1), ("", L), ("", TRAIN), ("", TEST)], id="from one on"
    ),
    pytest.param(
        [("", 9 * L), ("", L), ("", TRAIN), ("time", L / 7), ("", TEST)],
        id="others",
    ),
]


@pytest.mark.parametrize("columns", RIGHT)
def test_right_columns(columns: Any) -> None:
    assert same(told(*columns), L, TRAIN, TEST)


@pytest.mark.parametrize("digits", [1, 2, 4])
def test_rounded_numbers_say_how_far_they_may_be_off(digits: int) -> None:
    history = told(("", L), ("", 100 * TRAIN), ("", 100 * TEST), digits=digits)
    for entry, right in zip(history, rows(L, TRAIN, TEST), strict=True):
        for number, exact, scale in zip(
            entry, right, (1, 100, 100), strict=True
        ):
            assert number.slack == pytest.approx(0.5 * 10**-digits / scale)
            assert abs(number - exact) <= number.slack + 1e-9


def test_whole_numbers_are_rounded_where_they_are_no_counts() -> None:
    history = told(
        ("loss", L.round()), ("train", (100 * TRAIN).round()), ("test", TEST)
    )
    for entry, right in zip(history, rows(L, TRAIN, TEST), strict=True):
        assert [number.slack for number in entry] == [0.5, 0.005, 0]
        for number, exact in zip(entry, right, strict=True):
            assert abs(number - exact) <= number.slack + 1e-9


@pytest.mark.parametrize("slack", [1e9, math.inf, math.nan, -1.0])
def test_numbers_that_are_said_to_be_very_coarse_tell_nothing(
    slack: float,
) -> None:
    slacks = torch.full((NB_STEPS,), slack, dtype=torch.float64)
    columns = [
        [name, False, 0 * L, slacks] for name in ("loss", "train", "test")
    ]
    value = (INITIAL, INITIAL, NB_STEPS, columns)
    _, history = EXERCISE.lifted.as_returned(ARGUMENTS, value)
    for entry in history:
        loss, *errors = (number.slack for number in entry)
        assert not loss > 0.5
        assert not max(errors) > 0.05


def test_the_same_numbers_again_are_no_other_column() -> None:
    history = told(("step", STEPS), ("", L), ("", L), ("train", TRAIN))
    assert same(history, L, TRAIN, NAN)


def test_a_network_too_large_to_be_computed_here_is_compared_with_nothing() -> (
    None
):
    large = (
        torch.zeros(1001, 784),
        torch.zeros(1001),
        torch.zeros(10, 1001),
        INITIAL[3],
    )
    assert EXERCISE.lifted._expected(ARGUMENTS, large, NB_STEPS).isnan().all()
    assert (
        not EXERCISE.lifted._expected(ARGUMENTS, INITIAL, NB_STEPS)
        .isnan()
        .any()
    )


def test_measured_after_the_step() -> None:
    loss, train, test = AFTER
    assert same(
        told(("a", test), ("a", loss), ("b", train)), loss, train, test
    )


BY_LABEL = [
    pytest.param(("Loss:", "train error", "test error"), id="English"),
    pytest.param(("Loss:", "train_err", "valid_err"), id="validation"),
    pytest.param(("total loss", "err", "te_err"), id="short"),
    pytest.param(("mse", "tr", "te"), id="shorter"),
    pytest.param(("Perte :", "erreur train", "erreur test"), id="French"),
    pytest.param(
        ("coût", "taux d'erreur", "taux d'erreur en test"), id="rates"
    ),
    pytest.param(("train loss", "wrong", "test wrong"), id="with their data"),
    pytest.param(("", "", ""), id="none: the hand-out's order"),
    pytest.param(("h", "h", "h"), id="the same: the hand-out's order"),
]


@pytest.mark.parametrize("labels", BY_LABEL)
def test_wrong_columns_are_told_by_their_labels(labels: Any) -> None:
    wrong = WRONG_L, WRONG_TRAIN, WRONG_TEST
    assert same(told(*zip(labels, wrong, strict=True)), *wrong)
    if len(set(labels)) == 3:
        columns = list(zip(labels, wrong, strict=True))
        assert same(told(*reversed(columns)), *wrong)


def test_a_wrong_percentage_is_one_too() -> None:
    columns = ("loss", L), ("train%", 100 * WRONG_TRAIN), ("test%", 100 * TEST)
    assert same(told(*columns), L, WRONG_TRAIN, TEST)


def test_what_is_left_without_a_label_is_taken_in_order() -> None:
    columns = (
        ("", WRONG_TRAIN),
        ("loss", L),
        ("", WRONG_TEST),
        ("seconds", L / 7),
    )
    assert same(told(*columns), L, WRONG_TRAIN, WRONG_TEST)


MISSING = [
    pytest.param([("loss", L)], (L, NAN, NAN), id="the loss alone"),
    pytest.param([("", TEST)], (NAN, NAN, TEST), id="one that is right"),
    pytest.param(
        [("test error", WRONG_TEST)], (NAN, NAN, WRONG_TEST), id="or wrong"
    ),
    pytest.param(
        [("loss", L), ("test loss", 3 * L)], (L, NAN, NAN), id="two losses"
    ),
    pytest.param(
        [("step", STEPS), ("loss", L)], (L, NAN, NAN), id="and the step"
    ),
    pytest.param(
        [("loss", L), ("seconds", L / 7)], (L, NAN, NAN), id="and a time"
    ),
]


@pytest.mark.parametrize(("columns", "expected"), MISSING)
def test_what_is_not_told_is_nan(columns: Any, expected: Any) -> None:
    assert same(told(*columns), *expected)


ROLES = pytest.mark.parametrize(
    ("place", "label"),
    [(0, "loss {}"), (1, "train error {}"), (2, "test error {}")],
)


@ROLES
@pytest.mark.parametrize("nb_others", [2, 3, 20])
def test_of_many_columns_that_claim_a_role_none_is_known(
    place: int, label: str, nb_others: int
) -> None:
    right = [L, TRAIN, TEST]
    columns = [(label.format("a"), right[place])]
    for number in range(nb_others):
        other = right[place] * (0.9 - 0.04 * number)
        columns.append((label.format(number), other))
    expected = [NAN, NAN, NAN]
    if nb_others == 2:
        expected[place] = right[place]
        assert same(told(*columns), *expected)
    else:
        assert told(*columns) == []


def test_the_same_on_other_scales_is_no_other_column() -> None:
    both = []
    for name, errors in (("train", TRAIN), ("test", TEST)):
        both += [(f"{name} error", errors), (f"{name} acc", 1 - errors)]
        both += [(f"{name} err%", 100 * errors)]
        both += [(f"{name} acc%", 100 * (1 - errors))]
    columns = [("loss", L), ("mean loss", L / 20), *both]
    assert same(told(*columns, digits=2), L.round(decimals=2), TRAIN, TEST)


@pytest.mark.parametrize("nb_others", [7, 8, 40])
@pytest.mark.parametrize("place", range(3))
def test_of_many_columns_none_is_known_by_its_numbers(
    place: int, nb_others: int
) -> None:
    right = [L, TRAIN, TEST]
    columns = [("z", right[place])]
    for number in range(nb_others):
        values = torch.full_like(L, 1000.0 * (number + 1))
        columns.append((f"z{number}", values + STEPS))
    history = told(*columns)
    if nb_others < 8:
        assert [row[place] for row in history] == right[place].tolist()
    else:
        assert history == []


def test_turns_that_tell_nothing_make_no_column_the_same() -> None:
    columns = []
    for turn in range(NB_STEPS):
        values = NAN.clone()
        values[turn] = TRAIN[turn]
        columns.append((f"train error {turn}", values))
    assert told(*columns) == []


NOTHING = [
    pytest.param([], id="no column"),
    pytest.param([("step", STEPS)], id="a counter"),
    pytest.param([("", STEPS)], id="without a label"),
    pytest.param([("seconds", L / 7)], id="a time"),
    pytest.param([("loss", NAN)], id="no number"),
]


@pytest.mark.parametrize("columns", NOTHING)
def test_nothing_that_is_a_history(columns: Any) -> None:
    assert told(*columns) == []


def test_a_step_that_tells_nothing_has_no_entry() -> None:
    every_other = L.clone()
    every_other[1::2] = math.nan
    assert [entry[0] for entry in told(("loss", every_other))] == L[
        ::2
    ].tolist()


def test_no_steps() -> None:
    value = (INITIAL, INITIAL, 0, [["loss", False, L[:0], L[:0]]])
    assert EXERCISE.lifted.as_returned(ARGUMENTS, value) == (
        tuple(INITIAL),
        [],
    )


def test_parameters_that_do_not_fit_leave_the_labels() -> None:
    columns = [["loss", False, L, 0 * L], ["err", False, TRAIN, 0 * L]]
    value = (INITIAL, [torch.ones(2)] * 4, NB_STEPS, columns)
    _, history = EXERCISE.lifted.as_returned(ARGUMENTS, value)
    assert same(history, L, TRAIN, NAN)


ODD = [
    pytest.param(None, id="nothing"),
    pytest.param((INITIAL, INITIAL, NB_STEPS), id="too few parts"),
    pytest.param(
        (INITIAL, INITIAL, NB_STEPS, [["a", False, L]]), id="of a column"
    ),
    pytest.param(
        (INITIAL, INITIAL, NB_STEPS, [["a", False, L[:2], L]]), id="too short"
    ),
    pytest.param(
        (INITIAL, INITIAL, NB_STEPS, [["a", False, L, 0]]), id="no tensor"
    ),
    pytest.param(
        (INITIAL, INITIAL, NB_STEPS + 1, []), id="more steps than asked for"
    ),
    pytest.param((INITIAL, INITIAL, -1, []), id="less than none"),
    pytest.param((INITIAL, INITIAL, 1.5, []), id="half a step"),
    pytest.param(
        (INITIAL, INITIAL, NB_STEPS, [["a", False, L, L]] * 101), id="too much"
    ),
]


@pytest.mark.parametrize("value", ODD)
def test_what_no_loop_gives(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        EXERCISE.lifted.as_returned(ARGUMENTS, value)
