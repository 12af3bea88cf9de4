"""The catalogue of an exercise: its reference solution, its probes, and the known mistakes."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import math
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.errors import ExerciseError
from grader.exercise import patterns
from grader.exercise.patterns import Edit
from grader.results import Note

Forest = dict[str, ast.FunctionDef]

_KEYS = frozenset(
    [
        "title",
        "note",
        "hint",
        "replace",
        "with",
        "edits",
        "forms",
        "in",
        "recognise",
        "calls",
        "raises",
        "repair",
        "seen",
        "alike",
        "functions",
        "stage",
    ]
)


@dataclass(frozen=True)
class Form:
    """One way to make a mistake: edits of the reference, all made together."""

    id: str
    edits: tuple[Edit, ...]
    function: str

    def apply(self, forest: Forest) -> Forest | None:
        """The reference's functions with the edits made; None where another form took their place."""
        tree: ast.FunctionDef | None = forest[self.function]
        for edit in self.edits:
            assert tree is not None
            tree = edit.apply(tree)
            if tree is None:
                return None
        return {**forest, self.function: tree} if tree is not None else None


@dataclass(frozen=True)
class Misconception:
    """One table of a file of `misconceptions/`.

    forms: the edits, none where `recognise` says by what else it is told.
    seen: patterns in the student's source that speak for it where numbers cannot decide.
    calls: patterns of dotted names, for `recognise = "calls"`.
    raises: patterns of "Exception: text" that tell it; repair: edits of the student's source that show what
    lies behind.
    alike: ids that give the same numbers.
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
    """All that an exercise knows."""

    all: tuple[Misconception, ...]

    def __iter__(self) -> Iterator[Misconception]:
        return iter(self.all)

    @property
    def functions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for known in self.all for name in known.functions))

    def of(self, function: str) -> tuple[Misconception, ...]:
        return tuple(known for known in self.all if function in known.functions)

    def forms_of(self, function: str, stage: str = "") -> tuple[Form, ...]:
        return tuple(form for known in self.of(function) if known.stage == stage for form in known.forms)

    def recognised_by(self, function: str, recogniser: str) -> Misconception | None:
        return next((known for known in self.of(function) if known.recognise == recogniser), None)


@dataclass(frozen=True)
class Solution:
    source: str
    trees: Forest

    @cached_property
    def code(self) -> types.CodeType:
        return compile(self.source, "solution.py", "exec")

    @cached_property
    def reference(self) -> Mapping[str, Any]:
        return self.namespace()

    def namespace(self, plugged: Mapping[str, Any] | None = None) -> dict[str, Any]:
        names: dict[str, Any] = {"__name__": "solution", "math": math}
        exec(self.code, names)
        names.update(plugged or {})
        return names


@dataclass(frozen=True)
class Catalogue:
    """What is known of an exercise. `load` reads it from the exercise's folder."""

    name: str
    solution: Solution
    misconceptions: Misconceptions
    probes: types.ModuleType
    sha256: str
    folder: Path

    @classmethod
    def load(cls, folder: Path) -> Catalogue:
        """Read `solution.py`, `probes.py` and `misconceptions/` of an exercise. Raises ExerciseError."""
        source = (folder / "solution.py").read_text(encoding="utf-8")
        trees = patterns.functions(source)
        files = sorted((folder / "misconceptions").glob("*.toml"))
        found = [misconception for path in files for misconception in _read(path, trees)]
        digest = hashlib.sha256()
        for path in (folder / "solution.py", folder / "probes.py", *files):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return cls(
            folder.name,
            Solution(source, trees),
            Misconceptions(tuple(found)),
            _module(folder / "probes.py"),
            digest.hexdigest(),
            folder,
        )

    @property
    def trees(self) -> Forest:
        return self.solution.trees

    @property
    def reference(self) -> Mapping[str, Any]:
        return self.solution.reference

    def namespace(self, plugged: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self.solution.namespace(plugged)

    @cached_property
    def _probes(self) -> Mapping[str, Sequence[tuple[Any, ...]]]:
        return self.probes.probes(types.SimpleNamespace(**self.reference))  # type: ignore[no-any-return]

    def probes_of(self, function: str) -> Sequence[tuple[Any, ...]]:
        """The argument tuples on which a function and its variants are compared; empty: not that way."""
        return self._probes.get(function, ())

    def of(self, function: str) -> tuple[Misconception, ...]:
        return self.misconceptions.of(function)

    def forms_of(self, function: str, stage: str = "") -> tuple[Form, ...]:
        return self.misconceptions.forms_of(function, stage)

    def recognised_by(self, function: str, what: str) -> Misconception | None:
        return self.misconceptions.recognised_by(function, what)

    def __iter__(self) -> Iterator[Misconception]:
        return iter(self.misconceptions)

    def notes(self) -> dict[str, Note]:
        """What a student reads about each misconception, by id."""
        return {
            m.id: Note(m.id, m.functions[0] if len(m.functions) == 1 else "", m.title, m.note, m.hint)
            for m in self
        }


def _module(path: Path) -> types.ModuleType:
    name = f"probes_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ExerciseError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(path: Path, trees: Forest) -> Iterator[Misconception]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ExerciseError(f"{path} is not TOML: {error}") from error
    for id_, table in tables.items():
        where = f"{path}: [{id_}]"
        if unknown := set(table) - _KEYS:
            raise ExerciseError(f"{where} has keys that are not known: {', '.join(sorted(unknown))}")
        if missing := {"title", "note", "hint"} - set(table):
            raise ExerciseError(f"{where} lacks {', '.join(sorted(missing))}")
        functions = tuple(table.get("functions", [path.stem]))
        if strangers := [name for name in functions if name not in trees]:
            raise ExerciseError(f"{where}: the solution has no function {strangers[0]}")
        forms = tuple(_forms(id_, table, functions[0], trees, where))
        yield Misconception(
            id_,
            functions,
            table["title"],
            table["note"].strip(),
            table["hint"].strip(),
            forms,
            table.get("recognise", ""),
            tuple(table.get("calls", ())),
            tuple(table.get("seen", ())),
            tuple(table.get("alike", ())),
            table.get("stage", ""),
            tuple(table.get("raises", ())),
            tuple(Edit(replace, by) for replace, by in table.get("repair", ())),
        )


def _forms(id_: str, table: Mapping[str, Any], function: str, trees: Forest, where: str) -> Iterator[Form]:
    """Every form of a table, checked to apply to the reference."""
    tables = table.get("forms") or ([table] if "replace" in table or "edits" in table else [])
    for form in tables:
        pairs = form.get("edits") or [[form["replace"], form["with"]]]
        edits = tuple(Edit(replace, by) for replace, by in pairs)
        made = Form(id_, edits, form.get("in", table.get("in", function)))
        if made.apply(trees) is None:
            raise ExerciseError(f"{where}: {[e.replace for e in edits]} is not all in {made.function}")
        yield made
    if not tables and "recognise" not in table:
        raise ExerciseError(f"{where} has neither 'replace' nor 'forms' nor 'recognise'")
