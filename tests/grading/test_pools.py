"""Pools: an address that is none is refused at once, and a process that never starts is told in the end."""

import pytest
import tiny

from grader.errors import GraderFault, UsageError
from grader.exercise import Exercise
from grader.grading import pools
from grader.grading.process import Settings, Task
from grader.intake.submission import Submission


@pytest.mark.parametrize(
    "address", ["tcp://host:8786", "tls://10.0.0.1:8786", "tcp://[::1]:8786"]
)
def test_an_address_of_a_scheduler(address):
    pools.check_address(address)


@pytest.mark.parametrize(
    "address",
    ["", "host", "host:8786", "tcp://host", "http://host:80", "tcp://:8786 "],
)
def test_what_is_no_address_of_a_scheduler(address):
    with pytest.raises(UsageError, match="tcp://HOST:8786"):
        pools.check_address(address)


def test_processes_that_never_get_ready_are_a_fault(tmp_path):
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    (exercise.folder / "inputs.py").write_text("import os\nos._exit(1)\n")
    prologue = '[prologue]\nsource = "solution.py"\nmodules = ["course"]\n'
    described = exercise.folder / "exercise.toml"
    described.write_text(described.read_text() + prologue)
    settings = Settings.of(
        Exercise.load(str(exercise.folder)), "quick", seed=1
    )
    pool = pools.LocalPool(settings, jobs=1)
    task = Task(
        settings,
        Submission("one", "One", "one.py", tiny.RIGHT.encode(), ("one.py",)),
    )
    try:
        for _ in range(2):
            with pytest.raises(
                pools.Lost, match="before it was ready"
            ) as lost:
                finish(pool, task)
            assert not lost.value.blame
        with pytest.raises(GraderFault, match="grader doctor"):
            finish(pool, task)
    finally:
        pool.close()


def finish(pool, task):
    future = pool.submit(task)
    future.exception(timeout=120)
    return pool.outcome(future)


def test_there_is_a_core():
    assert pools.cores() >= 1
