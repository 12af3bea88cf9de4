"""The reports' words: states with their signs, marks, differences, and the sentences around a note."""

from __future__ import annotations

import math
from collections.abc import Sequence

from grader.exercise import Exercise
from grader.notices import Notice, place
from grader.reports.text import language, remarks
from grader.reports.views.cohort import Concern
from grader.reports.views.content import Explanation
from grader.reports.views.review import Section, Segment
from grader.reports.views.sheet import Comment
from grader.results import FunctionResult, Mismatch, Result, Source

# The shapes differ, so that nobody needs to tell colours apart.
SIGNS = {
    "right": "✓",
    "passed": "✓",
    "partial": "◐",
    "wrong": "✗",
    "failed": "✗",
    "missing": "∅",
    "blocked": "‖",
    "void": "?",
}


# shares of the strip, at which a part has room for more than the points
_ROOM_FOR_SLIPS = 4


class Words:
    """The words of a report in one language: its own, translated by gettext, and the exercise's."""

    def __init__(self, exercise: Exercise, lang: str) -> None:
        """Raises UsageError if there is no such language."""
        self.exercise = exercise
        self.lang = lang
        self._translations = language.translations(lang)

    def __call__(self, sentence: str, **values: object) -> str:
        """An English sentence in the report's language, with its %(name)s filled in."""
        translated = self._translations.gettext(sentence)
        return translated % values if values else translated

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """The sentence for `number` things, in singular or plural."""
        translated = self._translations.ngettext(one, many, number)
        return translated % {"num": number, **values}

    def labelled(self, label: str, text: str) -> str:
        """`text` after a label and a colon, which French sets apart from the label."""
        return self("%(label)s: %(text)s", label=label, text=text)

    def title(self, title: str) -> str:
        """A check's title, translated if the exercise has it in this language."""
        return self.exercise.check_title(title, self.lang)

    def notice(self, notice: Notice) -> str:
        """A notice as one sentence."""
        return notice.sentence(self._translations.gettext)

    def place(self, line: int | None, source: Source | None) -> str:
        """A line of a function's source, and its cell in a notebook; without a line, the cell."""
        cell, label = (source.cell, source.label) if source else (None, "")
        if source and line is not None:
            line, cell, label = source.place_of(line)
        return place(line, cell, label, self._translations.gettext)

    def points(self, value: float) -> str:
        """A mark as the language writes it, with at most two decimals."""
        return language.number(value, self.lang)

    def mark(self, graded: FunctionResult) -> str:
        """A function's score and the highest it could be, such as "1.5 / 2"."""
        return f"{self.points(graded.score)} / {self.points(graded.max_score)}"

    def incomplete(self, result: Result) -> str:
        """That a mark is incomplete, and by how much; empty where it is not."""
        if not result.incomplete:
            return ""
        return self(
            "incomplete: %(points)s points are not judged yet",
            points=self.points(result.unjudged),
        )

    def state(self, status: str) -> str:
        """A function's status or a check's outcome."""
        # Each word stands here as a text of its own, where the tools for translators find it.
        names = {
            "right": self("right"),
            "partial": self("partly right"),
            "wrong": self("wrong"),
            "missing": self("missing"),
            "blocked": self("not judged"),
            "void": self("incomplete"),
            "passed": self("passed"),
            "failed": self("failed"),
        }
        return names[status]

    def difference(self, found: Mismatch) -> str:
        """A mismatch as one sentence."""
        values = {
            "quantity": found.quantity,
            "actual": found.actual,
            "expected": found.expected,
        }
        if found.kind != "values":
            kinds = {
                "shape": self("shape"),
                "dtype": self("data type"),
                "type": self("type"),
            }
            values["kind"] = kinds[found.kind]
            return self(
                "%(quantity)s: %(kind)s %(actual)s, expected %(expected)s",
                **values,
            )
        if found.total <= 1:
            return self(
                "%(quantity)s is %(actual)s, expected %(expected)s", **values
            )
        worst = self(
            "%(quantity)s is %(actual)s at index %(index)s, expected %(expected)s",
            index=list(found.where),
            **values,
        )
        wrong = self.count(
            "%(num)s of %(total)s entries is wrong",
            "%(num)s of %(total)s entries are wrong",
            found.wrong,
            total=found.total,
        )
        return f"{worst}; {wrong}"

    def before_notes(self, explanation: Explanation) -> str:
        """What is said before an explanation's notes, or instead of them; may be empty."""
        if len(explanation.sets) > 1:
            return self._alternatives(explanation)
        if explanation.sets:
            return ""
        said = []
        if explanation.stop:
            said.append(self.stopped(explanation.stop))
        elif explanation.unexplained:
            unknown = self(
                "No known mistake explains these results, so none is named."
            )
            said.append(unknown)
        if explanation.first_wrong:
            first = self(
                "First wrong quantity: %(name)s.", name=explanation.first_wrong
            )
            said.append(first)
        return " ".join(said)

    def observed(self, explanation: Explanation) -> str:
        """What the numbers show, in sentences; may be empty."""
        said = [remarks.sentence(one, self) for one in explanation.remarks]
        return " ".join(said)

    def located(self, explanation: Explanation, source: Source | None) -> str:
        """Where the mistakes stand; empty where that is not known."""
        if not explanation.is_placed:
            return ""
        if explanation.sets:
            # the notes say what is wrong there
            return self.proof(explanation)
        said = []
        placed = [(mark, source) for mark in explanation.marks]
        for helper in explanation.helpers:
            placed += [(mark, helper.source) for mark in helper.marks]
        for mark, where in placed:
            place = self.place(mark.line, where)
            said.append(self._located(mark.kind, place))
        sentence = " ".join(dict.fromkeys(said))
        return f"{sentence} {self.proof(explanation)}"

    def beside(self, comment: Comment) -> list[str]:
        """What is said beside a place that has no name."""
        place = self.place(comment.line, comment.source)
        said = [self._located(mark.kind, place) for mark in comment.marks]
        return list(dict.fromkeys(said))

    def heading(self, comment: Comment, explanation: Explanation) -> str:
        """What stands above a comment that has no note."""
        if comment.marks:
            return self("Look here")
        if explanation.stop:
            return self("Where it stops")
        if explanation.unexplained:
            return self("Not explained")
        return self("What the numbers show")

    def follow_through(self, function: FunctionResult) -> str:
        """That a function was judged with the student's own earlier ones."""
        if function.status == "right":
            return self("right, given your own functions that it builds on")
        return self("judged with your own functions that it builds on")

    def proof(self, explanation: Explanation) -> str:
        """What becomes right once what is marked is mended."""
        count = len(explanation.marks)
        for helper in explanation.helpers:
            count += len(helper.marks)
        if explanation.mended:
            return self.count(
                "With this mended, the function gives what it should.",
                "With these mended, the function gives what it should.",
                count,
            )
        return self("With this mended, more of it is right, but not all.")

    def concern(self, concern: Concern) -> str:
        """What an instructor should look at, with how many submissions there are."""
        count = len(concern.submissions)
        sentences = {
            "unnamed": self.count(
                "%(num)s submission has a mistake that nothing explains:",
                "%(num)s submissions have a mistake that nothing explains:",
                count,
            ),
            "placed": self.count(
                "%(num)s has a mistake that is only placed, not named:",
                "%(num)s have a mistake that is only placed, not named:",
                count,
            ),
            "unread": self.count(
                "In %(num)s, no function could be graded:",
                "In %(num)s, no function could be graded:",
                count,
            ),
            "absent": self.count(
                "%(num)s lacks a function, or calls it by another name:",
                "%(num)s lack a function, or call it by another name:",
                count,
            ),
            "incomplete": self.count(
                "%(num)s mark is incomplete, because the grader failed:",
                "%(num)s marks are incomplete, because the grader failed:",
                count,
            ),
            "notice": self.count(
                "%(num)s has a notice that you should read:",
                "%(num)s have a notice that you should read:",
                count,
            ),
        }
        return sentences[concern.kind]

    def segment(self, segment: Segment) -> str:
        """A function's points, in the few words that the strip has room for."""
        function = segment.function
        if function.status == "missing":
            return self.state("missing")
        if function.status == "blocked":
            return self.state("blocked")
        points = self.points(function.score)
        if function.status == "right" and function.lost <= 0:
            return points
        marks = self(
            "%(score)s of %(full)s",
            score=points,
            full=self.points(function.max_score),
        )
        if not segment.slips or segment.share < _ROOM_FOR_SLIPS:
            return marks
        slips = self.count("%(num)s slip", "%(num)s slips", segment.slips)
        return f"{marks} · {slips}"

    def rights(self, sections: Sequence[Section]) -> str:
        """How many functions are right, and what they are worth."""
        points = sum(section.function.score for section in sections)
        worth = self.count(
            "%(points)s point",
            "%(points)s points",
            math.ceil(points),
            points=self.points(points),
        )
        return self.count(
            "Right: %(num)s function, %(points)s",
            "Right: %(num)s functions, %(points)s",
            len(sections),
            points=worth,
        )

    def _located(self, kind: str, place: str) -> str:
        sentences = {
            "value": self(
                "What is underlined in %(place)s is not what it has to be.",
                place=place,
            ),
            "drop": self("The mistake is what %(place)s does.", place=place),
            "add": self(
                "In %(place)s the value is right, but not what is done with it.",
                place=place,
            ),
            "swap": self(
                "In %(place)s two things are in each other's place.",
                place=place,
            ),
            "missing": self(
                "Something is missing: up to %(place)s nothing changes one of the arguments.",
                place=place,
            ),
        }
        return sentences[kind]

    def _alternatives(self, explanation: Explanation) -> str:
        if explanation.stop:
            return self(
                "Each of these may be what stops the call. What was seen does not tell which one it is."
            )
        return self(
            "Each of these explains your results exactly. The results alone cannot tell which one it is."
        )

    def stopped(self, stop: str) -> str:
        """Why there are no numbers to explain."""
        sentences = {
            "sizes": self(
                "The call stops where tensors of unfit sizes meet, so there are no numbers to compare."
            ),
            "exception": self(
                "The call stops with an exception, so there are no numbers to compare."
            ),
            "time": self(
                "The call does not end within its time, so there are no numbers to compare."
            ),
            "process": self(
                "The call ends its whole process, so there are no numbers to compare."
            ),
        }
        return sentences[stop]
