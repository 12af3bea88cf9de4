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
    Act,
    FormTable,
    MisconceptionTable,
    Pairs,
    Problems,
    Strings,
    check_facts,
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
    forms: the ways to make it; none where `recognise` says how else it is recognised.
    calls: patterns of dotted names, for `recognise = "calls"`.
    raises: patterns of "Exception: text" that tell it. repair: edits of the student's source that show what
    lies behind.
    seen: patterns in the student's source that speak for it where numbers cannot decide.
    act: what the note says that the student does; the source must show it. absent: names that the source must
    not use.
    wrong, right: a student's few lines with the mistake, and without it; empty where the forms show them.
    alike: ids of mistakes that give the same numbers.
    stage: which part of an iterating function it changes: "initial", "update" or "history".
    """

    id: str
    functions: Strings
    title: str
    note: str
    hint: str
    forms: tuple[Form, ...] = ()
    recognise: str = ""
    calls: Strings = ()
    seen: Strings = ()
    act: Act | None = None
    absent: Strings = ()
    wrong: str = ""
    right: str = ""
    alike: Strings = ()
    stage: str = ""
    raises: Strings = ()
    repair: tuple[Edit, ...] = ()


@dataclass(frozen=True)
class Misconceptions:
    """All that an exercise knows, in the order of its files. Iterating gives each once.

    unread: the ids of tables with a fault, which has been noted.
    """

    all: tuple[Misconception, ...] = ()
    unread: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[Misconception]:
        return iter(self.all)

    @property
    def functions(self) -> Strings:
        """The functions of which a mistake is known."""
        names: dict[str, None] = {}  # a set that keeps the order
        for known in self.all:
            names.update(dict.fromkeys(known.functions))
        return tuple(names)

    def of(self, function: str) -> tuple[Misconception, ...]:
        """The misconceptions known of a function."""
        found = []
        for known in self.all:
            if function in known.functions:
                found.append(known)
        return tuple(found)

    def forms_of(self, function: str, stage: str = "") -> tuple[Form, ...]:
        """All ways to make the mistakes known of a function, or of one stage of an iterating one."""
        forms: list[Form] = []
        for known in self.of(function):
            if known.stage == stage:
                forms += known.forms
        return tuple(forms)

    def recognised_by(
        self, function: str, recogniser: str
    ) -> Misconception | None:
        """The misconception of a function that this recogniser finds, if there is one."""
        for known in self.of(function):
            if known.recognise == recogniser:
                return known
        return None

    def notes(self) -> dict[str, Note]:
        """What a student reads about each, in English; a shared one names no function."""
        notes = {}
        for known in self.all:
            function = ""
            if len(known.functions) == 1:
                function = known.functions[0]
            notes[known.id] = Note(
                id=known.id,
                function=function,
                title=known.title,
                note=known.note,
                hint=known.hint,
            )
        return notes


def read_misconceptions(
    folder: Path, functions: Forest, problems: Problems
) -> Misconceptions:
    """Every table of every file in a folder; `functions` are the solution's."""
    found: list[Misconception] = []
    places: dict[str, Path] = {}
    read: set[str] = set()
    for path in sorted(folder.glob("*.toml")):
        for id_, data in read_toml(path, problems).items():
            if id_ in places:
                what = f"the id stands in {places[id_].name} as well"
                problems.add(path, f"[{id_}]", what)
            places[id_] = path
            reading = _Reading(id_, path, functions, problems)
            misconception = reading.misconception(data)
            if misconception is not None:
                found.append(misconception)
                read.add(id_)
    # last, since a misconception can name one of a later file
    _check_references(found, places, problems)
    unread = places.keys() - read
    return Misconceptions(tuple(found), frozenset(unread))


def _check_references(
    found: list[Misconception], places: Mapping[str, Path], problems: Problems
) -> None:
    for misconception in found:
        path = places[misconception.id]
        place = f"[{misconception.id}] alike"
        for other in misconception.alike:
            if other not in places:
                problems.add_unknown(
                    path, place, "misconception", other, places
                )


