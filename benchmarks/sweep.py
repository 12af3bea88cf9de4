"""Every mistake of the catalogue, and every two, in three styles: what is named and accused; one command.

    python benchmarks/sweep.py [--sample 300] [--seed 0] [--styles reference,renamed,inlined] [--show]

A program is the solution with one form of one mistake, or of two, in one function or in two of them, written
anew in a style: as the solution is; with other names, `@`, `+=` and `[:, None]`; or with few names, by index,
without calls of methods where an operator does. A style is only taken where it computes what the edited
solution does. Without --sample all are graded: hours.

For each function with a mistake: "exact" where the set that was put in is named, first or as an alternative;
"same" where another set is, which computes the same in the solution; "subset" where a part of it is named,
and nothing else; "false" where a mistake is named that was not put in; "nothing". An edit that no check fails
is left out. "accused": functions without a mistake of which one is named.
"""

from __future__ import annotations

import argparse
import ast
import copy
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from typing import Any

import torch
from slip_outputs import Run, limited, outcomes, same_runs
from sweep_styles import STYLES, written

from grader.evaluation import Label, LabelledFunction
from grader.exercise import Exercise, Form
from grader.exercise.probes import probes_of
from grader.grading.session import Session
from grader.intake.submission import Submission
from grader.results import FunctionResult

Mistakes = tuple[tuple[str, Form], ...]  # (the graded function, the form)
VERDICTS = ("exact", "same", "subset", "false", "nothing")


@dataclass(frozen=True)
class Case:
    """One program. `mistakes` holds indices into `all_mistakes`."""

    mistakes: tuple[int, ...]
    style: str


@dataclass(frozen=True)
class Judged:
    """What was said of one function that holds a mistake, or of one that holds none and was accused."""

    case: Case
    kind: str  # single, pair, two functions
    function: str
    wanted: tuple[str, ...]
    said: FunctionResult
    verdict: str
    raises: bool
    source: str

    def told(self) -> str:
        sets = [self.said.misconceptions, *self.said.alternatives]
        named = " | ".join(" + ".join(ids) for ids in sets if ids)
        return (
            f"{self.verdict}: {self.function}, {self.case.style}: put in"
            f" {' + '.join(self.wanted) or 'nothing'}; named {named or 'nothing'}"
            f"{' (raises)' if self.raises else ''}"
        )


# -- programs -----------------------------------------------------------------------------------------


def all_mistakes(exercise: Exercise) -> list[tuple[str, Form]]:
    """Every form of every mistake, with the graded function that it makes wrong."""
    found = []
    for known in exercise.misconceptions:
        for form in known.forms:
            graded = form.function
            if graded not in exercise.functions:
                graded = known.functions[0]
            found.append((graded, form))
    return found


def cases(
    mistakes: Sequence[tuple[str, Form]], styles: Sequence[str], seed: int
) -> Iterator[Case]:
    """Every case once: drawn in turn from the singles, the pairs in one function and those in two."""
    rng = random.Random(seed)
    numbers = range(len(mistakes))
    kinds: list[list[tuple[int, ...]]] = [[(i,) for i in numbers], [], []]
    for i, j in combinations(numbers, 2):
        if mistakes[i][1].id != mistakes[j][1].id:
            same = mistakes[i][0] == mistakes[j][0]
            kinds[1 if same else 2].append((i, j))
    drawn = []
    for kind in kinds:
        found = [Case(*one) for one in product(kind, styles)]
        rng.shuffle(found)
        drawn.append(found)
    while any(drawn):
        for found in drawn:
            if found:
                yield found.pop()


def forest_with(exercise: Exercise, forms: Sequence[Form]) -> Any:
    """The solution's functions with these mistakes; None where one takes another's place."""
    forest: Any = exercise.solution.trees
    for form in forms:
        forest = forest and form.apply(forest)
    return forest


class Programs:
    """Writes programs, and runs them here on fixed inputs."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self._right = self.source(exercise.solution.trees, "reference")

    def source(self, forest: Any, style: str) -> str:
        """The whole program in a style."""
        module = ast.parse(self.exercise.solution.source)
        body: list[ast.stmt] = []
        for statement in module.body:
            if isinstance(statement, ast.FunctionDef):
                edited = copy.deepcopy(forest[statement.name])
                body.append(written(edited, style))
            elif not isinstance(statement, ast.Expr):
                body.append(statement)
        return ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))

    def run(self, source: str, function: str) -> Run:
        """What a program's function gives on the probes; of an iterating one, after a few steps."""
        names: dict[str, Any] = {"__name__": "student"}
        exec(compile(source, "student", "exec"), names)
        rows: Sequence[Any] = probes_of(self.exercise, function)
        torch.manual_seed(0)
        return outcomes(names[function], rows or training_rows())

    def program(self, forms: Sequence[Form], style: str) -> str | None:
        """The source; None where the forms exclude one another, or the style does not compute the same."""
        forest = forest_with(self.exercise, forms)
        if forest is None:
            return None
        plain = self.source(forest, "reference")
        styled = self.source(forest, style)
        for function in self.exercise.functions:
            if not self.same(plain, styled, function):
                return None
        return styled

    def same(self, source: str, other: str, function: str) -> bool:
        """Whether two programs' functions give the same; where all calls of both raise, they do."""
        with limited():
            first, second = (
                self.run(source, function),
                self.run(other, function),
            )
        if all(values is None for values in first):
            return all(values is None for values in second)
        return same_runs(second, first)

    def tells_nothing(
        self, source: str, function: str, ids: Sequence[str]
    ) -> bool:
        """Whether these mistakes give the same numbers as a program's function."""
        found = self.run(source, function)
        ways = []
        for id_ in ids:
            for known in self.exercise.misconceptions.of(function):
                if known.id == id_:
                    ways.append(known.forms)
        for forms in product(*ways):
            forest = forest_with(self.exercise, forms)
            if forest is None or len(forms) < len(ids):
                continue
            other = self.source(forest, "reference")
            if same_runs(found, self.run(other, function)):
                return True
        return False


