import time
import types

import pytest
import torch
from history import (
    assert_computed,
    assert_entries,
    assert_history,
    assert_on_course,
    rows_of,
    rows_of_responses,
    says_nothing,
    tells_all,
)
from runs import (
    COLUMNS,
    FOLLOWS,
    FOLLOWS_AWAKE,
    NB_HIDDEN,
    PARAMETERS,
    STEPS,
    Run,
    Training,
    assert_finite,
    going_on,
    is_finite,
    start,
)

from grader.checking import (
    CheckFailure,
    assert_unchanged,
    by_hand,
    locates,
    number,
    points,
    requires,
    shapes,
    shared_call,
    value_of,
    without_earlier,
)
from grader.errors import StudentFailure

MANY_STEPS = (
    500  # a run of so many may take long, so its time is estimated first
)
# Of how far a parameter moves in a long run: right programs end within 7e-2 of the reference, in both
# profiles, as rounding grows with the steps. What learns in another way ends elsewhere.
ARRIVES = 0.5
# The same of a short run, which is made where a long one is not: of a `train` that is slow, or is given wrong
# functions. Nobody can know its number of steps. Right programs end within 2e-2, and one that stops after ten
# steps is mostly off by 2e-1 and more.
SHORT = 12, 30
ARRIVES_SHORT = 1e-1
# Some wrong functions lead two right programs apart. So the reference goes the same way from initial
# parameters that are off by JITTER of themselves, which is as badly as a sigma rounds near 0. A run may be
# MARGIN times as far off as that; where that is more than ARRIVES, nothing follows from so many steps.
MANY = 1_000  # values, whose distribution can be told
JITTER = 2e-3
MARGIN = 5
WITHOUT_STUDENT = types.SimpleNamespace(
    plugged=()
)  # a reference with none of the student's functions


@points(0.5)
def test_returns(student, calls, inputs, shared):
    """train should return (w1, b1, w2, b2), history"""
    _, runs = Training(student, calls, inputs, shared).first_steps()
    run = value_of(runs[1])
    if run.flat:
        raise CheckFailure(
            "train returns w1, b1, w2, b2, history in one row; the parameters are a tuple of their own."
        )
    if run.history is None:
        raise CheckFailure(
            "The history that train returns is not a list of (train loss, train error, test error), "
            "one entry per step."
        )


@points(0.5)
@shapes
@pytest.mark.parametrize("parameter", PARAMETERS)
def test_initial(student, calls, inputs, shared, parameter):
    """With no steps, {parameter} should be drawn from a normal distribution with ε = 1e-6"""
    data, runs = Training(student, calls, inputs, shared).first_steps()
    run = value_of(runs[0])
    nb_inputs, nb_classes = (
        data.train_input.shape[1],
        data.train_target.shape[1],
    )
    expected = {
        "w1": (NB_HIDDEN, nb_inputs),
        "b1": (NB_HIDDEN,),
        "w2": (nb_classes, NB_HIDDEN),
        "b2": (nb_classes,),
    }
    value = run.parameters[PARAMETERS.index(parameter)]
    shape = tuple(value.shape)
    if shape != expected[parameter]:
        raise CheckFailure(
            f"The initial {parameter} has shape {shape}; expected {expected[parameter]}."
        )
    if not value.any():
        raise CheckFailure(
            f"The initial {parameter} is zero everywhere; expected random values."
        )
    if not value.isfinite().all():
        raise CheckFailure(
            f"The initial {parameter} is not finite; expected random values."
        )
    assert_drawn(f"The initial {parameter}", value.double())


