"""How a batch's cost grows with its size, in time and memory, and with the cores: one command, one table.

    python benchmarks/growth.py [--sizes 10 100 1000] [--own]

The submissions are copies with distinct names and small changes, whose functions raise at once, so that what
is left is the grader's own cost; with `--own` they are right ones, and their own work is in it. Times leave
out the start of the processes: they begin when each has given a few results. Memory is that of the trusted
processes together (proportional set size), without the sandbox's. Sizes run on all cores, then the middle
size on one core, for the ratio.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from grader.exercise import Exercise
from grader.grading import batch, pools
from grader.intake.submission import find
from grader.results import Result

SAMPLE = (
    Path(__file__).parents[1]
    / "submissions"
    / "practical3"
    / "right-per-sample.py"
)
RAISES = (
    "def raises(*arguments):\n    raise ValueError('no')\n\n\n{} = raises\n"
)
WARM = 3  # results that come while processes are still starting, per process
FIRST = 100  # results after which memory should be flat


class Meter(batch.Watcher):
    """Notes when each result came, and the memory after every tenth."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.memory: list[tuple[int, int]] = []

    def finished(self, result: Result, kept: bool) -> None:  # noqa: ARG002
        """Note the time, and now and then the memory."""
        self.times.append(time.perf_counter())
        if len(self.times) % 10 == 0:
            self.memory.append((len(self.times), trusted_memory()))

    def seconds_each(self, jobs: int) -> float:
        """Wall seconds a submission, once warm."""
        first = min(WARM * jobs, len(self.times) // 2)
        return (self.times[-1] - self.times[first - 1]) / (
            len(self.times) - first
        )

    def grown(self) -> int | None:
        """Bytes by which memory grew after the first hundred results, at its highest; None with fewer."""
        early = [used for count, used in self.memory if count <= FIRST]
        late = [used for count, used in self.memory if count > FIRST]
        return max(late) - early[-1] if late else None


def trusted_memory() -> int:
    """Bytes that this process and its grading processes hold."""
    grading = [str(child.pid) for child in multiprocessing.active_children()]
    return sum(map(held, [str(os.getpid()), *grading]))


def held(pid: str) -> int:
    """A process's proportional set size."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return (
        next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        << 10
    )


def graded(size: int, jobs: int, own: bool) -> Meter:
    """A batch of `size` submissions, graded by `jobs` processes."""
    exercise = Exercise.load("practical3")
    source = (
        SAMPLE.read_text(encoding="utf-8")
        if own
        else RAISES.format(" = ".join(exercise.functions))
    )
    meter = Meter()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(size):
            (Path(folder) / f"student-{number:04}.py").write_text(
                f"# {number}\n{source}", encoding="utf-8"
            )
        found = find([Path(folder)], exercise.functions)
        batch.run(
            batch.Plan(
                found, exercise, Path(folder) / "out", seed=1, jobs=jobs
            ),
            meter,
        )
    return meter


def main() -> None:
    """Grade the batches and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10, 100, 1000]
    )
    parser.add_argument(
        "--own",
        action="store_true",
        help="right submissions, their own work included",
    )
    options = parser.parse_args()
    cores = pools.cores()
    middle = sorted(options.sizes)[len(options.sizes) // 2]
    table = Table(
        "submissions",
        "processes",
        "s each",
        "relative",
        "MB at the end",
        "MB grown after 100",
        box=box.SIMPLE,
    )
    base: float | None = None
    of_middle: dict[int, float] = {}
    for size, jobs in [
        *((size, cores) for size in options.sizes),
        (middle, 1),
    ]:
        meter = graded(size, jobs, options.own)
        each = meter.seconds_each(jobs)
        base = base or each
        if size == middle:
            of_middle[jobs] = each
        grown = meter.grown()
        table.add_row(
            str(size),
            str(jobs),
            f"{each:.3f}",
            f"{each / base:.2f}",
            f"{meter.memory[-1][1] / 1e6:.0f}" if meter.memory else "",
            f"{grown / 1e6:+.1f}" if grown is not None else "",
        )
    Console().print(table)
    if cores > 1:
        ratio = of_middle[1] / of_middle[cores]
        print(
            f"{cores} cores grade {ratio:.2f} times as fast as one ({middle} submissions)."
        )


if __name__ == "__main__":
    main()
