"""`recognise = "arguments"`: the function takes the exercise's arguments in another order.

The names of its parameters tell the order; that the calls then give the right values confirms it. A function
that raises in the exercise's order is not asked here: it is called in its own one (`grading/orders.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from grader.diagnosis.closeness import equal_outcomes
from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.base import Observation, Reader, Reading
from grader.sandbox.argument_order import Order, in_order, order_told, put_back


class Arguments(Reader):
    """The calls are made in the order that the names of the parameters tell."""

    name = "arguments"
    comes_first = True

    def readings(self, seen: Observation) -> Iterator[Reading]:
        order = order_told(seen.source.own_parameters, seen.parameters)
        if (
            order is None
            or seen.call is None
            or seen.evidence.order is not None
        ):
            return
        rows = []
        for row in seen.arguments:
            rows.append(in_order(row, order))
        outcomes = []
        for outcome in seen.call(rows):
            outcomes.append(_put_back(outcome, order))
        # names alone are no evidence
        if equal_outcomes(outcomes, seen.expected, seen.accumulators):
            yield Reading(outcomes, seen.source.first_line, conclusive=True)


def _put_back(outcome: Outcome, order: Order) -> Outcome:
    """The outcome of a call in the student's order, its arguments in the exercise's order."""
    return replace(outcome, arguments=put_back(outcome.arguments, order))
