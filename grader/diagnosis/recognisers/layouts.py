"""`recognise = "columns"`, `"rows"`, `"mixed"`: vectors are laid out otherwise than the exercise has them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence

from grader.checking.conventions import Convention, Layout
from grader.diagnosis.observation import Evidence
from grader.diagnosis.recognisers.base import Recogniser
from grader.errors import Frame
from grader.exercise import patterns

# what gives a tensor a second dimension
_METHODS = {"view", "reshape", "unsqueeze", "view_as", "reshape_as"}
_PRODUCTS = {"mm", "matmul", "mv", "addmm", "einsum"}
_CREATING = {
    "empty",
    "zeros",
    "ones",
    "rand",
    "randn",
    "full",
    "normal",
    "Tensor",
    "FloatTensor",
}


class Columns(Recogniser):
    """Vectors are columns (n, 1). Asked by name, where the function's convention is known."""

    name = "columns"


class Rows(Recogniser):
    """Vectors are rows (1, n). Asked by name, where the function's convention is known."""

    name = "rows"


class Mixed(Recogniser):
    """Several layouts are combined. Asked by name, where they are known."""

    name = "mixed"


def line_of_layout(
    evidence: Evidence,
    convention: Convention,
    function: str,
    raised_in: Sequence[Frame] = (),
) -> int | None:
    """The line where rows and columns meet, or on which the function raises when it is given vectors.

    raised_in: that exception's frames. Where there is none, the line of the first
    expression that makes a second dimension; where that is made elsewhere, of the first product, or of what
    is returned. None where no line shows it.
    """
    tree = patterns.last_function(evidence.source)
    if tree is None:
        return None
    offset = evidence.first_line - 1
    meeting = _where_they_meet(tree, convention)
    if meeting is not None:
        return meeting + offset
    for frame in reversed(raised_in):
        if frame.function == function:
            return frame.line
    made = _first_line(tree, _adds_a_dimension)
    made = made or _first_line(tree, _is_product) or _line_of_return(tree)
    return None if made is None else made + offset


def line_of_call(evidence: Evidence, function: str) -> int | None:
    """The first line on which a function is called; None where it is not called by that name."""
    tree = patterns.last_function(evidence.source)
    if tree is None:
        return None
    lines = [call.lineno for call in patterns.calls(tree, [function])]
    return min(lines) + evidence.first_line - 1 if lines else None


def _where_they_meet(
    tree: ast.FunctionDef, convention: Convention
) -> int | None:
    """The first line on which something made of rows and something made of columns are combined."""
    made_of = _parameters(tree, convention)
    for statement in _simple_statements(tree):
        used: set[Layout] = set()
        for name in _names(statement, ast.Load):
            used |= made_of.get(name, set())
        if {"row", "column"} <= used:
            return statement.lineno
        for name in _names(statement, ast.Store):
            made_of[name] = used
    return None


def _parameters(
    tree: ast.FunctionDef, convention: Convention
) -> dict[str, set[Layout]]:
    """The function's parameters, each with the layout that it has to be given in."""
    names = patterns.parameters(tree)
    made_of: dict[str, set[Layout]] = {}
    for positions, layout in zip(
        convention.vectors.groups, convention.layouts, strict=True
    ):
        for position in positions:
            if position < len(names) and layout != "vector":
                made_of[names[position]] = {layout}
    return made_of


def _simple_statements(tree: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements without a body, in the order of their lines."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            found.append(node)
    yield from sorted(found, key=lambda statement: statement.lineno)


def _names(statement: ast.stmt, context: type[ast.expr_context]) -> list[str]:
    names = []
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, context):
            names.append(node.id)
    return names


def _first_line(
    tree: ast.FunctionDef, is_wanted: Callable[[ast.expr], bool]
) -> int | None:
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and is_wanted(node):
            lines.append(node.lineno)
    return min(lines, default=None)


def _line_of_return(tree: ast.FunctionDef) -> int | None:
    lines = []
    for statement in _simple_statements(tree):
        if isinstance(statement, ast.Return):
            lines.append(statement.lineno)
    return max(lines, default=None)


def _is_product(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _called(node) in _PRODUCTS
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def _called(call: ast.Call) -> str:
    """The name that is called, without what stands before the last dot."""
    called = call.func
    return (
        called.attr
        if isinstance(called, ast.Attribute)
        else ast.unparse(called)
    )


def _creates_a_column(call: ast.Call) -> bool:
    """Whether it is a call such as `torch.zeros(n, 1)`, or with the sizes in a tuple."""
    if _called(call) not in _CREATING:
        return False
    for node in ast.walk(call):
        sizes = node.args if node is call else getattr(node, "elts", ())
        if len(sizes) == 2 and any(_is_one(size) for size in sizes):
            return True
    return False


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _adds_a_dimension(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _called(node) in _METHODS or _creates_a_column(node)
    if isinstance(node, ast.Subscript):
        # x[:, None]
        return any(
            isinstance(inner, ast.Constant) and inner.value is None
            for inner in ast.walk(node.slice)
        )
    return False
