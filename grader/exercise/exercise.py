"""An exercise: a folder of `reference/`, or one anywhere, read once and checked whole."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader import paths
from grader.errors import ExerciseError
from grader.exercise import patterns
from grader.exercise.check_files import read_check_files
from grader.exercise.graph import Graph, read_graph
from grader.exercise.misconceptions import Misconceptions, read_misconceptions
from grader.exercise.slips import notes_of_slips, slips
from grader.exercise.solution import Solution, read_solution
from grader.exercise.tables import (
    ExerciseTable,
    Function,
    Limits,
    Problems,
    Prologue,
    read_table,
    read_toml,
    suggestion,
)
from grader.exercise.translations import Translation, read_translation
from grader.results import Note

FILE = "exercise.toml"
# what a prologue defines where loops are judged in the place of functions; see `inside/lifted.py`
SERVES_LOOPS = (
    "serve", "everything", "sizes", "nb_samples_served", "PER_SAMPLE", "TRAINING_NAMES", "TEST_NAMES",
)  # fmt: skip


@dataclass(frozen=True)
class Profile:
    """A profile's settings, handed to the exercise's inputs as they stand in exercise.toml."""

    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Exercise:
    """What a folder says, as records. `Exercise.load` finds the folder, `Exercise.read` reads it.

    follow_through: the share of a check's points that is earned by what is right given the student's earlier
    functions. tolerance: dtype -> relative tolerance. curves: the titles of the training curves' columns.
    strict_names: whether a function counts only under its own name.
    """

    folder: Path
    title: str
    strict_names: bool
    follow_through: float
    tolerance: Mapping[str, float]
    curves: tuple[str, ...]
    functions: Mapping[str, Function]
    limits: Limits
    profiles: Mapping[str, Profile]
    prologue: Prologue | None
    solution: Solution
    misconceptions: Misconceptions
    graph: Graph | None
    translations: Mapping[str, Translation]

    @classmethod
    def load(cls, name: str) -> Exercise:
        """The exercise of that name under `reference/`, or in the folder that `name` is the path of.

        Raises ExerciseError where there is none, or where its folder says something unusable.
        """
        folder = Path(name)
        if not (folder / FILE).is_file():
            folder = paths.folder("reference") / name
        if not (folder / FILE).is_file():
            known = ", ".join(_own_exercises())
            raise ExerciseError(
                f"there is no exercise {name!r}: it is neither a folder with an {FILE} nor one of the "
                f"known exercises ({known})"
            )
        return cls.read(folder.resolve())

    @classmethod
    def read(cls, folder: Path) -> Exercise:
        """Read a folder whole. Raises ExerciseError with all that is wrong in it, one line per fault."""
        problems = Problems()
        exercise = _read(folder, problems)
        if exercise is None or problems.lines:
            raise ExerciseError(*problems.lines)
        return exercise

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def is_own(self) -> bool:
        """Whether it is one of the package's own, to be found by its name alone on any machine."""
        own = paths.folder("reference").resolve()
        return self.folder.parent == own

    @property
    def max_score(self) -> float:
        """The points of all functions together."""
        return sum(function.points for function in self.functions.values())

    def variants(self) -> dict[str, dict[str, Any]]:
        """What tells a function by another name: the fields of `Expected`; empty where names are strict."""
        variants: dict[str, dict[str, Any]] = {}
        if self.strict_names:
            return variants
        for name, function in self.functions.items():
            arguments = self.solution.trees[name].args
            most = len(arguments.posonlyargs) + len(arguments.args)
            variants[name] = {
                "least": most - len(arguments.defaults),
                "most": most,
                "also": list(function.also),
                "derivative_of": function.derivative_of,
            }
        return variants

    # what a reader sees

    def notes(self, lang: str = "en") -> Mapping[str, Note]:
        """What a student reads about each mistake, by id; in English where `lang` has no text.

        Mistakes are the exercise's misconceptions, and the slips that every exercise knows.
        """
        own: Mapping[str, Note] = self.misconceptions.notes()
        if lang in self.translations:
            own = self.translations[lang].notes
        return {**notes_of_slips(lang), **own}

    def mistakes_of(self, function: str) -> list[str]:
        """The ids of all mistakes that can be named in a function, in the order in which they are told."""
        ids = [known.id for known in self.misconceptions.of(function)]
        return [*ids, *slips()]

    def check_title(self, title: str, lang: str = "en") -> str:
        """A check's title in `lang`; as it is where there is no translation."""
        if lang not in self.translations:
            return title
        return self.translations[lang].check_title(title)

    def curve_titles(self, lang: str = "en") -> tuple[str, ...]:
        """The titles of the training curves in `lang`."""
        if lang not in self.translations:
            return self.curves
        translated = self.translations[lang].curves
        titles = []
        for title in self.curves:
            titles.append(translated.get(title, title))
        return tuple(titles)

    # the folder's Python

    def module(self, name: str) -> types.ModuleType:
        """A module of the exercise's folder, which is imported as a package of its own."""
        # a name for each folder, since two exercises have modules of the same names
        path = str(self.folder).encode()
        digest = hashlib.sha256(path).hexdigest()
        package = f"exercise_{digest[:12]}"
        if package not in sys.modules:
            # an empty package: its `__path__` is all that importing from the folder needs
            made = types.ModuleType(package)
            made.__path__ = [str(self.folder)]
            sys.modules[package] = made
        return importlib.import_module(f"{package}.{name}")

    @functools.cached_property
    def inputs(self) -> types.ModuleType:
        """The exercise's `inputs`: what draws the inputs of its checks."""
        return self.module("inputs")

    @functools.cached_property
    def probes(self) -> types.ModuleType | None:
        """The exercise's `probes`, on which mistakes are told apart; None where it has none."""
        if not (self.folder / "probes.py").is_file():
            return None
        return self.module("probes")

    @functools.cached_property
    def lifted(self) -> types.ModuleType | None:
        """The exercise's `lifted`, which reads what lifted loops tell; None where it has none."""
        if not (self.folder / "lifted.py").is_file():
            return None
        return self.module("lifted")

    def check_python(self) -> None:
        """Run the folder's modules once. Raises ExerciseError with a line for each that fails."""
        problems = Problems()
        runs: dict[str, Callable[[], Any]] = {
            "solution.py": lambda: self.solution.reference,
            "inputs.py": lambda: self.inputs.Inputs,
            "standins.py": lambda: self.standins,
            "probes.py": self._run_probes,
            "lifted.py": lambda: self.lifted,
            "prologue.py": self._run_prologue,
        }
        for file, run in runs.items():
            try:
                run()
            except Exception as error:
                what = f"it raises {type(error).__name__}: {error}"
                problems.add(self.folder / file, "", what)
        if problems.lines:
            raise ExerciseError(*problems.lines)

    def _run_prologue(self) -> None:
        """Run the course's module. Raises what that raises, NameError where a loop needs more of it."""
        needs_it = any(function.loop for function in self.functions.values())
        for text in set(self.prologues().values()):
            names: dict[str, Any] = {"__name__": "prologue"}
            exec(compile(text, "prologue.py", "exec"), names)
            lacking = [name for name in SERVES_LOOPS if name not in names]
            if needs_it and lacking:
                raise NameError(
                    f"a loop in a function's place needs {lacking[0]!r}"
                )

    def _run_probes(self) -> None:
        """Have `probes.py` describe what it describes. Raises what that raises, NameError for a stranger."""
        if self.probes is None:
            return
        solution = types.SimpleNamespace(**self.solution.reference)
        for name in ("probes", "chain", "trajectories"):
            describe = getattr(self.probes, name, None)
            if describe is None:
                continue
            for function in describe(solution):
                if function not in self.solution.trees:
                    near = suggestion(function, self.solution.trees)
                    raise NameError(f"{name} describes {function!r}; {near}")

    def prologues(self) -> dict[str, str]:
        """The modules that a submission can import: name -> source."""
        if self.prologue is None:
            return {}
        path = self.folder / self.prologue.source
        text = path.read_text(encoding="utf-8")
        return dict.fromkeys(self.prologue.modules, text)

    @functools.cached_property
    def standins(self) -> Mapping[str, Any]:
        """Function -> what takes its place where it gives nothing; empty where the exercise has none."""
        standins = {}
        for name, text in self.standin_texts.items():
            # from the text that workers get, so that a stand-in is the same on both sides
            names: dict[str, Any] = {"__name__": "standins"}
            exec(compile(text, f"<stand-in of {name}>", "exec"), names)
            standins[name] = names[name]
        return standins

    @functools.cached_property
    def standin_texts(self) -> Mapping[str, str]:
        """Function -> the text of its stand-in, which workers get too, and of what that needs.

        Nothing else of the file: a submission that is shown one must not learn what the others compute.
        """
        path = self.folder / "standins.py"
        if not path.is_file():
            return {}
        source = path.read_text(encoding="utf-8")
        # what raises in it does so here
        exec(compile(source, str(path), "exec"), {"__name__": "standins"})
        tree = ast.parse(source)
        texts = {}
        for name in self.functions:
            text = patterns.with_what_it_needs(tree, name)
            if text is not None:
                texts[name] = text
        return texts

    # what a grade depends on

    @functools.cached_property
    def sha256(self) -> str:
        """A digest of everything in the folder, to tell whether a grade is of this very exercise."""
        files = []
        for file in self.folder.rglob("*"):
            # compiled files differ from one Python to another
            if "__pycache__" not in file.parts:
                files.append(file)
        return _digest(self.folder, files)

    @functools.cached_property
    def mistakes_sha256(self) -> str:
        """A digest of what the wrong variants of the solution depend on."""
        # probes.py too: on its inputs the variants are told apart
        files = [self.solution.path, self.folder / "probes.py"]
        files += (self.folder / "misconceptions").glob("*.toml")
        return _digest(self.folder, files)


