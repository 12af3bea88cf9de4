"""A function as a page that somebody has gone over: its lines, and what is said beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from grader.reports.views.content import Explanation
from grader.reports.views.listing import (
    Line,
    Listing,
    Span,
    listing,
    of_helpers,
    spans_of,
)
from grader.results import FunctionResult, Mark, Note, Source

_IN_SIGHT = 15  # rows above the first marked one that need no folding
_BEFORE = (
    6  # of these, the rows that are shown all the same where there are more
)


@dataclass(frozen=True)
class Comment:
    """What is said beside one line of a source, or above it all where `line` is None.

    number: from 1, over the whole function. sets: notes of known mistakes; several sets where the results
    cannot tell them apart. marks: the places that it is about. says_rest: whether it also says what is known
    without a note, such as why there are no numbers.
    """

    number: int
    line: int | None
    source: Source | None
    sets: tuple[tuple[Note, ...], ...] = ()
    marks: tuple[Mark, ...] = ()
    says_rest: bool = False

    @property
    def is_gap(self) -> bool:
        """Whether it is about something that is missing below its line."""
        return any(mark.kind == "missing" for mark in self.marks)


@dataclass(frozen=True)
class Row:
    """One line, and what is said beside it.

    pieces: its highlighted text, each piece with the numbers of the comments that are about its end.
    """

    line: Line
    comments: tuple[Comment, ...]
    pieces: tuple[tuple[Markup, tuple[int, ...]], ...] = ()

    @property
    def is_marked(self) -> bool:
        """Whether the reader should look at it."""
        return self.line.marked or bool(self.comments)


@dataclass(frozen=True)
class Part:
    """A function, or one that it uses: its rows, and what is said of no line that is shown.

    That stands below the rows where something is said beside one, and else above them.
    """

    name: str
    source: Source | None
    listing: Listing | None
    rows: tuple[Row, ...]
    above: tuple[Comment, ...] = ()
    below: tuple[Comment, ...] = ()

    @property
    def has_comments(self) -> bool:
        """Whether anything is said of it."""
        beside = any(row.comments for row in self.rows)
        return bool(beside or self.above or self.below)

    @property
    def folded(self) -> range:
        """The rows that are folded away, so that the first marked one is in sight."""
        for index, row in enumerate(self.rows):
            if row.is_marked:
                # the head stays, and what the marked line follows from
                return range(1, index - _BEFORE if index > _IN_SIGHT else 0)
        return range(0)


@dataclass(frozen=True)
class Sheet:
    """The function and the student's own functions that hold its mistakes, those with comments first."""

    parts: tuple[Part, ...]

    @property
    def is_shown(self) -> bool:
        """Whether there is a line to show, or anything to say."""
        return any(part.rows or part.has_comments for part in self.parts)

    @property
    def comments(self) -> list[Comment]:
        """All that is said, by number."""
        found: list[Comment] = []
        for part in self.parts:
            found += part.above + part.below
            for row in part.rows:
                found += row.comments
        return sorted(found, key=lambda comment: comment.number)


def sheet(
    name: str, function: FunctionResult, explanation: Explanation
) -> Sheet:
    """A function's sheet."""
    names = [name, *(helper.name for helper in function.helpers)]
    shown = [function, *of_helpers(function)]
    drafts = _Drafts(shown, explanation)
    drafts.place_notes()
    drafts.add_places()
    drafts.say_rest()
    parts = []
    count = 0
    for number, own_name in enumerate(names):
        numbered = []
        for comment in drafts.of(number):
            count += 1
            numbered.append(replace(comment, number=count))
        parts.append(_part(own_name, shown[number], numbered))
    # what there is something to say of comes first
    parts.sort(key=lambda part: not part.has_comments)
    return Sheet(tuple(parts))


