"""The modules that were handed in beside a file: which of them an import means, and what it takes from them.

Imports are read one name at a time: `from utils import *` becomes one statement for each name that `utils`
exports. So a slice holds the imports that it needs, and of each module only what these need.
"""

from __future__ import annotations

import ast
import copy
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from grader.notices import Notice
from grader.reading.call_graph import call_graph
from grader.reading.cells import Text
from grader.reading.needs import Bindings
from grader.reading.never_run import without_never_run
from grader.reading.statements import File, Statement, read_statements
from grader.reading.trees import Kind, binder_of, kind_of

Path = tuple[str, ...]  # folders and the file's name without its suffix
Wanted = tuple[Path, set[str]]  # a module, and the names that are wanted of it

MAIN: Path = ("submission",)
HANDED_IN = (
    "__handed_in__"  # the attribute that marks a loaded module as the submission's own
)
_PACKAGE = "__init__"


@dataclass(frozen=True)
class Module:
    """A file of the submission, read: its statements, and which of them touch which name."""

    path: Path
    file: File
    statements: tuple[Statement, ...]
    bindings: Bindings

    def exports(self) -> list[str]:
        """What `import *` takes from it: what `__all__` lists, or else all that is not private."""
        bound: dict[str, None] = {}
        for statement in self.statements:
            if _binds(statement, "__all__"):
                listed = _strings(statement.tree)
                if listed is not None:
                    return listed
            bound |= dict.fromkeys(sorted(statement.binds))
        return [name for name in bound if not name.startswith("_")]

    def attributes(self) -> set[str]:
        """Every name behind a dot in the file: what it may want of a module that it imports whole."""
        found = set()
        for statement in self.statements:
            for node in ast.walk(statement.tree):
                if isinstance(node, ast.Attribute):
                    found.add(node.attr)
        return found


