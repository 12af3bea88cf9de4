"""What the source of a graded function shows before it runs: evidence for the diagnosis.

Dead code shows nothing: what follows a `return`, and `if False`, is left out by the compiler itself.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import CodeType, ModuleType
from typing import TypedDict

from grader.reading.helpers import Helper, helpers_of
from grader.reading.names import (
    AMBIENT,
    Lines,
    Names,
    compiled,
    names_of,
    operations,
)
from grader.reading.reaching import Reaching
from grader.reading.slicing import Slice
from grader.reading.statements import Statement
from grader.reading.stubs import is_stub
from grader.reading.trees import ENDS, constant_truth, is_star_import, walk

Alias = tuple[str, str]  # a name, and the dotted name of what it stands for
Preparation = tuple[int, int | None, bool]

_CALLABLE = ("def", "lambda", "class")
_DEFINITIONS = (*_CALLABLE, "import")
# notices of what was left out, which may bind any name
_NOT_READ = {
    "broken-cell",
    "broken-part",
    "broken-file",
    "cell-magic",
    "line-magic",
    "hidden-names",
    "await-not-run",
}
_WORD = re.compile(r"[^\W\d]\w*")
# 3.12's LOAD_FAST_AND_CLEAR is not among these: it only sets a name aside
_READS_LOCAL = ("LOAD_FAST", "LOAD_FAST_CHECK")


class Findings(TypedDict):
    """What one function's source shows: names -> first lines, as in the function's cell or file.

    reads_globals: each variable of the file that it reads, and each name that nothing binds; what is only
    called, and what a star import brings, is left out. shadows: each local that is named like a function of
    the file and read before it is assigned (`loss = loss(...)`). is_stub: whether nothing is implemented.
    calls: each dotted or imported name that is called (see `dotted_calls`), by the function or by a helper
    it uses that is not graded itself. passes_once: of a loop that is judged in the function's place, its line
    where each of its turns is a sample. reaches: the graded functions that it leads to, None where that
    cannot be told (see `reaching`). prepares: the statements that run before such a loop, as (first line,
    cell, whether it gives a name a new value). binds: every name that the file binds, or may bind where parts
    of it were not read. helpers: see `helpers`.
    """

    reads_globals: Lines
    shadows: Lines
    is_stub: bool
    calls: Lines
    passes_once: int | None
    reaches: list[str] | None
    prepares: list[Preparation]
    binds: list[str]
    helpers: list[Helper]


def find(found: Slice, names: Sequence[str]) -> dict[str, Findings]:
    """Required function -> what its source shows, for those that are there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = _File(found)
        reaching = Reaching(found, names)
        findings: dict[str, Findings] = {}
        for name in names:
            if name in found.definitions:
                function = _Function(file, name)
                reached = reaching.reached_by(name)
                helpers = helpers_of(found, reaching, name)
                findings[name] = function.findings(reached, helpers)
        return findings


class _File:
    """What the findings of all functions share: the slice's imports, methods, and calls by statement."""

    def __init__(self, found: Slice) -> None:
        self.slice = found
        trees = [statement.tree for statement in found.statements]
        self.aliases = import_aliases(trees)
        self.own_methods = _methods(trees)
        self.star_imported = _star_imported(trees)
        self.functions: set[str] = set()
        for name, kind in found.top_level.items():
            if kind in _CALLABLE:
                self.functions.add(name)
        self.binders: dict[str, list[Statement]] = defaultdict(list)
        for statement in found.statements:
            for name in statement.binds:
                self.binders[name].append(statement)
        self.binds = sorted(_binds(found))

    def explains(self, name: str) -> bool:
        """Whether a function may well read this name: it is no variable that a cell happens to have left."""
        kind = self.slice.top_level.get(name)
        if kind is None:
            return name in AMBIENT or self._comes_from_a_star(name)
        return kind in _DEFINITIONS or name in self.slice.definitions

    def _comes_from_a_star(self, name: str) -> bool:
        """Whether a star import binds the name, or may."""
        return any(_may_export(module, name) for module in self.star_imported)


