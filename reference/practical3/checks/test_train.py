import contextlib
import time

import pytest
import torch

from grader.checking import CheckFailure, assert_unchanged, locates, points, requires, value_of
from grader.checking.comparison import number, type_in_words
from grader.errors import StudentFailure

PARAMETERS = ("w1", "b1", "w2", "b2")
COLUMNS = ("train loss", "train error", "test error")
NB_HIDDEN = 50
STEPS = (0, 1, 2, 3)
MOST_ENTRIES = 1_000_000
MANY = 500  # steps; so many may take long enough to be foretold
COMPARABLE = 20  # steps of a long run; from there on rounding alone can lead two right programs apart
# At ε = 1e-6 the hidden layer is silent for a hundred steps, and its mistakes with it. With two samples it
# grows sixfold a step. After 12 steps right programs in float32 are within 3e-6 of the reference, or 6e-3
# where their sigma rounds badly near 0; what is wrong in the hidden layer is off by 5e-2 and more.
NB_FEW, NB_FEW_STEPS = 2, 12
FOLLOWS = 2e-2  # of each parameter's own change
SLOW = 0.5  # seconds for one step on a few samples, which take a few milliseconds with products of matrices


class Run:
    """What one call of `train` gave, taken kindly; `flat`: the parameters are no tuple of their own."""

    def __init__(self, value, nb_parameters=4):
        if not isinstance(value, list | tuple) or not value:
            raise CheckFailure(
                f"train returns {type_in_words(value)}, where (w1, b1, w2, b2), history is expected."
            )
        self.flat = len(value) == nb_parameters + 1 and torch.is_tensor(value[0])
        if self.flat:
            self.parameters, history = list(value[:-1]), value[-1]
        elif len(value) == 2 and isinstance(value[0], list | tuple) and len(value[0]) == nb_parameters:
            self.parameters, history = list(value[0]), value[1]
        else:
            raise CheckFailure(
                f"train returns {type_in_words(value)}, where (w1, b1, w2, b2), history is expected."
            )
        self.history = entries(history)
        for name, parameter in zip(PARAMETERS, self.parameters, strict=True):
            if not torch.is_tensor(parameter):
                raise CheckFailure(
                    f"The {name} that train returns is {type_in_words(parameter)}, not a tensor."
                )
            if not parameter.is_floating_point():
                raise CheckFailure(
                    f"The {name} that train returns has dtype {parameter.dtype}, where a float is expected."
                )


def entries(history):
    """The history as a list of triples of floats, None where it is not one."""
    if torch.is_tensor(history):
        short = history.dim() > 0 and len(history) + history.numel() < MOST_ENTRIES
        history = history.tolist() if short and (history.dim() == 2 or len(history) == 0) else None
    if not isinstance(history, list | tuple):
        return None
    rows = []
    for entry in history:
        if torch.is_tensor(entry):
            entry = entry.tolist()
        if not isinstance(entry, list | tuple) or len(entry) != 3:
            return None
        if not all(isinstance(v, int | float) or (torch.is_tensor(v) and v.numel() == 1) for v in entry):
            return None
        rows.append(tuple(float(v) for v in entry))
    return rows


def attempt(calls, data, nb_hidden, nb_steps):
    """One call of `train`: a Run, or the failure it ended in."""
    try:
        return Run(calls.student.train(*(d.clone() for d in data), nb_hidden, nb_steps))
    except (StudentFailure, CheckFailure) as failure:
        return failure


def first_steps(calls, inputs, shared):
    """(data, runs): the student's `train` from one seed with 0, 1, 2 and 3 steps, run once for all checks."""
    return runs_of(calls, inputs, shared, "first", inputs.lopsided_data, STEPS)


def few_samples(calls, inputs, shared):
    """The same on a few samples, with no step and with so many that the hidden layer has woken up."""
    return runs_of(calls, inputs, shared, "few", lambda: inputs.data(NB_FEW, 4), (0, NB_FEW_STEPS))