class _Drafts:
    """What is to be said, each with the part that it is beside: 0 for the function, then its helpers."""

    def __init__(
        self, shown: Sequence[FunctionResult], explanation: Explanation
    ) -> None:
        self.shown = shown
        self.explanation = explanation
        self.places: list[tuple[int, Mark]] = []
        for part, one in enumerate(shown):
            self.places += [(part, mark) for mark in one.marks]
        self.drafts = [(0, comment) for comment in self._of_notes()]

    def of(self, part: int) -> list[Comment]:
        """What is said beside a part, from its first line to its last."""
        found = [comment for own, comment in self.drafts if own == part]
        return sorted(found, key=_place)

    def _of_notes(self) -> list[Comment]:
        function = self.shown[0]
        sets = self.explanation.sets
        if len(sets) > 1:
            return [Comment(0, function.line, function.source, sets)]
        found = []
        for note in self.explanation.notes:
            line = function.lines.get(note.id)
            found.append(Comment(0, line, function.source, ((note,),)))
        return found

    def place_notes(self) -> None:
        """Move notes without a line to the place that can only be theirs."""
        lines = {(part, mark.line) for part, mark in self.places}
        is_lone = len(self.drafts) == 1
        if not self.places or (len(lines) > 1 and not is_lone):
            return
        part, mark = self.places[0]
        for index, (_, comment) in enumerate(self.drafts):
            if comment.line is None:
                source = self.shown[part].source
                moved = replace(comment, line=mark.line, source=source)
                self.drafts[index] = part, moved

    def add_places(self) -> None:
        """Give each place to what is said on its line, or to the only note; any other is said by itself."""
        is_lone = len(self.drafts) == 1 and len(self.explanation.notes) == 1
        for part, mark in self.places:
            index = self._beside(part, mark)
            if index is None and is_lone:
                index = 0
            if index is None:
                source = self.shown[part].source
                said = Comment(0, mark.line, source, marks=(mark,))
                self.drafts.append((part, said))
                continue
            own, comment = self.drafts[index]
            marks = (*comment.marks, mark)
            self.drafts[index] = own, replace(comment, marks=marks)

    def _beside(self, part: int, mark: Mark) -> int | None:
        lines = range(mark.line, mark.end_line + 1)
        for index, (own, comment) in enumerate(self.drafts):
            if own == part and comment.line in lines:
                return index
        return None

    def say_rest(self) -> None:
        """Say what else is known where the reader looks first."""
        if not _says_more(self.explanation):
            return
        function = self.shown[0]
        if not self.drafts:
            said = Comment(0, function.line, function.source, says_rest=True)
            self.drafts.append((0, said))
            return
        first = min(self.drafts, key=lambda one: (one[0], _place(one[1])))
        index = self.drafts.index(first)
        part, comment = first
        self.drafts[index] = part, replace(comment, says_rest=True)


def _says_more(explanation: Explanation) -> bool:
    """Whether something is known besides notes and places."""
    if explanation.remarks:
        return True
    if explanation.sets:
        return False
    unplaced = explanation.unexplained or explanation.first_wrong
    return bool(explanation.stop or unplaced)


def _place(comment: Comment) -> float:
    return math.inf if comment.line is None else comment.line


def _part(
    name: str, function: FunctionResult, comments: Sequence[Comment]
) -> Part:
    shown = listing(function)
    lines = shown.lines if shown else ()
    about = {}
    for comment in comments:
        of_comment = replace(function, marks=comment.marks)
        about[comment.number] = spans_of(of_comment)
    rows = []
    elsewhere = list(comments)
    for line in lines:
        beside = [comment for comment in comments if comment.line == line.at]
        rows.append(Row(line, tuple(beside), _pieces(line, beside, about)))
        elsewhere = [one for one in elsewhere if one not in beside]
    part = Part(name, function.source, shown, tuple(rows))
    if len(elsewhere) < len(comments):
        return replace(part, below=tuple(elsewhere))
    return replace(part, above=tuple(elsewhere))


def _pieces(
    line: Line,
    beside: Sequence[Comment],
    about: Mapping[int, Mapping[int, Sequence[Span]]],
) -> tuple[tuple[Markup, tuple[int, ...]], ...]:
    """A line's pieces with their numbers; what is about no part of the line has its number at the end."""
    pieces = []
    left = [comment.number for comment in beside]
    for html, part in line.pieces:
        numbers = []
        for number, spans in about.items():
            if part is not None and part in spans.get(line.at, ()):
                numbers.append(number)
        left = [number for number in left if number not in numbers]
        pieces.append((html, tuple(numbers)))
    return (*pieces, (Markup(), tuple(left)))
