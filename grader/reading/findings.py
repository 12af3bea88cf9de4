"""What the source of a graded function shows before it runs: evidence for the diagnosis.

Dead code shows nothing: what follows a `return`, and `if False`, is left out by the compiler itself.
"""

from __future__ import annotations

import ast
import inspect
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any

from grader.reading.names import AMBIENT, Names, names_of, operations
from grader.reading.slicing import Definition, Slice, Statement, constant_truth

_CALLABLE = ("def", "lambda", "class")
_DEFINITIONS = (*_CALLABLE, "import")
_READS_LOCAL = ("LOAD_FAST", "LOAD_FAST_CHECK")  # 3.12's LOAD_FAST_AND_CLEAR only sets a name aside
_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def find(found: Slice, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Required function -> what its source shows; plain data, lines as in the function's cell or file.

    reads_globals: variable of the file, or name bound nowhere -> first line; what is only called, and what a
    star import brings, is left out. shadows: local named like a function of the
    file, read before it is assigned (`loss = loss(...)`) -> line. is_stub: whether nothing is implemented.
    calls: what is called by a dotted or imported name (see `dotted_calls`) -> first line, by the function or
    by a helper it uses that is not graded itself.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file = _File(found)
        return {name: _Function(file, name).findings() for name in names if name in found.definitions}


class _File:
    """What the findings of all functions share: the slice's imports, methods, and calls by statement."""

    def __init__(self, found: Slice) -> None:
        self.slice = found
        trees = [statement.tree for statement in found.statements]
        self.aliases = import_aliases(trees)
        self.own_methods = _methods(trees)
        self.stars = [
            sys.modules.get(tree.module or "")
            for tree in trees
            if isinstance(tree, ast.ImportFrom) and tree.names[0].name == "*"
        ]
        self.functions = {name for name, kind in found.top_level.items() if kind in _CALLABLE}
        self.binders: dict[str, list[Statement]] = {}
        for statement in found.statements:
            for name in statement.binds:
                self.binders.setdefault(name, []).append(statement)

    def explains(self, name: str) -> bool:
        """Whether a function may well read this name: it is no variable that a cell happens to have left."""
        kind = self.slice.top_level.get(name)
        if kind is None:
            return name in AMBIENT or self._comes_from_a_star(name)
        return kind in _DEFINITIONS or name in self.slice.definitions

    def _comes_from_a_star(self, name: str) -> bool:
        """Whether a star import binds the name, or may: a module that is not loaded here is not known."""
        return any(module is None or name in vars(module) for module in self.stars)


class _Function:
    """One graded function's findings."""

    def __init__(self, file: _File, name: str) -> None:
        self.file = file
        self.definition: Definition = file.slice.definitions[name]
        tree = self.definition.tree
        known = (s.names for s in file.slice.statements if s.tree is tree)
        self.names: Names = next(known, None) or names_of(tree, file.slice.flags)

    def findings(self) -> dict[str, Any]:
        return {
            "reads_globals": self._reads_globals(),
            "shadows": self._shadows(),
            "is_stub": is_stub(self.definition.tree),
            "calls": self._calls(),
        }

    def _reads_globals(self) -> dict[str, int]:
        read = {name: line for name, line in self.names.later.items() if not self.file.explains(name)}
        values = _read_as_values(self.definition.tree) if read else set()
        return {n: line for n, line in read.items() if n in values or n not in self.file.slice.top_level}

    def _shadows(self) -> dict[str, int]:
        shadows: dict[str, int] = {}
        for code in _functions(_compiled(self.definition.tree, self.file.slice.flags)):
            if self.file.functions.isdisjoint(code.co_varnames):
                continue
            assigned = set(_arguments(code))
            for opname, name, line in operations(code):
                if opname.startswith("STORE_FAST"):
                    assigned.add(name)
                elif opname in _READS_LOCAL and name in self.file.functions - assigned:
                    shadows.setdefault(name, line)
        return shadows

    def _calls(self) -> dict[str, int]:
        """Helpers' calls take the line on which this function first uses the helper."""
        file = self.file
        calls = dotted_calls(self.definition.tree, file.aliases)
        seen = set(file.slice.definitions)
        stack = list((self.names.now | self.names.later).items())
        while stack:
            name, line = stack.pop()
            if name in seen:
                continue
            seen.add(name)
            for helper in file.binders.get(name, []):
                for dotted in dotted_calls(helper.tree, file.aliases):
                    calls.setdefault(dotted, line)
                stack += [(read, line) for read in helper.names.now.keys() | helper.names.later.keys()]
        return {dotted: line for dotted, line in calls.items() if not self._is_own(dotted)}

    def _is_own(self, dotted: str) -> bool:
        """Whether it is a method of the student's own, as in `net.backward(...)`."""
        root, _, method = dotted.rpartition(".")
        imported = root.partition(".")[0] in {name.partition(".")[0] for name in self.file.aliases.values()}
        return method in self.file.own_methods and not imported


def _read_as_values(tree: ast.stmt) -> set[str]:
    """The names that are read other than to call them."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def import_aliases(trees: Iterable[ast.AST]) -> dict[str, str]:
    """Name -> dotted name of what an import binds to it: nn -> torch.nn."""
    aliases: dict[str, str] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    package = alias.name.partition(".")[0]
                    aliases[alias.asname or package] = alias.name if alias.asname else package
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return aliases


def dotted_calls(tree: ast.stmt, aliases: Mapping[str, str]) -> dict[str, int]:
    """Dotted name -> first line of each live call of an attribute, or of an imported name.

    `nn.Linear(...)` is torch.nn.Linear, `l.backward()` is l.backward, `(a * b).sum().backward()` .backward.
    """
    calls: dict[str, int] = {}
    for node in _live_nodes(tree):
        if isinstance(node, ast.Call):
            dotted = _dotted(node.func, aliases)
            if dotted is not None:
                calls[dotted] = min(node.lineno, calls.get(dotted, node.lineno))
    return calls


def _dotted(function: ast.expr, aliases: Mapping[str, str]) -> str | None:
    parts: list[str] = []
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        if not parts and function.id not in aliases:
            return None
        parts.append(aliases.get(function.id, function.id))
    elif parts:
        parts.append("")
    return ".".join(reversed(parts)) or None


def _methods(trees: Iterable[ast.AST]) -> set[str]:
    """The methods that the student's own classes define: a call of those is the student's own code."""
    return {
        method.name
        for tree in trees
        if isinstance(tree, ast.ClassDef)
        for method in tree.body
        if isinstance(method, ast.FunctionDef)
    }


def _live_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node that can run: nothing behind a `return`, nothing under `if False`."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        yield node
        truth = constant_truth(node.test) if isinstance(node, ast.If | ast.While) else None
        for field, value in ast.iter_fields(node):
            if (field == "body" and truth is False) or (field == "orelse" and truth is True):
                continue
            children = value if isinstance(value, list) else [value]
            for child in children:
                if isinstance(child, ast.AST):
                    stack.append(child)
                if isinstance(child, _ENDS):
                    break


def _compiled(tree: ast.stmt, flags: int) -> CodeType:
    module = ast.Module(body=[tree], type_ignores=[])
    code: CodeType = compile(module, "<submission>", "exec", flags=flags, dont_inherit=True)
    return code


def _arguments(code: CodeType) -> tuple[str, ...]:
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[:count]


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _functions(constant)


def is_stub(tree: ast.stmt) -> bool:
    """Whether a function does nothing: a docstring, pass, ..., NotImplementedError, return None."""
    if isinstance(tree, ast.Assign | ast.AnnAssign) and isinstance(tree.value, ast.Lambda):
        return _is_nothing(tree.value.body)
    if not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    for statement in tree.body:
        if not _does_nothing(statement):
            return False
        if isinstance(statement, _ENDS):
            break  # the rest is dead
    return True


def _is_nothing(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value in (None, ...)


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        value = statement.value
        prints = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print"
        return prints or isinstance(value, ast.Constant)
    if isinstance(statement, ast.Return):
        return statement.value is None or _is_nothing(statement.value)
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return False
