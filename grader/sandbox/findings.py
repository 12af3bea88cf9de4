"""What the source of a graded function shows before it runs: evidence for the diagnosis.

Dead code shows nothing: what follows a `return`, and `if False`, is left out by the compiler itself.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from types import CodeType
from typing import Any

from grader.sandbox.slicing import AMBIENT, Definition, Names, Slice, names_of, operations

_DEFINITIONS = ("def", "lambda", "class", "import")


def find(found: Slice, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Required function -> what its source shows; plain data, lines as in the function's cell or file.

    reads_globals: variable or unbound name -> first line. shadows: local named like a function of the
    file, read before it is assigned (`loss = loss(...)`) -> line. is_stub: whether nothing is implemented.
    calls: dotted name of an attribute that is called or read, through import aliases -> first line, of the
    function itself and of the helpers that it calls.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: _Function(found, name).findings() for name in names if name in found.definitions}


class _Function:
    """One graded function's findings."""

    def __init__(self, found: Slice, name: str) -> None:
        self.found = found
        self.definition: Definition = found.definitions[name]
        self.names: Names = names_of(self.definition.tree, found.flags)

    def findings(self) -> dict[str, Any]:
        return {
            "reads_globals": self._reads_globals(),
            "shadows": self._shadows(),
            "is_stub": is_stub(self.definition.tree),
            "calls": self._calls(),
        }

    def _reads_globals(self) -> dict[str, int]:
        kinds = self.found.top_level
        return {
            name: line
            for name, line in self.names.later.items()
            if kinds.get(name) not in _DEFINITIONS and name not in AMBIENT
        }

    def _shadows(self) -> dict[str, int]:
        functions = {
            name for name, kind in self.found.top_level.items() if kind in ("def", "lambda", "class")
        }
        shadows: dict[str, int] = {}
        for code in _functions(_compiled(self.definition.tree, self.found.flags)):
            arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            assigned = set(arguments)
            for opname, name, line in operations(code):
                if opname.startswith("STORE_FAST") or opname == "STORE_DEREF":
                    assigned.add(name)
                elif opname.startswith("LOAD_FAST") and name in functions - assigned:
                    shadows.setdefault(name, line)
        return shadows

    def _calls(self) -> dict[str, int]:
        """Through helpers too: those take the line on which this function first uses them."""
        return {}


def _compiled(tree: ast.stmt, flags: int) -> CodeType:
    module = ast.Module(body=[tree], type_ignores=[])
    code: CodeType = compile(module, "<submission>", "exec", flags=flags, dont_inherit=True)
    return code


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _functions(constant)


def is_stub(tree: ast.stmt) -> bool:
    """Whether a function does nothing: a docstring, pass, ..., NotImplementedError, return None."""
    if isinstance(tree, ast.Assign | ast.AnnAssign) and isinstance(tree.value, ast.Lambda):
        body = tree.value.body
        return isinstance(body, ast.Constant) and body.value in (None, ...)
    if not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return all(_does_nothing(statement) for statement in tree.body)


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    if isinstance(statement, ast.Return):
        value = statement.value
        return value is None or (isinstance(value, ast.Constant) and value.value in (None, ...))
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"
    return False