class _Function:
    """One graded function's findings."""

    def __init__(self, file: _File, name: str) -> None:
        self.name = name
        self.file = file
        self.slice = file.slice
        self.tree = file.slice.definitions[name].tree
        self.names = self._names()

    def _names(self) -> Names:
        for statement in self.slice.statements:
            if statement.tree is self.tree:
                return statement.names
        return names_of(self.tree, self.slice.flags)

    def findings(
        self, reached: list[str] | None, helpers: list[Helper]
    ) -> Findings:
        return {
            "reads_globals": self._reads_globals(),
            "shadows": self._shadows(),
            "is_stub": is_stub(self.tree),
            "calls": self._calls(),
            "passes_once": self._passes_once(),
            "reaches": reached,
            "prepares": list(self._prepares()),
            "binds": self.file.binds,
            "helpers": helpers,
        }

    def _passes_once(self) -> int | None:
        lifted = self.slice.lifted.get(self.name)
        if lifted is None or not lifted.is_single_pass:
            return None
        return lifted.number_of_line()

    def _prepares(self) -> Iterator[Preparation]:
        lifted = self.slice.lifted.get(self.name)
        if lifted is None:
            return
        for statement in lifted.statements[: lifted.number]:
            changes_only = isinstance(statement.tree, ast.AugAssign | ast.Expr)
            yield statement.line, statement.cell, not changes_only

    def _reads_globals(self) -> Lines:
        values = _read_as_values(self.tree)
        bound = self.slice.top_level
        lifted = self.slice.lifted.get(self.name)
        # what stands around a lifted loop is its own
        around = lifted.binds() if lifted is not None else set()
        reads: Lines = {}
        for name, line in self.names.later.items():
            only_called = name in bound and name not in values
            if name in around:
                continue
            if not only_called and not self.file.explains(name):
                reads[name] = line
        return reads

    def _shadows(self) -> Lines:
        shadows: Lines = {}
        module = compiled(self.tree, self.slice.flags)
        for code in _functions(module):
            for name, line in self._shadows_in(code):
                shadows.setdefault(name, line)
        return shadows

    def _shadows_in(self, code: CodeType) -> Iterator[tuple[str, int]]:
        functions = self.file.functions
        if functions.isdisjoint(code.co_varnames):
            return
        unassigned = functions.difference(_arguments(code))
        for opname, name, line in operations(code):
            if name not in unassigned:
                continue
            if opname.startswith("STORE_FAST"):
                unassigned.remove(name)
            elif opname in _READS_LOCAL:
                yield name, line

    def _calls(self) -> Lines:
        """Helpers' calls take the line on which this function first uses the helper."""
        file = self.file
        calls = dotted_calls(self.tree, file.aliases)
        # another graded function answers for itself
        seen = {*self.slice.definitions, *self.slice.own_names.values()}
        first_reads = self.names.now | self.names.later
        stack = list(first_reads.items())
        while stack:
            name, line = stack.pop()
            if name in seen:
                continue
            seen.add(name)
            for helper in file.binders.get(name, []):
                for dotted in dotted_calls(helper.tree, file.aliases):
                    calls.setdefault(dotted, line)
                reads = helper.names.now.keys() | helper.names.later.keys()
                for read in reads:
                    stack.append((read, line))
        for dotted in list(calls):
            if self._is_own(dotted):
                del calls[dotted]
        return calls

    def _is_own(self, dotted: str) -> bool:
        """Whether it is a method of the student's own, as in `net.backward(...)`."""
        owner, _, method = dotted.rpartition(".")
        if method not in self.file.own_methods:
            return False
        # `torch.sum` is torch's own, even where a class of the student's has a method `sum`
        packages = set()
        for imported in self.file.aliases.values():
            packages.add(_package(imported))
        return _package(owner) not in packages


def _binds(found: Slice) -> set[str]:
    """The names that the file binds; every word of it, where some part of it was not read."""
    names = set(found.top_level)
    if any(notice.kind in _NOT_READ for notice in found.notices):
        for lines in found.lines.values():
            for line in lines:
                names.update(_WORD.findall(line))
    return names


def _may_export(module: ModuleType | None, name: str) -> bool:
    # what a module holds that is not loaded here is not known
    return module is None or name in vars(module)


