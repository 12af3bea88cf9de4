"""How well the grader does on submissions whose mistakes are known: `grader evaluate`.

A labelled folder has a `labels.toml`: one table per file, one inline table per function. What is counted:
verdicts that are right; functions accused of something they did not do; for the wrong ones, whether the exact
set of misconceptions is named, and how many have a name, only a line, or nothing; precision and recall of the
names; the lines that are marked; the first wrong step of novel mistakes; the time.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table as Grid

from grader.errors import UsageError
from grader.exercise import Exercise
from grader.exercise.tables import Problems, Table, read_table, read_toml
from grader.intake.submission import Submission
from grader.results import FunctionResult, Result

LABELS = "labels.toml"
DOUBT = 0.05  # how likely it is that a share lies above its upper bound

Ids = tuple[str, ...]  # of misconceptions
Counts = tuple[int, int, int]  # named rightly, named wrongly, not named


class Label(Table):
    """What a person says about one function of one submission.

    may_name: ids that may be named too, but need not be. contested: not counted.
    alternatives: sets that are as good as `misconceptions`.
    line: where the mistake stands, in the file or in the notebook's cell.
    """

    verdict: Literal["right", "wrong", "missing"] = "right"
    misconceptions: Ids = ()
    may_name: Ids = ()
    alternatives: tuple[Ids, ...] = ()
    follow_through: bool | None = None
    first_wrong: str | None = None
    line: int | None = None
    contested: bool = False

    @property
    def accepted(self) -> list[set[str]]:
        """The sets of misconceptions; each of them is a right answer."""
        return _sets(self.misconceptions, self.alternatives)


def _sets(first: Ids, others: tuple[Ids, ...]) -> list[set[str]]:
    """The first set and its alternatives, in one list."""
    sets = [set(first)]
    for other in others:
        sets.append(set(other))
    return sets


Labels = Mapping[str, Mapping[str, Label]]  # file -> function -> label


@dataclass(frozen=True)
class LabelledFunction:
    """One function, labelled and graded."""

    file: str
    function: str
    label: Label
    graded: FunctionResult

    @property
    def verdict(self) -> str:
        """The verdict that the grader gives, in the words of a label: partial counts as wrong."""
        if self.graded.status in ("right", "missing"):
            return self.graded.status
        return "wrong"

    @property
    def named(self) -> list[set[str]]:
        """The sets that are named: the first, and those that explain the results as well."""
        return _sets(self.graded.misconceptions, self.graded.alternatives)

    @property
    def allowed(self) -> set[str]:
        """The misconceptions that may be named: those of the label, and those that are optional."""
        return {*self.label.misconceptions, *self.label.may_name}

    @property
    def exact(self) -> bool:
        """Whether a named set holds what it must, and nothing that it may not."""
        optional = set(self.label.may_name)
        for named in self.named:
            for required in self.label.accepted:
                if required <= named <= required | optional:
                    return True
        return False

    @property
    def falsely_accused(self) -> bool:
        """Whether the first set that is named holds a misconception that it may not."""
        first = self.named[0]
        if first <= self.allowed:
            return False
        for alternative in self.label.alternatives:
            if first <= set(alternative):
                return False
        if self.label.verdict == "right":
            return True
        # The results may not tell several sets apart: it is enough that one of them is the right one.
        return not self.exact

    @property
    def catalogued(self) -> bool:
        """Whether the function's mistakes are all in the catalogue."""
        return self.label.verdict == "wrong" and bool(
            self.label.misconceptions
        )

    @property
    def novel(self) -> bool:
        """Whether the function is wrong in a way that no misconception describes."""
        return self.label.verdict == "wrong" and not self.label.misconceptions

    @property
    def line(self) -> int | None:
        """The line that is marked, as a label counts it: in the file or in the notebook's cell."""
        if self.graded.line is None or self.graded.source is None:
            return self.graded.line
        line, _, _ = self.graded.source.place_of(self.graded.line)
        return line

    @property
    def located(self) -> bool:
        """Whether the first wrong step is the label's."""
        return self.graded.first_wrong == self.label.first_wrong

    @property
    def followed_through(self) -> bool:
        """Whether follow-through is what the label says."""
        return self.graded.follow_through == self.label.follow_through


Cases = list[LabelledFunction]


