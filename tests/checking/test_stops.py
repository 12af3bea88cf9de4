"""What ends a call that gives no value."""

from __future__ import annotations

import pytest
import torch

from grader.checking.stops import stop_of
from grader.errors import Died, Raised, TimedOut

UNFIT = [
    lambda: torch.ones(3) + torch.ones(4),
    lambda: torch.ones(3, 2).mv(torch.ones(3)),
    lambda: torch.ones(3, 2) @ torch.ones(3),
    lambda: torch.ones(3, 2).mm(torch.ones(3, 2)),
    lambda: torch.ones(3, 2).mm(torch.ones(2)),
    lambda: torch.dot(torch.ones(3, 2), torch.ones(3)),
    lambda: torch.dot(torch.ones(2), torch.ones(3)),
    lambda: torch.outer(torch.ones(2, 2), torch.ones(3)),
    lambda: torch.ones(3).view(2, 2),
    lambda: torch.ones(3).add_(torch.ones(2, 3)),
]


@pytest.mark.parametrize("call", UNFIT)
def test_torch_refuses_sizes(call):
    with pytest.raises(RuntimeError) as raised:
        call()
    failure = Raised("f", "RuntimeError", str(raised.value))
    assert stop_of(failure) == "sizes"


def test_another_exception_the_time_and_the_process():
    assert stop_of(Raised("f", "NameError", "name 'a'")) == "exception"
    assert stop_of(TimedOut("f", "it did not return")) == "time"
    assert stop_of(Died("f", "it exited")) == "process"
