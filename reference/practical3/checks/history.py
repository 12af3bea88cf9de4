"""What a history should hold, from the parameters that the reference has measured itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from runs import COLUMNS, NB_HIDDEN, Run, Runs, Training, going_on, steps

from grader.checking import CheckFailure, copies_of, is_close, number, value_of

SAME_LOSS = 1e-3  # a sum over the samples in float32, in whatever order
ROUNDED = 6e-3  # a history may be rounded to two digits; one error more of twenty samples is 5e-2
SAME_COURSE = (
    0.02  # of the loss, which rounding moves by far less in the first steps
)
# Takes the place of a forward_pass where no step moves the parameters, for vectors (n,), columns (n, 1) and
# batches (N, n): its responses are different from sample to sample all the same.
TELLING = """
def forward_pass(w1, b1, w2, b2, x):
    import torch
    (nb_hidden, nb_inputs), nb_classes = w1.shape, len(w2)
    samples = x.reshape(-1, nb_inputs)
    every = nb_inputs // nb_classes * nb_classes
    s2 = samples[:, :every].reshape(-1, every // nb_classes, nb_classes).mean(1)
    s1 = samples.mean(1, keepdim=True).expand(-1, nb_hidden)
    states = [s1, torch.tanh(s1), s2, torch.tanh(s2)]
    if x.dim() == 1:
        states = [state.reshape(-1) for state in states]
    elif x.shape[-1] != nb_inputs:
        states = [state.t() for state in states]
    return x, *states
"""
NB_COMPARABLE = 20  # steps of a long run; from there on rounding alone can lead two right programs apart


class Row(NamedTuple):
    """One entry of a history, and what it should hold: see `inputs.measure`.

    step: counted from 1. before, after: of the parameters before and after this step; None where not known.
    """

    step: int
    entry: tuple[float, ...]
    before: Any
    after: Any


def rows_of(
    training: Training, reference: Any, data: Any, attempts: Runs
) -> list[Row]:
    """The rows of the longest run's history before which the parameters are known."""
    longest = max(attempts)
    history = value_of(attempts[longest]).history
    assert_entries(history, longest)
    measured = {}
    for k, run in attempts.items():
        needed = k < longest or k - 1 in attempts
        if needed and isinstance(run, Run):
            measured[k] = _measured(training, reference, data, run.parameters)
    return _rows(history, measured)


def says_nothing(rows: list[Row]) -> bool:
    """Whether no step changes what the loss should be: a history can be right then without being computed."""
    known = [row for row in rows if row.after is not None]
    return all(
        is_close(row.after.loss, row.before.loss, SAME_LOSS) for row in known
    )


def rows_of_responses(
    training: Training, reference: Any, data: Any, attempts: Runs
) -> list[Row]:
    """The rows of a history that is computed from the responses of `TELLING` in place of forward_pass.

    Raises CheckFailure where it is the same as without it.
    """
    nb_steps = max(attempts)
    reply = training.calls.call(
        "train",
        (*copies_of(data), NB_HIDDEN, nb_steps),
        edits={"forward_pass": TELLING},
    )
    history = Run(value_of(reply.error or reply.value)).history
    assert_entries(history, nb_steps)
    if str(history) == str(value_of(attempts[nb_steps]).history):
        raise CheckFailure(
            "No step moves the parameters, and the history stays the same where forward_pass gives other "
            "responses: it cannot be told from one that is made up."
        )
    expected = training.inputs.measured(reference, data, _responses(data))
    return _rows(history, dict.fromkeys(range(nb_steps + 1), expected))


def _responses(data: Any) -> torch.Tensor:
    """What `TELLING` gives for all training samples, then for all test samples, (N, C)."""
    names: dict[str, Any] = {}
    exec(TELLING, names)
    inputs = torch.cat([data.train_input, data.test_input])
    nb_classes = data.train_target.shape[1]
    w1, b1 = torch.zeros(1, inputs.shape[1]), torch.zeros(1)
    w2, b2 = torch.zeros(nb_classes, 1), torch.zeros(nb_classes)
    *_, responses = names["forward_pass"](w1, b1, w2, b2, inputs)
    return responses


def _measured(
    training: Training, reference: Any, data: Any, parameters: Any
) -> Any:
    with going_on():
        return training.inputs.measure(reference, data, parameters)


def _rows(history: Any, measured: dict[int, Any]) -> list[Row]:
    rows = []
    for k, entry in enumerate(history):
        # a wrong earlier function can lead out of the numbers
        if measured.get(k) is not None:
            rows.append(Row(k + 1, entry, measured[k], measured.get(k + 1)))
    return rows


def assert_entries(history: Any, nb_steps: int) -> None:
    """Raise where a history does not have one entry per step."""
    if history is None:
        raise CheckFailure(
            "The history is not a list with one entry per step."
        )
    if len(history) != nb_steps:
        raise CheckFailure(
            f"After {steps(nb_steps)} the history has {len(history)} entries, not {nb_steps}."
        )


def assert_computed(column: str, rows: list[Row]) -> None:
    """Raise where a column is not that of the responses which `rows_of_responses` has put in its place."""
    if first_wrong(column, rows, "before") is not None:
        raise CheckFailure(
            f"No step moves the parameters. Where forward_pass gives other responses, the history's {column} "
            "is not that of these."
        )


def assert_history(column: str, rows: list[Row], either: bool = False) -> None:
    """Raise where a column of the history is not that of the parameters before each step.

    An error may be that of the parameters after each step, if it is in all of the rows: the hand-out's words
    allow for it. So may the loss where `either` says so.
    """
    if not rows:
        raise CheckFailure(
            "It cannot be told what the history should be: no numbers are known that it has to hold."
        )
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


def first_wrong(column: str, rows: list[Row], moment: str) -> Row | None:
    """The first row whose entry is not what the parameters of that moment give; None where all are."""
    for row in rows:
        own, expected = row.entry[COLUMNS.index(column)], getattr(row, moment)
        if expected is not None and not is_entry(column, own, expected):
            return row
    return None


def is_entry(column: str, own: float, expected: Any) -> bool:
    """Whether a value of the history is what was measured; an error counts a tie as either."""
    slack = ROUNDED + getattr(own, "slack", 0.0)
    if column == "train loss":
        return (
            abs(own - expected.loss) <= SAME_LOSS * abs(expected.loss) + slack
        )
    rates = errors_in(column, expected).rates
    return any(abs(own - rate) <= slack for rate in rates)


def errors_in(column: str, measured: Any) -> Any:
    """The errors of a measurement that a column is about."""
    return measured.train if column == "train error" else measured.test


def tells_all(history: Any, nb_steps: int) -> bool:
    """Whether a history has all three numbers for each step."""
    if history is None or len(history) != nb_steps:
        return False
    return not any(value != value for entry in history for value in entry)


def assert_on_course(
    history: Any, expected: Any, may_be_late: bool = False
) -> None:
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


def is_late(history: Any, expected: Any) -> bool:
    """Whether the first loss is that after the first step."""
    if len(expected) < 2 or is_close(
        history[0][0], expected[0][0], SAME_COURSE
    ):
        return False
    return is_close(history[0][0], expected[1][0], SAME_COURSE)