def _package(dotted: str) -> str:
    return dotted.partition(".")[0]


def _star_imported(trees: Iterable[ast.stmt]) -> list[ModuleType | None]:
    """The modules of which everything is imported; None for one that is not loaded here."""
    modules: list[ModuleType | None] = []
    for tree in trees:
        if isinstance(tree, ast.ImportFrom) and is_star_import(tree):
            module = tree.module or ""
            modules.append(sys.modules.get(module))
    return modules


def _read_as_values(tree: ast.stmt) -> set[str]:
    """The names that are read other than to call them."""
    called: set[int] = set()
    values: set[str] = set()
    for node in walk(tree):  # a call comes before the name that it calls
        if isinstance(node, ast.Call):
            called.add(id(node.func))
        elif isinstance(node, ast.Name) and id(node) not in called:
            values.add(node.id)
    return values


def import_aliases(trees: Iterable[ast.AST]) -> dict[str, str]:
    """Name -> dotted name of what an import binds to it: nn -> torch.nn."""
    aliases: dict[str, str] = {}
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, ast.Import):
                aliases.update(_aliases_of_modules(node))
            elif isinstance(node, ast.ImportFrom):
                aliases.update(_aliases_of_members(node))
    return aliases


def _aliases_of_modules(node: ast.Import) -> Iterator[Alias]:
    for alias in node.names:
        if alias.asname:
            yield alias.asname, alias.name
        else:
            # `import torch.nn` binds `torch`
            package = _package(alias.name)
            yield package, package


def _aliases_of_members(node: ast.ImportFrom) -> Iterator[Alias]:
    if not node.module or node.level:
        # a relative import: there is no package around a submission
        return
    for alias in node.names:
        name = alias.asname or alias.name
        yield name, f"{node.module}.{alias.name}"


def dotted_calls(tree: ast.stmt, aliases: Mapping[str, str]) -> Lines:
    """Dotted name -> first line of each live call of an attribute, or of an imported name.

    `nn.Linear(...)` is torch.nn.Linear, `l.backward()` is l.backward, `(a * b).sum().backward()` .backward.
    """
    calls: Lines = {}
    for node in _live_nodes(tree):
        if not isinstance(node, ast.Call):
            continue
        dotted = _dotted(node.func, aliases)
        if dotted is not None:
            first = calls.get(dotted, node.lineno)
            calls[dotted] = min(node.lineno, first)
    return calls


def _dotted(function: ast.expr, aliases: Mapping[str, str]) -> str | None:
    attributes: list[str] = []
    while isinstance(function, ast.Attribute):
        attributes.append(function.attr)
        function = function.value
    attributes.reverse()
    if not isinstance(function, ast.Name):
        return ".".join(["", *attributes]) or None
    name = function.id
    if not attributes and name not in aliases:
        return None
    owner = aliases.get(name, name)
    return ".".join([owner, *attributes])


def _methods(trees: Iterable[ast.AST]) -> set[str]:
    """The methods that the student's own classes define: a call of those is the student's own code."""
    methods: set[str] = set()
    for tree in trees:
        if not isinstance(tree, ast.ClassDef):
            continue
        for part in tree.body:
            if isinstance(part, ast.FunctionDef):
                methods.add(part.name)
    return methods


def _live_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that can run: nothing behind a `return`, nothing under `if False`."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        yield node
        for field, value in ast.iter_fields(node):
            if field == _dead_branch(node):
                continue
            children = value if isinstance(value, list) else [value]
            for child in children:
                if isinstance(child, ast.AST):
                    stack.append(child)
                if isinstance(child, ENDS):
                    # the rest of the block is dead
                    break


def _dead_branch(node: ast.AST) -> str | None:
    """The field of an `if` or `while` that its constant test rules out."""
    if not isinstance(node, ast.If | ast.While):
        return None
    branches = {True: "orelse", False: "body", None: None}
    return branches[constant_truth(node.test)]


def _arguments(code: CodeType) -> tuple[str, ...]:
    count = code.co_argcount + code.co_kwonlyargcount
    for flag in (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS):
        count += bool(code.co_flags & flag)
    return code.co_varnames[:count]


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _functions(constant)
