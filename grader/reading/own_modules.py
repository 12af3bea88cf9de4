"""A graded file and the modules that were handed in beside it, read together.

Imports are read one name at a time: `from utils import *` becomes one statement for each name that `utils`
exports. So a slice holds the imports that it needs, and of each module only what these need.
"""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.notices import Notice
from grader.reading.call_graph import call_graph
from grader.reading.cells import Text
from grader.reading.needs import Bindings
from grader.reading.never_run import without_never_run
from grader.reading.own_files import OwnFiles, Path, file_of, module_path
from grader.reading.reused import reused, without
from grader.reading.statements import File, Statement, read_statements
from grader.reading.trees import Kind, binder_of, kind_of, walk

Wanted = tuple[Path, set[str]]  # a module, and the names that are wanted of it
Trees = list[ast.stmt]
Home = tuple[
    str, "Module"
]  # a name, and the module that has it under that name


@dataclass(frozen=True)
class Module:
    """A file of the submission, read: its statements, and which of them touch which name."""

    path: Path
    file: File
    statements: tuple[Statement, ...]
    bindings: Bindings

    @functools.cached_property
    def exports(self) -> list[str]:
        """What `import *` takes from it: what `__all__` lists, or else all that is not private."""
        bound: dict[str, None] = {}
        for statement in self.statements:
            if "__all__" in statement.binds:
                listed = _strings(statement.tree)
                if listed is not None:
                    return listed
            bound |= dict.fromkeys(sorted(statement.binds))
        return [name for name in bound if not name.startswith("_")]

    @functools.cached_property
    def attributes(self) -> set[str]:
        """Every name behind a dot in the file: what it may want of a module that it imports whole."""
        found = set()
        for statement in self.statements:
            for node in walk(statement.tree):
                if isinstance(node, ast.Attribute):
                    found.add(node.attr)
        return found

    def binder(self, name: str) -> Statement | None:
        """The last statement that binds a name."""
        number = self.bindings.last_binder(name, self.bindings.end)
        if number is None:
            return None
        return self.statements[number]