def training_rows() -> list[tuple[Any, ...]]:
    """Arguments of `train`: nine samples of six entries and three classes."""
    generator = torch.Generator().manual_seed(1)

    def data(size: int) -> tuple[Any, Any]:
        inputs = torch.randn(size, 6, generator=generator)
        classes = torch.arange(size) % 3
        return inputs, torch.nn.functional.one_hot(classes, 3).float()

    return [(*data(9), *data(5), 4, steps) for steps in (0, 1, 3)]


# -- grading ------------------------------------------------------------------------------------------


def judged(
    share: Sequence[Case], seed: int
) -> tuple[list[Judged], Counter[str]]:
    """What is said of each case; and how many were left out, and why."""
    torch.set_num_threads(1)
    exercise = Exercise.load("practical3")
    programs = Programs(exercise)
    mistakes = all_mistakes(exercise)
    found: list[Judged] = []
    counts: Counter[str] = Counter()
    with Session(exercise, seed=seed) as session:
        for case in share:
            chosen = tuple(mistakes[i] for i in case.mistakes)
            source = programs.program([form for _, form in chosen], case.style)
            if source is None:
                counts["cannot be written so"] += 1
                continue
            name = "sweep.py"
            one = Submission(name, name, name, source.encode(), (name,))
            result = session.grade(one)
            counts["graded"] += 1
            for function, said in result.functions.items():
                ids = tuple(f.id for g, f in chosen if g == function)
                verdict = verdict_of(programs, source, function, ids, said)
                if ids and said.status == "right":
                    counts["no check fails"] += 1
                elif ids or verdict == "accused":
                    kind = kind_of(chosen)
                    raises = None in programs.run(source, function)
                    found.append(
                        Judged(
                            case,
                            kind,
                            function,
                            ids,
                            said,
                            verdict,
                            raises,
                            source,
                        )
                    )
                elif said.status == "right":
                    counts["right functions"] += 1
                else:
                    counts["fails beside a mistake"] += 1
    return found, counts


def kind_of(mistakes: Mistakes) -> str:
    """How many there are, and where."""
    if len(mistakes) == 1:
        return "single"
    functions = {function for function, _ in mistakes}
    return "pair" if len(functions) == 1 else "two functions"


def verdict_of(
    programs: Programs,
    source: str,
    function: str,
    wanted: Sequence[str],
    said: FunctionResult,
) -> str:
    """One of VERDICTS; or "accused", or "", for a function that holds no mistake."""
    first = set(said.misconceptions)
    if not wanted:
        return "accused" if first else ""
    label = Label(verdict="wrong", misconceptions=tuple(wanted))
    if LabelledFunction("", function, label, said).exact:
        return "exact"
    if not first:
        return "nothing"
    if programs.tells_nothing(source, function, said.misconceptions):
        return "same"
    return "subset" if first < set(wanted) else "false"


# -- figures ------------------------------------------------------------------------------------------


def show(found: Sequence[Judged]) -> None:
    """The figures by kind, style, function and whether it raises."""
    print(f"{'':16}{'functions':>10}" + "".join(f"{v:>14}" for v in VERDICTS))
    wrong = [one for one in found if one.wanted]
    groups: dict[str, list[Judged]] = {}
    for one in wrong:
        for key in (one.kind, one.case.style, one.function):
            groups.setdefault(key, []).append(one)
        if one.raises:
            groups.setdefault("raises", []).append(one)
    for title in (
        "single", "pair", "two functions", "raises", *STYLES,
        *sorted({one.function for one in wrong}),
    ):  # fmt: skip
        show_row(title, groups.get(title, []))
    show_row("all", wrong)


def show_row(title: str, found: Sequence[Judged]) -> None:
    if not found:
        return
    verdicts = Counter(one.verdict for one in found)
    row = f"{title:16}{len(found):10}"
    for verdict in VERDICTS:
        number = verdicts[verdict]
        row += f"{number:8} {number / len(found):>5.0%}"
    print(row)


def main() -> int:
    """Draw, grade, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, help="so many programs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--styles", default=",".join(STYLES))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--show", action="store_true", help="list false names and accusations"
    )
    parser.add_argument(
        "--show-all", action="store_true", help="list all that is not exact"
    )
    options = parser.parse_args()
    exercise = Exercise.load("practical3")
    drawn = list(
        cases(all_mistakes(exercise), options.styles.split(","), options.seed)
    )
    chosen = drawn[: options.sample]
    print(f"{len(chosen)} of {len(drawn)} programs")
    shares = [chosen[i :: options.jobs] for i in range(options.jobs)]
    found: list[Judged] = []
    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        for some, counted in pool.map(
            partial(judged, seed=options.seed), shares
        ):
            found += some
            counts += counted
    accused = [one for one in found if one.verdict == "accused"]
    for one in found:
        if one.verdict in ("false", "accused"):
            shown = options.show or options.show_all
        else:
            shown = options.show_all and one.verdict != "exact"
        if shown:
            print(one.told())
    show(found)
    without = counts["right functions"] + len(accused)
    print(f"accused: {len(accused)} of {without} functions without a mistake")
    print(", ".join(f"{what}: {n}" for what, n in sorted(counts.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