def assert_drawn(name, value):
    """Raise where the values do not look drawn from a normal distribution around 0."""
    for dimension in range(value.dim()):
        if (value.amin(dimension) == value.amax(dimension)).any():
            raise CheckFailure(
                f"{name} holds the same value many times over; expected random values."
            )
    # ε read as a standard deviation, as the course's solution does, or as a variance
    spread = float(value.pow(2).mean().sqrt())
    count = value.numel()
    slack = (
        1 + 5 / (2 * count) ** 0.5
    )  # five standard errors of a standard deviation
    if not any(e / slack <= spread <= e * slack for e in (1e-6, 1e-3)):
        raise CheckFailure(
            f"{name} has a standard deviation of {number(spread)}; expected 1e-6."
        )
    mean = float(value.mean())
    if abs(mean) > 5 * spread / count**0.5:  # five standard errors of a mean
        raise CheckFailure(f"{name} has a mean of {number(mean)}; expected 0.")
    # the kurtosis of a normal distribution is 3, with a standard error of (24/n)^0.5; of a uniform one, 1.8
    kurtosis = float(value.double().pow(4).mean()) / spread**4
    error = (24 / count) ** 0.5
    if count > MANY and not 3 - 5 * error <= kurtosis <= 3 + 10 * error:
        raise CheckFailure(
            f"The values of {name} are not distributed as normal ones are: their kurtosis is "
            f"{number(kurtosis)}; expected 3."
        )


@points(13)
@by_hand
@locates("parameters")
def test_by_hand(student, calls, reference, inputs, assert_close, shared):
    """The parameters should follow gradient descent, step by step, computed by hand"""
    training = Training(student, calls, inputs, shared)
    _, first = training.first_steps()
    training.awake_steps()
    start(first)
    by_torch = calls.by_torch("train")
    if by_torch:
        raise CheckFailure(by_torch)

    def follows():
        training.assert_follows(
            assert_close, reference, *training.first_steps()
        )
        # its stand-in has no silent layer to wait for, and rounding grows with it from step to step
        if "backward_pass" not in calls.standins:
            # with other functions, rounding may be another
            most = FOLLOWS if reference.plugged else FOLLOWS_AWAKE
            awake = training.awake_steps()
            training.assert_follows(assert_close, reference, *awake, most)

    try:
        training.hold(follows)
    except CheckFailure:
        keep_curves(training)
        raise
    shared["follows"] = True


def keep_curves(training):
    """Run a wrong training as long as a right one, for a report to show where it leads."""
    inputs = training.inputs
    nb_hidden, nb_steps = (
        inputs.settings["nb_hidden"],
        inputs.settings["nb_steps"],
    )
    if nb_steps >= MANY_STEPS or training.is_slow():
        return
    samples = training.served(inputs.data())
    run = training.attempt(samples, nb_hidden, nb_steps)
    if not isinstance(run, Run) or not tells_all(run.history, nb_steps):
        return
    try:
        taken, initial = training.earliest(samples, nb_hidden)
        assert_finite(initial, taken)
        with going_on():
            _, expected = inputs.trajectory(
                WITHOUT_STUDENT, samples, initial, nb_steps
            )
    except (StudentFailure, CheckFailure):
        return
    if not taken:
        training.shared["curves"] = run.history, expected


@points(1)
def test_nb_steps(student, calls, inputs, shared):
    """The history should have one entry per step"""
    _, runs = Training(student, calls, inputs, shared).first_steps()
    for k in STEPS[1:]:
        assert_entries(value_of(runs[k]).history, k)


@points(1)
@requires("nb_steps")
@locates("{column}")
@pytest.mark.parametrize("column", COLUMNS)
def test_history(student, calls, reference, inputs, shared, column):
    """The history's {column} should be that of the parameters before each step"""
    training = Training(student, calls, inputs, shared)
    assert_reports(column, training, reference)
    shared.setdefault("reported", set()).add(column)


def assert_reports(column, training, reference):
    """Raise where the history's column is not that of the parameters, in the first steps and once awake."""

    def reports():
        known = rows(training, reference)
        assert_history(column, known, either=training.is_lifted)
        if says_nothing(known):
            assert_computed(column, responses(training, reference))

    training.hold(reports)


def rows(training, reference):
    """The rows of the first steps and of those once awake, which the columns share."""
    shared = training.shared
    if "rows" not in shared:
        found = rows_of(training, reference, *training.first_steps())
        if not training.calls.standins:  # as in `test_by_hand`
            found += rows_of(training, reference, *training.awake_steps())
            found += rows_of(training, reference, *training.longer_run())
        if "follows" not in shared:
            for data, attempts in training.further_steps():
                found += rows_of(training, reference, data, attempts)
        shared["rows"] = found
    return shared["rows"]


