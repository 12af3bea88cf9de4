"""What a diagnosis says in the end, and what it has established on the way there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.exercise import Misconception
from grader.results import Helper, Mark, Remark


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with one function.

    misconceptions: the smallest set of ids that explains what was seen; empty: unexplained.
    alternatives: other sets that explain it just as well.
    first_wrong: the first quantity of the reference's chain that is wrong, None where that is not certain.
    line: where the student's source says so; `lines` has a line for each id that could be placed.
    facts: the student's own names and numbers, for the placeholders of the notes.
    marks: the expressions and statements that are wrong, where they were searched for; helpers: those in the
    student's own functions that it uses; mended: whether it gives all that it should once they are mended.
    remarks: what the numbers show, where nothing names it.
    """

    misconceptions: tuple[str, ...] = ()
    alternatives: tuple[tuple[str, ...], ...] = ()
    first_wrong: str | None = None
    line: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    mended: bool = False
    remarks: tuple[Remark, ...] = ()
    helpers: tuple[Helper, ...] = ()

    def also(self, id_: str, clue: Clue, order: Sequence[str]) -> Diagnosis:
        """The same diagnosis with one more mistake. order: every id of the function."""
        lines = dict(self.lines)
        if clue.line is not None:
            lines.setdefault(id_, clue.line)
        named = in_order([id_, *self.misconceptions], order)
        others = []
        for other in self.alternatives:
            others.append(in_order([id_, *other], order))
        return replace(
            self,
            misconceptions=named,
            alternatives=tuple(others),
            line=_first_line(named, lines),
            facts={**self.facts, **clue.facts},
            lines=lines,
        )


def with_remarks(
    concluded: Diagnosis, remarks: Sequence[Remark | None]
) -> Diagnosis:
    """The diagnosis with these remarks, where it names nothing."""
    if concluded.misconceptions:
        return concluded
    made = tuple(remark for remark in remarks if remark is not None)
    return replace(concluded, remarks=made)


@dataclass(frozen=True)
class Clue:
    """Where in the student's source a mistake shows, and facts for the placeholders of its note."""

    line: int | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Claims:
    """The mistakes that have been established so far, by id, with their lines and facts."""

    ids: list[str] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def add(self, misconception: Misconception, clue: Clue) -> None:
        """Claim a mistake. The first line that is known of it stands."""
        self.claim(misconception.id, clue)

    def claim(self, id_: str, clue: Clue) -> None:
        """The same for a mistake of which only the id is needed."""
        if id_ not in self.ids:
            self.ids.append(id_)
        self.place(id_, clue.line)
        self.facts.update(clue.facts)

    def place(self, id_: str, line: int | None) -> None:
        """Note the line of a mistake, which may be claimed later, unless one is known."""
        if line is not None:
            self.lines.setdefault(id_, line)

    def diagnosis(
        self,
        order: Sequence[str],
        ids: Sequence[str] = (),
        alternatives: Sequence[Sequence[str]] = (),
        first_wrong: str | None = None,
    ) -> Diagnosis:
        """All that is claimed so far, and also these ids.

        order: every id of the function, as the exercise lists them. alternatives: to `ids`.
        """
        named = self._with_claimed(ids, order)
        others = []
        for other in alternatives:
            others.append(self._with_claimed(other, order))
        return Diagnosis(
            misconceptions=named,
            alternatives=tuple(others),
            first_wrong=first_wrong,
            line=_first_line(named, self.lines),
            facts=self.facts,
            lines=self.lines,
        )

    def _with_claimed(
        self,
        ids: Sequence[str],
        order: Sequence[str],
    ) -> tuple[str, ...]:
        return in_order([*self.ids, *ids], order)


def _first_line(ids: Sequence[str], lines: Mapping[str, int]) -> int | None:
    """The line of the first of these mistakes that could be placed."""
    for id_ in ids:
        if id_ in lines:
            return lines[id_]
    return None


def in_order(ids: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
    """Ids in the order in which `order` has them, each once."""
    wanted = set(ids)
    return tuple(id_ for id_ in order if id_ in wanted)
