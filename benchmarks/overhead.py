"""What grading costs beyond the students' own work, and where it goes: one command, measured in one run.

    python benchmarks/overhead.py [--rounds 5] [--submissions FOLDER]

Each round does, one after the other: the bare work (every call that grading the sample submission makes of
it, recorded once, in this process), that submission graded, one that is diagnosed, one whose functions all
raise at once, and a fresh process that does nothing but import torch and pytest: the least that a grader
without a warm one pays. Medians over the rounds; ratios are taken round by round.

Then every submission of the folder is graded once; what is left of each when the time within its own
functions is taken out is the grader's, and the second table tells where it goes.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from rich import box
from rich.console import Console
from rich.table import Table

from grader.checking.runner import Checks
from grader.exercise import Exercise
from grader.grading import output, session
from grader.grading.session import Session
from grader.intake import submission
from grader.sandbox.calls import Calls
from grader.sandbox.host import WorkerHandle, Zygote

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "submissions" / "practical3"
CORPUS = ROOT / "tests" / "corpus"
SAMPLE = SAMPLES / "right-per-sample.py"
WRONG = SAMPLES / "attempt-backward-skips-nodes.py"
RAISES = (
    "def raises(*arguments):\n    raise ValueError('no')\n\n\n{} = raises\n"
)

Work = Callable[[], Any]


def timed(work: Work) -> float:
    """Seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def recorded(
    session: Session, one: submission.Submission
) -> list[tuple[str, tuple[Any, ...]]]:
    """Every call that grading a submission makes of it: (function, arguments)."""
    made = []
    plain = Calls.call_rows

    def call_rows(
        self: Calls, function: str, rows: Any, *rest: Any, **more: Any
    ) -> Any:
        for arguments in rows:
            kept = tuple(
                a.clone() if isinstance(a, torch.Tensor) else a
                for a in arguments
            )
            made.append((function, kept))
        return plain(self, function, rows, *rest, **more)

    with replaced(Calls, "call_rows", call_rows):
        session.grade(one)
    return made


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """For a while, another attribute."""
    plain = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, plain)


def replayed(calls: list[tuple[str, tuple[Any, ...]]]) -> Work:
    """The same calls, made of the same code in this process."""
    names: dict[str, Any] = {"__name__": "submission"}
    exec(
        compile(SAMPLE.read_text(encoding="utf-8"), SAMPLE.name, "exec"), names
    )

    def work() -> None:
        for function, arguments in calls:
            names[function](
                *(
                    a.clone() if isinstance(a, torch.Tensor) else a
                    for a in arguments
                )
            )

    return work


def graded(session: Session, one: submission.Submission, folder: Path) -> Work:
    """All that grading a submission is: its checks, its diagnosis, its grade.json and its report."""

    def work() -> None:
        result = session.grade(one)
        output.write(folder, result, session.exercise)

    return work


