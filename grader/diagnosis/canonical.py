"""Rewrites equivalent code in one standard form: no views, products as `@`, `a += b` as `a.add_(b)`."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

# Methods that keep the numbers and at most change the shape, which the checks judge.
_CHANGE_NOTHING = {
    "t",
    "T",
    "clone",
    "contiguous",
    "detach",
    "view",
    "reshape",
    "unsqueeze",
    "squeeze",
    "flatten",
}
_MATRIX_PRODUCTS = {"mv", "mm", "matmul"}
_PRODUCTS = {"mul", "multiply"}
_OUTER_PRODUCTS = {"outer", "ger"}
_IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_"}


class Canonical(ast.NodeTransformer):
    """Rewrites a tree; what it gives is only compared, never run.

    matrices: the names for which a transposition makes a difference; all others are vectors.
    """

    def __init__(self, matrices: frozenset[str]) -> None:
        self.matrices = matrices

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if not isinstance(function, ast.Attribute):
            return node
        owner = function.value
        if isinstance(owner, ast.Name) and owner.id == "torch":
            return _operation(function.attr, node.args, node)
        if self._changes_nothing(function):
            return owner
        return _operation(function.attr, [owner, *node.args], node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr != "T":
            return node
        if self._is_vector(node.value):
            return node.value
        method = ast.Attribute(node.value, "t", ast.Load())
        return _placed(ast.Call(method, [], []), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        method = _IN_PLACE.get(type(node.op))
        if method is None:
            return node
        target = copy.copy(node.target)
        target.ctx = ast.Load()
        attribute = ast.Attribute(target, method, ast.Load())
        call = ast.Call(attribute, [node.value], [])
        statement = ast.Expr(_placed(call, node))
        return _placed(statement, node)

    def _changes_nothing(self, method: ast.Attribute) -> bool:
        """Whether a call of this method gives the same numbers, but for their shape."""
        if method.attr in ("t", "T"):
            return self._is_vector(method.value)
        return method.attr in _CHANGE_NOTHING

    def _is_vector(self, node: ast.AST) -> bool:
        """Whether `.t()` of it changes nothing: a vector's name, or a function or product of vectors."""
        if isinstance(node, ast.Call):
            if not isinstance(node.func, ast.Name):
                return False
            return all(self._is_vector(argument) for argument in node.args)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self._is_vector(node.left) and self._is_vector(node.right)
        return isinstance(node, ast.Name) and node.id not in self.matrices


def _operation(
    name: str, operands: Sequence[ast.expr], node: ast.Call
) -> ast.AST:
    """The product that a function or method `name` computes, as an operator; the call itself if none."""
    if len(operands) != 2:
        return node
    left, right = operands
    made: ast.expr
    if name in _MATRIX_PRODUCTS:
        made = ast.BinOp(left, ast.MatMult(), right)
    elif name in _PRODUCTS:
        made = ast.BinOp(left, ast.Mult(), right)
    elif name in _OUTER_PRODUCTS:
        outer = ast.Name("outer", ast.Load())
        made = ast.Call(outer, [left, right], [])
    else:
        return node
    return _placed(made, node)


def _placed(made: Node, where: ast.AST) -> Node:
    """A node that was made, with the line of the one in whose place it stands."""
    return ast.fix_missing_locations(ast.copy_location(made, where))