def _own_exercises() -> list[str]:
    """The names of the package's own exercises."""
    names = []
    for file in paths.folder("reference").glob(f"*/{FILE}"):
        names.append(file.parent.name)
    return sorted(names)


def _digest(folder: Path, files: list[Path]) -> str:
    """A digest of the files' names and contents, without those that do not exist and without folders."""
    digest = hashlib.sha256()
    for path in sorted(files):
        if path.is_file():
            name = str(path.relative_to(folder))
            for part in (name.encode(), path.read_bytes()):
                digest.update(part + b"\0")
    return digest.hexdigest()


# -- reading a folder -------------------------------------------------------------------------------------


def _read(folder: Path, problems: Problems) -> Exercise | None:
    path = folder / FILE
    data = read_toml(path, problems)
    table = read_table(ExerciseTable, data, path, "", problems)
    if table is None:
        return None
    faults = len(problems.lines)
    solution = read_solution(folder / "solution.py", problems)
    if len(problems.lines) > faults:
        # without it, every function and every edit would be a fault as well
        return None
    functions = _functions(table, path, solution, problems)
    misconceptions = read_misconceptions(
        folder / "misconceptions", solution.trees, problems
    )
    titles = _titles(folder, table, problems)
    translations = {}
    locale = folder / "locale"
    for file in sorted(locale.glob("*.toml")):
        translations[file.stem] = read_translation(
            file, misconceptions, titles, table.curves, problems
        )
    profiles = {}
    for name, settings in table.profiles.items():
        profiles[name] = Profile(name, settings)
    limits = read_table(Limits, table.limits, path, "[limits]", problems)
    return Exercise(
        folder=folder,
        title=table.title or folder.name,
        strict_names=table.strict_names,
        follow_through=table.follow_through,
        tolerance=table.tolerance,
        curves=table.curves,
        functions=functions,
        limits=limits or Limits(),
        profiles=profiles,
        prologue=_prologue(table, path, problems),
        solution=solution,
        misconceptions=misconceptions,
        graph=read_graph(folder / "graph.toml", problems),
        translations=translations,
    )


