"""`recognise = "columns"`."""

import torch
from grader.diagnosis.recognisers.columns import Columns
from observed import observed, raised

from grader.diagnosis.observation import Outcome

VECTOR = torch.ones(3)


def test_columns_that_come_back_are_taken_for_vectors():
    (reading,) = Columns().readings(
        observed([Outcome((VECTOR[:, None], 1.0), (VECTOR,))])
    )
    assert reading.outcomes[0].value[0].shape == (3,)


def test_vectors_that_come_back_are_read_as_they_are():
    assert list(Columns().readings(observed([Outcome(VECTOR, (VECTOR,))]))) == []


def test_what_raises_for_vectors_is_given_columns():
    given = []

    def call(rows):
        given.extend(rows)
        return [Outcome(rows[0][0], rows[0])]

    seen = observed(
        [raised("RuntimeError")], arguments=[(VECTOR, torch.ones(3, 2))], call=call
    )
    (reading,) = Columns().readings(seen)
    assert [argument.shape for argument in given[0]] == [(3, 1), (3, 2)]
    assert [argument.shape for argument in reading.outcomes[0].arguments] == [
        (3,),
        (3, 2),
    ]
    assert reading.outcomes[0].value.shape == (3,)


def test_the_value_of_a_function_with_accumulators_does_not_count():
    seen = observed([Outcome(VECTOR[:, None], (VECTOR,))], accumulators=(0,))
    assert list(Columns().readings(seen)) == []