@dataclass
class OwnModules:
    """A graded file and the modules beside it, each read when an import first leads to it.

    main: the path of the graded file. texts: the other files. slow: the exercise's slow functions.
    standins: the exercise's modules that take the place of a course's. Where a student has a file of the same
    name, only what the stand-in lacks is taken from it. names: the required functions, taken from a module
    that the graded file only imports as a whole, where that file does not bind them itself.
    """

    main: Path = MAIN
    texts: Mapping[Path, Text] = field(default_factory=dict)
    slow: Collection[str] = ()
    standins: Mapping[str, ModuleType] = field(default_factory=dict)
    names: Collection[str] = ()
    _read: dict[Path, Module | None] = field(default_factory=dict)
    _written: list[Path] = field(default_factory=list)
    _run: set[int] = field(default_factory=set)  # the lines of `%run` with a module

    def read_main(self, text: Text) -> Module:
        """Read the graded file. What its cells write can be imported as well."""
        texts = dict(self.texts)
        for file, cells in text.written.items():
            path = (*self.main[:-1], *module_path(file))
            texts[path] = Text(cells, ())
            self._written.append(path)
        self.texts = texts
        main = self._module(self.main, text)
        self._read[self.main] = main
        elsewhere = self._elsewhere(main)
        if elsewhere:
            main = self._module(self.main, text, elsewhere)
            self._read[self.main] = main
        return main

    def _elsewhere(self, main: Module) -> list[ast.stmt]:
        """Imports of the required functions that the graded file does not bind, and a module that it uses does."""
        imports: list[ast.stmt] = []
        found: set[str] = set()
        for module in self._reachable(main):
            for name in self.names:
                is_bound = name in main.bindings or name in found
                if is_bound or name not in module.bindings:
                    continue
                found.add(name)
                one = ast.ImportFrom(".".join(module.path), [ast.alias(name)], 0)
                imports.append(one)
        return imports

    def _reachable(self, main: Module) -> Iterator[Module]:
        """The modules that the graded file leads to, the nearest ones first, and those that its cells write."""
        seen = {main.path}
        todo = [main]
        for path in self._written:
            todo += filter(None, [self.module(path)])
        while todo:
            module = todo.pop(0)
            if module is not main:
                yield module
            for statement in module.statements:
                for path, _ in self.imported(statement.tree, module):
                    other = self.module(path)
                    if other is not None and path not in seen:
                        seen.add(path)
                        todo.append(other)

    def module(self, path: Path) -> Module | None:
        """A module by its path; None where there is none, or where it is being read just now."""
        if path not in self._read and path in self.texts:
            # two modules may import each other
            self._read[path] = None
            self._read[path] = self._module(path, self.texts[path])
        return self._read.get(path)

    def _module(self, path: Path, text: Text, first: Sequence[ast.stmt] = ()) -> Module:
        """Read a file, as if the statements `first` stood at its top."""
        above = list(first)

        def split(tree: ast.stmt) -> Iterable[ast.stmt]:
            for statement in above:
                ast.fix_missing_locations(ast.copy_location(statement, tree))
            trees = [*above, *self._split(tree, path)]
            above.clear()
            return trees

        file = read_statements(text, split)
        graph = call_graph(file.statements, self.slow, self.names)
        statements = without_never_run(file, graph)
        return Module(path, file, statements, Bindings(statements, graph))

    # -- which file an import means --------------------------------------------------------------------

    def resolve(self, dotted: str) -> Path | None:
        """The module of this name: beside the graded file, from the root, or wherever there is just one."""
        first = dotted.partition(".")[0]
        if first not in self.standins and _is_loaded_library(first):
            return None
        parts = tuple(dotted.split("."))
        for folder in (self.main[:-1], ()):
            for path in ((*folder, *parts), (*folder, *parts, _PACKAGE)):
                if path in self.texts:
                    return path
        if dotted == self.main[-1]:
            return self.main
        if first in sys.stdlib_module_names:
            return None
        ending = [path for path in self.texts if _ends_with(path, parts)]
        return min(ending, key=len, default=None)

    def is_folder(self, dotted: str) -> bool:
        """Whether a folder of this name holds modules; it can be imported, as a package."""
        # wherever it lies: `sys.path` may have been told of it
        sought = f".{dotted}."
        return any(sought in f".{'.'.join(path[:-1])}." for path in self.texts)

    def _absolute(self, tree: ast.ImportFrom, importer: Path) -> str:
        """The dotted name of the module that it imports from."""
        if not tree.level:
            return tree.module or ""
        # one dot is the importer's own folder
        folder = importer[: max(0, len(importer) - tree.level)]
        named = tree.module.split(".") if tree.module else []
        return ".".join([*folder, *named])

    # -- imports, name by name -------------------------------------------------------------------------

    def _split(self, tree: ast.stmt, importer: Path) -> list[ast.stmt]:
        """A statement; of an import, one statement for each name."""
        if isinstance(tree, ast.Import):
            return self._split_import(tree)
        if isinstance(tree, ast.ImportFrom):
            return self._split_from(tree, importer)
        file = _file_that_is_run(tree)
        if file is not None:
            path = self.resolve(file.removesuffix(".py").replace("/", "."))
            if path is not None:
                self._run.add(tree.lineno)
                return [tree, *self._all_of(path, file.removesuffix(".py"), tree)]
        if self.texts:
            return [_InnerImports(self, importer).visit(tree)]
        return [tree]

    def _split_import(self, tree: ast.Import) -> list[ast.stmt]:
        trees: list[ast.stmt] = []
        for alias in tree.names:
            trees.append(ast.copy_location(ast.Import([alias]), tree))
        return trees

    def _split_from(self, tree: ast.ImportFrom, importer: Path) -> list[ast.stmt]:
        dotted = self._absolute(tree, importer)
        if dotted == "__future__":
            return [tree]
        path = self.resolve(dotted)
        trees: list[ast.stmt] = []
        for alias in tree.names:
            submodule = self.resolve(f"{dotted}.{alias.name}" if dotted else alias.name)
            if alias.name == "*":
                trees += self._star(path, dotted, tree)
            elif submodule is not None and not self._binds(path, alias.name):
                trees.append(_module_import(dotted, alias, tree))
            else:
                level = 0 if path is not None else tree.level
                module = dotted if path is not None else tree.module
                one = ast.ImportFrom(module, [alias], level)
                trees.append(ast.copy_location(one, tree))
        return trees

    def _binds(self, path: Path | None, name: str) -> bool:
        module = self.module(path) if path is not None else None
        return module is not None and name in module.bindings

    def _star(
        self, path: Path | None, dotted: str, tree: ast.ImportFrom
    ) -> list[ast.stmt]:
        if path is None or self.module(path) is None:
            return [tree]
        trees = self._all_of(path, dotted, tree)
        if dotted in self.standins:
            trees.append(tree)
        return trees

    def _all_of(self, path: Path, dotted: str, tree: ast.stmt) -> list[ast.stmt]:
        """One import for each name that a module of the submission's exports."""
        module = self.module(path)
        if module is None:
            return []
        return self._imports_of(module.exports(), module, dotted, tree)

    def _imports_of(
        self, names: Iterable[str], module: Module, dotted: str, tree: ast.stmt
    ) -> list[ast.stmt]:
        standin = self.standins.get(dotted)
        trees: list[ast.stmt] = []
        for name in names:
            if standin is not None and hasattr(standin, name):
                continue
            library = self._library_import(module, name)
            one = library or ast.ImportFrom(dotted, [ast.alias(name)], 0)
            trees.append(ast.fix_missing_locations(ast.copy_location(one, tree)))
        return trees

    def _library_import(self, module: Module, name: str) -> ast.stmt | None:
        """The import of a library by which a module has this name: `torch` is torch, whoever passes it on."""
        binder = module.bindings.last_binder(name, module.bindings.end)
        if binder is None:
            return None
        tree = module.statements[binder].tree
        if not isinstance(tree, ast.Import | ast.ImportFrom):
            return None
        if any(True for _ in self.imported(tree, module)):
            return None
        return copy.deepcopy(tree)

    # -- what is wanted of which module ----------------------------------------------------------------

    def imported(self, tree: ast.stmt, importer: Module) -> Iterator[Wanted]:
        """What a statement imports of the submission's own modules, also within its functions."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    path = self.resolve(alias.name)
                    if path is not None:
                        yield path, importer.attributes()
            elif isinstance(node, ast.ImportFrom):
                yield from self._imported_from(node, importer)

    def _imported_from(
        self, tree: ast.ImportFrom, importer: Module
    ) -> Iterator[Wanted]:
        dotted = self._absolute(tree, importer.path)
        path = self.resolve(dotted)
        for alias in tree.names:
            submodule = self.resolve(f"{dotted}.{alias.name}" if dotted else alias.name)
            if self._is_of_standin(dotted, alias.name):
                continue
            if path is not None:
                yield path, {alias.name}
            if submodule is not None:
                yield submodule, importer.attributes()

    def _is_of_standin(self, dotted: str, name: str) -> bool:
        standin = self.standins.get(dotted)
        return standin is not None and (name == "*" or hasattr(standin, name))

    def home(self, name: str, module: Module) -> tuple[str, Module]:
        """The module that defines what a name stands for in `module`, and its name there."""
        for _ in range(len(self.texts) + 1):
            found = self._passed_on(name, module)
            if found is None:
                break
            name, module = found
        return name, module

    def kind_of(self, name: str, module: Module) -> Kind:
        """How a name that `module` imports is bound where it comes from; "import" where that is a library."""
        name, home = self.home(name, module)
        binder = home.bindings.last_binder(name, home.bindings.end)
        if binder is None:
            return "import"
        return kind_of(binder_of(home.statements[binder].tree, name))

    def placed(self, notice: Notice, path: Path) -> Notice:
        """A notice on a module, with the file's name; a cell that writes the module says where it is."""
        if notice.cell is not None:
            return notice
        return notice.within("/".join(path) + ".py")

    def has_run(self, notice: Notice) -> bool:
        """Whether a notice says that a `%run` was not run whose module has been read."""
        is_run = notice.kind == "line-magic" and notice.values["magic"] == "run"
        return is_run and notice.line in self._run

    def _passed_on(self, name: str, module: Module) -> tuple[str, Module] | None:
        """Where `module` has the name from, if it imports it from a module of the submission's own."""
        binder = module.bindings.last_binder(name, module.bindings.end)
        if binder is None:
            return None
        tree = module.statements[binder].tree
        if not isinstance(tree, ast.ImportFrom):
            return None
        dotted = self._absolute(tree, module.path)
        path = self.resolve(dotted)
        other = self.module(path) if path is not None else None
        if other is None:
            return None
        (alias,) = tree.names
        return alias.name, other


