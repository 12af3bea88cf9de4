"""What a run gives, and whether it is right."""

import pytest
import torch

from grader.diagnosis.placing.inside.parts import (
    Told,
    comes_out,
    is_close,
    is_same,
    looks_drawn,
    parts_of,
)

A = torch.tensor([1.0, 2.0])
CALL = {"accumulators": [], "reads": "values", "columns": 0}


def test_all_that_a_call_returns_or_changes():
    parts = parts_of(CALL, (A, [3.0, A]), [])
    assert [one is A for one in parts] == [True, False, True]
    assert parts_of({**CALL, "accumulators": [1]}, None, [0, A]) == [A]


def test_the_parameters_and_columns_of_a_training():
    task = {**CALL, "reads": "run", "columns": 2}
    first, *columns = parts_of(task, ((A,), [(1, 2), (3, 4)]), [])
    assert first is A
    assert [column.tolist() for column in columns] == [[1, 3], [2, 4]]
    # a history that is none has no right column
    _, *columns = parts_of(task, ((A,), "lost"), [])
    assert [column.numel() for column in columns] == [0, 0]
    assert parts_of(task, A, []) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (A + 1e-9, True),
        (A + 1e-3, False),
        (A[None], False),
        (A.to(torch.complex64), False),
        (Told([(A + 1, 0.0), (A, 0.0)]), True),
        (Told([(A + 1, 0.0), (A + 1e-3, 2e-3)]), True),
        (Told([(A + 1, 0.0), (A + 1e-3, 5e-4)]), False),
        ([A], False),
        ("text", False),
        (None, False),
    ],
)
def test_what_is_close(value, expected):
    assert is_close(value, A, 1e-6) is expected


def test_what_is_the_same_and_what_comes_out():
    assert is_same((A, A), (A, A.clone()))
    assert not is_same((A,), (A, A))
    assert not is_same(1, 1.0)
    assert comes_out([A], A) and not comes_out([A], A + 1)
    assert comes_out([1.0, 2.0], A)


def test_what_looks_drawn():
    torch.manual_seed(0)
    drawn = torch.randn(40, 40) * 0.1
    assert looks_drawn(drawn, torch.zeros(40, 40), 0.1)
    assert not looks_drawn(drawn, torch.zeros(40, 40), 0.2)
    assert not looks_drawn(drawn + 0.1, torch.zeros(40, 40), 0.1)
    assert not looks_drawn(drawn, torch.zeros(40), 0.1)
