"""Single slips outside the catalogue, each in a right file: which line does the report mark; one command.

    python benchmarks/slips.py [--count 154] [--seed 0] [--functions loss,train] [--show] [FILE ...]

A slip is one small edit of a right submission's own text: another name in scope, another function, a factor,
term or statement dropped, another axis, index, constant, operator or order, a transposition more or less, an
accumulator's name. The files are the samples and the corpus's right ones, in all their styles. A slip is kept
where the checks fail one function that was right, and say of every other what they said before; so what is
equivalent is left out, and the same seed and count give the same slips whatever the diagnosis does.

A slip is counted apart, as catalogued, where it computes what a mistake of the catalogue, or two of them,
computes in the solution; in `train`, which draws numbers, where the report names something at the right line.

The right line is the slip's, or the first one of the statement that holds it. Of a dropped statement it is
that of a neighbour, or the first one that reads what it would have bound. Lines are those of the file as
handed in. "name": something is named, rightly or not. "nothing": neither a name nor a line.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import torch
from slip_edits import Edit, Unit, slips_of, units_of
from slip_outputs import Catalogued

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import FunctionResult, Result

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "tests" / "corpus"
SAMPLES = ROOT / "submissions" / "practical3"
FAILED = ("partial", "wrong")
TRIED = 12  # edits at most, for each slip that is asked for
PER_FILE = 3  # of one kind, for one function, are tried in one file
# a slip can make a loop endless: so long may a call take, and one of a slow function
SECONDS, SLOW_SECONDS, SUBMISSION_SECONDS = 2.0, 6.0, 120.0


@dataclass(frozen=True)
class Slip:
    """One edit of one file. `function` is the graded one that the edit stands in, or "" outside of all."""

    path: Path
    unit: Unit
    edit: Edit

    @property
    def function(self) -> str:
        return self.edit.function

    def submission(self) -> Submission:
        """The file as it is handed in."""
        name = self.path.name
        data = self.unit.file_with(self.edit.text)
        return Submission(name, name, name, data, (name,))


@dataclass(frozen=True)
class Reported:
    """A slip that was kept, and what was said of the function that it makes wrong."""

    slip: Slip
    function: str
    said: FunctionResult
    catalogued: bool

    @property
    def named(self) -> bool:
        return bool(self.said.misconceptions)

    @property
    def place(self) -> tuple[int, int | None] | None:
        """The line and the cell that are marked; None where there are none."""
        if self.said.line is not None and self.said.source is not None:
            line, cell, _ = self.said.source.place_of(self.said.line)
            return line, cell
        for helper in self.said.helpers:
            return helper.marks[0].line, helper.source.cell
        return None

    @property
    def right_line(self) -> bool:
        if self.place is None:
            return False
        line, cell = self.place
        return cell == self.slip.unit.cell and line in self.slip.edit.lines

    @property
    def verdict(self) -> str:
        """What the report is worth: "right line", "wrong line", "name only" or "nothing"."""
        if self.right_line:
            return "right line"
        if self.place is not None:
            return "wrong line"
        return "name only" if self.named else "nothing"

    def told(self) -> str:
        """The slip and what was said of it, in a few lines."""
        edit = self.slip.edit
        where = f"{self.slip.path.name}"
        if self.slip.unit.cell is not None:
            where += f" cell {self.slip.unit.cell}"
        lines = ",".join(map(str, sorted(edit.lines)))
        head = f"{self.verdict}: {self.function}, {where} line {lines} ({edit.kind})"
        said = [f"first wrong {self.said.first_wrong}"]
        if self.named:
            said.insert(0, " + ".join(self.said.misconceptions))
        if self.place is not None:
            said.append(f"line {self.place[0]}: {self._marked()}")
        failed = [c.id for c in self.said.checks if c.outcome == "failed"]
        said.append("failed " + " ".join(failed))
        return (
            f"{head}\n    was   {edit.before}\n    is    {edit.after}\n"
            f"    said  {'; '.join(said)}"
        )

    def _marked(self) -> str:
        """The text of the line that is marked, where it stands in the unit that holds the slip."""
        assert self.place is not None
        line, cell = self.place
        lines = self.slip.edit.text.split("\n")
        if cell != self.slip.unit.cell or line > len(lines):
            return f"(cell {cell})"
        return lines[line - 1].strip()


def right_files() -> list[Path]:
    """The samples, and the corpus's files in which everything is right."""
    labels = (CORPUS / "labels.toml").read_text(encoding="utf-8")
    found = [*SAMPLES.glob("*.py"), *SAMPLES.glob("*.ipynb")]
    for path in [*CORPUS.glob("*.py"), *CORPUS.glob("*.ipynb")]:
        if f'["{path.name}"]' not in labels:
            found.append(path)
    return sorted(found)