def _is_loaded_library(name: str) -> bool:
    """Whether `import` finds a module of this name that is no part of the submission."""
    module = sys.modules.get(name)
    return module is not None and not hasattr(module, HANDED_IN)


class _InnerImports(ast.NodeTransformer):
    """Splits the imports within a compound statement or a function."""

    def __init__(self, own: OwnModules, importer: Path) -> None:
        self.own = own
        self.importer = importer

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """The imports of the single names."""
        return self.own._split_from(node, self.importer)


def _module_import(dotted: str, alias: ast.alias, tree: ast.stmt) -> ast.stmt:
    """`from package import module` as the import of that module."""
    name = f"{dotted}.{alias.name}".strip(".")
    one = ast.Import([ast.alias(name, alias.asname or alias.name)])
    return ast.fix_missing_locations(ast.copy_location(one, tree))


def _file_that_is_run(tree: ast.stmt) -> str | None:
    """The file of IPython's `%run file.py`, which leaves its names behind."""
    if not isinstance(tree, ast.Expr) or not isinstance(tree.value, ast.Call):
        return None
    call = tree.value
    if not ast.unparse(call.func).endswith("run_line_magic"):
        return None
    words = [word.value for word in call.args if isinstance(word, ast.Constant)]
    if len(words) != 2 or words[0] != "run":
        return None
    file = str(words[1]).strip().strip("'\"").removeprefix("./")
    return file if file.endswith(".py") else None


def module_path(file: str) -> Path:
    """The path of a Python file as this module counts it: "src/utils.py" is ("src", "utils")."""
    parts = file.removesuffix(".py").split("/")
    # a dot would begin a submodule
    return tuple(part.replace(".", "_") for part in parts)


def _ends_with(path: Path, parts: Path) -> bool:
    if path[-1] == _PACKAGE:
        path = path[:-1]
    return path[-len(parts) :] == parts


def _binds(statement: Statement, name: str) -> bool:
    return name in statement.binds


def _strings(tree: ast.stmt) -> list[str] | None:
    """The strings of a list that is assigned; None where it is something else."""
    if not isinstance(tree, ast.Assign):
        return None
    try:
        listed = ast.literal_eval(tree.value)
    except (ValueError, TypeError):
        return None
    if not isinstance(listed, list | tuple):
        return None
    return [name for name in listed if isinstance(name, str)]
