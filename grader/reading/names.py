"""Which global names a statement reads and binds, as it runs or later.

The compiler itself is asked: its bytecode knows every scope of the language.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import NamedTuple

_IPYTHON = {"get_ipython", "display", "In", "Out", "exit", "quit"}
_MODULE_NAMES = {
    "__name__",
    "__file__",
    "__doc__",
    "__builtins__",
    "__annotations__",
}
# bound without the file's doing
AMBIENT = frozenset(dir(builtins)) | _IPYTHON | _MODULE_NAMES

_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
# their argument is a string, too, but no variable's name
_NOT_NAMES = ("LOAD_CONST", "LOAD_ATTR", "LOAD_METHOD")
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")

Lines = dict[str, int]  # names -> the first lines that use them


@dataclass
class Names:
    """The global names of a statement or function; reads -> the first line that uses them.

    now: read as it runs. later: read when a function it defines is called. `binds` and `deletes` happen
    as it runs, `rebinds` (a function's `global`) when a function is called. awaits: whether it awaits as
    it runs.
    """

    now: Lines = field(default_factory=dict)
    later: Lines = field(default_factory=dict)
    binds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    awaits: bool = False


class Operation(NamedTuple):
    """A bytecode instruction on a name."""

    opname: str
    name: str
    line: int


def compiled(tree: ast.stmt, flags: int = 0) -> CodeType:
    """The code of one top-level statement. `flags`: its file's `from __future__` imports.

    Raises what `compile` raises: SyntaxError, RecursionError, ….
    """
    module = ast.Module(body=[tree], type_ignores=[])
    code: CodeType = compile(
        module, "<submission>", "exec", flags=flags, dont_inherit=True
    )
    return code


def names_of(tree: ast.stmt, flags: int = 0) -> Names:
    """The names of one top-level statement. Raises what `compiled` raises."""
    code = compiled(tree, flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    awaits = bool(code.co_flags & inspect.CO_COROUTINE)
    names = Names(awaits=awaits)
    _collect(code, names, later=False, is_module=True)
    return names


def operations(code: CodeType) -> Iterator[Operation]:
    """Each instruction on a name; one that names two comes out as two."""
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        value = step.argval
        if step.positions and step.positions.lineno:
            line = step.positions.lineno
        if isinstance(value, str) and step.opname not in _NOT_NAMES:
            yield Operation(step.opname, value, line)
        elif isinstance(value, tuple) and "FAST" in step.opname:
            # Python 3.13: LOAD_FAST_LOAD_FAST and the like
            parts = re.findall(r"(?:LOAD|STORE)_FAST", step.opname)
            for opname, name in zip(parts, value, strict=False):
                yield Operation(opname, name, line)


def _collect(
    code: CodeType, names: Names, *, later: bool, is_module: bool = False
) -> None:
    """Add the names of `code`, and of the code in it, to `names`."""
    reads = names.now
    binds = names.binds
    deletes = names.deletes
    if later:
        reads = names.later
        # a function's `global x` and `del x`: both make what stands in `x` uncertain
        binds = deletes = names.rebinds
    # of a class body: what it has bound so far
    own: set[str] = set()
    for opname, name, line in operations(code):
        if opname in _LOADS:
            if name not in own:
                reads.setdefault(name, line)
        elif opname == "STORE_GLOBAL":
            binds.add(name)
        elif opname == "DELETE_GLOBAL":
            deletes.add(name)
        elif opname == "STORE_NAME":
            # outside functions, names are global only at the top level
            bound_here = binds if is_module else own
            bound_here.add(name)
        elif opname == "DELETE_NAME" and is_module:
            deletes.add(name)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            constant_later = later or not _runs_at_once(constant)
            _collect(constant, names, later=constant_later)


def _runs_at_once(code: CodeType) -> bool:
    """Class bodies, comprehensions and scopes of type parameters run where they stand."""
    is_class_body = not code.co_flags & inspect.CO_OPTIMIZED
    if is_class_body or code.co_name in _COMPREHENSIONS:
        return True
    # the scope of `def f[T](x: T)`
    return code.co_name.startswith("<generic parameters")
