"""Marks in a diagnosis: where its mistakes stand, known or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from grader.diagnosis.observation import Evidence, Prober
from grader.diagnosis.placing.search import Placed, Task, place
from grader.diagnosis.verdict import Diagnosis


def with_marks(
    found: Diagnosis,
    prober: Prober,
    function: str,
    evidence: Evidence,
    tasks: Sequence[Task],
    seconds: float,
) -> Diagnosis:
    """A diagnosis with the places of the mistakes, where they can be found.

    tasks: what the function has to do, one after the other. Mistakes that are known are marked where edits of
    their lines, and perhaps of others, mend the function. seconds: for each task; 0 for no search at all.
    """
    # what autograd computes may be right, and is no right value's to mend
    if evidence.autograd or not seconds:
        return found
    together = _Together()
    for task in tasks:
        lines = frozenset(found.lines.values())
        asked = replace(task, lines=lines, seconds=seconds)
        placed = place(prober, function, evidence, asked)
        if placed is None:
            return found
        together.add(task, placed)
    return together.in_diagnosis(found)


class _Together:
    """What the searches for all tasks of a function have found."""

    def __init__(self) -> None:
        self._placed = Placed((), True)
        self._iterates = False
        self._says_all = False

    def add(self, task: Task, placed: Placed) -> None:
        """Add what was found for a task, which is the last one so far."""
        is_training = task.reads != "values"
        self._iterates |= is_training
        mended = self._placed.mended and placed.mended
        # a training that more of is right with some edit is often right in another way
        if is_training and not placed.mended:
            placed = Placed((), False)
        self._placed = Placed(
            (*self._placed.marks, *placed.marks),
            mended,
            (*self._placed.helpers, *placed.helpers),
        )
        # how a training begins says nothing of how it goes on
        self._says_all = task.reads != "start"

    def in_diagnosis(self, found: Diagnosis) -> Diagnosis:
        """The diagnosis with these marks, as far as they say something of it."""
        mended = self._placed.mended and self._says_all
        marks, helpers = self._placed.marks, self._placed.helpers
        if not mended:
            # of what is missing and does not help, nothing is known
            marks = tuple(mark for mark in marks if mark.kind != "missing")
        if not marks and not helpers:
            return found
        lines = set(found.lines.values())
        is_known = bool(lines) or (self._iterates and found.misconceptions)
        marked = {mark.line for mark in marks}
        if is_known and not (mended and marked >= lines):
            return found
        line = found.line
        if line is None and marks:
            line = marks[0].line
        return replace(
            found, line=line, marks=marks, helpers=helpers, mended=mended
        )