def _titles(
    folder: Path, table: ExerciseTable, problems: Problems
) -> list[str] | None:
    """The titles of all checks; None where not all of their files could be read."""
    faults = len(problems.lines)
    checks_of = read_check_files(folder / "checks", table.functions, problems)
    if len(problems.lines) > faults:
        return None
    titles = []
    for checks in checks_of.values():
        titles += [check.title for check in checks]
    return titles


def _functions(
    table: ExerciseTable, path: Path, solution: Solution, problems: Problems
) -> dict[str, Function]:
    if not table.functions:
        what = "it names no function; add a table such as [functions.f]"
        problems.add(path, "", what)
    if not table.profiles:
        what = "it has no profile; add a table such as [profiles.quick]"
        problems.add(path, "", what)
    found: dict[str, Function] = {}
    # those with a fault too: a function that builds on one is not a second fault
    above: list[str] = []
    for name, data in table.functions.items():
        place = f"[functions.{name}]"
        if name not in solution.trees:
            problems.add_unknown(
                path, place, "function of solution.py", name, solution.trees
            )
        named = {**data, "name": name}
        function = read_table(Function, named, path, place, problems)
        if function is not None:
            found[name] = function
            _check_order(function, above, path, problems)
            _check_loop(function, solution, path, problems)
            _check_vectors(function, solution, path, problems)
        above.append(name)
    return found


