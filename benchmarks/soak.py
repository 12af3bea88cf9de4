"""A long batch, a tenth of it hostile or broken: whether each submission has its result, and nothing is left.

    python benchmarks/soak.py [--size 2000] [--jobs N] [--seed N]

The others are copies of the sample submissions and of the labelled corpus, in another order each time. Says
what was found at the end, and ends with 1 if any of this does not hold:

- each submission has its result, and its mark depends on nothing but itself: copies have equal marks;
- grader fails on none of them, and on no check of theirs;
- the folder of the grades and the one for temporary files hold what they should, and nothing else;
- no process is left, a zombie neither, and no descriptor;
- the memory of the grading processes and the descriptors do not grow. The process that began the batch keeps
  each result for the class page: what it grows by is said, for each submission.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from multiprocessing import forkserver, util
from pathlib import Path

from grader.exercise import Exercise
from grader.grading import batch, output, pools
from grader.intake.submission import Submission, find
from grader.results import Result

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "corpus"
SAMPLES = ROOT / "submissions" / "practical3"
ATTACKS = ROOT / "tests" / "attacks" / "submissions"
RIGHT = (SAMPLES / "right-batched.py").read_text(encoding="utf-8")

# One in so many is hostile or broken.
HOSTILE = 10
PAUSE = 20  # results between two looks at the processes
# of the grading processes' memory, from the second quarter of the run to the last
MOST_GROWTH = 0.05
MOST_KEPT = 50_000  # bytes for each result, in the process that began
PATIENCE = 20  # seconds that processes have to end

BODIES = {
    "hangs": "while True: pass",
    "exits": "import os; os._exit(0)",
    "crashes": "import ctypes; ctypes.string_at(0)",
    "memory": "return [torch.ones(100_000_000) for _ in range(1000)]",
    "recursion": "return dloss(v, t)",
    "threads": "import threading; [threading.Thread(target=print).start() for _ in range(9999)]",
    "output": "print('x' * 10_000_000); return 2 * (v - t)",
    "wide": "return torch.zeros(1).expand(10**10)",
    "text": "return '\\ud800' * 10**6",
    "deep": "x = []\n    for _ in range(10**5): x = [x]\n    return x",
}


@dataclass(frozen=True)
class Made:
    """One submission: its file's name, its bytes, and what it was made from."""

    name: str
    data: bytes
    origin: str
    hostile: bool


def submissions(size: int, choose: random.Random) -> Iterator[Made]:
    """So many submissions, each of them with a name and bytes of its own."""
    ordinary = list(_ordinary())
    hostile = list(_hostile())
    for number in range(size):
        pool = hostile if number % HOSTILE == HOSTILE - 1 else ordinary
        origin, suffix, data = choose.choice(pool)
        name = f"student-{number:05}{suffix}"
        yield Made(
            name, _distinct(data, suffix, number), origin, pool is hostile
        )


def _distinct(data: bytes, suffix: str, number: int) -> bytes:
    """The bytes with a comment behind them, so that no two submissions are the same file."""
    if suffix == ".py":
        return data + f"\n# {number}\n".encode()
    # white space that means nothing, to a notebook
    return data + b" " * (number % 97)


def _ordinary() -> Iterator[tuple[str, str, bytes]]:
    for folder in (SAMPLES, CORPUS):
        for path in sorted(folder.iterdir()):
            if path.suffix in (".py", ".ipynb"):
                yield path.name, path.suffix, path.read_bytes()