class Evaluation:
    """The figures. Each list holds the cases to look at.

    cases: all of them. The others leave out those whose label is contested.
    counted: the cases that count.
    wrong_verdicts: where the verdict is not the label's.
    false_accusations: right or novel functions for which a misconception is named that may not be.
    with_follow_through: functions whose label says whether they are right by follow-through.
    wrong_follow_through: where follow-through is not what the label says.
    right: functions that are right, by their label.
    accused: those of them for which a misconception is named.
    wrong: functions that are wrong, by their label; each is in one of the next three as well.
    with_name: those for which something is named, rightly or not.
    with_line: those for which a line is marked, and nothing named.
    with_nothing: the others.
    lines: wrong functions whose label says in which line.
    unmarked, mismarked: those of them for which no line is marked, or another one.
    catalogued: functions with catalogued mistakes.
    inexact: functions with catalogued mistakes whose exact set is not named.
    novel: functions with mistakes outside the catalogue and a label for the first wrong step.
    mislocated: novel mistakes whose first wrong step is not found.
    seconds: how long each submission took.
    """

    def __init__(
        self,
        cases: Iterable[LabelledFunction] = (),
        seconds: Iterable[float] = (),
    ) -> None:
        self.cases: Cases = list(cases)
        self.seconds = list(seconds)
        self.counted: Cases = []
        self.wrong_verdicts: Cases = []
        self.false_accusations: Cases = []
        self.with_follow_through: Cases = []
        self.wrong_follow_through: Cases = []
        self.right: Cases = []
        self.accused: Cases = []
        self.wrong: Cases = []
        self.with_name: Cases = []
        self.with_line: Cases = []
        self.with_nothing: Cases = []
        self.lines: Cases = []
        self.unmarked: Cases = []
        self.mismarked: Cases = []
        self.catalogued: Cases = []
        self.inexact: Cases = []
        self.novel: Cases = []
        self.mislocated: Cases = []
        for case in self.cases:
            if not case.label.contested:
                self._count(case)

    def _count(self, case: LabelledFunction) -> None:
        self.counted.append(case)
        if case.verdict != case.label.verdict:
            self.wrong_verdicts.append(case)
        if case.falsely_accused:
            self.false_accusations.append(case)
        if case.label.follow_through is not None:
            self.with_follow_through.append(case)
            if not case.followed_through:
                self.wrong_follow_through.append(case)
        if case.label.verdict == "right":
            self.right.append(case)
            if case.falsely_accused:
                self.accused.append(case)
        if case.label.verdict == "wrong":
            self._count_wrong(case)

    def _count_wrong(self, case: LabelledFunction) -> None:
        self.wrong.append(case)
        if case.graded.misconceptions:
            self.with_name.append(case)
        elif case.line is not None:
            self.with_line.append(case)
        else:
            self.with_nothing.append(case)
        if case.label.line is not None:
            self._count_line(case)
        if case.catalogued:
            self.catalogued.append(case)
            if not case.exact:
                self.inexact.append(case)
        # without a label for the first wrong step, there is nothing to find
        if case.novel and case.label.first_wrong:
            self.novel.append(case)
            if not case.located:
                self.mislocated.append(case)

    def _count_line(self, case: LabelledFunction) -> None:
        self.lines.append(case)
        if case.line is None:
            self.unmarked.append(case)
        elif case.line != case.label.line:
            self.mismarked.append(case)

    def names(self) -> Counts:
        """How often a misconception is named rightly, named wrongly, and not named."""
        right = wrong = absent = 0
        for counts in self.by_id().values():
            right += counts[0]
            wrong += counts[1]
            absent += counts[2]
        return right, wrong, absent

    def by_id(self) -> dict[str, Counts]:
        """Misconception -> (named rightly, named wrongly, not named)."""
        right: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        absent: Counter[str] = Counter()
        for case in self.counted:
            wanted = set(case.label.misconceptions)
            named = _closest(case.named, wanted)
            right.update(named & wanted)
            # What may be named besides counts neither for nor against.
            wrong.update(named - case.allowed)
            absent.update(wanted - named)
        counts = {}
        for id_ in sorted(right | wrong | absent):
            counts[id_] = (right[id_], wrong[id_], absent[id_])
        return counts


