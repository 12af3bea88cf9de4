"""How well the grader does on submissions whose mistakes are known: `grader evaluate`.

A labelled folder has a `labels.toml`: one table a file, one inline table a function. What is counted:
verdicts that are right; functions accused of something they did not do; for the wrong ones, whether the exact
set of misconceptions is named; precision and recall of each; the first wrong step of novel mistakes.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from grader.errors import UsageError
from grader.results import FunctionResult, Result

LABELS = "labels.toml"
_KEYS = {
    "verdict",
    "misconceptions",
    "may_name",
    "alternatives",
    "follow_through",
    "first_wrong",
    "contested",
}


@dataclass(frozen=True)
class Label:
    """What one function of one submission is, as a person says.

    may_name: ids that may be named besides. alternatives: sets that are as good as `misconceptions`.
    contested: not counted.
    """

    verdict: str = "right"
    misconceptions: tuple[str, ...] = ()
    may_name: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    follow_through: bool | None = None
    first_wrong: str | None = None
    contested: bool = False


@dataclass(frozen=True)
class Case:
    """One function, labelled and graded."""

    file: str
    function: str
    label: Label
    graded: FunctionResult

    @property
    def verdict(self) -> str:
        """The verdict that the grader gives, in the words of a label: partial counts as wrong."""
        status = self.graded.status
        return status if status in ("right", "missing") else "wrong"

    @property
    def named(self) -> tuple[frozenset[str], ...]:
        """The sets that are named: the first, and those that cannot be told from it."""
        return tuple(map(frozenset, (self.graded.misconceptions, *self.graded.alternatives)))

    @property
    def exact(self) -> bool:
        """Whether a named set holds what it must, and nothing that it may not."""
        return any(
            must <= named <= must | set(self.label.may_name)
            for named in self.named
            for must in map(set, (self.label.misconceptions, *self.label.alternatives))
        )

    @property
    def catalogued(self) -> bool:
        """Whether the function's mistakes are all in the catalogue."""
        return self.label.verdict == "wrong" and bool(self.label.misconceptions)

    @property
    def novel(self) -> bool:
        """Whether the function is wrong in a way that no misconception describes."""
        return self.label.verdict == "wrong" and not self.label.misconceptions


@dataclass
class Evaluation:
    """The figures. Each list holds the cases to look at."""

    cases: list[Case] = field(default_factory=list)

    def _where(self, wanted: Iterable[Case]) -> list[Case]:
        return [case for case in wanted if not case.label.contested]

    @property
    def counted(self) -> list[Case]:
        """All that count."""
        return self._where(self.cases)

    @property
    def wrong_verdicts(self) -> list[Case]:
        """Where the verdict is not the label's."""
        return [c for c in self.counted if c.verdict != c.label.verdict]

    @property
    def false_accusations(self) -> list[Case]:
        """Right or novel functions for which a misconception is named that may not be."""
        return [
            c
            for c in self.counted
            if set(c.graded.misconceptions) - set(c.label.misconceptions) - set(c.label.may_name)
            and not any(set(c.graded.misconceptions) <= set(a) for a in c.label.alternatives)
            and (c.label.verdict == "right" or not c.exact)
        ]

    @property
    def inexact(self) -> list[Case]:
        """Functions with catalogued mistakes whose exact set is not named."""
        return [c for c in self.catalogued if not c.exact]

    @property
    def catalogued(self) -> list[Case]:
        """Functions with catalogued mistakes."""
        return [c for c in self.counted if c.catalogued]

    @property
    def novel(self) -> list[Case]:
        """Functions with mistakes outside the catalogue and a label for the first wrong step."""
        return [c for c in self.counted if c.novel and c.label.first_wrong]

    @property
    def mislocated(self) -> list[Case]:
        """Novel mistakes whose first wrong step is not found."""
        return [c for c in self.novel if c.graded.first_wrong != c.label.first_wrong]

    @property
    def wrong_follow_through(self) -> list[Case]:
        """Where follow-through is not what the label says."""
        return [
            c
            for c in self.counted
            if c.label.follow_through is not None and c.graded.follow_through != c.label.follow_through
        ]

    @property
    def abstentions(self) -> list[Case]:
        """Wrong functions for which nothing is named."""
        return [c for c in self.counted if c.label.verdict == "wrong" and not c.graded.misconceptions]

    def by_id(self) -> dict[str, tuple[int, int, int]]:
        """Misconception -> (named rightly, named wrongly, not named)."""
        right: Counter[str] = Counter()
        wrong: Counter[str] = Counter()
        absent: Counter[str] = Counter()
        for case in self.counted:
            wanted = set(case.label.misconceptions)
            named = max(case.named, key=lambda ids: len(ids & wanted) - len(ids - wanted))
            right.update(named & wanted)
            wrong.update(named - wanted - set(case.label.may_name))
            absent.update(wanted - named)
        return {id_: (right[id_], wrong[id_], absent[id_]) for id_ in sorted(right | wrong | absent)}