class Stages:
    """Where the time goes while it is on: seconds by stage, the students' own under OWN."""

    OWN = "within the students' functions"
    START = "a worker: forked, its file read and loaded"
    CALLS = "calls: to the worker and back"
    CHECKS = "checks: pytest, the reference, comparing"
    DIAGNOSIS = "diagnosis"
    REPORT = "grade.json and report"
    END = "the worker's end"
    OTHER = "the rest"

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Measure what happens meanwhile."""
        with contextlib.ExitStack() as stack:
            for owner, name, stage in (
                (Zygote, "fork", self.START),
                (WorkerHandle, "dismiss", self.END),
                (Checks, "run", self.CHECKS),
                (session, "diagnose", self.DIAGNOSIS),
                (output, "save", self.REPORT),
                (output, "render_one", self.REPORT),
            ):
                stack.enter_context(
                    replaced(
                        owner, name, self._timed(getattr(owner, name), stage)
                    )
                )
            stack.enter_context(
                replaced(
                    WorkerHandle,
                    "exchange",
                    self._exchange(WorkerHandle.exchange),
                )
            )
            yield

    def _timed(
        self, function: Callable[..., Any], stage: str
    ) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            before = sum(self.seconds.values())
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                within = (
                    sum(self.seconds.values()) - before
                )  # counted for the stages within this one
                self.seconds[stage] += time.perf_counter() - started - within

        return call

    def _exchange(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def exchange(
            worker: WorkerHandle, message: dict[str, Any], *rest: Any
        ) -> Any:
            started, reply = time.perf_counter(), {}
            try:
                reply = function(worker, message, *rest)
                return reply
            finally:
                took = time.perf_counter() - started
                calls = message["do"] == "call"
                # a call that hung or died has taken all of its time itself
                own = reply.get("seconds", took) if calls else 0.0
                self.seconds[self.OWN] += own
                self.seconds[self.CALLS if calls else self.START] += took - own

        return exchange


def of_a_class(
    session: Session, folder: Path, out: Path
) -> list[Counter[str]]:
    """The seconds of each submission of a folder, by stage."""
    found = []
    for one in submission.find([folder], session.exercise.functions):
        stages = Stages()
        with stages.on():
            total = timed(graded(session, one, out))
        stages.seconds[Stages.OTHER] = total - sum(stages.seconds.values())
        found.append(stages.seconds)
    return found


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--submissions",
        type=Path,
        default=CORPUS if CORPUS.is_dir() else SAMPLES,
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    exercise = Exercise.load("practical3")
    with (
        tempfile.TemporaryDirectory() as temporary,
        Session(exercise, seed=1) as session,
    ):
        session.prepare()
        folder = Path(temporary)
        raising = folder / "raises.py"
        raising.write_text(
            RAISES.format(" = ".join(exercise.functions)), encoding="utf-8"
        )
        right, wrong, raises = map(
            submission.from_file, (SAMPLE, WRONG, raising)
        )
        works: dict[str, Work] = {
            "the bare work": replayed(recorded(session, right)),
            "a right submission, graded and reported": graded(
                session, right, folder
            ),
            "a wrong one, diagnosed": graded(session, wrong, folder),
            "one whose functions raise at once": graded(
                session, raises, folder
            ),
            "a fresh process, imports only": lambda: subprocess.run(
                [sys.executable, "-c", "import torch, pytest"], check=True
            ),
        }
        for work in works.values():
            work()
        times: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(options.rounds):
            for name, work in works.items():
                times[name].append(timed(work))
        show_rounds(times)
        show_class(
            of_a_class(session, options.submissions, folder),
            options.submissions,
        )


def show_rounds(times: dict[str, list[float]]) -> None:
    """The medians, and the overhead as a difference and as ratios."""
    table = Table("per submission", box=box.SIMPLE)
    for column in ("median ms", "over the bare work"):
        table.add_column(column, justify="right")
    bare = times["the bare work"]
    for name, values in times.items():
        ratio = statistics.median(
            v / b for v, b in zip(values, bare, strict=True)
        )
        table.add_row(
            name, f"{1000 * statistics.median(values):.0f}", f"{ratio:.2f}"
        )
    right = times["a right submission, graded and reported"]
    added = statistics.median(g - b for g, b in zip(right, bare, strict=True))
    table.add_row("added to a right submission", f"{1000 * added:.0f}", "")
    Console().print(table)


def show_class(found: list[Counter[str]], folder: Path) -> None:
    """What grading adds to each submission's own work, and where that goes."""
    added = sorted(
        sum(seconds.values()) - seconds[Stages.OWN] for seconds in found
    )
    table = Table(f"{len(found)} submissions of {folder.name}", box=box.SIMPLE)
    for column in ("median ms", "mean ms", "nine of ten within"):
        table.add_column(column, justify="right")

    def row(name: str, values: list[float]) -> None:
        figures = (
            statistics.median(values),
            statistics.fmean(values),
            sorted(values)[int(0.9 * len(values))],
        )
        table.add_row(name, *(f"{1000 * figure:.0f}" for figure in figures))

    row("added by the grader", added)
    for stage in (
        Stages.START,
        Stages.CALLS,
        Stages.CHECKS,
        Stages.DIAGNOSIS,
        Stages.REPORT,
        Stages.END,
    ):
        row(f"  {stage}", [seconds[stage] for seconds in found])
    row(Stages.OWN, [seconds[Stages.OWN] for seconds in found])
    Console().print(table)


if __name__ == "__main__":
    main()
