"""What a statement does to names: which it reads and binds, now or later, and which it changes in place.

Reads and bindings are asked of the compiler itself: its bytecode knows every scope of the language. Calls and
changes in place are read off the syntax tree.
"""

from __future__ import annotations

import ast
import builtins
import dis
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType

_IPYTHON = {"get_ipython", "display", "In", "Out", "exit", "quit"}
_MODULE_NAMES = {"__name__", "__file__", "__doc__", "__builtins__", "__annotations__"}
AMBIENT = frozenset(dir(builtins)) | _IPYTHON | _MODULE_NAMES  # bound without the file's doing

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass
class Names:
    """The global names of a statement or function -> the first line that uses them.

    now: read as it runs. later: read when a function it defines is called. `binds` and `deletes` happen
    as it runs, `rebinds` (a function's `global`) when a function is called.
    """

    now: dict[str, int] = field(default_factory=dict)
    later: dict[str, int] = field(default_factory=dict)
    binds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    awaits: bool = False


def names_of(tree: ast.stmt, flags: int = 0) -> Names:
    """The names of one top-level statement. Raises what `compile` raises: SyntaxError, RecursionError."""
    module = ast.Module(body=[tree], type_ignores=[])
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code: CodeType = compile(module, "<submission>", "exec", flags=flags, dont_inherit=True)
    names = Names(awaits=bool(code.co_flags & 0x80))  # CO_COROUTINE
    _collect(code, names, later=False, module=True)
    return names


def operations(code: CodeType) -> Iterator[tuple[str, str, int]]:
    """(opcode, name, line) of each instruction on a name; one that names two comes out as two."""
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        if step.positions and step.positions.lineno:
            line = step.positions.lineno
        if isinstance(step.argval, str) and step.opname not in ("LOAD_CONST", "LOAD_ATTR", "LOAD_METHOD"):
            yield step.opname, step.argval, line
        elif (
            isinstance(step.argval, tuple) and "FAST" in step.opname
        ):  # 3.13: LOAD_FAST_LOAD_FAST and the like
            parts = re.findall(r"(?:LOAD|STORE)_FAST", step.opname)
            for opname, name in zip(parts, step.argval, strict=False):
                yield opname, name, line


def _collect(code: CodeType, names: Names, *, later: bool, module: bool = False) -> None:
    own: set[str] = set()  # of a class body
    for opname, name, line in operations(code):
        if opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
            if name not in own:
                (names.later if later else names.now).setdefault(name, line)
        elif opname == "STORE_NAME" and not module:
            own.add(name)
        elif opname in ("STORE_GLOBAL", "STORE_NAME"):
            (names.rebinds if later else names.binds).add(name)
        elif opname in ("DELETE_GLOBAL", "DELETE_NAME") and (module or opname == "DELETE_GLOBAL"):
            (names.rebinds if later else names.deletes).add(name)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _collect(constant, names, later=later or not _runs_at_once(constant))


def _runs_at_once(code: CodeType) -> bool:
    """Class bodies, comprehensions and scopes of type parameters run where they stand."""
    is_class = not code.co_flags & 0x1  # CO_OPTIMIZED
    return (
        is_class
        or code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
        or (code.co_name.startswith("<generic parameters"))
    )


# --- calls and changes, as the tree shows them


@dataclass
class Deeds:
    """What a piece of a tree does to names: functions it calls, variables it changes in place.

    `assigned` are changed by `v[...] =` or `v.a =`, `called` by a method: `v.normal_()`, `v.append()`,
    `handed` by a module's function: (nn, v) for `nn.init.normal_(v)`.
    """

    calls: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    handed: set[tuple[str, str]] = field(default_factory=set)


def nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below `tree`, and whether it runs only later, when a function is called."""
    stack = [(tree, False)]
    while stack:
        node, later = stack.pop()
        yield node, later
        for name, value in ast.iter_fields(node):
            inner = later or (isinstance(node, _FUNCTIONS) and name == "body")
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    stack.append((child, inner))


def _root(node: ast.AST) -> str | None:
    """The variable that `v.a[0].b()` starts from; `f(v).b()` starts from none."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return None
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def deeds_of(tree: ast.stmt) -> tuple[Deeds, Deeds]:
    """What the statement does as it runs, and what its functions do when they are called."""
    both = Deeds(), Deeds()
    for node, later in nodes(tree):
        deeds = both[later]
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            _add(deeds.assigned, _root(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            if isinstance(node.value.func, ast.Attribute):
                _add(deeds.called, _root(node.value.func))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:  # @v.register
                function = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(function, ast.Attribute):
                    _add(deeds.assigned, _root(function))
        if isinstance(node, ast.Call):
            _add_call(deeds, node)
    return both


def _add_call(deeds: Deeds, call: ast.Call) -> None:
    function = call.func
    if isinstance(function, ast.Name):
        deeds.calls.add(function.id)
        if function.id in ("setattr", "delattr") and call.args:
            _add(deeds.assigned, _root(call.args[0]))
    elif (
        isinstance(function, ast.Attribute)
        and function.attr.endswith("_")
        and not function.attr.endswith("__")
    ):
        root, first = _root(function), _root(call.args[0]) if call.args else None
        _add(deeds.called, root)
        if root is not None and first is not None:
            deeds.handed.add((root, first))
    for keyword in call.keywords:
        if keyword.arg == "out":
            _add(deeds.called, _root(keyword.value))


def _add(names: set[str], name: str | None) -> None:
    if name is not None:
        names.add(name)