def is_slow(calls, inputs, shared):
    """Whether `train` goes through single entries in Python, say: right, but a thousand times slower."""
    if "slow" not in shared:
        started = time.monotonic()
        attempt(calls, inputs.data(NB_FEW, 4), NB_HIDDEN, 1)
        shared["slow"] = time.monotonic() - started > SLOW
        if shared["slow"]:
            calls.remark(
                "A step of train takes so long that it was judged on coarser images, and not by a longer run."
            )
    return shared["slow"]


def runs_of(calls, inputs, shared, name, draw, steps):
    if name not in shared:
        data = inputs.coarse(draw()) if is_slow(calls, inputs, shared) else draw()
        shared[name] = data, {k: attempt(calls, data, NB_HIDDEN, k) for k in steps}
    return shared[name]


def start(runs):
    """(steps already taken, parameters) to follow the student's `train` from: the earliest that it gives."""
    for k, run in runs.items():
        if isinstance(run, Run):
            return k, run.parameters
    raise runs[1]


@contextlib.contextmanager
def going_on():
    """The student's parameters are in the reference's hands: of whatever shape and dtype they are."""
    try:
        yield
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        raise CheckFailure(
            "Gradient descent cannot go on from the parameters that train returns: "
            f"their shapes or dtypes do not fit ({error})."
        ) from error


def assert_follows(assert_close, inputs, reference, data, runs):
    """Raise where the parameters of a run are not where the reference comes to from the earliest of them."""
    taken, parameters = start(runs)
    reached, expected = taken, parameters
    for k, run in runs.items():
        if k <= taken:
            continue
        with going_on():
            expected, _ = inputs.trajectory(reference, data, expected, k - reached)
        reached = k
        for name, now, was, right in zip(
            PARAMETERS, value_of(run).parameters, parameters, expected, strict=True
        ):
            moved = now.double() - was.double() if now.shape == was.shape else now
            quantity = f"The change of {name} in {k - taken} step{'s' * (k - taken > 1)}"
            assert_close(moved, right.double() - was.double(), quantity, tolerance=FOLLOWS, dtype=False)


def reproducible(calls, inputs, shared):
    """Whether `train` gives the same again from the same seed."""
    if "reproducible" not in shared:
        data = inputs.data(4, 4)
        once, again = (attempt(calls, data, NB_HIDDEN, 1) for _ in range(2))
        shared["reproducible"] = not (isinstance(once, Run) and isinstance(again, Run)) or all(
            a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, rtol=1e-3, atol=0)
            for a, b in zip(once.parameters, again.parameters, strict=True)
        )
        if not shared["reproducible"]:
            calls.remark(
                "train gives other results from the same seed, so it was judged by its thresholds alone."
            )
    return shared["reproducible"]


@points(0.5)
def test_returns(calls, inputs, shared):
    """train returns (w1, b1, w2, b2), history."""
    _, runs = first_steps(calls, inputs, shared)
    run = value_of(runs[1])
    if run.flat:
        raise CheckFailure(
            "train returns w1, b1, w2, b2, history in one row; the parameters are a tuple of their own."
        )
    if run.history is None:
        raise CheckFailure(
            "The history that train returns is not a list of (train loss, train error, test error), "
            "one entry a step."
        )


@points(0.5)
@pytest.mark.parametrize("parameter", PARAMETERS)
def test_initial(calls, inputs, shared, parameter):
    """Without a step, {parameter} is drawn from a normal distribution with ε = 1e-6."""
    data, runs = first_steps(calls, inputs, shared)
    run = value_of(runs[0])
    nb_inputs, nb_classes = data.train_input.shape[1], data.train_target.shape[1]
    shapes = dict(
        zip(
            PARAMETERS,
            [(NB_HIDDEN, nb_inputs), (NB_HIDDEN,), (nb_classes, NB_HIDDEN), (nb_classes,)],
            strict=True,
        )
    )
    value = dict(zip(PARAMETERS, run.parameters, strict=True))[parameter]
    if tuple(value.shape) != shapes[parameter]:
        raise CheckFailure(
            f"The initial {parameter} has shape {tuple(value.shape)}, where {shapes[parameter]} is expected."
        )
    if not value.isfinite().all() or not value.any():
        state = "zero everywhere" if not value.any() else "not finite"
        raise CheckFailure(f"The initial {parameter} is {state}, where random values are expected.")
    # ε read as a standard deviation, as the course's solution does, or as a variance
    spread = float(value.double().pow(2).mean().sqrt())
    slack = 1 + 5 / (2 * value.numel()) ** 0.5
    if not any(epsilon / slack <= spread <= epsilon * slack for epsilon in (1e-6, 1e-3)):
        raise CheckFailure(
            f"The initial {parameter} has a standard deviation of {number(spread)}, where 1e-6 is expected."
        )


