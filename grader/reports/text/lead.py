"""The one sentence or two that say what there is to do, for the head of every report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from grader.reports.text.prose import sentence_to_html
from grader.reports.text.words import Words
from grader.reports.views.review import Review, Section
from grader.results import Result

_MOST_PLACES = 6  # lines that are listed


@dataclass(frozen=True)
class Name:
    """A function's name, which leads to what is said of it."""

    name: str

    def __str__(self) -> str:
        return f"`{self.name}`"

    def __html__(self) -> str:
        link = Markup('<a href="#f-{0}"><code>{0}</code></a>')
        return link.format(self.name)


@dataclass(frozen=True)
class List:
    """Several things in a row, "a, b and c"."""

    items: Sequence[object]
    last: str  # what stands before the last one

    def __str__(self) -> str:
        return self._joined(list(map(str, self.items)))

    def __html__(self) -> str:
        return self._joined([str(escape(item)) for item in self.items])

    def _joined(self, items: Sequence[str]) -> str:
        if len(items) < 2:
            return "".join(items)
        *others, last = items
        return f"{', '.join(others)} {self.last} {last}"


@dataclass(frozen=True)
class Sentence:
    """A translated sentence, and what stands in the place of its %(name)s."""

    text: str
    values: Mapping[str, object]

    def __str__(self) -> str:
        return self.text % {
            name: str(value) for name, value in self.values.items()
        }

    def __html__(self) -> str:
        return str(Markup(escape(self.text)) % self.values)


@dataclass(frozen=True)
class Place:
    """A line, which leads to what is said beside it."""

    words: str
    function: str
    number: int

    def __str__(self) -> str:
        return self.words

    def __html__(self) -> str:
        link = Markup('<a href="#n-{0}-{1}">{2}</a>')
        return link.format(
            self.function, self.number, sentence_to_html(self.words)
        )


def lead(result: Result, told: Review, words: Words) -> list[Sentence]:
    """What a report says first. Each can be shown as text, or as HTML with links to what it speaks of."""
    return _Lead(result, told, words).sentences()


class _Lead:
    def __init__(self, result: Result, told: Review, words: Words) -> None:
        self.result = result
        self.words = words
        self.told = {section.name: section for section in told.sections}

    def sentences(self) -> list[Sentence]:
        todo = []
        for name, function in self.result.functions.items():
            if function.status == "void":
                # where grader failed, there is nothing to do for the student
                continue
            # points alone do not tell: an instructor may have given all of them to a wrong function
            if function.status != "right" or function.lost > 0:
                todo.append(name)
        if not todo:
            return [self._nothing_to_do()]
        if all(self._status(name) == "missing" for name in todo):
            return self._missing(todo)
        if len(todo) == 1:
            return [*self._one(todo[0]), *self._worth(todo[0])]
        return self._several(todo)

    def _status(self, name: str) -> str:
        return self.result.functions[name].status

    def _nothing_to_do(self) -> Sentence:
        if self.result.incomplete:
            return self._say(self.words("Nothing is known to be wrong."))
        return self._say(self.words("Everything is right. Well done."))

    def _missing(self, todo: Sequence[str]) -> list[Sentence]:
        if len(todo) == len(self.result.functions):
            nothing = self.words(
                "None of the functions is in the file yet: begin with %(name)s."
            )
            return [self._say(nothing, name=Name(todo[0]))]
        missing = self.words("What is left is to write %(names)s.")
        return [self._say(missing, names=self._list(map(Name, todo)))]

    def _one(self, name: str) -> list[Sentence]:
        """What is to be mended in the only function that is wrong."""
        section = self.told[name]
        if section.function.status == "right":
            lost = self.words("%(name)s lost points: see its section.")
            return [self._say(lost, name=Name(name))]
        if section.function.status == "blocked":
            blocked = self.words("%(name)s could not be judged yet.")
            return [self._say(blocked, name=Name(name))]
        count = section.nb_slips
        if count:
            return [self._slips(section, count)]
        if section.explanation.stop:
            stops = self.words(
                "%(name)s stops before it gives anything: see where."
            )
            return [self._say(stops, name=Name(name))]
        unknown = self.words(
            "%(name)s does not give what it should: see its checks."
        )
        return [self._say(unknown, name=Name(name))]

    def _slips(self, section: Section, count: int) -> Sentence:
        # what stands in their place is put in later, as text or as HTML
        kept = {one: f"%({one})s" for one in ("slips", "name", "places")}
        places = self._places(section)
        values = {
            "name": Name(section.name),
            "slips": self._number(count),
            "places": self._list(places),
        }
        if places and not section.explanation.mended:
            text = self.words.count(
                "%(slips)s slip in %(name)s; begin at %(places)s.",
                "%(slips)s slips in %(name)s; begin at %(places)s.",
                count,
                **kept,
            )
        elif places:
            text = self.words.count(
                "%(slips)s slip in %(name)s: %(places)s.",
                "%(slips)s slips in %(name)s: %(places)s.",
                count,
                **kept,
            )
        else:
            text = self.words.count(
                "%(slips)s slip in %(name)s.",
                "%(slips)s slips in %(name)s.",
                count,
                **kept,
            )
        return Sentence(text, values)

    def _worth(self, name: str) -> list[Sentence]:
        """What the whole is worth once the only wrong function is right."""
        function = self.result.functions[name]
        if self.result.incomplete or function.lost <= 0:
            return []
        if function.status == "right":
            # what an instructor has taken off is nobody's mistake to mend
            return []
        total = self.result.score + function.lost
        full = self.result.max_score
        if abs(total - full) > 1e-9 or len(self.result.functions) == 1:
            return []
        points = self.words.points(full)
        rest = self.words(
            "Once it is right you have %(points)s of %(points)s: everything else has all its points already."
        )
        return [self._say(rest, points=points)]

    def _several(self, todo: Sequence[str]) -> list[Sentence]:
        first, *others = todo
        begin = self.words("Begin with %(name)s; then %(names)s.")
        begun = self._say(
            begin, name=Name(first), names=self._list(map(Name, others))
        )
        nb_right = len(self.result.functions) - len(todo)
        if not nb_right:
            return [begun]
        right = self.words.count(
            "%(num)s function is right.",
            "%(num)s functions are right.",
            nb_right,
        )
        return [begun, self._say(right.replace("%", "%%"))]

    def _places(self, section: Section) -> list[Place]:
        """The lines of the mistakes, each as a report calls it."""
        places: dict[str, Place] = {}
        for comment in section.sheet.comments:
            if comment.line is None:
                continue
            line = self.words.place(comment.line, comment.source)
            places.setdefault(line, Place(line, section.name, comment.number))
        return list(places.values())[:_MOST_PLACES]

    def _number(self, count: int) -> str:
        names = {
            1: self.words("One"),
            2: self.words("Two"),
            3: self.words("Three"),
            4: self.words("Four"),
            5: self.words("Five"),
        }
        return names.get(count, str(count))

    def _list(self, items: Iterable[object]) -> List:
        return List(list(items), self.words("and"))

    def _say(self, text: str, **values: object) -> Sentence:
        return Sentence(text, values)
