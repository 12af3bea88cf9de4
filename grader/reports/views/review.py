"""A result in the order in which a report tells it: what is wrong first, each with all that is said of it."""

from __future__ import annotations

from dataclasses import dataclass

from grader.exercise.graph import Graph
from grader.reports.views import network
from grader.reports.views.content import Explanation, Notes, explain
from grader.reports.views.sheet import Sheet, sheet
from grader.results import FunctionResult, Result

SHARES = 24  # parts into which the strip of functions is divided


@dataclass(frozen=True)
class Section:
    """One function, what explains its mistakes, its sheet and the network with its first wrong quantity."""

    name: str
    function: FunctionResult
    explanation: Explanation
    sheet: Sheet
    drawing: network.Drawing | None = None

    @property
    def nb_slips(self) -> int:
        """How many mistakes are named or placed; 0 where that is not known."""
        explanation = self.explanation
        if len(explanation.sets) > 1:
            return 1 if len(explanation.notes) == 1 else 0
        if explanation.notes:
            return len(explanation.notes)
        return sum(bool(one.marks) for one in self.sheet.comments)

    @property
    def is_numbered(self) -> bool:
        """Whether its comments are numbered: where there are several."""
        return len(self.sheet.comments) > 1


@dataclass(frozen=True)
class Segment:
    """A function's part of the strip: as wide as its points, in SHARES of them all; it leads to `target`."""

    name: str
    function: FunctionResult
    share: int
    target: str
    slips: int

    @property
    def status(self) -> str:
        """The function's."""
        return self.function.status


@dataclass(frozen=True)
class Review:
    """wrong: the sections of all functions that are not right; rights: those of the others; both in order."""

    wrong: tuple[Section, ...]
    rights: tuple[Section, ...]
    segments: tuple[Segment, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """All, in the order of the report."""
        return self.wrong + self.rights


def review(result: Result, notes: Notes, graph: Graph | None = None) -> Review:
    """How a result is told."""
    wrong: list[Section] = []
    rights: list[Section] = []
    segments = []
    full = sum(one.max_score for one in result.functions.values())
    for name, function in result.functions.items():
        explanation = explain(name, function, notes)
        drawing = network.draw(graph, function.first_wrong)
        section = Section(
            name,
            function,
            explanation,
            sheet(name, function, explanation),
            drawing,
        )
        is_right = function.status == "right"
        (rights if is_right else wrong).append(section)
        share = round(SHARES * function.max_score / full) if full else 1
        slips = section.nb_slips
        target = "right" if is_right else f"f-{name}"
        segments.append(Segment(name, function, max(share, 1), target, slips))
    return Review(tuple(wrong), tuple(rights), tuple(segments))
