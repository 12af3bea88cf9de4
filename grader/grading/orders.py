"""Which functions are called in the order of their own parameters, because the hand-out's order raises."""

from __future__ import annotations

from grader.diagnosis.iterating import trajectories
from grader.diagnosis.observation import Rows
from grader.diagnosis.prober import StudentProber
from grader.errors import StudentFailure
from grader.exercise import Exercise, patterns
from grader.exercise.probes import probes_of
from grader.notices import Notice
from grader.sandbox.argument_order import Order, in_order, order_told
from grader.sandbox.calls import Calls


def settle_orders(calls: Calls, exercise: Exercise) -> None:
    """Settle in which order each function takes its arguments, with a notice where it is another one.

    Calls are positional, so a function that runs in the hand-out's order is judged in it, whatever its
    parameters are called. One that raises in it, and raises less in the order that its parameters' names
    tell, is judged in that order.
    """
    for function, own in calls.reading.parameters.items():
        wanted = patterns.parameters(exercise.solution.trees[function])[
            : len(own)
        ]
        if order_told(own, wanted) is None:
            continue
        rows = _rows(exercise, function)
        # calls leave out what has a default in the reference
        asked = wanted[: len(rows[0])] if rows else ()
        order = order_told(own, asked)
        if order is None or not _raises_less(function, order, rows, calls):
            continue
        calls.orders[function] = order
        source = calls.reading.sources[function]
        values = {"function": function, "order": ", ".join(asked)}
        place = source.first_line, source.cell, source.label
        calls.notices.append(Notice("own-order", values, *place))


def _rows(exercise: Exercise, function: str) -> Rows:
    """Arguments of different sizes to call a function with."""
    if function in trajectories(exercise):
        inputs = trajectories(exercise)[function].inputs
        return [(*inputs.arguments, 1)]
    return probes_of(exercise, function)


def _raises_less(
    function: str, order: Order, rows: Rows, calls: Calls
) -> bool:
    """Whether fewer calls raise in this order than in the hand-out's."""
    nb_raised = _nb_raised(function, rows, calls)
    if nb_raised == 0:
        return False
    reordered = [in_order(row, order) for row in rows]
    nb_raised_so = _nb_raised(function, reordered, calls)
    # what these calls have shown is no finding of a check
    calls.raised_in.pop(function, None)
    calls.stopped_in.pop(function, None)
    return nb_raised_so < nb_raised


def _nb_raised(function: str, rows: Rows, calls: Calls) -> int:
    """How many calls of a function raise, or give nothing in another way."""
    try:
        outcomes = StudentProber(calls).calls(function, rows)
    except StudentFailure:
        return len(rows)
    raised = [outcome for outcome in outcomes if outcome.error is not None]
    return len(raised)
