"""What grading costs beyond the students' own work: one command, one table, everything measured in one run.

    python benchmarks/overhead.py [--rounds 5]

Each round does, one after the other: the bare work (the sample submission's own functions on the checks' own
inputs, recorded once, in this process), a graded submission, one whose functions all raise at once, and a
fresh process that does nothing but import torch and pytest: the least that a grader without a warm one pays.
Medians over the rounds; ratios are taken round by round.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from grader import store, submission
from grader.exercise import Exercise
from grader.sandbox.student import Student
from grader.session import Session

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "submissions" / "practical3" / "right-per-sample.py"
WRONG = ROOT / "submissions" / "practical3" / "attempt-backward-skips-nodes.py"
RAISES = "def raises(*arguments):\n    raise ValueError('no')\n\n\n{} = raises\n"


def timed(work: Callable[[], Any]) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def recorded(session: Session, one: submission.Submission) -> list[tuple[str, tuple[Any, ...]]]:
    """Every call that grading a submission makes of it: (function, arguments)."""
    calls = []
    plain = Student.call

    def call(self: Student, function: str, arguments: Any, supply: Any = None) -> Any:
        kept = tuple(a.clone() if isinstance(a, torch.Tensor) else a for a in arguments)
        calls.append((function, kept))
        return plain(self, function, arguments, supply)

    Student.call = call  # type: ignore[method-assign]
    try:
        session.grade(one)
    finally:
        Student.call = plain  # type: ignore[method-assign]
    return calls


def replayed(calls: list[tuple[str, tuple[Any, ...]]]) -> Callable[[], None]:
    """The same calls, made of the same code in this process."""
    names: dict[str, Any] = {"__name__": "submission"}
    exec(compile(SAMPLE.read_text(encoding="utf-8"), SAMPLE.name, "exec"), names)

    def work() -> None:
        for function, arguments in calls:
            names[function](*(a.clone() if isinstance(a, torch.Tensor) else a for a in arguments))

    return work


def fork_to_first_result(session: Session, one: submission.Submission) -> float:
    """Seconds from the fork of a worker to what its first call gives."""
    started = time.perf_counter()
    with Student(session.zygote, session._policy, session.exercise, one) as student:
        student.call("sigma", [torch.ones(3)])
        return time.perf_counter() - started


def empty_call(session: Session, one: submission.Submission) -> float:
    """Seconds that one call takes which does next to nothing; the median of 200."""
    with Student(session.zygote, session._policy, session.exercise, one) as student:
        x = torch.ones(3)
        return statistics.median(timed(lambda: student.call("sigma", [x])) for _ in range(200))


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    exercise = Exercise.load("practical3")
    with tempfile.TemporaryDirectory() as folder, Session(exercise, seed=1) as session:
        session.prepare()
        empty = Path(folder) / "raises.py"
        empty.write_text(RAISES.format(" = ".join(exercise.functions)), encoding="utf-8")
        right, wrong, raising = map(submission.from_file, (SAMPLE, WRONG, empty))
        bare = replayed(recorded(session, right))

        def graded(one: submission.Submission) -> Callable[[], None]:
            def work() -> None:
                result = session.grade(one)
                store.save(Path(folder), result)
                store.render_one(Path(folder), result, exercise)

            return work

        def cold() -> None:
            subprocess.run([sys.executable, "-c", "import torch, pytest"], check=True)

        works = {
            "the bare work": bare,
            "a right submission, graded and reported": graded(right),
            "a wrong one, diagnosed": graded(wrong),
            "one whose functions raise at once": graded(raising),
            "a fresh process, imports only": cold,
        }
        for work in works.values():
            work()
        times: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(rounds):
            for name, work in works.items():
                times[name].append(timed(work))
        forks = [fork_to_first_result(session, right) for _ in range(rounds)]
        calls = [empty_call(session, right) for _ in range(3)]
    show(times, forks, calls)


def show(times: dict[str, list[float]], forks: list[float], calls: list[float]) -> None:
    """The table, and the overhead as a difference and as ratios."""
    table = Table(box=box.SIMPLE)
    table.add_column("per submission")
    for column in ("median ms", "over the bare work"):
        table.add_column(column, justify="right")
    bare = times["the bare work"]
    for name, values in times.items():
        ratio = statistics.median(v / b for v, b in zip(values, bare, strict=True))
        table.add_row(name, f"{1000 * statistics.median(values):.0f}", f"{ratio:.2f}")
    graded = times["a right submission, graded and reported"]
    added = statistics.median(g - b for g, b in zip(graded, bare, strict=True))
    table.add_row("added to a right submission", f"{1000 * added:.0f}", "")
    table.add_row("fork to first result", f"{1000 * statistics.median(forks):.1f}", "")
    table.add_row("an empty call", f"{1000 * statistics.median(calls):.2f}", "")
    Console().print(table)


if __name__ == "__main__":
    main()
