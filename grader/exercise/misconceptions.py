"""The mistakes that an exercise knows: edits of its solution, or evidence by which they are recognised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import ExerciseError
from grader.exercise import patterns
from grader.exercise.patterns import Edit
from grader.exercise.solution import Forest
from grader.exercise.tables import (
    FormTable,
    MisconceptionTable,
    Problems,
    read_table,
    read_toml,
)
from grader.results import Note


@dataclass(frozen=True)
class Form:
    """One way to make a mistake: edits of one function of the solution, all made together."""

    id: str
    edits: tuple[Edit, ...]
    function: str

    def apply(self, forest: Forest) -> Forest | None:
        """The solution's functions with the edits made; None where another form took their place."""
        tree = forest[self.function]
        for edit in self.edits:
            edited = edit.apply(tree)
            if edited is None:
                return None
            tree = edited
        return {**forest, self.function: tree}


@dataclass(frozen=True)
class Misconception:
    """One table of a file of misconceptions/.

    functions: the functions in which it can be made; the one that the file is named for, where it says none.
    forms: the edits, none where `recognise` names what else tells it.
    calls: patterns of dotted names, for `recognise = "calls"`.
    raises: patterns of "Exception: text" that tell it. repair: edits of the student's source that show what
    lies behind.
    seen: patterns in the student's source that speak for it where numbers cannot decide.
    alike: ids of mistakes that give the same numbers.
    stage: which part of an iterating function it changes: "initial", "update" or "history".
    """

    id: str
    functions: tuple[str, ...]
    title: str
    note: str
    hint: str
    forms: tuple[Form, ...] = ()
    recognise: str = ""
    calls: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    stage: str = ""
    raises: tuple[str, ...] = ()
    repair: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Misconceptions:
    """All that an exercise knows, in the order of its files. Iterating gives each once."""

    all: tuple[Misconception, ...] = ()

    def __iter__(self) -> Iterator[Misconception]:
        return iter(self.all)

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions of which a mistake is known."""
        return tuple(
            dict.fromkeys(name for known in self.all for name in known.functions)
        )

    def of(self, function: str) -> tuple[Misconception, ...]:
        """The misconceptions known of a function."""
        return tuple(known for known in self.all if function in known.functions)

    def forms_of(self, function: str, stage: str = "") -> tuple[Form, ...]:
        """All ways to make the mistakes known of a function, or of one stage of an iterating one."""
        return tuple(
            form
            for known in self.of(function)
            if known.stage == stage
            for form in known.forms
        )

    def recognised_by(self, function: str, recogniser: str) -> Misconception | None:
        """The misconception of a function that a recogniser tells, if there is one."""
        for known in self.of(function):
            if known.recognise == recogniser:
                return known
        return None

    def notes(self) -> dict[str, Note]:
        """What a student reads about each, in English; those that several functions share name none."""
        notes = {}
        for known in self.all:
            function = known.functions[0] if len(known.functions) == 1 else ""
            notes[known.id] = Note(
                known.id, function, known.title, known.note, known.hint
            )
        return notes


def read_misconceptions(
    folder: Path, functions: Forest, problems: Problems
) -> Misconceptions:
    """Every table of every file in a folder; `functions` are the solution's."""
    found: list[Misconception] = []
    places: dict[str, Path] = {}
    for path in sorted(folder.glob("*.toml")):
        for id_, data in read_toml(path, problems).items():
            if id_ in places:
                problems.add(
                    path, f"[{id_}]", f"the id stands in {places[id_].name} as well"
                )
            places[id_] = path
            misconception = _Reading(id_, path, functions, problems).misconception(data)
            if misconception is not None:
                found.append(misconception)
    _check_references(found, places, problems)
    return Misconceptions(tuple(found))


def _check_references(
    found: list[Misconception], places: Mapping[str, Path], problems: Problems
) -> None:
    for misconception in found:
        for other in misconception.alike:
            if other not in places:
                path, place = places[misconception.id], f"[{misconception.id}] alike"
                problems.add_unknown(path, place, "misconception", other, places)


