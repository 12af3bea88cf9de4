"""What the warm process leaves to its workers: pipes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import torch

from grader.sandbox.calls import Calls

OpenCalls = Callable[[str], Calls]


def test_a_worker_has_five_descriptors(open_calls: OpenCalls) -> None:
    source = """
        import os

        def double(x):
            held = []
            for fd in range(2_000):
                try:
                    os.fstat(fd)
                except OSError:
                    continue
                held.append(fd)
            return held
    """
    with open_calls(source) as calls:
        assert calls.call("double", (torch.ones(1),)).value == [0, 1, 2, 3, 4]


def test_nobody_types(open_calls: OpenCalls) -> None:
    with open_calls("def double(x):\n    return input()\n") as calls:
        error = calls.call("double", (torch.ones(1),)).error
    assert error is not None
    assert error.text == "input() cannot be used here: nobody is there to type"


def test_nothing_is_run_at_the_end(open_calls: OpenCalls) -> None:
    source = "import atexit\n\natexit.register(print, 'the end')\n\ndef double(x):\n    return x\n"
    with open_calls(source) as calls:
        calls.call("double", (torch.ones(1),))
    assert calls.printed == ""