class OwnModules:
    """A graded file and the modules beside it, each read when an import first leads to it."""

    def __init__(
        self,
        files: OwnFiles,
        names: Collection[str] = (),
        slow: Collection[str] = (),
    ) -> None:
        """names: the required functions. slow: those of them that are slow."""
        self.files = files
        self.main = files.main
        self._names = names
        self._slow = slow
        self._read: dict[Path, Module | None] = {}
        self._written: list[Path] = []
        # those of `%run` with a module
        self.lines_that_run: set[int] = set()

    # -- reading ---------------------------------------------------------------------------------------

    def read_main(self, text: Text) -> Module:
        """Read the graded file; what its cells write can be imported as well.

        A required function that it does not bind is imported from a module that it uses.
        """
        texts = dict(self.files.texts)
        for file, cells in text.written.items():
            path = (*self.main[:-1], *module_path(file))
            texts[path] = Text(cells, ())
            self._written.append(path)
        self.files = dataclasses.replace(self.files, texts=texts)
        main = self._module(self.main, text)
        self._read[self.main] = main
        elsewhere = self._found_elsewhere(main)
        if elsewhere:
            if not main.statements:
                # somewhere for the imports to stand
                first = dataclasses.replace(text.cells[0], source="pass")
                text = dataclasses.replace(text, cells=(first,))
            main = self._module(self.main, text, elsewhere)
            self._read[self.main] = main
        return main

    def read_again(self, text: Text, own_names: Mapping[str, str]) -> Module:
        """Read the graded file, in which some of the required functions have other names."""
        self._names = [*self._names, *own_names.values()]
        slow = list(self._slow)
        for name in self._slow:
            if name in own_names:
                slow.append(own_names[name])
        self._slow = slow
        return self.read_main(text)

    def as_script(self, text: Text) -> File:
        """The graded file as a script runs, with what stands under its main guard."""
        splitter = _Splitter(self, self.main, [])
        return read_statements(text, splitter.split, as_main=True)

    def module(self, path: Path) -> Module | None:
        """A module by its path; None where there is none, or where it is being read just now."""
        if path not in self._read and path in self.files.texts:
            # two modules may import each other
            self._read[path] = None
            text = self.files.texts[path]
            self._read[path] = self._module(path, text)
        return self._read.get(path)

    def module_at(self, path: Path | None) -> Module | None:
        """The module at the path that an import resolves to; None where that is no path."""
        if path is None:
            return None
        return self.module(path)

    def _module(
        self, path: Path, text: Text, first: Sequence[ast.stmt] = ()
    ) -> Module:
        """Read a file, as if the statements `first` stood at its top."""
        splitter = _Splitter(self, path, list(first))
        file = read_statements(text, splitter.split)
        graph = call_graph(file.statements, self._slow, self._names)
        statements = without_never_run(file, graph)
        bindings = Bindings(statements, graph)
        taken = reused(self._names, bindings)
        if taken:
            kept = list(statements)
            for number, names in taken.items():
                kept[number] = without(kept[number], names)
            statements = tuple(kept)
            bindings = Bindings(statements, graph)
        return Module(path, file, statements, bindings)

    def _found_elsewhere(self, main: Module) -> Trees:
        """Imports of the required functions that the graded file lacks, from the modules that it leads to."""
        imports: Trees = []
        missing = [name for name in self._names if name not in main.bindings]
        if not missing or not self.files.texts:
            return imports
        for module in self._reachable(main):
            dotted = ".".join(module.path)
            for name in list(missing):
                if name in module.bindings:
                    missing.remove(name)
                    imports.append(_import_from(dotted, name))
        return imports

    def imported_files(self, main: Module) -> Iterator[File]:
        """The files of the modules that the graded file leads to, the nearest ones first."""
        for module in self._reachable(main):
            yield module.file

    def _reachable(self, main: Module) -> Iterator[Module]:
        """The modules that cells write, and those that imports lead to, the nearest ones first."""
        todo = list(self._written)
        todo += self._imported_paths(main)
        seen = {main.path}
        while todo:
            path = todo.pop(0)
            module = self.module(path)
            if module is None or path in seen:
                continue
            seen.add(path)
            yield module
            todo += self._imported_paths(module)

    def _imported_paths(self, module: Module) -> Iterator[Path]:
        for statement in module.statements:
            for path, _ in self.imported(statement.tree, module):
                yield path

    # -- what is wanted of which module ----------------------------------------------------------------

    def imported(self, tree: ast.stmt, importer: Module) -> Iterator[Wanted]:
        """What a statement imports of the submission's own modules, also within its functions."""
        if not self.files.texts:
            return
        for node in walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    path = self.files.resolve(alias.name)
                    if path is not None:
                        yield path, importer.attributes
            elif isinstance(node, ast.ImportFrom):
                yield from self._imported_from(node, importer)

    def _imported_from(
        self, tree: ast.ImportFrom, importer: Module
    ) -> Iterator[Wanted]:
        dotted = self.files.source_of(tree, importer.path)
        path = self.files.resolve(dotted)
        for alias in tree.names:
            if self.files.has_standin(dotted, alias.name):
                continue
            if path is not None:
                yield path, {alias.name}
            submodule = self.files.submodule(dotted, alias.name)
            if submodule is not None:
                yield submodule, importer.attributes

    # -- where a name comes from -----------------------------------------------------------------------

    def home(self, name: str, module: Module) -> Home:
        """The module that defines what a name stands for in `module`, and its name there."""
        for _ in range(len(self.files.texts) + 1):
            found = self._passed_on(name, module)
            if found is None:
                break
            name, module = found
        return name, module

    def _passed_on(self, name: str, module: Module) -> Home | None:
        """Where `module` has the name from, if it imports it from a module of the submission's own."""
        binder = module.binder(name)
        if binder is None:
            return None
        if not isinstance(binder.tree, ast.Assign):
            return self._imported_name(name, binder, module)
        value = binder.tree.value
        if isinstance(value, ast.Attribute) and isinstance(
            value.value, ast.Name
        ):
            # `sigma = utils.sigma`
            return self._attribute(value.attr, value.value.id, module)
        if isinstance(value, ast.Name):
            # `sigma = act`, where `act` is imported
            return self._imported_name(
                value.id, module.binder(value.id), module
            )
        return None

    def _imported_name(
        self, name: str, binder: Statement | None, module: Module
    ) -> Home | None:
        """What a statement of `module` imports as `name`, if another module of the submission defines it."""
        if binder is None:
            return None
        found = _import_of(binder.tree, name)
        if found is None:
            return None
        tree, original = found
        dotted = self.files.source_of(tree, module.path)
        other = self.module_at(self.files.resolve(dotted))
        if other is None:
            return None
        return original, other

    def _attribute(self, name: str, owner: str, module: Module) -> Home | None:
        """The attribute of a module of the submission's own that `module` imports whole as `owner`."""
        binder = module.binder(owner)
        if binder is None or not isinstance(binder.tree, ast.Import):
            return None
        dotted = binder.tree.names[0].name
        other = self.module_at(self.files.resolve(dotted))
        if other is None:
            return None
        return name, other

    def kind_of(self, name: str, module: Module) -> Kind:
        """How a name that `module` imports is bound where it comes from; "import" where that is a library."""
        name, home = self.home(name, module)
        binder = home.binder(name)
        if binder is None:
            return "import"
        return kind_of(binder_of(binder.tree, name))

    # -- notices ---------------------------------------------------------------------------------------

    def placed(self, notice: Notice, path: Path) -> Notice:
        """A notice on a module, with the file's name; a cell that writes the module says where it is."""
        if notice.cell is not None:
            return notice
        return notice.within(file_of(path))

    def has_run(self, notice: Notice) -> bool:
        """Whether a notice says that a `%run` was left out although its module has been read."""
        is_run = (
            notice.kind == "line-magic" and notice.values["magic"] == "run"
        )
        return is_run and notice.line in self.lines_that_run