def _hostile() -> Iterator[tuple[str, str, bytes]]:
    for path in sorted(ATTACKS.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        text += f"\n\n{RIGHT}\n\ndef sigma(x):\n    attack(x)\n    return torch.tanh(x)\n"
        yield f"attack {path.name}", ".py", text.encode()
    for name, body in BODIES.items():
        text = f"{RIGHT}\n\ndef dloss(v, t):\n    {body}\n"
        yield name, ".py", text.encode()
    notebook = next(SAMPLES.glob("*.ipynb")).read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("solution.py", RIGHT)
    whole = archive.getvalue()
    yield "empty", ".py", b""
    yield "zeros", ".py", b"\\0" * 1_000_000
    yield "random bytes", ".py", random.Random(1).randbytes(10_000)
    yield "half a file", ".py", RIGHT[: len(RIGHT) // 2].encode()
    yield "half a notebook", ".ipynb", notebook[: len(notebook) // 2]
    yield "not a notebook", ".ipynb", b"[]"
    yield "brackets", ".ipynb", b"[" * 100_000
    yield "archive", ".zip", whole
    yield "half an archive", ".zip", whole[: len(whole) // 2]
    yield "broken archive", ".zip", whole.replace(b"PK", b"KP", 1)


class Meter(batch.Watcher):
    """Notes now and then what the trusted processes hold."""

    def __init__(self, total: int) -> None:
        self.memory: list[int] = []  # of the grading processes
        self.own: list[int] = []  # of this one, which keeps the results
        self.descriptors: list[int] = []
        self.lost: list[str] = []
        self._total = total
        self._count = 0
        self._started = time.monotonic()

    def finished(self, result: Result, kept: bool) -> None:  # noqa: ARG002
        """Look at the processes after some results."""
        self._count += 1
        if self._count % PAUSE:
            return
        pids = trusted()
        own, *grading = pids
        self.own.append(held(own))
        self.memory.append(sum(map(held, grading)))
        self.descriptors.append(sum(descriptors(pid) for pid in pids))
        seconds = time.monotonic() - self._started
        print(
            f"{self._count}/{self._total}  {seconds:.0f} s  {self.memory[-1] / 1e6:.0f} MB"
            f" and {self.own[-1] / 1e6:.0f} MB",
            flush=True,
        )

    def again(self, submission: Submission, why: str) -> None:
        """Note what was lost."""
        self.lost.append(f"{submission.id}: {why}")

    def grown(self) -> list[str]:
        """What has grown in the course of the run, a line each."""
        grown = []
        of_memory = growth(self.memory)
        if of_memory > MOST_GROWTH:
            grown.append(f"memory, by {of_memory:.1%}")
        if self.kept > MOST_KEPT:
            grown.append(f"what is kept of a result, to {self.kept:.0f} bytes")
        of_descriptors = growth(self.descriptors)
        if of_descriptors > 0:
            grown.append(f"descriptors, by {of_descriptors:.1%}")
        return grown

    @property
    def kept(self) -> float:
        """By how many bytes this process has grown for each result, from the second quarter to the last."""
        quarter = max(1, len(self.own) // 4)
        if len(self.own) < 4:
            return 0.0
        early = statistics.median(self.own[quarter : 2 * quarter])
        late = statistics.median(self.own[-quarter:])
        return (late - early) / (2 * quarter * PAUSE)

    def summary(self) -> str:
        """What the trusted processes held, in a sentence."""
        if not self.memory:
            return "The run was too short to tell of memory."
        least, most = min(self.memory) / 1e6, max(self.memory) / 1e6
        return (
            f"Memory of the grading processes: {least:.0f} to {most:.0f} MB, {growth(self.memory):+.1%} "
            f"from the second quarter to the last; of the one that began, {self.kept / 1e3:.0f} KB more for "
            f"each result; descriptors: at most {max(self.descriptors)}."
        )


def children(pid: int) -> list[int]:
    """The processes that a process has started, and those that they have started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


def trusted() -> list[int]:
    """This process and its grading processes."""
    pids = [os.getpid()]
    for child in multiprocessing.active_children():
        if child.pid is not None:
            pids.append(child.pid)
    return pids


def held(pid: int) -> int:
    """A process's proportional set size in bytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) << 10
    return 0


def descriptors(pid: int) -> int:
    """How many descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def left_over(before: Collection[int]) -> list[str]:
    """The processes that were not there before and still are, after the time that they have to end."""
    deadline = time.monotonic() + PATIENCE
    while True:
        commands = []
        for pid in set(children(os.getpid())).difference(before):
            stat = Path(f"/proc/{pid}/stat").read_text()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            commands.append(f"{stat[:40]} {command[:60]!r}")
        if not commands or time.monotonic() > deadline:
            return commands
        time.sleep(0.2)


def stray_files(out: Path, temporary: Path, ids: set[str]) -> list[str]:
    """Files that do not belong where they are."""
    expected = {"index.html", "gradebook.csv"}
    for id_ in ids:
        expected |= {f"{id_}/grade.json", f"{id_}/report.html"}
    found = set()
    for path in out.rglob("*"):
        if not path.is_dir():
            found.add(str(path.relative_to(out)))
    stray = sorted(found ^ expected)
    for path in temporary.rglob("*"):
        # by which processes of one account wait for one another; it stays
        if path.suffix != ".lock":
            stray.append(str(path))
    return stray


def unequal_marks(results: list[Result], made: dict[str, Made]) -> list[str]:
    """The ordinary submissions that did not get the same mark each time."""
    marks: defaultdict[str, set[float]] = defaultdict(set)
    for result in results:
        one = made[result.submission.id]
        if not one.hostile:
            marks[one.origin].add(result.score)
    unequal = []
    for origin, different in sorted(marks.items()):
        if len(different) > 1:
            unequal.append(f"{origin}: {sorted(different)}")
    return unequal


def faults(results: list[Result], made: dict[str, Made]) -> list[str]:
    """A line for each failure of grader's own that a result holds."""
    lines = []
    for result in results:
        origin = made[result.submission.id].origin
        for fault in result.faults:
            last = fault.traceback.strip().splitlines()[-1]
            lines.append(f"{origin}: {fault.during}: {last}")
    return lines


def growth(values: list[int]) -> float:
    """By which share the values have grown from the second quarter to the last."""
    quarter = max(1, len(values) // 4)
    if len(values) < 4:
        return 0.0
    early = statistics.median(values[quarter : 2 * quarter])
    late = statistics.median(values[-quarter:])
    return late / early - 1


def soak(size: int, jobs: int, seed: int, folder: Path) -> bool:
    """Grade the batch in this folder, and print what was found; whether all is as it should be."""
    handed_in, out = folder / "class", folder / "grades"
    temporary = folder / "tmp"
    handed_in.mkdir()
    temporary.mkdir()
    # multiprocessing's own folder, which lasts as long as this process
    util.get_temp_dir()
    # for this process and those that it starts
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
    made = {}
    for one in submissions(size, random.Random(seed)):
        (handed_in / one.name).write_bytes(one.data)
        made[Path(one.name).stem] = one
    exercise = Exercise.load("practical3")
    found = find([handed_in], exercise.functions, support=exercise.prologues())
    meter = Meter(len(found))
    plan = batch.Plan(found, exercise, out, seed=seed, jobs=jobs)
    # its processes last as long, and have descriptors
    pools.context()
    forkserver.ensure_running()
    lasting = children(os.getpid())
    before = descriptors(os.getpid())
    started = time.monotonic()
    graded = batch.run(plan, meter)
    seconds = time.monotonic() - started
    processes = left_over(lasting)
    # a process that was lost has its pipes closed a little later
    more = descriptors(os.getpid()) - before
    results = output.load(out)
    graded_ids = {result.submission.id for result in results}
    wrong = {
        "submissions without a result": sorted(made.keys() - graded_ids),
        "failures of grader's": [
            *graded.faults,
            *faults(results, made),
        ],
        "submissions that were lost and graded again": meter.lost,
        "copies with another mark": unequal_marks(results, made),
        "stray or missing files": stray_files(out, temporary, set(made)),
        "processes left": processes,
        "descriptors left in this process": ["one"] * more,
        "what has grown": meter.grown(),
    }
    hostile = sum(one.hostile for one in made.values())
    print(
        f"\n{len(results)} results of {size} submissions, {hostile} of them hostile or broken, "
        f"in {seconds:.0f} s with {jobs} processes."
    )
    print(meter.summary())
    for what, which in wrong.items():
        print(f"{what}: {len(which)}")
        for line in which[:20]:
            print(f"    {line}")
    return not any(wrong.values())


def main() -> None:
    """Soak, and exit with 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=pools.cores())
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        is_well = soak(options.size, options.jobs, options.seed, Path(folder))
    sys.exit(not is_well)


if __name__ == "__main__":
    main()
