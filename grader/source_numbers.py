"""The numbers in a source, so that one and the same can be found in two texts of it.

The text in which a mistake is searched has other things around the numbers of a loop; that these are sizes is
only to be seen in the text as it was handed in.
"""

from __future__ import annotations

import ast

_ATTRIBUTE = "number"


def number(tree: ast.AST) -> None:
    """Note at each number which one it is, counted through the tree; copies of the tree keep it."""
    count = 0
    todo = [tree]
    for node in todo:
        # a name in the place of a pattern's number would be bound
        if not isinstance(node, ast.pattern):
            todo += ast.iter_child_nodes(node)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            setattr(node, _ATTRIBUTE, count)
            count += 1


def number_of(node: ast.AST) -> int | None:
    """Which number it is; None for anything else."""
    found: int | None = getattr(node, _ATTRIBUTE, None)
    return found


def replaced(node: ast.Constant, name: str) -> ast.Name:
    """A variable in the place of a number, of which it stays known which one it was."""
    variable = ast.copy_location(ast.Name(name, ast.Load()), node)
    if number_of(node) is not None:
        setattr(variable, _ATTRIBUTE, number_of(node))
    return variable


def named(number: int) -> str:
    """The variable that stands for this number in the text in which a mistake is searched."""
    return f"_number_{number}"


class Names(ast.NodeTransformer):
    """Puts these variables in the place of the numbers that are known."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """The variable for a number; anything else as it is."""
        found = number_of(node)
        return node if found is None else replaced(node, named(found))
