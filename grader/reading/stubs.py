"""Whether a function does nothing yet, as the hand-out leaves it."""

from __future__ import annotations

import ast

from grader.reading.trees import ENDS, lambda_of


def is_stub(tree: ast.stmt) -> bool:
    """Whether a function does nothing: a docstring, pass, ..., NotImplementedError, return None."""
    assigned = lambda_of(tree)
    if assigned is not None:
        return _is_nothing(assigned.body)
    if not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    for statement in tree.body:
        if not _does_nothing(statement):
            return False
        if isinstance(statement, ENDS):
            break  # the rest is dead
    return True


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr):
        value = statement.value
        return isinstance(value, ast.Constant) or _prints(value)
    if isinstance(statement, ast.Return):
        return statement.value is None or _is_nothing(statement.value)
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        raised = statement.exc
        if isinstance(raised, ast.Call):
            raised = raised.func
        return _is_name(raised, "NotImplementedError")
    return False


def _prints(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    return _is_name(value.func, "print")


def _is_name(value: ast.expr, name: str) -> bool:
    return isinstance(value, ast.Name) and value.id == name


def _is_nothing(value: ast.expr) -> bool:
    if not isinstance(value, ast.Constant):
        return False
    return value.value in (None, ...)