def read_labels(folder: Path) -> dict[str, dict[str, Label]]:
    """File -> function -> label. Raises UsageError where there are none or one is not understood."""
    path = folder / LABELS
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; a labelled folder has one.") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not TOML: {error}") from error
    return {file: {f: _label(path, file, f, t) for f, t in table.items()} for file, table in tables.items()}


def _label(path: Path, file: str, function: str, table: Mapping[str, Any]) -> Label:
    if unknown := set(table) - _KEYS:
        raise UsageError(f"{path}: {file}, {function}: {', '.join(sorted(unknown))} is not understood.")
    settings: dict[str, Any] = dict(table)
    for key in ("misconceptions", "may_name"):
        settings[key] = tuple(table.get(key, ()))
    settings["alternatives"] = tuple(tuple(ids) for ids in table.get("alternatives", ()))
    return Label(**settings)


def evaluate(labels: Mapping[str, Mapping[str, Label]], results: Iterable[Result]) -> Evaluation:
    """Hold results against labels; a function that is not listed, or of a file that is not, is right."""
    return Evaluation(list(_cases(labels, results)))


def _cases(labels: Mapping[str, Mapping[str, Label]], results: Iterable[Result]) -> Iterator[Case]:
    for result in results:
        (file,) = result.submission.files
        for function, graded in result.functions.items():
            yield Case(file, function, labels.get(file, {}).get(function, Label()), graded)


def show(evaluation: Evaluation, console: Console) -> None:
    """Print the figures, the cases to look at, and precision and recall by misconception."""
    _show_figures(evaluation, console)
    for title, cases in (
        ("Wrong verdict", evaluation.wrong_verdicts),
        ("False accusation", evaluation.false_accusations),
        ("Not the exact set", evaluation.inexact),
        ("First wrong step not found", evaluation.mislocated),
        ("Follow-through differs", evaluation.wrong_follow_through),
    ):
        _show_cases(title, cases, console)
    _show_ids(evaluation, console)


def _show_figures(evaluation: Evaluation, console: Console) -> None:
    table = Table(title="Evaluation", box=box.SIMPLE)
    table.add_column("figure")
    table.add_column("of", justify="right")
    table.add_column("share", justify="right")
    counted, catalogued, novel = len(evaluation.counted), len(evaluation.catalogued), len(evaluation.novel)
    followed = sum(c.label.follow_through is not None for c in evaluation.counted)
    for figure, number, of in (
        ("verdicts right", counted - len(evaluation.wrong_verdicts), counted),
        ("false accusations", len(evaluation.false_accusations), counted),
        ("exact set named", catalogued - len(evaluation.inexact), catalogued),
        ("first wrong step found", novel - len(evaluation.mislocated), novel),
        ("follow-through as labelled", followed - len(evaluation.wrong_follow_through), followed),
        (
            "abstentions",
            len(evaluation.abstentions),
            sum(c.label.verdict == "wrong" for c in evaluation.counted),
        ),
    ):
        table.add_row(figure, f"{number}/{of}", f"{number / of:.1%}" if of else "")
    console.print(table)


def _show_cases(title: str, cases: list[Case], console: Console) -> None:
    if not cases:
        return
    console.print(f"{title}:", style="bold")
    for case in cases:
        graded, label = case.graded, case.label
        given = [case.verdict, *graded.misconceptions, f"first wrong {graded.first_wrong}", *_follows(graded)]
        wanted = [label.verdict, *label.misconceptions, f"first wrong {label.first_wrong}"]
        console.print(
            f"  {case.file} {case.function}: {', '.join(given)}; labelled {', '.join(wanted)}",
            markup=False,
            soft_wrap=True,
        )


def _follows(graded: FunctionResult) -> list[str]:
    return ["follow-through"] if graded.follow_through else []


def _show_ids(evaluation: Evaluation, console: Console) -> None:
    table = Table(title="By misconception", box=box.SIMPLE)
    table.add_column("id")
    for column in ("named", "named wrongly", "not named", "precision", "recall"):
        table.add_column(column, justify="right")
    for id_, (right, wrong, absent) in evaluation.by_id().items():
        precision = f"{right / (right + wrong):.0%}" if right + wrong else ""
        recall = f"{right / (right + absent):.0%}" if right + absent else ""
        table.add_row(id_, str(right), str(wrong), str(absent), precision, recall)
    console.print(table)
