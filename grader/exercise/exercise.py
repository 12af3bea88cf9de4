"""An exercise: what a folder of `reference/` says."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import sys
import tomllib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import paths
from grader.errors import ExerciseError
from grader.results import Note


@dataclass(frozen=True)
class Function:
    """One graded function, as `exercise.toml` describes it.

    earlier: the functions it builds on, judged before it and plugged in for follow-through.
    derivative_of: the function whose derivative (with respect to its first argument) it is.
    seconds: the time one call may take. slow: calls of it at a file's top level are not run.
    """

    name: str
    points: float
    required: bool = True
    earlier: tuple[str, ...] = ()
    derivative_of: str | None = None
    seconds: float = 10.0
    slow: bool = False


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    load_seconds: float = 20.0
    submission_seconds: float = 300.0
    cpu_seconds: int = 120
    memory_mb: int = 2048
    output_kb: int = 64


@dataclass(frozen=True)
class Profile:
    """A profile's settings, handed to the exercise's inputs as they stand in `exercise.toml`."""

    name: str
    settings: Mapping[str, Any]


class Exercise:
    """A folder of `reference/`. Raises ExerciseError where the folder says something unusable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        described = _read_toml(folder / "exercise.toml")
        self.title: str = described.get("title", self.name)
        self.follow_through: float = float(described.get("follow_through", 1.0))
        self.tolerance: Mapping[str, float] = described.get("tolerance", {})
        self.functions = self._functions(described.get("functions", {}))
        try:
            self.limits = Limits(**described.get("limits", {}))
        except TypeError as error:
            raise ExerciseError(f"{folder / 'exercise.toml'}: [limits] is not understood: {error}") from error
        self.profiles = {name: Profile(name, s) for name, s in described.get("profiles", {}).items()}
        self._prologue: Mapping[str, Any] = described.get("prologue", {})
        self._notes: dict[str, dict[str, Note]] = {}

    def _functions(self, tables: Mapping[str, Any]) -> dict[str, Function]:
        where = self.folder / "exercise.toml"
        if not tables:
            raise ExerciseError(f"{where} names no function; add a table such as [functions.f]")
        found: dict[str, Function] = {}
        for name, table in tables.items():
            settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
            try:
                function = Function(name, **settings)
            except TypeError as error:
                raise ExerciseError(f"{where}: [functions.{name}] is not understood: {error}") from error
            unknown = [other for other in function.earlier if other not in found]
            if unknown:
                raise ExerciseError(f"{where}: {name} builds on {unknown[0]}, which does not stand before it")
            found[name] = function
        return found

    @classmethod
    def load(cls, name: str) -> Exercise:
        """The exercise of that name under `reference/`, or in the folder that `name` is the path of."""
        folder = Path(name) if (Path(name) / "exercise.toml").is_file() else paths.folder("reference") / name
        if not (folder / "exercise.toml").is_file():
            known = sorted(p.parent.name for p in paths.folder("reference").glob("*/exercise.toml"))
            raise ExerciseError(f"there is no exercise {name!r}; known are {', '.join(known)}")
        return cls(folder.resolve())

    @property
    def max_score(self) -> float:
        """The points of all functions together."""
        return sum(function.points for function in self.functions.values())

    @functools.cached_property
    def inputs(self) -> types.ModuleType:
        """The exercise's `inputs` module."""
        return self.module("inputs")

    def module(self, name: str) -> types.ModuleType:
        """A module of the exercise's folder, which is imported as a package of its own."""
        package = f"exercise_{hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]}"
        if package not in sys.modules:
            made = types.ModuleType(package)
            made.__path__ = [str(self.folder)]
            sys.modules[package] = made
        return importlib.import_module(f"{package}.{name}")

    @functools.cached_property
    def solution_source(self) -> str:
        """The text of the reference solution."""
        return (self.folder / "solution.py").read_text(encoding="utf-8")

    @functools.cached_property
    def solution_code(self) -> types.CodeType:
        """The reference solution, compiled."""
        return compile(self.solution_source, str(self.folder / "solution.py"), "exec")

    def prologues(self) -> dict[str, str]:
        """The modules that a submission can import: name -> source."""
        if not self._prologue:
            return {}
        text = (self.folder / self._prologue["source"]).read_text(encoding="utf-8")
        return dict.fromkeys(self._prologue["modules"], text)

    @functools.cached_property
    def standins(self) -> dict[str, Any]:
        """Function -> what takes its place where it gives nothing; empty where the exercise has none."""
        path = self.folder / "standins.py"
        if not path.is_file():
            return {}
        names: dict[str, Any] = {"__name__": "standins"}
        exec(compile(self.standins_source, str(path), "exec"), names)
        return {name: names[name] for name in self.functions if name in names}

    @functools.cached_property
    def standins_source(self) -> str:
        """The text of the stand-ins, which workers get too."""
        return (self.folder / "standins.py").read_text(encoding="utf-8")

    @functools.cached_property
    def sha256(self) -> str:
        """A digest of everything in the folder, to tell whether a grade is of this very exercise."""
        digest = hashlib.sha256()
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(str(path.relative_to(self.folder)).encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def notes(self, lang: str = "en") -> dict[str, Note]:
        """What a student reads about each misconception, by id; those that functions share name none.

        In `lang` where `locale/<lang>.toml` has it, else in English. Raises ExerciseError where that
        file speaks of a misconception that there is not, or leaves out a text.
        """
        if lang not in self._notes:
            self._notes[lang] = self._english_notes() if lang == "en" else self._translated_notes(lang)
        return self._notes[lang]

    def _english_notes(self) -> dict[str, Note]:
        return {
            id_: Note(
                id_,
                path.stem if path.stem in self.functions else "",
                table["title"],
                table["note"],
                table.get("hint", ""),
            )
            for path in sorted((self.folder / "misconceptions").glob("*.toml"))
            for id_, table in _read_toml(path).items()
        }

    def _translated_notes(self, lang: str) -> dict[str, Note]:
        notes = dict(self.notes())
        path = self.folder / "locale" / f"{lang}.toml"
        tables = _read_toml(path) if path.is_file() else {}
        tables.pop("checks", None)  # the checks' titles, which the reports look up
        for id_, table in tables.items():
            if id_ not in notes:
                raise ExerciseError(f"{path}: there is no misconception {id_}")
            texts = [key for key in ("title", "note", "hint") if getattr(notes[id_], key)]
            if sorted(table) != sorted(texts):
                raise ExerciseError(f"{path}: [{id_}] needs {', '.join(texts)}, and nothing else")
            notes[id_] = dataclasses.replace(notes[id_], **table, lang=lang)
        return notes


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ExerciseError(f"{path} is missing") from error
    except tomllib.TOMLDecodeError as error:
        raise ExerciseError(f"{path} is not TOML: {error}") from error