class _Reading:
    """Reads one table into a record, and notes every fault in it."""

    def __init__(
        self, id_: str, path: Path, functions: Forest, problems: Problems
    ) -> None:
        self.id = id_
        self.path = path
        self.functions = functions
        self.problems = problems

    def add(self, key: str, what: str) -> None:
        place = self.place(key)
        self.problems.add(self.path, place, what)

    def place(self, key: str) -> str:
        return f"[{self.id}] {key}".strip()

    def misconception(self, data: Any) -> Misconception | None:
        place = self.place("")
        table = read_table(
            MisconceptionTable, data, self.path, place, self.problems
        )
        if table is None:
            return None
        functions = table.functions or (self.path.stem,)
        recogniser = table.recognise or ""
        for name in functions:
            self.check_function("functions", name)
        forms = self.forms(table, functions[0])
        self.check_evidence(table)
        for pattern in table.seen:
            self.check_pattern("seen", pattern)
        for key in ("title", "note", "hint"):
            text = getattr(table, key)
            place = self.place(key)
            check_facts(text, recogniser, self.path, place, self.problems)
        return Misconception(
            id=self.id,
            functions=functions,
            title=table.title,
            note=table.note.strip(),
            hint=table.hint.strip(),
            forms=forms,
            recognise=recogniser,
            calls=table.calls,
            seen=table.seen,
            act=table.act,
            absent=table.absent,
            wrong=table.wrong.strip(),
            right=table.right.strip(),
            alike=table.alike,
            stage=table.stage or "",
            raises=table.raises,
            repair=self.edits("repair", table.repair),
        )

    def check_evidence(self, table: MisconceptionTable) -> None:
        """Note where nothing would ever tell the mistake."""
        has_edits = table.forms or table.replace or table.edits
        if not has_edits and not table.recognise and not table.raises:
            self.add(
                "",
                "nothing tells this mistake: give it replace and with, forms, or recognise",
            )
        if bool(table.wrong) != bool(table.right):
            self.add("wrong", "wrong and right go together")
        for key in ("wrong", "right"):
            self.check_code(key, getattr(table, key))
        if (table.recognise == "calls") != bool(table.calls):
            self.add(
                "calls",
                'patterns of calls go with recognise = "calls", and with nothing else',
            )

    def forms(
        self, table: MisconceptionTable, function: str
    ) -> tuple[Form, ...]:
        """The table's forms, each tried on the solution; `function` is the one that they edit by default."""
        found = []
        for form in self.form_tables(table):
            edited = form.in_ or table.in_ or function
            made = self.form(form, edited)
            if made is not None:
                found.append(made)
        return tuple(found)

    def form_tables(self, table: MisconceptionTable) -> list[FormTable]:
        """The tables of forms that can be read; a misconception of one form is itself such a table."""
        tables: list[FormTable] = []
        if table.replace or table.edits:
            tables.append(table)
        for number, data in enumerate(table.forms, start=1):
            place = self.place(f"forms {number}")
            form = read_table(FormTable, data, self.path, place, self.problems)
            if form is not None:
                tables.append(form)
        return tables

    def form(self, table: FormTable, function: str) -> Form | None:
        pairs = self.pairs(table)
        if pairs is None:
            return None
        edits = self.edits("replace", pairs)
        if len(edits) < len(pairs):
            # one that cannot be read is noted already
            return None
        if not self.check_function("in", function):
            return None
        form = Form(self.id, edits, function)
        if form.apply(self.functions) is None:
            replaced = [repr(edit.replace) for edit in edits]
            texts = ", ".join(replaced)
            self.add(
                "replace",
                f"{texts} does not stand in {function} of solution.py; nothing would change",
            )
            return None
        return form

    def pairs(self, table: FormTable) -> Pairs | None:
        """What a form replaces, and by what; None where it says so in two ways, or says half of it."""
        if table.replace is None and table.with_ is None:
            return table.edits
        if table.replace is None or table.with_ is None or table.edits:
            self.add("replace", "replace and with go together, without edits")
            return None
        return ((table.replace, table.with_),)

    def edits(self, key: str, pairs: Pairs) -> tuple[Edit, ...]:
        """The edits whose two sides are Python."""
        edits = []
        for replace, by in pairs:
            if self.check_pattern(key, replace) and self.check_code(
                "with", by
            ):
                edits.append(Edit(replace, by))
        return tuple(edits)

    def check_function(self, key: str, name: str) -> bool:
        """Whether the solution has a function of this name."""
        if name in self.functions:
            return True
        what = "function of solution.py"
        place = self.place(key)
        self.problems.add_unknown(self.path, place, what, name, self.functions)
        return False

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
