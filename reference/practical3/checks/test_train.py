import contextlib
import time
import types
from typing import Any, NamedTuple

import pytest
import torch

from grader.checking import (
    CheckFailure,
    assert_unchanged,
    is_close,
    locates,
    number,
    points,
    requires,
    shapes,
    type_in_words,
    value_of,
    without_earlier,
)
from grader.errors import StudentFailure

PARAMETERS = ("w1", "b1", "w2", "b2")
COLUMNS = ("train loss", "train error", "test error")
NB_HIDDEN = 50
STEPS = (0, 1, 3)
MOST_ENTRIES = 1_000_000  # of a history that is a tensor
LAST_STEPS = (
    10  # of a long run; the best of them counts, as the loss can spike
)
MANY_STEPS = (
    500  # a run of so many may take long, so its time is estimated first
)
SLOW = 0.5  # seconds for one step on a few samples, which take a few milliseconds with products of matrices

# At ε = 1e-6 the hidden layer is silent for a hundred steps, and its mistakes with it; the response is the
# same for all samples. On `contested_data` it is awake after six steps, or two at ε = 1e-3.
AWAKE = (7, 8, 9)
# Of each parameter's own change in one step: at this ε, an absolute tolerance would hide everything. In the
# first steps right programs in float32 are within 2e-3 of the reference where their sigma rounds badly near
# 0, and what is wrong is off by 5e-2 and more. Once the hidden layer is awake, right programs are within
# 4e-5, and dsigma(x2) for dsigma(s2) is off by 1e-2.
FOLLOWS = 2e-2
FOLLOWS_AWAKE = 2e-3
SAME_AGAIN = 1e-3  # two runs from one seed differ in rounding at most, from unseeded values by all of it
SAME_LOSS = 1e-3  # a sum over the samples in float32, in whatever order
ROUNDED = 6e-3  # a history may be rounded to two digits; one error more of twenty samples is 5e-2
SAME_COURSE = (
    0.02  # of the loss, which rounding moves by far less in the first steps
)
NB_COMPARABLE = 20  # steps of a long run; from there on rounding alone can lead two right programs apart

WITHOUT_STUDENT = types.SimpleNamespace(
    plugged=()
)  # a reference with none of the student's functions


class Run:
    """What one call of `train` returned, taken kindly.

    flat: the parameters are not a tuple of their own. history: None where it is not one.
    Raises CheckFailure where there are not four tensors of floats and a history.
    """

    def __init__(self, value):
        self.flat = False
        if is_sequence(value, len(PARAMETERS) + 1) and torch.is_tensor(
            value[0]
        ):
            self.flat = True
            *self.parameters, history = value
        elif is_sequence(value, 2) and is_sequence(value[0], len(PARAMETERS)):
            self.parameters, history = list(value[0]), value[1]
        else:
            raise CheckFailure(
                f"train returns {type_in_words(value)}; expected (w1, b1, w2, b2), history."
            )
        for name, parameter in zip(PARAMETERS, self.parameters, strict=True):
            if not torch.is_tensor(parameter):
                raise CheckFailure(
                    f"The {name} that train returns is {type_in_words(parameter)}, not a tensor."
                )
            if not parameter.is_floating_point():
                raise CheckFailure(
                    f"The {name} that train returns has dtype {parameter.dtype}; expected floats."
                )
        self.history = entries(history)


def is_sequence(value, length):
    return isinstance(value, list | tuple) and len(value) == length


def entries(history):
    """The history as a list of triples of floats; None where it is not one."""
    if torch.is_tensor(history):
        history = listed(history)
    if not isinstance(history, list | tuple):
        return None
    rows = []
    for entry in history:
        if torch.is_tensor(entry):
            entry = entry.tolist()
        if not is_sequence(entry, len(COLUMNS)) or not all(
            map(is_number, entry)
        ):
            return None
        rows.append(tuple(as_float(value) for value in entry))
    return rows


def as_float(value):
    """A float; one that knows how it was rounded stays what it is."""
    return value if isinstance(value, float) else float(value)


def listed(history):
    """A history that is a tensor as a list; None where it is too large, or neither a matrix nor empty."""
    if history.dim() == 0 or len(history) + history.numel() >= MOST_ENTRIES:
        return None
    if history.dim() != 2 and len(history) > 0:
        return None
    return history.tolist()


