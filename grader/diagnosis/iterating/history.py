"""What the function reports: its history, column by column, along the student's own steps.

A column is right where it has the numbers of the reference that moves as the student's function does, or the
numbers that the student's own parameters give when they are measured.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Sequence

import torch
from torch import Tensor

from grader.diagnosis.closeness import same_column
from grader.diagnosis.iterating.runs import (
    Forms,
    History,
    Run,
    Runs,
    StudentRuns,
    ids_of,
)
from grader.diagnosis.likeness import likeness
from grader.diagnosis.recognisers import Steps
from grader.exercise import Form
from grader.exercise.probes import LeadingArguments, Parameters
from grader.results import Remark

MOST_MISTAKES = 3  # that are combined


def explanation(
    student: StudentRuns,
    runs: Runs,
    start: Parameters,
    update: Forms,
) -> dict[str, Form]:
    """The fewest mistakes that explain all columns that can be explained, each with the form that does.

    runs: the student's, by the number of steps that the reference makes from `start`.
    update: the forms that explain the parameters of these runs.
    """
    runs = {0: Run(start, None), **runs}
    steps = max(runs)
    theirs = runs[steps].history
    right = student.reference.run(update, start, student.arguments, steps)
    if theirs is None or right is None:
        return {}
    if not _comparable(student, theirs, right.history):
        return {}
    columns = _columns(student)
    measured = measured_history(student, runs)
    agreeing = _agreeing(theirs, right.history, columns)
    agreeing += _agreeing(theirs, measured, columns)
    late = measured_history(student, runs, late=True)
    agreeing += _agreeing(theirs, late, _late_columns(student))
    wrong = _without(columns, agreeing)
    return _Search(student, theirs, steps, start, update).fewest(wrong)


def unexplained(student: StudentRuns, runs: Runs) -> Steps:
    """What the history shows where nothing explains the parameters: it can still be measured along them."""
    theirs = runs[max(runs)].history
    in_time = measured_history(student, runs)
    if theirs is None or not _comparable(student, theirs, in_time):
        return Steps()
    columns = _columns(student)
    late = measured_history(student, runs, late=True)
    agreeing = _agreeing(theirs, in_time, columns)
    agreeing += _agreeing(theirs, late, _late_columns(student))
    wrong = _without(columns, agreeing)
    return Steps(history=theirs, off=wrong, measured_late=late)


def remarks(student: StudentRuns, runs: Runs) -> list[Remark]:
    """What the columns are like that are not what the student's own parameters give."""
    steps = unexplained(student, runs)
    right = measured_history(student, runs)
    if steps.history is None or right is None:
        return []
    names = student.reference.trajectory.columns
    by_name: dict[str, list[Tensor]] = {}
    for column, name in enumerate(names):
        by_name[name] = [torch.tensor(float(row[column])) for row in right]
    found = []
    for column in steps.off:
        theirs = [torch.tensor(float(row[column])) for row in steps.history]
        others = dict(by_name)
        pairs = list(zip(theirs, others.pop(names[column]), strict=True))
        found.append(likeness(pairs, names[column], others))
    return [remark for remark in found if remark is not None]


def measured_history(
    student: StudentRuns,
    runs: Runs,
    *,
    late: bool = False,
) -> History | None:
    """The history that the student's own parameters give; None where a step's parameters are not known.

    runs: by the number of steps. late: each entry is measured after the step instead of before it.
    """
    entries = []
    for step in range(max(runs)):
        run = runs.get(step + 1 if late else step)
        if run is None:
            return None
        entry = student.reference.measured(run.parameters, student.arguments)
        if entry is None:
            return None
        entries.append(entry)
    return tuple(entries)


def _columns(student: StudentRuns) -> range:
    return range(len(student.reference.trajectory.columns))


def _late_columns(student: StudentRuns) -> list[int]:
    """The columns that may be measured after each step; all of them where it is a loop and no function."""
    if student.is_lifted:
        return list(_columns(student))
    trajectory = student.reference.trajectory
    return [trajectory.columns.index(name) for name in trajectory.late_columns]


def _comparable(
    student: StudentRuns, theirs: History, ours: History | None
) -> bool:
    """Whether both histories have the same number of entries, and the student's all columns."""
    if ours is None or len(theirs) != len(ours):
        return False
    count = len(_columns(student))
    return all(len(entry) == count for entry in theirs)