class _Reading:
    """One table on its way to a record; every fault in it is noted."""

    def __init__(
        self, id_: str, path: Path, functions: Forest, problems: Problems
    ) -> None:
        self.id = id_
        self.path = path
        self.functions = functions
        self.problems = problems

    def add(self, key: str, what: str) -> None:
        self.problems.add(self.path, f"[{self.id}] {key}".strip(), what)

    def misconception(self, data: Any) -> Misconception | None:
        table = read_table(
            MisconceptionTable, data, self.path, f"[{self.id}]", self.problems
        )
        if table is None:
            return None
        functions = table.functions or (self.path.stem,)
        for name in functions:
            self.check_function("functions", name)
        forms = self.forms(table, functions[0])
        if not (
            forms
            or table.recognise
            or table.raises
            or table.forms
            or table.replace
            or table.edits
        ):
            self.add(
                "",
                "nothing tells this mistake: give it replace and with, forms, or recognise",
            )
        if (table.recognise == "calls") != bool(table.calls):
            self.add(
                "calls",
                'patterns of calls go with recognise = "calls", and with nothing else',
            )
        for pattern in table.seen:
            self.check_pattern("seen", pattern)
        return Misconception(
            id=self.id,
            functions=functions,
            title=table.title,
            note=table.note.strip(),
            hint=table.hint.strip(),
            forms=forms,
            recognise=table.recognise or "",
            calls=table.calls,
            seen=table.seen,
            alike=table.alike,
            stage=table.stage or "",
            raises=table.raises,
            repair=self.edits("repair", table.repair),
        )

    def forms(self, table: MisconceptionTable, function: str) -> tuple[Form, ...]:
        """The table's forms, each tried on the solution."""
        read: list[FormTable | None] = [table] if table.replace or table.edits else []
        for number, data in enumerate(table.forms, start=1):
            read.append(
                read_table(
                    FormTable,
                    data,
                    self.path,
                    f"[{self.id}] forms {number}",
                    self.problems,
                )
            )
        found = []
        for form in filter(None, read):
            made = self.form(form, form.in_ or table.in_ or function)
            if made is not None:
                found.append(made)
        return tuple(found)

    def form(self, table: FormTable, function: str) -> Form | None:
        pairs = table.edits
        if table.replace is not None or table.with_ is not None:
            if table.replace is None or table.with_ is None or pairs:
                self.add("replace", "replace and with go together, without edits")
                return None
            pairs = ((table.replace, table.with_),)
        edits = self.edits("replace", pairs)
        if len(edits) < len(pairs) or not self.check_function("in", function):
            return None
        form = Form(self.id, edits, function)
        if form.apply(self.functions) is None:
            texts = ", ".join(repr(edit.replace) for edit in edits)
            self.add(
                "replace",
                f"{texts} does not stand in {function} of solution.py; nothing would change",
            )
            return None
        return form

    def edits(self, key: str, pairs: tuple[tuple[str, str], ...]) -> tuple[Edit, ...]:
        """The edits whose two sides are Python."""
        edits = []
        for replace, by in pairs:
            if self.check_pattern(key, replace) and self.check_code("with", by):
                edits.append(Edit(replace, by))
        return tuple(edits)

    def check_function(self, key: str, name: str) -> bool:
        if name not in self.functions:
            self.problems.add_unknown(
                self.path,
                f"[{self.id}] {key}",
                "function of solution.py",
                name,
                self.functions,
            )
        return name in self.functions

    def check_pattern(self, key: str, text: str) -> bool:
        """Whether a text is one expression or one statement."""
        if not self.check_code(key, text):
            return False
        if len(patterns.fragment(text)) != 1:
            self.add(key, f"{text!r} is not one expression or one statement")
            return False
        return True

    def check_code(self, key: str, text: str) -> bool:
        try:
            patterns.fragment(text)
        except ExerciseError as error:
            self.add(key, str(error))
            return False
        return True