def responses(training, reference):
    """The rows of a history of other responses, which the columns share."""
    first = training.first_steps()
    return shared_call(
        training.shared,
        "responses",
        lambda: rows_of_responses(training, reference, *first),
    )


@points(3)
@requires("by_hand")
def test_long_run(student, calls, reference, inputs, shared):
    """A longer run should learn to tell the digits apart"""
    training = Training(student, calls, inputs, shared)
    if reference.plugged:
        # whether it learns is the earlier functions' doing then
        short_run(training, reference)
        return
    if training.is_slow():
        short_run(training, reference)
        return
    settings = inputs.settings
    samples = training.served(inputs.data())
    nb_hidden, nb_steps = settings["nb_hidden"], settings["nb_steps"]
    if nb_steps >= MANY_STEPS:
        estimate(training, samples, nb_hidden, nb_steps)
    run = value_of(training.attempt(samples, nb_hidden, nb_steps))
    taken, initial = training.earliest(samples, nb_hidden)
    assert_finite(initial, taken)
    with going_on():
        end, expected = inputs.trajectory(
            WITHOUT_STUDENT, samples, initial, nb_steps - taken
        )
    history = run.history
    # the checks of the history have told where a loop outside a function tells less
    if not training.is_lifted or tells_all(history, nb_steps):
        if history is None or len(history) != nb_steps:
            raise CheckFailure(
                f"After {nb_steps} steps the history has {len(history or ())} entries, not {nb_steps}."
            )
        shared["curves"] = (history, [] if taken else expected)
        # losses that are no losses have cost their own points
        if "train loss" in shared.get("reported", ()):
            assert_on_course(
                history[taken:], expected, may_be_late=training.is_lifted
            )
    # the parameters speak for themselves, whatever the history says
    assert_learned(inputs, samples, run.parameters)
    assert_arrived(run.parameters, initial, end, nb_steps)


def short_run(training, reference):
    """Raise where a run of some steps ends elsewhere than those of the reference, if these can be told."""
    least, most = SHORT
    most = int(min(most, training.most_steps()))
    data = training.contested_data()
    taken, initial = training.earliest(data, NB_HIDDEN)
    assert_finite(initial, taken)
    while most >= least:
        (nb_steps,) = training.inputs.numbers(1, least, most)
        run = value_of(training.attempt(data, NB_HIDDEN, nb_steps))
        course = Course(training.inputs, reference, data, nb_steps - taken)
        end = course.end(initial)
        if end is not None:
            off, _ = furthest(run.parameters, initial, end)
            if off <= ARRIVES_SHORT:
                return
            allowed = MARGIN * course.spread(initial, end)
            if allowed <= ARRIVES:
                allowed = max(allowed, ARRIVES_SHORT)
                assert_arrived(run.parameters, initial, end, nb_steps, allowed)
                return
        # with fewer steps, rounding matters less
        most = nb_steps - 1


class Course:
    """So many of the reference's steps on the same data."""

    def __init__(self, inputs, reference, data, nb_steps):
        self._inputs = inputs
        self._reference = reference
        self._data = data
        self._nb_steps = nb_steps

    def end(self, initial):
        """Where it leads from there; None where earlier functions that are wrong lead out of the numbers."""
        try:
            end, _ = self._inputs.trajectory(
                self._reference, self._data, initial, self._nb_steps
            )
        except (
            StudentFailure,
            RuntimeError,
            IndexError,
            TypeError,
            ValueError,
        ):
            return None
        return end if is_finite(end) else None

    def spread(self, initial, end):
        """How far from its end it leads from nearly the same parameters: see `furthest`."""
        jittered = []
        for p in initial:
            noise = self._inputs.normal(*p.shape, scale=JITTER)
            jittered.append(p * (1 + noise))
        other = self.end(jittered)
        if other is None:
            return float("inf")
        spread, _ = furthest(other, initial, end)
        return spread


def assert_arrived(parameters, initial, end, nb_steps, most=ARRIVES):
    """Raise where a run has ended nowhere near the end of gradient descent."""
    off, name = furthest(parameters, initial, end)
    if off > most:
        raise CheckFailure(
            f"After {nb_steps} steps {name} is not where gradient descent leads."
        )