@points(13)
@locates("parameters")
def test_by_hand(calls, reference, inputs, assert_close, shared):
    """The parameters follow gradient descent, step by step, computed by hand."""
    data, runs = first_steps(calls, inputs, shared)
    few, long = few_samples(calls, inputs, shared)
    start(runs)
    if by_torch := calls.by_torch("train"):
        raise CheckFailure(by_torch)
    try:
        assert_follows(assert_close, inputs, reference, data, runs)
        # stand-ins have no silent layer to wait for, and rounding grows with them from step to step
        if isinstance(long[0], Run) and not calls.standins:
            assert_follows(assert_close, inputs, reference, few, long)
    except CheckFailure:
        if reproducible(calls, inputs, shared):
            raise


@points(1)
def test_nb_steps(calls, inputs, shared):
    """The history has one entry a step."""
    _, runs = first_steps(calls, inputs, shared)
    for k in STEPS[1:]:
        history = value_of(runs[k]).history
        if history is None:
            raise CheckFailure("The history is not a list with one entry a step.")
        if len(history) != k:
            raise CheckFailure(
                f"After {k} step{'s' * (k > 1)} the history has {len(history)} entries, not {k}."
            )


@points(1)
@requires("nb_steps")
@locates("{column}")
@pytest.mark.parametrize("column", COLUMNS)
def test_history(calls, reference, inputs, shared, column):
    """The history's {column} is that of the parameters before each step."""
    data, runs = first_steps(calls, inputs, shared)
    taken, _ = start(runs)
    if not shared.get("reproducible", True):
        return
    history = value_of(runs[3]).history
    measured = shared.setdefault("measured", {})
    for k in range(taken, 3):
        if k not in measured:
            measured[k] = evaluate(reference, inputs, value_of(runs[k]).parameters, data)
        expected = measured[k]
        i = COLUMNS.index(column)
        nb_samples = len(data.test_input if i == 2 else data.train_input)
        # a response that ties within rounding may fall on either side
        allowed = 1e-3 * abs(expected[i]) if i == 0 else 1.5 / nb_samples
        if not abs(history[k][i] - expected[i]) <= allowed:
            raise CheckFailure(
                f"In step {k + 1} the history's {column} is {number(history[k][i])}; the parameters before "
                f"that step give {number(expected[i])}."
            )


def evaluate(reference, inputs, parameters, data):
    """(train loss, train error, test error) of these parameters."""
    with going_on():
        parameters = [p.to(data.train_input.dtype) for p in parameters]
        _, history = inputs.trajectory(reference, data, parameters, 1)
    return history[0]


@points(3)
@requires("by_hand")
def test_long_run(calls, reference, inputs, shared):
    """A longer run learns to tell the digits apart."""
    if reference.plugged:
        return  # whether it learns is the earlier functions' doing then
    if is_slow(calls, inputs, shared):
        return
    settings = inputs.settings
    samples = inputs.data()
    nb_hidden, nb_steps = settings["nb_hidden"], settings["nb_steps"]
    if nb_steps >= MANY:
        foresee(calls, samples, nb_hidden, nb_steps)
    run = value_of(attempt(calls, samples, nb_hidden, nb_steps))
    history = run.history
    if history is None or len(history) != nb_steps:
        raise CheckFailure(
            f"After {nb_steps} steps the history has {len(history or ())} entries, not {nb_steps}."
        )
    expected = followed(calls, inputs, samples, shared)
    shared["curves"] = (history, expected)
    off_course(history, expected)
    falls_short(history, settings)


