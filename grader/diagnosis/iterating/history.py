"""What the function reports: its history, column by column, along the student's own steps.

A column is right where it has the numbers of the reference that moves as the student's function does, or the
numbers that the student's own parameters give when they are measured.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence

from grader.diagnosis.closeness import same_column
from grader.diagnosis.iterating.runs import Forms, History, ReferenceRuns, Run, StudentRuns
from grader.diagnosis.recognisers import Steps
from grader.exercise import Form
from grader.exercise.probes import Parameters

MOST_MISTAKES = 3  # that are combined


def explanation(
    student: StudentRuns,
    reference: ReferenceRuns,
    runs: Mapping[int, Run],
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
    right = reference.run(update, start, student.arguments, steps)
    if theirs is None or right is None or not _comparable(theirs, right.history, reference):
        return {}
    rights = [right.history, measured_history(student, reference, runs)]
    wrong = [column for column in _columns(reference) if not _is_right(theirs, rights, column)]
    return _Search(student, reference, theirs, steps, start, update).fewest(wrong)


def unexplained(student: StudentRuns, reference: ReferenceRuns, runs: Mapping[int, Run]) -> Steps:
    """What the history shows where nothing explains the parameters: it can still be measured along them."""
    theirs = runs[max(runs)].history
    in_time = measured_history(student, reference, runs)
    if theirs is None or not _comparable(theirs, in_time, reference):
        return Steps()
    wrong = [column for column in _columns(reference) if not _is_right(theirs, [in_time], column)]
    late = measured_history(student, reference, runs, late=True)
    return Steps(history=theirs, off=wrong, measured_late=late)


def measured_history(
    student: StudentRuns, reference: ReferenceRuns, runs: Mapping[int, Run], *, late: bool = False
) -> History | None:
    """The history that the student's own parameters give; None where a step's parameters are not known.

    runs: by the number of steps. late: each entry is measured after the step instead of before it.
    """
    entries = []
    for step in range(max(runs)):
        run = runs.get(step + 1 if late else step)
        entry = reference.measured(run.parameters, student.arguments) if run is not None else None
        if entry is None:
            return None
        entries.append(entry)
    return tuple(entries)


def _columns(reference: ReferenceRuns) -> range:
    return range(len(reference.trajectory.columns))


def _comparable(theirs: History, ours: History | None, reference: ReferenceRuns) -> bool:
    """Whether both histories have the same number of entries, and the student's all columns."""
    if ours is None or len(theirs) != len(ours):
        return False
    return all(len(entry) == len(_columns(reference)) for entry in theirs)


def _is_right(theirs: History, rights: Sequence[History | None], column: int) -> bool:
    return any(right is not None and same_column(theirs, right, column) for right in rights)


class _Search:
    """Searches the mistakes that explain the columns of one history."""

    def __init__(
        self,
        student: StudentRuns,
        reference: ReferenceRuns,
        theirs: History,
        steps: int,
        start: Parameters,
        update: Forms,
    ) -> None:
        self.student = student
        self.reference = reference
        self.theirs = theirs
        self.steps = steps
        self.start = start
        self.update = update
        self.form_of: dict[str, Form] = {}

    def fewest(self, wrong: Sequence[int]) -> dict[str, Form]:
        """The fewest mistakes that explain all of the columns `wrong` that can be explained."""
        explained = self.explained(wrong)
        choices = [explained[column] for column in wrong if explained[column]]
        unions = [frozenset[str]().union(*choice) for choice in itertools.product(*choices)]
        return {id_: self.form_of[id_] for id_ in min(unions, key=len)}

    def explained(self, wrong: Sequence[int]) -> dict[int, list[frozenset[str]]]:
        """For each column, the smallest sets of mistakes that explain it; none where nothing does."""
        explained: dict[int, list[frozenset[str]]] = {column: [] for column in wrong}
        for size in range(1, MOST_MISTAKES + 1):
            unexplained = [column for column in wrong if not explained[column]]
            if not unexplained:
                break
            for forms in self.reference.combinations("history", size):
                for column in self.explained_by(forms, unexplained):
                    explained[column].append(frozenset(form.id for form in forms))
                    self.form_of.update({form.id: form for form in forms})
        return explained

    def explained_by(self, forms: Forms, columns: Sequence[int]) -> list[int]:
        """Those of the columns that these mistakes explain."""
        # One step shows most sets to be wrong, and costs less than all of them.
        first = self.reference.run((*self.update, *forms), self.start, self.student.arguments, 1)
        if first is None or first.history is None:
            return []
        if not any(same_column(self.theirs[:1], first.history[:1], column) for column in columns):
            return []
        made = self.reference.run((*self.update, *forms), self.start, self.student.arguments, self.steps)
        if made is None or made.history is None:
            return []
        return [
            column
            for column in columns
            if same_column(self.theirs, made.history, column) and self.holds_again(forms, column)
        ]

    def holds_again(self, forms: Forms, column: int) -> bool:
        """Whether the mistakes give the student's column on other samples too, and not by chance on a few.

        Where the initial parameters are not to be had there, the first samples decide alone.
        """
        if self.start_again is None:
            return True
        start, again = self.start_again.parameters, self.student.inputs.again
        made = self.reference.run((*self.update, *forms), start, again, self.steps)
        theirs = self.run_again
        if made is None or made.history is None or theirs is None or theirs.history is None:
            return False
        return same_column(theirs.history, made.history, column)

    @functools.cached_property
    def start_again(self) -> Run | None:
        """The student's start on other samples; None for a function that always steps."""
        run = self.student.run(0, self.student.inputs.again)
        return None if run is None or run.history else run

    @functools.cached_property
    def run_again(self) -> Run | None:
        """The student's run on other samples."""
        return self.student.run(self.steps, self.student.inputs.again)
