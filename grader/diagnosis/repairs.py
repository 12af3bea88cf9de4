"""The student's source with one cause of trouble taken out, to see what lies behind it.

Every function here takes the source of one function and returns the whole of it rewritten; None where that
does not apply, or where the source cannot be parsed.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection, Iterator, Sequence
from typing import TypeGuard

from grader.exercise import patterns

# As a ratio of difflib: `dl_w1` and `dl_dw1` are one slip apart, `loss` and `losses` only just.
ALIKE = 0.8


def renamed_local(source: str, name: str) -> str | None:
    """The source with the local variable `name` renamed where it hides a function of that name."""
    tree = patterns.last_function(source)
    if tree is None:
        return None
    return _unparsed(_Unshadowed(name).visit(tree))


def respelt(source: str, name: str) -> str | None:
    """The source with the local variable `name`, read too early, renamed to the one that it resembles."""
    tree = patterns.last_function(source)
    if tree is None:
        return None
    names = {*patterns.parameters(tree), *patterns.assigned(tree)}
    others = sorted(names - {name})
    alike = difflib.get_close_matches(name, others, 1, ALIKE)
    if not alike:
        return None
    renamer = patterns.Renamer({name: alike[0]})
    return _unparsed(renamer.visit(tree))


def renamed_parameter(source: str, position: int, name: str) -> str | None:
    """The source with its parameter at `position` called `name`; None where a parameter is so called."""
    tree = patterns.last_function(source)
    if tree is None:
        return None
    parameters = patterns.parameters(tree)
    if position >= len(parameters) or name in parameters:
        return None
    renamer = patterns.Renamer({parameters[position]: name})
    tree = renamer.visit(tree)
    index = position - len(tree.args.posonlyargs)
    tree.args.args[index].arg = name
    return _unparsed(tree)


def counted_by(source: str, position: int) -> tuple[str, int] | None:
    """The source with a constant `range` counted by the parameter at `position`, and that line of it.

    None unless exactly one `range` of a number, or of a name in capitals, stands outside all other loops.
    """
    tree = patterns.last_function(source)
    if tree is None:
        return None
    parameters = patterns.parameters(tree)
    if position >= len(parameters):
        return None
    ranges = []
    for loop in _outermost_loops(tree.body):
        if _is_constant_range(loop.iter, parameters):
            ranges.append(loop.iter)
    if len(ranges) != 1:
        return None
    (call,) = ranges  # with more, it is not known which one makes the steps
    counter = ast.Name(parameters[position], ast.Load())
    call.args = [counter]
    return _unparsed(tree), call.lineno


def _outermost_loops(statements: Sequence[ast.stmt]) -> Iterator[ast.For]:
    for statement in statements:
        if isinstance(statement, ast.For):
            yield statement
        elif isinstance(statement, ast.If | ast.With):
            yield from _outermost_loops(statement.body)


def _is_constant_range(
    node: ast.expr, parameters: Sequence[str]
) -> TypeGuard[ast.Call]:
    """Whether it is `range(1000)` or `range(STEPS)`, where STEPS is no parameter."""
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return False
    if not isinstance(node.func, ast.Name) or node.func.id != "range":
        return False
    (count,) = node.args
    if isinstance(count, ast.Constant):
        return isinstance(count.value, int)
    if not isinstance(count, ast.Name) or count.id in parameters:
        return False
    return count.id.isupper()


def added_in_place(source: str, positions: Collection[int]) -> str | None:
    """The source with each assignment to a parameter at one of the positions made a change of that tensor.

    None where there is no such assignment, or where what is assigned is read again.
    """
    tree = patterns.last_function(source)
    if tree is None:
        return None
    parameters = patterns.parameters(tree)
    names = {parameters[at] for at in positions if at < len(parameters)}
    adding = _AddedInPlace(names)
    tree = adding.visit(tree)
    if not adding.made or adding.read & adding.made:
        return None
    return _unparsed(tree)


def edited(source: str, edits: Sequence[patterns.Edit]) -> str | None:
    """The source with those of the edits made that apply; None where none does."""
    tree = patterns.last_function(source)
    if tree is None:
        return None
    is_changed = False
    for edit in edits:
        after = edit.apply(tree)
        if after is not None:
            tree = after
            is_changed = True
    if not is_changed:
        return None
    return ast.unparse(tree)


def _unparsed(tree: ast.FunctionDef) -> str:
    return ast.unparse(ast.fix_missing_locations(tree))


class _AddedInPlace(ast.NodeTransformer):
    """Makes `g = d` into `g.add_(d)`, and `g = g + d` into `g.copy_(g + d)`.

    made: the names that were so assigned. read: those that are read anywhere else.
    """

    def __init__(self, names: Collection[str]) -> None:
        self.names = set(names)
        self.made: set[str] = set()
        self.read: set[str] = set()

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Name):
            self.generic_visit(node)
            return node
        if target.id not in self.names:
            self.generic_visit(node)
            return node
        self.made.add(target.id)
        read = {
            part.id
            for part in ast.walk(node.value)
            if isinstance(part, ast.Name)
        }
        self.read |= read & self.names - {target.id}
        method = "copy_" if target.id in read else "add_"
        owner = ast.Name(target.id, ast.Load())
        called = ast.Attribute(owner, method, ast.Load())
        call = ast.Call(called, [node.value], [])
        return ast.copy_location(ast.Expr(call), node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id in self.names and isinstance(node.ctx, ast.Load):
            self.read.add(node.id)
        return node


class _Unshadowed(ast.NodeTransformer):
    """Renames a local variable, but not where it is called: there the function is meant."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Call(self, node: ast.Call) -> ast.AST:
        # Taken first: visiting the parts renames the function as well.
        function = node.func
        self.generic_visit(node)
        if isinstance(function, ast.Name) and function.id == self.name:
            node.func = ast.Name(self.name, ast.Load())
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id != self.name:
            return node
        return ast.Name(f"{node.id}_", node.ctx)
