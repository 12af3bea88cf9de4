"""Outcomes as numbers, and exceptions without what depends on how a product is written."""

import torch

from grader.diagnosis.observation import (
    RAISED,
    Outcome,
    all_raised,
    copied,
    flatten,
    normalised,
    trace,
)


def test_exceptions_are_compared_without_the_order_of_the_operands():
    a = "The size of tensor a (5) must match the size of tensor b (3) at non-singleton dimension 1"
    b = "The size of tensor a (3) must match the size of tensor b (5) at non-singleton dimension 1"
    assert normalised("RuntimeError", a) == normalised("RuntimeError", b)
    assert normalised("RuntimeError", a) != normalised(
        "RuntimeError", a.replace("dimension 1", "dimension 0")
    )


def test_a_product_is_the_same_by_mv_and_by_mm():
    mv = "size mismatch, got input (3), mat (3x5), vec (3)"
    mm = "mat1 and mat2 shapes cannot be multiplied (3x5 and 3x1)"
    assert normalised("RuntimeError", mv) == normalised("RuntimeError", mm)


def test_a_trace_has_the_values_numbers_or_those_of_the_arguments_that_are_observed():
    outcomes = [
        Outcome((torch.ones(2), 3), (torch.zeros(3),)),
        Outcome(None, (torch.zeros(3),), ("ValueError", "no")),
    ]
    by_value, by_argument = trace(outcomes, ()), trace(outcomes, (0,))
    assert by_value.structures == ("((2,), ())", RAISED)
    assert [vector.tolist() for vector in by_value.numbers] == [[1, 1, 3], []]
    assert by_argument.structures == ("((3,))", RAISED)
    assert [len(vector) for vector in by_argument.numbers] == [3, 3], (
        "what it had changed until it raised"
    )
    assert by_value.errors == by_argument.errors == ("", "ValueError: no")


def test_what_cannot_be_compared_has_no_numbers():
    outcomes = [
        Outcome("text", ()),
        Outcome(torch.ones(1, dtype=torch.complex64), ()),
        Outcome(None, ()),
    ]
    assert trace(outcomes, ()).structures == ("opaque", "opaque", "None")
    assert flatten([outcome.value for outcome in outcomes]) == []


def test_a_copy_is_one_all_the_way_down():
    x = torch.ones(2, requires_grad=True)
    (found,), number = copied(([x], 3))
    assert found is not x
    assert not found.requires_grad
    assert number == 3


def test_an_outcome_says_what_it_raised():
    returned = Outcome(1, ())
    raised = Outcome(None, (), ("ValueError", "no"))
    assert raised.raised("ValueError")
    assert not raised.raised("RuntimeError")
    assert not returned.raised("ValueError")
    assert all_raised([raised, raised])
    assert not all_raised([raised, returned])