def drawn(
    files: Sequence[Path],
    function: str,
    functions: Sequence[str],
    seed: int,
) -> Iterator[Slip]:
    """Slips for one function, in an order that the seed draws: each kind, then each file, as often as any.

    What stands outside all graded functions is drawn with the last one, which most of it belongs to.
    """
    # a text as seed: the same whatever the other functions draw
    rng = random.Random(f"{seed} {function}")
    by_kind: dict[str, dict[Path, list[Slip]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for path in files:
        for unit in units_of(path):
            for edit in slips_of(unit, functions):
                owner = edit.function or functions[-1]
                if owner == function:
                    by_kind[edit.kind][path].append(Slip(path, unit, edit))
    taken: Counter[tuple[str, Path]] = Counter()
    while by_kind:
        kind = rng.choice(sorted(by_kind))
        path = rng.choice(sorted(by_kind[kind]))
        slips = by_kind[kind][path]
        yield slips.pop(rng.randrange(len(slips)))
        taken[kind, path] += 1
        if not slips or taken[kind, path] == PER_FILE:
            del by_kind[kind][path]
        if not by_kind[kind]:
            del by_kind[kind]


# -- grading ------------------------------------------------------------------------------------------


def in_a_hurry(exercise: Exercise) -> Exercise:
    """The exercise with little time for a call."""
    functions = {}
    for name, function in exercise.functions.items():
        seconds = SLOW_SECONDS if function.slow else SECONDS
        functions[name] = function.model_copy(update={"seconds": seconds})
    limits = exercise.limits.model_copy(
        update={"submission_seconds": SUBMISSION_SECONDS}
    )
    return dataclasses.replace(exercise, functions=functions, limits=limits)


class Grader:
    """Grades in one process, with one warm session; keeps what was said of the files without a slip."""

    def __init__(self, exercise: Exercise) -> None:
        torch.set_num_threads(1)
        self.exercise = exercise
        self.session = Session(in_a_hurry(exercise))
        self.catalogued = Catalogued(exercise)
        self._unedited: dict[Path, Result] = {}

    def unedited(self, path: Path) -> Result:
        """The result of the file as it is."""
        if path not in self._unedited:
            name = path.name
            whole = Submission(name, name, name, path.read_bytes(), (name,))
            self._unedited[path] = self.session.grade(whole)
        return self._unedited[path]

    def report(self, slip: Slip) -> Reported | None:
        """What is said of a slip; None where it is not one, or spoils more than one function."""
        before = self.unedited(slip.path).functions
        if slip.function and before[slip.function].status != "right":
            return None
        after = self.session.grade(slip.submission()).functions
        changed = [
            name
            for name, function in after.items()
            if function.status != before[name].status
        ]
        if len(changed) != 1:
            return None
        (name,) = changed
        # by itself, not with another function in the place of a wrong one
        was_right = (
            before[name].status == "right" and not before[name].follow_through
        )
        is_fault = was_right and after[name].status in FAILED
        if not is_fault or slip.function not in ("", name):
            return None
        return self._reported(slip, name, after[name])

    def _reported(
        self, slip: Slip, name: str, said: FunctionResult
    ) -> Reported:
        one = Reported(slip, name, said, catalogued=False)
        same = self.catalogued.same(
            name, slip.unit.module_with(slip.edit.text)
        )
        if same is None:
            # nothing to compare with: by what the report says
            same = one.named and one.right_line
        return Reported(slip, name, said, same)


def kept(
    function: str,
    files: Sequence[Path],
    count: int,
    seed: int,
) -> list[Reported]:
    """So many slips of one function, graded."""
    exercise = Exercise.load("practical3")
    grader = Grader(exercise)
    found: list[Reported] = []
    candidates = distinct(
        drawn(files, function, list(exercise.functions), seed)
    )
    with grader.session:
        for slip in islice(candidates, TRIED * count):
            reported = grader.report(slip)
            if reported is not None:
                found.append(reported)
            if len(found) == count:
                break
    return found


def distinct(slips: Iterator[Slip]) -> Iterator[Slip]:
    """Those that are still Python and another program; what reads the same in several files, once."""
    seen: set[tuple[str, str]] = set()
    for slip in slips:
        edit = slip.edit
        told = (edit.before.replace(" ", ""), edit.after.replace(" ", ""))
        if told not in seen and edit.changes:
            seen.add(told)
            yield slip


# -- figures ------------------------------------------------------------------------------------------


def show(found: Sequence[Reported], functions: Sequence[str]) -> None:
    """Print the figures by function, and those of all of them."""
    head = ("slips", "name", "right line", "wrong line", "nothing")
    print(f"{'':15}" + "".join(f"{title:>13}" for title in head), end="")
    print(f"{'catalogued':>13}")
    for function in functions:
        show_row(function, [one for one in found if one.function == function])
    show_row("all but train", [o for o in found if o.function != "train"])
    show_row("all", found)


def show_row(title: str, found: Sequence[Reported]) -> None:
    """One row: those outside the catalogue, and how many are in it."""
    counted = [one for one in found if not one.catalogued]
    if not found:
        return
    verdicts = Counter(one.verdict for one in counted)
    numbers = [
        sum(one.named for one in counted),
        verdicts["right line"],
        verdicts["wrong line"],
        verdicts["nothing"],
    ]
    row = f"{title:15}{len(counted):13}"
    for number in numbers:
        share = f"{number / len(counted):.0%}" if counted else ""
        row += f"{number:7} {share:>5}"
    print(row + f"{len(found) - len(counted):13}")


def main() -> int:
    """Draw, grade, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=150, help="slips in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--functions", help="their names, with commas")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--show",
        action="store_true",
        help="list the wrong lines, those of catalogued slips too",
    )
    parser.add_argument(
        "--show-all", action="store_true", help="list every slip"
    )
    options = parser.parse_args()
    every = list(Exercise.load("practical3").functions)
    functions = every
    if options.functions:
        functions = options.functions.split(",")
    each = -(-options.count // len(functions))
    work = partial(
        kept,
        files=options.files or right_files(),
        count=each,
        seed=options.seed,
    )
    found: list[Reported] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for share in pool.map(work, functions):
            found += share
            for one in share:
                wrong = one.verdict == "wrong line"
                if options.show_all or (options.show and wrong):
                    mark = "catalogued, " if one.catalogued else ""
                    print(mark + one.told(), flush=True)
    show(found, every)
    return 0


if __name__ == "__main__":
    sys.exit(main())