def is_number(value):
    return isinstance(value, int | float) or (
        torch.is_tensor(value) and value.numel() == 1
    )


# -- runs, which the checks share ------------------------------------------------------------------


def attempt(student, data, nb_hidden, nb_steps):
    """One call of `train`: a Run, or the failure it ended in."""
    try:
        return Run(
            student.train(*(d.clone() for d in data), nb_hidden, nb_steps)
        )
    except (StudentFailure, CheckFailure) as failure:
        return failure


def first_steps(student, calls, inputs, shared):
    """(data, runs by steps): the student's `train` from one seed with 0, 1 and 3 steps."""
    draw = inputs.lopsided_data
    return runs_of(student, calls, inputs, shared, "first", draw, STEPS)


def awake_steps(student, calls, inputs, shared):
    """The same with so many steps that the hidden layer has woken up."""
    draw = inputs.contested_data
    return runs_of(student, calls, inputs, shared, "awake", draw, AWAKE)


def runs_of(student, calls, inputs, shared, name, draw, steps):
    if name not in shared:
        slow = is_slow(student, calls, inputs, shared)
        data = inputs.coarse(draw()) if slow else draw()
        shared[name] = (
            data,
            {k: attempt(student, data, NB_HIDDEN, k) for k in steps},
        )
    return shared[name]


def is_slow(student, calls, inputs, shared):
    """Whether `train` goes through single entries in Python, say: right, but a thousand times slower."""
    if "slow" not in shared:
        started = time.monotonic()
        attempt(student, inputs.data(2, 4), NB_HIDDEN, 1)
        shared["slow"] = time.monotonic() - started > SLOW
        if shared["slow"]:
            calls.remark(
                "A step of train takes so long that it was judged on coarser images, and not by a longer run."
            )
    return shared["slow"]


def is_reproducible(student, calls, inputs, shared):
    """Whether `train` gives the same again from the same seed."""
    if "reproducible" not in shared:
        data = inputs.data(4, 4)
        once, again = (attempt(student, data, NB_HIDDEN, 1) for _ in range(2))
        shared["reproducible"] = same_parameters(once, again)
        if not shared["reproducible"]:
            calls.remark(
                "train gives other results from the same seed, so it was judged by its thresholds alone."
            )
    return shared["reproducible"]