def upper_bound(number: int, total: int) -> float:
    """The share of which `number` of `total` is so little that it is only seen with a chance of DOUBT.

    Clopper and Pearson's bound, one-sided: the share is not greater, with a confidence of 95%. For none of n
    it is nearly 3/n. It takes the cases for independent ones.
    """
    if number >= total:
        return 1.0
    low, high = number / total, 1.0
    # the chance falls as the share grows: each step halves what is left
    for _ in range(50):
        share = (low + high) / 2
        if _chance_of_at_most(number, total, share) > DOUBT:
            low = share
        else:
            high = share
    return high


def _chance_of_at_most(number: int, total: int, share: float) -> float:
    """The chance of at most `number` successes in `total` trials; `share` lies between 0 and 1."""
    chance = 0.0
    for count in range(number + 1):
        # by logarithms, as the number of ways is beyond a float for many trials
        ways = math.log(math.comb(total, count))
        some = count * math.log(share)
        others = (total - count) * math.log1p(-share)
        chance += math.exp(ways + some + others)
    return chance


def _closest(named: list[set[str]], wanted: set[str]) -> set[str]:
    """The named set that fits best: with the most ids that are wanted, and the fewest that are not."""

    def excess(ids: set[str]) -> int:
        return len(ids & wanted) - len(ids - wanted)

    return max(named, key=excess)


# -- labels ----------------------------------------------------------------------------------------------


def read_labels(
    folder: Path, exercise: Exercise, submissions: Iterable[Submission]
) -> Labels:
    """The labels of a folder. Raises UsageError, with a line for each fault, where they are not usable."""
    path = folder / LABELS
    problems = (
        Problems()
    )  # collected, so that an author sees all faults at once
    files: list[str] = []
    for submission in submissions:
        files += submission.files
    labels = {}
    for file, table in read_toml(path, problems).items():
        if file not in files:
            problems.add_unknown(path, f"[{file}]", "submission", file, files)
        labels[file] = _labels_of_file(table, exercise, path, file, problems)
    if problems.lines:
        raise UsageError("\n".join(problems.lines))
    return labels


def _labels_of_file(
    table: object,
    exercise: Exercise,
    path: Path,
    file: str,
    problems: Problems,
) -> dict[str, Label]:
    """Function -> label."""
    if not isinstance(table, dict):
        fault = "a table is expected here, with one inline table per function"
        problems.add(path, file, fault)
        return {}
    labels = {}
    for function, described in table.items():
        place = f"[{file}] {function}"
        if function not in exercise.functions:
            problems.add_unknown(
                path, place, "function", function, exercise.functions
            )
        label = read_table(Label, described, path, place, problems)
        if label is not None:
            labels[function] = label
            _check_ids(label, exercise, path, place, problems)
    return labels


def _check_ids(
    label: Label,
    exercise: Exercise,
    path: Path,
    place: str,
    problems: Problems,
) -> None:
    known = exercise.notes()
    ids = set(label.may_name).union(*label.accepted)
    for id_ in sorted(ids):
        if id_ not in known:
            problems.add_unknown(path, place, "misconception", id_, known)


# -- the comparison --------------------------------------------------------------------------------------


def evaluate(labels: Labels, results: Iterable[Result]) -> Evaluation:
    """Hold results against labels; a function that has no label is right."""
    cases = []
    seconds = []
    for result in results:
        seconds.append(result.duration_s)
        file = _labelled_file(result, labels)
        labels_of_file = labels.get(file, {})
        for function, graded in result.functions.items():
            # Only what is wrong needs a label.
            label = labels_of_file.get(function, Label())
            cases.append(LabelledFunction(file, function, label, graded))
    return Evaluation(cases, seconds)


def _labelled_file(result: Result, labels: Labels) -> str:
    """The file by which the labels know a submission; its id where they do not."""
    for file in result.submission.files:
        if file in labels:
            return file
    return result.submission.id


def show(evaluation: Evaluation, console: Console) -> None:
    """Print the figures, the cases to look at, and precision and recall by misconception."""
    _show_figures(evaluation, console)
    _show_cases("Wrong verdict", evaluation.wrong_verdicts, console)
    _show_cases("False accusation", evaluation.false_accusations, console)
    _show_cases("Not the exact set", evaluation.inexact, console)
    _show_cases("Another line marked", evaluation.mismarked, console)
    _show_cases("First wrong step not found", evaluation.mislocated, console)
    _show_cases(
        "Follow-through differs", evaluation.wrong_follow_through, console
    )
    _show_ids(evaluation, console)