def _check_order(
    function: Function, above: list[str], path: Path, problems: Problems
) -> None:
    """Note what a function builds on that does not stand above it."""
    builds_on = [("earlier", name) for name in function.earlier]
    if function.derivative_of is not None:
        builds_on.append(("derivative_of", function.derivative_of))
    for key, name in builds_on:
        if name not in above:
            place = f"[functions.{function.name}] {key}"
            problems.add_unknown(
                path, place, "function above this one", name, above
            )


def _check_loop(
    function: Function, solution: Solution, path: Path, problems: Problems
) -> None:
    """Note what the loop in a function's place names that is not there."""
    loop = function.loop
    if loop is None or function.name not in solution.trees:
        return
    place = f"[functions.{function.name}.loop]"
    for name in loop.around:
        if name not in solution.trees:
            what = "function of solution.py"
            problems.add_unknown(
                path, f"{place} around", what, name, solution.trees
            )
            return
    parameters = patterns.parameters(solution.trees[function.name])
    if loop.steps not in parameters:
        what = f"parameter of {function.name}"
        problems.add_unknown(
            path, f"{place} steps", what, loop.steps, parameters
        )
    followed = patterns.parameters(solution.trees[loop.around[0]])
    for name in loop.state:
        if name not in followed:
            what = f"parameter of {loop.around[0]}"
            problems.add_unknown(path, f"{place} state", what, name, followed)
    if not (path.parent / "lifted.py").is_file():
        what = "it needs a lifted.py, which reads what the loop tells"
        problems.add(path, place, what)


def _check_vectors(
    function: Function, solution: Solution, path: Path, problems: Problems
) -> None:
    """Note what is called a vector and is no parameter of the function."""
    tree = solution.trees.get(function.name)
    if tree is None:
        return
    parameters = patterns.parameters(tree)
    place = f"[functions.{function.name}] vectors"
    for names in function.vectors:
        for name in names:
            if name not in parameters:
                problems.add_unknown(
                    path, place, "parameter", name, parameters
                )


def _prologue(
    table: ExerciseTable, path: Path, problems: Problems
) -> Prologue | None:
    if table.prologue is None:
        return None
    prologue = read_table(
        Prologue, table.prologue, path, "[prologue]", problems
    )
    if prologue is None:
        return None
    source = path.parent / prologue.source
    if not source.is_file():
        what = f"there is no file {prologue.source}"
        problems.add(path, "[prologue] source", what)
    return prologue