def same_parameters(once, again):
    """Whether two attempts gave the same parameters, or one of them gave none."""
    if not isinstance(once, Run) or not isinstance(again, Run):
        return True
    for a, b in zip(once.parameters, again.parameters, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if not is_close(
            a.nan_to_num(), b.nan_to_num(), SAME_AGAIN
        ):  # nan, and again nan, is the same
            return False
    return True


# -- following a run with the reference ------------------------------------------------------------


def start(runs):
    """(steps already taken, parameters) to follow the student's `train` from: the earliest that it gives."""
    for k, run in runs.items():
        if isinstance(run, Run):
            return k, run.parameters
    raise runs[max(runs)]


@contextlib.contextmanager
def going_on():
    """Raise CheckFailure where the reference cannot work with the student's parameters."""
    try:
        yield
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        raise CheckFailure(
            "Gradient descent cannot go on from the parameters that train returns: "
            f"their shapes or dtypes do not fit ({error})."
        ) from error


def assert_follows(
    assert_close, inputs, reference, data, runs, tolerance=FOLLOWS
):
    """Raise where a step from a run's parameters does not lead where the reference's step does."""
    taken, before = start(runs)
    for k, run in runs.items():
        if k <= taken:
            continue
        with going_on():
            expected, _ = inputs.trajectory(reference, data, before, k - taken)
        now = value_of(run).parameters
        if is_finite(expected):
            within = in_steps(taken, k)
            assert_moved(
                assert_close, now, before, expected, within, tolerance
            )
        taken, before = k, now


def in_steps(taken, k):
    return (
        f" in step {k}" if k == taken + 1 else f" in steps {taken + 1} to {k}"
    )


def is_finite(parameters):
    """Whether a step makes sense: a wrong earlier function can lead out of the numbers."""
    return all(bool(p.isfinite().all()) for p in parameters)


def assert_moved(
    assert_close, now, before, expected, meanwhile="", tolerance=FOLLOWS
):
    """Raise where the parameters have not changed from `before` as they have in `expected`."""
    for name, own, was, right in zip(
        PARAMETERS, now, before, expected, strict=True
    ):
        moved = own.double() - was.double() if own.shape == was.shape else own
        quantity = f"the change of {name}{meanwhile}"
        assert_close(
            moved,
            right.double() - was.double(),
            quantity,
            tolerance=tolerance,
            dtype=False,
        )


def steps(count):
    return f"{count} step" if count == 1 else f"{count} steps"


# -- the history -----------------------------------------------------------------------------------


class Row(NamedTuple):
    """One entry of a history, and what it should hold: see `inputs.measure`.

    step: counted from 1. before, after: of the parameters before and after this step; None where not known.
    """

    step: int
    entry: tuple[float, ...]
    before: Any
    after: Any


def rows_of(inputs, reference, data, runs):
    """The rows of the longest run's history before which the parameters are known."""
    longest = max(runs)
    history = value_of(runs[longest]).history
    assert_entries(history, longest)
    measured = {}
    for k, run in runs.items():
        needed = k < longest or k - 1 in runs
        if needed and isinstance(run, Run):
            with going_on():
                measured[k] = inputs.measure(reference, data, run.parameters)
    rows = []
    for k in range(longest):
        # a wrong earlier function can lead out of the numbers
        if measured.get(k) is not None:
            rows.append(
                Row(k + 1, history[k], measured[k], measured.get(k + 1))
            )
    return rows


def assert_entries(history, nb_steps):
    """Raise where a history does not have one entry per step."""
    if history is None:
        raise CheckFailure(
            "The history is not a list with one entry per step."
        )
    if len(history) != nb_steps:
        raise CheckFailure(
            f"After {steps(nb_steps)} the history has {len(history)} entries, not {nb_steps}."
        )


def assert_history(column, rows, either=False):
    """Raise where a column of the history is not that of the parameters before each step.

    An error may be that of the parameters after each step, if it is in all of the rows: the hand-out's words
    allow for it. So may the loss where `either` says so.
    """
    wrong = first_wrong(column, rows, "before")
    if wrong is None:
        return
    may_be_late = either or column != "train loss"
    if may_be_late and first_wrong(column, rows, "after") is None:
        return
    own = wrong.entry[COLUMNS.index(column)]
    if either and own != own:
        raise CheckFailure(
            f"Nothing tells the {column} of each step: print it, or append it to a list."
        )
    right = wrong.before.loss
    if column != "train loss":
        right = errors_in(column, wrong.before).rates[0]
    raise CheckFailure(
        f"In step {wrong.step} the history's {column} is {number(own)}; the parameters before that step give "
        f"{number(right)}."
    )


def first_wrong(column, rows, moment):
    """The first row whose entry is not what the parameters of that moment give; None where all are."""
    for row in rows:
        own, expected = row.entry[COLUMNS.index(column)], getattr(row, moment)
        if expected is not None and not is_entry(column, own, expected):
            return row
    return None


def is_entry(column, own, expected):
    """Whether a value of the history is what was measured; an error counts a tie as either."""
    slack = ROUNDED + getattr(own, "slack", 0.0)
    if column == "train loss":
        return (
            abs(own - expected.loss) <= SAME_LOSS * abs(expected.loss) + slack
        )
    rates = errors_in(column, expected).rates
    return any(abs(own - rate) <= slack for rate in rates)


def errors_in(column, measured):
    return measured.train if column == "train error" else measured.test


# -- the checks ------------------------------------------------------------------------------------


@points(0.5)
def test_returns(student, calls, inputs, shared):
    """train should return (w1, b1, w2, b2), history"""
    _, runs = first_steps(student, calls, inputs, shared)
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
    data, runs = first_steps(student, calls, inputs, shared)
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


@points(13)
@locates("parameters")
def test_by_hand(student, calls, reference, inputs, assert_close, shared):
    """The parameters should follow gradient descent, step by step, computed by hand"""
    data, runs = first_steps(student, calls, inputs, shared)
    contested, awake = awake_steps(student, calls, inputs, shared)
    start(runs)
    by_torch = calls.by_torch("train")
    if by_torch:
        raise CheckFailure(by_torch)
    try:
        assert_follows(assert_close, inputs, reference, data, runs)
        # its stand-in has no silent layer to wait for, and rounding grows with it from step to step
        if "backward_pass" not in calls.standins:
            # with other functions, rounding may be another
            most = FOLLOWS if reference.plugged else FOLLOWS_AWAKE
            assert_follows(
                assert_close, inputs, reference, contested, awake, most
            )
    except CheckFailure:
        if is_reproducible(student, calls, inputs, shared):
            raise


@points(1)
def test_nb_steps(student, calls, inputs, shared):
    """The history should have one entry per step"""
    _, runs = first_steps(student, calls, inputs, shared)
    for k in STEPS[1:]:
        assert_entries(value_of(runs[k]).history, k)


@points(1)
@requires("nb_steps")
@locates("{column}")
@pytest.mark.parametrize("column", COLUMNS)
def test_history(student, calls, reference, inputs, shared, column):
    """The history's {column} should be that of the parameters before each step"""
    assert_reports(column, student, calls, reference, inputs, shared)


def assert_reports(column, student, calls, reference, inputs, shared):
    """Raise where the history's column is not that of the parameters, in the first steps and once awake."""
    if "rows" not in shared:
        shared["rows"] = rows_of(
            inputs, reference, *first_steps(student, calls, inputs, shared)
        )
        if not calls.standins:  # as in `test_by_hand`
            shared["rows"] += rows_of(
                inputs, reference, *awake_steps(student, calls, inputs, shared)
            )
    try:
        assert_history(column, shared["rows"], either=calls.is_lifted("train"))
    except CheckFailure:
        if is_reproducible(student, calls, inputs, shared):
            raise


@points(3)
@requires("by_hand")
def test_long_run(student, calls, reference, inputs, shared):
    """A longer run should learn to tell the digits apart"""
    if reference.plugged:
        # whether it learns is the earlier functions' doing then; from where it sets out is its own
        if tells_of_steps(student, calls, inputs, shared):
            assert_reports(
                "train loss", student, calls, reference, inputs, shared
            )
        return
    if is_slow(student, calls, inputs, shared):
        return
    settings = inputs.settings
    samples = inputs.data()
    nb_hidden, nb_steps = settings["nb_hidden"], settings["nb_steps"]
    if nb_steps >= MANY_STEPS:
        estimate(student, calls, samples, nb_hidden, nb_steps)
    run = value_of(attempt(student, samples, nb_hidden, nb_steps))
    history = run.history
    is_lifted = calls.is_lifted("train")
    if is_lifted and not tells_all(history, nb_steps):
        # the checks of the history have told so: here the parameters speak for themselves
        assert_learned(
            ends_of(student, inputs, samples, run), settings, nb_steps
        )
        return
    if history is None or len(history) != nb_steps:
        raise CheckFailure(
            f"After {nb_steps} steps the history has {len(history or ())} entries, not {nb_steps}."
        )
    expected = followed(student, inputs, samples, shared)
    shared["curves"] = (history, expected)
    assert_on_course(history, expected, may_be_late=is_lifted)
    try:
        assert_learned(history, settings, nb_steps)
    except CheckFailure:
        # a history that is wrong has cost its own points
        assert_learned(
            ends_of(student, inputs, samples, run), settings, nb_steps
        )


def ends_of(student, inputs, samples, run):
    """What the initial parameters and those after a run give, as the entries of a history."""
    initial = value_of(
        attempt(student, samples, inputs.settings["nb_hidden"], 0)
    )
    return [
        evaluate(inputs, samples, one.parameters) for one in (initial, run)
    ]


def tells_of_steps(student, calls, inputs, shared):
    """Whether there is a history that can be compared; a loop that is no function may have none."""
    if not calls.is_lifted("train"):
        return True
    _, runs = first_steps(student, calls, inputs, shared)
    longest = max(runs)
    return tells_all(value_of(runs[longest]).history, longest)


def tells_all(history, nb_steps):
    """Whether a history has all three numbers for each step."""
    if history is None or len(history) != nb_steps:
        return False
    return not any(value != value for entry in history for value in entry)


def evaluate(inputs, samples, parameters):
    """(train loss, train error, test error) of these parameters."""
    with going_on():
        _, history = inputs.trajectory(WITHOUT_STUDENT, samples, parameters, 1)
    return history[0]


def estimate(student, calls, samples, nb_hidden, nb_steps):
    """Say how long a run should take, by its first steps; raise where that is far more than it may take."""
    took = {}
    for k in (1, 1, 5):  # the first time around, everything is cold
        started = time.monotonic()
        value_of(attempt(student, samples, nb_hidden, k))
        took[k] = time.monotonic() - started
    seconds = max(took[5] - took[1], 0) / 4 * nb_steps
    most = calls.time_for("train")
    if seconds > 2 * most:
        raise CheckFailure(
            f"By its first steps, a run of {nb_steps} steps would take {in_words(seconds)}; it may take "
            f"{in_words(most)}, so it was not made."
        )
    calls.on_slow_run(
        f"The {nb_steps} steps of train should take {in_words(seconds)}."
    )


def in_words(seconds):
    return (
        f"{seconds / 60:.0f} minutes"
        if seconds >= 150
        else f"{seconds:.0f} seconds"
    )


def followed(student, inputs, samples, shared):
    """The reference's history from the student's own initial parameters; empty where there are none."""
    nb_hidden, nb_steps = (
        inputs.settings["nb_hidden"],
        inputs.settings["nb_steps"],
    )
    initial = attempt(student, samples, nb_hidden, 0)
    if not isinstance(initial, Run) or not shared.get("reproducible", True):
        return []
    with going_on():
        return inputs.trajectory(
            WITHOUT_STUDENT, samples, initial.parameters, nb_steps
        )[1]


def assert_on_course(history, expected, may_be_late=False):
    """Raise where the losses of the first steps are not the reference's, or those after each step."""
    if may_be_late and is_late(history, expected):
        expected = expected[1:]
    for step, (own, right) in enumerate(
        zip(history[:NB_COMPARABLE], expected, strict=False), start=1
    ):
        # seen from the first entry: a loss of another scale has cost its own points
        first = history[0][0]
        scale = expected[0][0] / first if first else 1.0
        # what was printed is rounded, the first entry as well
        slack = getattr(own[0], "slack", 0.0) + getattr(first, "slack", 0.0)
        is_rounded = abs(own[0] * scale - right[0]) <= scale * slack
        if not is_rounded and not is_close(
            own[0] * scale, right[0], SAME_COURSE
        ):
            raise CheckFailure(
                f"From step {step} on, the training leaves the course of gradient descent: the loss is "
                f"{number(own[0])}; expected {number(right[0])}."
            )


def is_late(history, expected):
    """Whether the first loss is that after the first step."""
    if len(expected) < 2 or is_close(
        history[0][0], expected[0][0], SAME_COURSE
    ):
        return False
    return is_close(history[0][0], expected[1][0], SAME_COURSE)


def assert_learned(history, settings, nb_steps):
    """Raise where the best of the last steps does not reach the profile's thresholds."""
    loss, train_error, test_error = (
        min(column) for column in zip(*history[-LAST_STEPS:], strict=True)
    )
    assert_few_errors(
        "training", train_error, settings["max_train_error"], nb_steps
    )
    assert_few_errors(
        "test", test_error, settings.get("max_test_error", 1.0), nb_steps
    )
    first_loss = history[0][0]
    if not loss <= settings["max_loss"] * first_loss:
        raise CheckFailure(
            f"After {nb_steps} steps the loss has only gone from {number(first_loss)} to {number(loss)}."
        )


def assert_few_errors(samples, error, most, nb_steps):
    if not error <= most:
        raise CheckFailure(
            f"After {nb_steps} steps {error:.0%} of the {samples} samples are classified wrongly; "
            f"expected at most {most:.0%}."
        )


@points(0.5)
@requires("by_hand")
def test_sizes(student, reference, inputs, assert_close, shared):
    """train should work for other numbers of inputs, hidden units and classes"""
    samples = inputs.made_up_data()
    initial = attempt(student, samples, 4, 0)
    run = value_of(attempt(student, samples, 4, 2))
    if not isinstance(initial, Run) or not shared.get("reproducible", True):
        return
    with going_on():
        expected, _ = inputs.trajectory(
            reference, samples, initial.parameters, 2
        )
    assert_moved(assert_close, run.parameters, initial.parameters, expected)


@points(1)
@requires("returns")
def test_pure(student, calls, reference, inputs):
    """train should leave the data it is given unchanged"""
    samples = list(inputs.made_up_data())
    before = [s.clone() for s in samples]
    with without_earlier(calls, reference):
        student.train(*samples, 4, 2)
    names = ["train_input", "train_target", "test_input", "test_target"]
    assert_unchanged(samples, before, names, "train")
