"""A budget is spent before anything is read, and never overdrawn."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.intake.limits import Budget, Refused


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 30))),
    st.integers(0, 100),
    st.integers(0, 100),
)
def test_no_more_is_taken_than_there_was(takings, files, size):
    budget = Budget(files, size)
    taken = [0, 0]
    for is_size, amount in takings:
        take = budget.take_bytes if is_size else budget.take_files
        with contextlib.suppress(Refused):
            take(amount)
            taken[is_size] += amount
    assert taken[0] <= files and taken[1] <= size
    assert (budget.files, budget.size) == (files - taken[0], size - taken[1])


def test_what_does_not_fit_leaves_the_rest_to_others():
    budget = Budget(files=2, size=2)
    with pytest.raises(Refused, match="more than 2 files"):
        budget.take_files(3)
    with pytest.raises(Refused, match="MB in all"):
        budget.take_bytes(3)
    budget.take_files(2)
    budget.take_bytes(2)


def test_time_is_up():
    Budget().check_time()
    with pytest.raises(Refused, match="took more than -1 s"):
        Budget(seconds=-1).check_time()
