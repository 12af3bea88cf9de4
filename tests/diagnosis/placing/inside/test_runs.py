"""A function as it stands, and with edits, on all probes."""

import torch

from grader.diagnosis.placing.inside.runs import Runs
from grader.diagnosis.placing.inside.switches import Switches

A, B = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])
TASK = {
    "rows": [[A], [B]],
    "expected": [[[(2 * one, 1e-6)], [(one + 1, 1e-6)]] for one in (A, B)],
    "values": [],
    "places": [],
    "reads": "values",
    "accumulators": [],
    "order": [0],
    "turns": 1,
    "seed": 0,
    "seconds": 60.0,
}


def runs(function, **more):
    return Runs(
        function, function, Switches(), {**TASK, **more}, torch.manual_seed
    )


def test_parts_that_are_right_on_every_probe():
    made = runs(lambda a: (2 * a, a + 1))
    assert made._record() == [True, True]
    made = runs(lambda a: (2 * a, A + 1))
    assert made._record() == [True, False]


def test_what_raises_or_gives_something_else_has_no_right_part():
    assert runs(lambda a: a.no_such_method())._record() == [False, False]
    assert runs(lambda a: a)._record() == [False, False]


def test_an_edit_counts_where_more_is_right_and_nothing_less():
    made = runs(lambda a: (2 * a, a + 1))
    made._record()
    assert made._mask([True, False]) == [True, True]
    made = runs(lambda a: (3 * a, a + 1))
    made._record()
    assert made._mask([True, False]) is None
    assert made._mask([False, True]) is None


def test_arguments_are_copies_and_changes_are_seen():
    def change(a):
        a += 1

    expected = [[[(one + 1, 1e-6)]] for one in (A, B)]
    made = runs(change, expected=expected, accumulators=[0])
    assert made._record() == [True]
    assert A.tolist() == [1.0, 2.0]
    made = runs(lambda _: None, expected=expected, accumulators=[0])
    made._record()
    assert made._unchanged == {0}