def _show_figures(evaluation: Evaluation, console: Console) -> None:
    table = Grid(title="Evaluation", box=box.SIMPLE)
    table.add_column("figure")
    table.add_column("of", justify="right")
    table.add_column("share", justify="right")

    def add_count(figure: str, number: int, total: int) -> None:
        share = _share(number, total, digits=1)
        table.add_row(figure, f"{number}/{total}", share)

    def add(figure: str, number: int, of: Cases) -> None:
        add_count(figure, number, len(of))

    def add_accused(number: int, total: int) -> None:
        """The share, and what it is at most, whatever the submissions."""
        share = _share(number, total, digits=1)
        if total:
            bound = upper_bound(number, total)
            share += f" (at most {bound:.2%}, Clopper-Pearson 95%)"
        table.add_row("right functions accused", f"{number}/{total}", share)

    def add_all_but(figure: str, faults: Cases, of: Cases) -> None:
        add(figure, len(of) - len(faults), of)

    add_all_but(
        "verdicts right", evaluation.wrong_verdicts, evaluation.counted
    )
    add(
        "false accusations",
        len(evaluation.false_accusations),
        evaluation.counted,
    )
    add_accused(len(evaluation.accused), len(evaluation.right))
    add_all_but("exact set named", evaluation.inexact, evaluation.catalogued)
    right, wrong, absent = evaluation.names()
    add_count("precision of the names", right, right + wrong)
    add_count("recall of the names", right, right + absent)
    add(
        "wrong functions with a name",
        len(evaluation.with_name),
        evaluation.wrong,
    )
    add("... with a line only", len(evaluation.with_line), evaluation.wrong)
    add("... with nothing", len(evaluation.with_nothing), evaluation.wrong)
    marked = [*evaluation.unmarked, *evaluation.mismarked]
    add_all_but("labelled line marked", marked, evaluation.lines)
    add("another line marked", len(evaluation.mismarked), evaluation.lines)
    add_all_but(
        "first wrong step found", evaluation.mislocated, evaluation.novel
    )
    add_all_but(
        "follow-through as labelled",
        evaluation.wrong_follow_through,
        evaluation.with_follow_through,
    )
    console.print(table)
    if evaluation.seconds:
        middle = statistics.median(evaluation.seconds)
        longest = max(evaluation.seconds)
        console.print(
            f"Time for a submission: {middle:.2f} s in the median, {longest:.1f} s at most."
        )


def _share(number: int, total: int, digits: int = 0) -> str:
    """`number` of `total` in percent; empty where there is nothing to share."""
    if not total:
        return ""
    return f"{number / total:.{digits}%}"


def _show_cases(title: str, cases: Cases, console: Console) -> None:
    if not cases:
        return
    console.print(f"{title}:", style="bold")
    for case in cases:
        given = _said(case.verdict, case.graded)
        if case.graded.follow_through:
            given += ", follow-through"
        wanted = _said(case.label.verdict, case.label)
        line = f"  {case.file} {case.function}: {given}; labelled {wanted}"
        # A file's name may hold what Rich would read as markup.
        console.print(line, markup=False, soft_wrap=True)


def _said(verdict: str, of: FunctionResult | Label) -> str:
    """What the grader or the label says of a case, in one line."""
    first_wrong = f"first wrong {of.first_wrong}"
    return ", ".join([verdict, *of.misconceptions, first_wrong])


def _show_ids(evaluation: Evaluation, console: Console) -> None:
    table = Grid(title="By misconception", box=box.SIMPLE)
    table.add_column("id")
    for column in (
        "named",
        "named wrongly",
        "not named",
        "precision",
        "recall",
    ):
        table.add_column(column, justify="right")
    for id_, counts in evaluation.by_id().items():
        right, wrong, absent = counts
        precision = _share(right, right + wrong)
        recall = _share(right, right + absent)
        numbers = [str(count) for count in counts]
        table.add_row(id_, *numbers, precision, recall)
    console.print(table)
