"""Grading on a Dask cluster: a real scheduler, real workers, one of which is killed in mid-batch."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import tiny

from grader import results
from grader.errors import PoolEnded, UsageError
from grader.exercise import Exercise
from grader.grading import batch
from grader.intake.submission import find

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster(tmp_path):
    """The address of a scheduler, its process and those of two workers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3",
    }
    commands = [
        [
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--no-dashboard",
        ],
        *[
            [
                "distributed.cli.dask_worker",
                address,
                "--nthreads",
                "1",
                "--no-nanny",
                "--no-dashboard",
            ]
            for _ in range(2)
        ],
    ]
    with (tmp_path / "cluster.log").open("w") as log:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", *command],
                stdout=log,
                stderr=log,
                cwd=tmp_path,
                env=environment,
            )
            for command in commands
        ]
        try:
            with distributed.Client(
                address, timeout=60, set_as_default=False
            ) as client:
                client.wait_for_workers(2, timeout=60)
            yield address, processes
        finally:
            for process in processes[::-1]:
                process.kill()
                process.wait()


@pytest.fixture
def plan(tmp_path):
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    sources = {f"s{i}": tiny.SLOW for i in range(8)} | {"exits": tiny.EXITS}
    found = find(
        [tiny.submissions(tmp_path / "class", sources)], exercise.functions
    )
    return lambda **options: batch.Plan(
        found, exercise, tmp_path / "out", **options
    )


class Kills(batch.Watcher):
    """Kills a process when the first submission has its result."""

    def __init__(self, process):
        self.process = process
        self.finished_ids = []

    def finished(self, result, kept):  # noqa: ARG002
        self.finished_ids.append(result.submission.id)
        if len(self.finished_ids) == 1:
            time.sleep(0.3)  # the worker has begun the next one
            os.kill(self.process.pid, signal.SIGKILL)


def test_every_grade_comes_though_a_worker_is_killed(cluster, plan):
    address, (_, *workers) = cluster
    order = plan(scheduler=address, formats=("junit",))
    watcher = Kills(workers[0])
    graded = batch.run(order, watcher)
    assert workers[0].wait() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert not graded.faults
    marks = {
        path.parent.name: results.from_json(path.read_text()).score
        for path in order.folder.glob("*/grade.json")
    }
    assert marks == {**{f"s{i}": 2.0 for i in range(8)}, "exits": 0.0}
    assert sorted(watcher.finished_ids) == sorted(marks)
    assert (order.folder / "s0" / "report.html").is_file()
    assert (order.folder / "s0" / "junit.xml").is_file()
    assert batch.run(order).kept == len(marks)


def test_a_scheduler_that_goes_away_ends_the_batch_in_a_sentence(
    cluster, plan
):
    address, (scheduler, *_) = cluster
    watcher = Kills(scheduler)
    with pytest.raises(
        PoolEnded, match=r"has gone away\. \d of 9 are graded\. Run the same"
    ):
        batch.run(plan(scheduler=address), watcher)
    order = plan(jobs=1)
    graded = {path.parent.name for path in order.folder.glob("*/grade.json")}
    assert graded == set(watcher.finished_ids)
    assert (order.folder / "index.html").is_file()
    # what is left is graded on this machine
    assert batch.run(order).kept == len(graded)


def test_a_scheduler_that_is_not_there_is_told(plan, monkeypatch):
    monkeypatch.setattr("grader.grading.pools._CONNECT_SECONDS", 1)
    with pytest.raises(
        UsageError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"
    ):
        batch.run(plan(scheduler="tcp://127.0.0.1:9"))