def _agreeing(
    theirs: History | None,
    ours: History | None,
    columns: Sequence[int],
) -> list[int]:
    """Those of the columns that are the same in both histories; none where one of these is missing."""
    if theirs is None or ours is None:
        return []
    return [column for column in columns if same_column(theirs, ours, column)]


def _without(columns: Sequence[int], others: Collection[int]) -> list[int]:
    """Those of the columns that are not among the others."""
    return [column for column in columns if column not in others]


class _Search:
    """Searches the mistakes that explain the columns of one history."""

    def __init__(
        self,
        student: StudentRuns,
        theirs: History,
        steps: int,
        start: Parameters,
        update: Forms,
    ) -> None:
        self.student = student
        self.theirs = theirs
        self.steps = steps
        self.start = start
        self.update = update
        self.form_of: dict[str, Form] = {}

    def fewest(self, wrong: Sequence[int]) -> dict[str, Form]:
        """The fewest mistakes that explain all of the columns `wrong` that can be explained."""
        explained = self.explained(wrong)
        choices = []
        for column in wrong:
            # What nothing explains is left aside: the other columns still tell something.
            if column in explained:
                choices.append(explained[column])
        unions: list[frozenset[str]] = []
        # One set for each column: columns that share a mistake make their union smaller.
        for choice in itertools.product(*choices):
            unions.append(frozenset[str]().union(*choice))
        fewest: dict[str, Form] = {}
        for id_ in min(unions, key=len):
            fewest[id_] = self.form_of[id_]
        return fewest

    def explained(
        self, wrong: Sequence[int]
    ) -> dict[int, list[frozenset[str]]]:
        """For each column that can be explained, the smallest sets of mistakes that do."""
        explained: dict[int, list[frozenset[str]]] = {}
        for size in range(1, MOST_MISTAKES + 1):
            unexplained = _without(wrong, explained)
            if not unexplained:
                break
            for forms in self.student.reference.combinations("history", size):
                columns = self.explained_by(forms, unexplained)
                if not columns:
                    continue
                for form in forms:
                    self.form_of[form.id] = form
                ids = frozenset(ids_of(forms))
                for column in columns:
                    explained.setdefault(column, []).append(ids)
        return explained

    def explained_by(self, forms: Forms, columns: Sequence[int]) -> list[int]:
        """Those of the columns that these mistakes explain, on other samples too and not by chance on a few.

        Where the initial parameters are not to be had on other samples, the first ones decide alone.
        """
        arguments, again = self.student.arguments, self.student.inputs.again
        # One step shows most sets to be wrong, and costs less than all of them.
        first = self.history_with(forms, self.start, arguments, 2)
        if not self.agreeing(self.theirs[:1], first, columns):
            return []
        # one more, since a column may be measured after each step
        made = self.history_with(forms, self.start, arguments, self.steps + 1)
        agreeing = self.agreeing(self.theirs, made, columns)
        if not agreeing or self.start_again is None:
            return agreeing
        start = self.start_again.parameters
        made_again = self.history_with(forms, start, again, self.steps + 1)
        return self.agreeing(self.theirs_again, made_again, agreeing)

    def agreeing(
        self,
        theirs: History | None,
        made: History | None,
        columns: Sequence[int],
    ) -> list[int]:
        """Those of the columns that agree with what was made, or with that of a step later where they may."""
        if theirs is None or made is None:
            return []
        in_time = _agreeing(theirs, made[: len(theirs)], columns)
        late = _agreeing(theirs, made[1 : len(theirs) + 1], columns)
        may_be_late = _late_columns(self.student)
        found = []
        for column in columns:
            if column in in_time or (column in late and column in may_be_late):
                found.append(column)
        return found

    def history_with(
        self,
        forms: Forms,
        start: Parameters,
        arguments: LeadingArguments,
        steps: int,
    ) -> History | None:
        """The reference's history with these mistakes in it."""
        all_forms = (*self.update, *forms)
        run = self.student.reference.run(all_forms, start, arguments, steps)
        return run.history if run is not None else None

    @functools.cached_property
    def start_again(self) -> Run | None:
        """The student's start on other samples; None for a function that always steps."""
        run = self.student.run(0, self.student.inputs.again)
        # With a history after no steps, it has stepped, and this is not where it started.
        if run is None or run.history:
            return None
        return run

    @functools.cached_property
    def theirs_again(self) -> History | None:
        """The student's history on other samples."""
        again = self.student.inputs.again
        run = self.student.run(self.steps, again)
        return run.history if run is not None else None