def foresee(calls, samples, nb_hidden, nb_steps):
    """Tell how long a run should take, by its first steps; raise where that is far more than it may take."""
    took = {}
    for k in (1, 1, 5):  # the first time around, everything is cold
        started = time.monotonic()
        value_of(attempt(calls, samples, nb_hidden, k))
        took[k] = time.monotonic() - started
    seconds = max(took[5] - took[1], 0) / 4 * nb_steps
    most = calls.time_for("train")
    if seconds > 2 * most:
        raise CheckFailure(
            f"By its first steps, a run of {nb_steps} steps would take {in_words(seconds)}; it may take "
            f"{in_words(most)}, and was not made."
        )
    calls.on_slow_run(f"The {nb_steps} steps of train should take {in_words(seconds)}.")


def in_words(seconds):
    return f"{seconds / 60:.0f} minutes" if seconds >= 150 else f"{seconds:.0f} seconds"


def off_course(history, expected):
    """Raise where the losses of the first steps are not the reference's; later, rounding leads them apart."""
    for step, (mine, theirs) in enumerate(zip(history[:COMPARABLE], expected, strict=False), start=1):
        if not abs(mine[0] - theirs[0]) <= 0.02 * theirs[0]:
            raise CheckFailure(
                f"From step {step} on the training leaves the course that gradient descent takes: the loss "
                f"is {number(mine[0])}, where {number(theirs[0])} is expected."
            )


def falls_short(history, settings):
    """Raise where the thresholds are not reached by the best of the last ten steps, as the loss can spike."""
    loss, train_error, test_error = (min(column) for column in zip(*history[-10:], strict=True))
    nb_steps = len(history)
    for what, error, most in (
        ("training", train_error, settings["max_train_error"]),
        ("test", test_error, settings.get("max_test_error", 1.0)),
    ):
        if not error <= most:
            raise CheckFailure(
                f"After {nb_steps} steps {error:.0%} of the {what} samples are classified wrongly, "
                f"where at most {most:.0%} are expected."
            )
    if not loss <= settings["max_loss"] * history[0][0]:
        raise CheckFailure(
            f"After {nb_steps} steps the loss has gone from {number(history[0][0])} to {number(loss)} only."
        )


def followed(calls, inputs, samples, shared):
    """The reference's history from the student's own initial parameters; empty where there are none."""
    nb_hidden, nb_steps = inputs.settings["nb_hidden"], inputs.settings["nb_steps"]
    initial = attempt(calls, samples, nb_hidden, 0)
    if not isinstance(initial, Run) or not shared.get("reproducible", True):
        return []
    with going_on():
        return inputs.trajectory(Plain, samples, initial.parameters, nb_steps)[1]


class Plain:
    plugged = ()


@points(0.5)
@requires("by_hand")
def test_sizes(calls, reference, inputs, assert_close, shared):
    """train works for other numbers of inputs, hidden units and classes."""
    samples = inputs.made_up_data()
    initial = attempt(calls, samples, 4, 0)
    run = value_of(attempt(calls, samples, 4, 2))
    if not isinstance(initial, Run) or not shared.get("reproducible", True):
        return
    with going_on():
        expected, _ = inputs.trajectory(reference, samples, initial.parameters, 2)
    for name, now, was, right in zip(PARAMETERS, run.parameters, initial.parameters, expected, strict=True):
        moved = now.double() - was.double() if now.shape == was.shape else now
        assert_close(
            moved, right.double() - was.double(), f"The change of {name}", tolerance=FOLLOWS, dtype=False
        )


@points(1)
@requires("returns")
def test_pure(calls, reference, inputs):
    """train leaves the data it is given unchanged."""
    if reference.plugged:
        return  # the earlier functions may be what changes it
    samples = list(inputs.made_up_data())
    before = [s.clone() for s in samples]
    calls.student.train(*samples, 4, 2)
    names = ["train_input", "train_target", "test_input", "test_target"]
    assert_unchanged(samples, before, names, "train")