class _Splitter(ast.NodeTransformer):
    """Reads each import of one file as an import for each name.

    above: statements to put above the file's first one.
    """

    def __init__(self, own: OwnModules, importer: Path, above: Trees) -> None:
        self.own = own
        self.files = own.files
        self.importer = importer
        self.above = above

    def split(self, tree: ast.stmt) -> Trees:
        """The statement; of an import, one statement for each name."""
        for statement in self.above:
            _place(statement, tree)
        trees = [*self.above, *self._split(tree)]
        self.above = []
        return trees

    def _split(self, tree: ast.stmt) -> Trees:
        if isinstance(tree, ast.Import):
            return [_place(ast.Import([alias]), tree) for alias in tree.names]
        if isinstance(tree, ast.ImportFrom):
            return self.visit_ImportFrom(tree)
        if self.files.texts:
            # the imports within a compound statement or a function
            tree = self.visit(tree)
        run = _file_that_is_run(tree)
        if run is None:
            return [tree]
        name = ".".join(module_path(run))
        path = self.files.resolve(name)
        module = self.own.module_at(path)
        if path is None or module is None:
            return [tree]
        self.own.lines_that_run.add(tree.lineno)
        dotted = ".".join(path)
        return [tree, *self._all_of(module, dotted, tree)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Trees:
        """`from … import a, b` as one absolute import for each name."""
        dotted = self.files.source_of(node, self.importer)
        if dotted == "__future__":
            return [node]
        path = self.files.resolve(dotted)
        module = self.own.module_at(path)
        trees: Trees = []
        for alias in node.names:
            if alias.name == "*":
                trees += self._star(module, dotted, node)
                continue
            one: ast.stmt
            if self._is_submodule(module, dotted, alias.name):
                name = f"{dotted}.{alias.name}".strip(".")
                whole = ast.alias(name, alias.asname or alias.name)
                one = ast.Import([whole])
            elif path is not None:
                one = ast.ImportFrom(dotted, [alias], 0)
            else:
                one = ast.ImportFrom(node.module, [alias], node.level)
            trees.append(_place(one, node))
        return trees

    def _is_submodule(
        self, package: Module | None, dotted: str, name: str
    ) -> bool:
        if package is not None and name in package.bindings:
            return False
        return self.files.submodule(dotted, name) is not None

    def _star(
        self, module: Module | None, dotted: str, tree: ast.ImportFrom
    ) -> Trees:
        if module is None:
            return [tree]
        trees = self._all_of(module, dotted, tree)
        if dotted in self.files.standins:
            trees.append(tree)
        return trees

    def _all_of(self, module: Module, dotted: str, tree: ast.stmt) -> Trees:
        """One import for each name that a module of the submission's exports."""
        trees: Trees = []
        for name in module.exports:
            if self.files.has_standin(dotted, name):
                continue
            one = self._import_of_library(module, name)
            if one is None:
                one = _import_from(dotted, name)
            trees.append(_place(one, tree))
        return trees

    def _import_of_library(self, module: Module, name: str) -> ast.stmt | None:
        """The import by which a module has this name from a library; None where it has it from elsewhere."""
        binder = module.binder(name)
        if binder is None or not isinstance(
            binder.tree, ast.Import | ast.ImportFrom
        ):
            return None
        own = next(self.own.imported(binder.tree, module), None)
        if own is not None:
            return None
        return copy.deepcopy(binder.tree)


def _import_from(dotted: str, name: str) -> ast.ImportFrom:
    return ast.ImportFrom(dotted, [ast.alias(name)], 0)


def _place(tree: ast.stmt, other: ast.stmt) -> ast.stmt:
    """The tree, as if it stood where the other one does."""
    return ast.fix_missing_locations(ast.copy_location(tree, other))


def _import_of(tree: ast.stmt, name: str) -> tuple[ast.ImportFrom, str] | None:
    """The import within `tree` that binds `name`, and what it is called where it comes from."""
    for node in walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            if name == (alias.asname or alias.name):
                return node, alias.name
    return None


def _file_that_is_run(tree: ast.stmt) -> str | None:
    """The file of IPython's `%run file.py`, which leaves its names behind."""
    if not isinstance(tree, ast.Expr) or not isinstance(tree.value, ast.Call):
        return None
    call = tree.value
    if not ast.unparse(call.func).endswith(".run_line_magic"):
        return None
    words = []
    for argument in call.args:
        if isinstance(argument, ast.Constant):
            words.append(argument.value)
    if len(words) != 2 or words[0] != "run":
        return None
    file = str(words[1]).strip().strip("'\"").removeprefix("./")
    if not file.endswith(".py"):
        return None
    return file


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