def furthest(parameters, initial, end):
    """(how far the worst parameter is from its end, as a part of how far it should move, its name)."""
    worst, worst_name = 0.0, PARAMETERS[0]
    for name, own, was, right in zip(
        PARAMETERS, parameters, initial, end, strict=True
    ):
        off = float("inf")
        if own.shape == right.shape and own.isfinite().all():
            distance = float((own.double() - right.double()).norm())
            moved = float((right.double() - was.double()).norm())
            if distance == 0:
                off = 0.0
            elif moved > 0:
                off = distance / moved
        if off > worst:
            worst, worst_name = off, name
    return worst, worst_name


def estimate(training, samples, nb_hidden, nb_steps):
    """Say how long a run should take, by its first steps; raise where that is far more than it may take."""
    took = {}
    for k in (1, 1, 5):  # the first time around, everything is cold
        started = time.monotonic()
        value_of(training.attempt(samples, nb_hidden, k))
        took[k] = time.monotonic() - started
    seconds = max(took[5] - took[1], 0) / 4 * nb_steps
    most = training.calls.time_for("train")
    if seconds > 2 * most:
        raise CheckFailure(
            f"By its first steps, a run of {nb_steps} steps would take {in_words(seconds)}; it may take "
            f"{in_words(most)}, so it was not made."
        )
    training.calls.on_slow_run(
        f"The {nb_steps} steps of train should take {in_words(seconds)}."
    )


def in_words(seconds):
    return (
        f"{seconds / 60:.0f} minutes"
        if seconds >= 150
        else f"{seconds:.0f} seconds"
    )


def assert_learned(inputs, samples, parameters):
    """Raise where the parameters of a long run do not reach the profile's thresholds."""
    settings = inputs.settings
    nb_steps = settings["nb_steps"]
    silent = [torch.zeros_like(parameter) for parameter in parameters]
    first_loss, _, _ = evaluated(inputs, samples, silent)
    loss, train_error, test_error = evaluated(inputs, samples, parameters)
    assert_few_errors(
        "training", train_error, settings["max_train_error"], nb_steps
    )
    assert_few_errors(
        "test", test_error, settings.get("max_test_error", 1.0), nb_steps
    )
    if not loss <= settings["max_loss"] * first_loss:
        raise CheckFailure(
            f"After {nb_steps} steps the loss has only gone from {number(first_loss)} to {number(loss)}."
        )


def evaluated(inputs, samples, parameters):
    """(train loss, train error, test error) of these parameters."""
    with going_on():
        _, history = inputs.trajectory(WITHOUT_STUDENT, samples, parameters, 1)
    return history[0]


def assert_few_errors(samples, error, most, nb_steps):
    if not error <= most:
        raise CheckFailure(
            f"After {nb_steps} steps {error:.0%} of the {samples} samples are classified wrongly; "
            f"expected at most {most:.0%}."
        )


@points(0.5)
@requires("by_hand")
def test_sizes(student, calls, reference, inputs, assert_close, shared):
    """train should work for other numbers of inputs, hidden units and classes"""
    training = Training(student, calls, inputs, shared)
    samples = training.served(inputs.made_up_data())

    def follows():
        runs = {k: training.attempt(samples, 4, k) for k in (0, 1, 2)}
        value_of(runs[2])
        training.assert_follows(assert_close, reference, samples, runs)

    training.hold(follows)


@points(1)
@requires("returns")
def test_pure(student, calls, reference, inputs):
    """train should leave the data it is given unchanged"""
    if calls.is_lifted("train"):
        return  # the data are the file's own there
    nb_train, nb_test = inputs.numbers(2, 6, 12)
    made_up = inputs.made_up_data(nb_train, nb_test, inputs.numbers(2))
    samples = list(made_up)
    before = [s.clone() for s in samples]
    with without_earlier(calls, reference):
        student.train(*samples, 4, 2)
    names = ["train_input", "train_target", "test_input", "test_target"]
    assert_unchanged(samples, before, names, "train")
