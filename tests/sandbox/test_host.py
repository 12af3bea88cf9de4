"""The zygote and its workers as the trusted side sees them: deadlines, endings, and what is kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
import torch

from grader.errors import GraderFault
from grader.grading.session import Session, policy
from grader.sandbox import host
from grader.sandbox.host import Ended, WorkerHandle, WorkerSetup, Zygote

PROLOGUE = "def install(*data):\n    global DATA\n    DATA = data\n"


@pytest.fixture
def worker(session: Session) -> Iterator[WorkerHandle]:
    with session.zygote.fork(policy(session.exercise)) as made:
        yield made


def read(worker: WorkerHandle, source: str) -> None:
    data = torch.frombuffer(bytearray(source.encode()), dtype=torch.uint8)
    request = {
        "do": "read",
        "folder": "",
        "modules": {},
        "data": data,
        "filename": "x.py",
        "names": ["f"],
        "slow": [],
        "loops": {},
        "expected": {},
    }
    worker.exchange(request, 20)
    worker.exchange({"do": "load", "seed": 0}, 20)


def call(
    worker: WorkerHandle, *arguments: object, seconds: float = 5
) -> dict[str, object]:
    request = {
        "do": "call",
        "function": "f",
        "rows": [list(arguments)],
        "seed": 0,
        "supply": {},
        "edits": {},
    }
    request["standins"] = {"texts": {}, "everywhere": False}
    return worker.exchange(request, seconds)


def test_a_call(worker: WorkerHandle) -> None:
    read(worker, "def f(x):\n    return x + 1\n")
    reply = call(worker, torch.tensor(1.0))
    told = {"rows", "arguments", "seconds", "notes", "number"}
    assert set(reply) == told
    (row,) = reply["rows"]  # type: ignore[misc, attr-defined]
    assert row["value"].item() == 2.0


@pytest.mark.parametrize(
    ("deed", "kind", "says"),
    [
        ("os._exit(7)", "died", r"ended its process \(exit code 7\)"),
        (
            "os.kill(os.getpid(), 11)",
            "died",
            r"crashed its process \(SIGSEGV\)",
        ),
        ("os.kill(os.getpid(), 9)", "died", "was killed"),
        ("os.kill(os.getpid(), 40)", "died", r"its process \(signal 40\)"),
        ("os.close(4); time.sleep(5)", "died", "closed its connection"),
        ("time.sleep(30)", "time", "did not return within 1 s"),
        (
            "os.write(4, bytes(3)); time.sleep(30)",
            "time",
            "did not return within 1 s",
        ),
        ("os.write(4, b'\\xff' * 8)", "reply", "something other than a reply"),
    ],
)
def test_endings_in_words(
    worker: WorkerHandle, deed: str, kind: str, says: str
) -> None:
    read(worker, f"import os, time\n\ndef f():\n    {deed}\n")
    with pytest.raises(Ended, match=says) as ended:
        call(worker, seconds=1)
    assert ended.value.kind == kind
    with pytest.raises(Ended, match="had ended before"):
        call(worker)


def test_what_was_printed(worker: WorkerHandle) -> None:
    read(worker, "def f():\n    print('à la carte')\n")
    for times in (1, 2):
        call(worker)
        assert worker.read_printed() == "à la carte\n" * times
    worker.kill()
    assert worker.kill() is None


def test_a_zygote_that_has_ended() -> None:
    zygote = Zygote(WorkerSetup({"course": PROLOGUE}, (torch.ones(2),)))
    assert zygote.alive
    zygote.close()
    assert not zygote.alive
    with pytest.raises(GraderFault, match="grader doctor"):
        zygote.fork(host.Policy())


def test_the_zygote_is_told_where_pythons_libraries_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A Python with a shared libpython may start only with this variable; nothing else is handed on."""
    monkeypatch.setenv("INSTRUCTORS_SECRET", "x")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    without = host._zygote_environment()
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/python/lib")
    assert host._zygote_environment() == without | {
        "LD_LIBRARY_PATH": "/opt/python/lib"
    }
    assert set(without) == {"PATH", "LANG", *host._THREADS}


def test_a_worker_does_not_see_the_variable(
    monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", os.fspath(session.exercise.folder))
    with (
        Zygote(WorkerSetup({})) as zygote,
        zygote.fork(policy(session.exercise)) as worker,
    ):
        read(worker, "import os\n\ndef f():\n    return sorted(os.environ)\n")
        (row,) = call(worker)["rows"]  # type: ignore[misc, attr-defined]
    assert row["value"] == ["HOME", "LANG", "PATH"]


def test_a_dismissed_worker_is_gone_when_the_next_is_forked(
    session: Session,
) -> None:
    zygote = session.zygote
    first = zygote.fork(policy(session.exercise))
    read(first, "def f(x):\n    while True:\n        pass\n")
    assert first._pidfd is not None
    process = os.dup(first._pidfd)
    first.dismiss()
    with zygote.fork(policy(session.exercise)) as second:
        # the zygote has waited for it first: not even a zombie is left
        with pytest.raises(ProcessLookupError):
            signal.pidfd_send_signal(process, 0)
        read(second, "def f(x):\n    return x\n")
    with pytest.raises(Ended):
        call(first, torch.tensor(1.0))
    # nothing is asked of it twice
    first.dismiss()
    assert first.kill() is None
    os.close(process)
