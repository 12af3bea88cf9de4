"""What is left out: a `return`, or what would end a loop. No exception tells of these."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set

from grader.diagnosis.observation import Evidence, Outcome
from grader.diagnosis.slips.stop import called
from grader.diagnosis.verdict import Clue
from grader.exercise import patterns

# calls that change none of their arguments
_LEAVES_ALONE = {
    "print",
    "len",
    "range",
    "int",
    "float",
    "str",
    "abs",
    "min",
    "max",
}
_NOTHING_ELSE = ast.Pass | ast.Import | ast.ImportFrom | ast.Global | ast.Nonlocal  # fmt: skip


def slip_without_value(
    evidence: Evidence, outcomes: Sequence[Outcome]
) -> tuple[str, Clue] | None:
    """`missing-return` or `print-for-return` where no call gave a value, and the source shows why."""
    tree = patterns.last_function(evidence.source)
    if tree is None or evidence.is_lifted or not outcomes:
        return None
    for outcome in outcomes:
        if outcome.error is not None or outcome.value is not None:
            return None
    for node in _own_nodes(tree):
        if isinstance(node, ast.Return) and node.value is not None:
            return _printed_in(node, evidence)
        if isinstance(node, ast.Yield | ast.YieldFrom):
            return None
    last = tree.body[-1]
    line = last.lineno + evidence.first_line - 1
    if _prints_a_value(last):
        return "print-for-return", Clue(line)
    if _computes(last):
        return "missing-return", Clue(
            (last.end_lineno or last.lineno) + evidence.first_line - 1
        )
    return None


def endless_loop(evidence: Evidence) -> tuple[str, Clue] | None:
    """The `while` that cannot end, in a function whose call did not."""
    tree = patterns.last_function(evidence.source)
    if tree is None:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.While) and _never_ends(node):
            return "endless-loop", Clue(node.lineno + evidence.first_line - 1)
    return None


def _own_nodes(tree: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside it."""
    stack: list[ast.AST] = list(tree.body)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            continue
        stack.extend(ast.iter_child_nodes(node))


def _printed_in(
    node: ast.Return, evidence: Evidence
) -> tuple[str, Clue] | None:
    """`return print(...)`; anything else that is returned is no omission."""
    if node.value is not None and _is_print_of_a_value(node.value):
        return "print-for-return", Clue(node.lineno + evidence.first_line - 1)
    return None


def _prints_a_value(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr):
        return False
    return _is_print_of_a_value(statement.value)


def _is_print_of_a_value(value: ast.expr) -> bool:
    """Whether it prints something that is computed or named, and no text alone."""
    if not isinstance(value, ast.Call) or called(value) != "print":
        return False
    return any(
        not isinstance(argument, ast.Constant | ast.JoinedStr)
        for argument in value.args
    )


def _computes(statement: ast.stmt) -> bool:
    """Whether a statement does something with values; a text, a number or `...` alone does not."""
    if isinstance(statement, _NOTHING_ELSE):
        return False
    if isinstance(statement, ast.Return | ast.Raise):
        return False
    for node in ast.walk(statement):
        if isinstance(node, ast.BinOp | ast.UnaryOp):
            return True
        if isinstance(node, ast.Call) and called(node) != "print":
            return True
    return False


def _never_ends(loop: ast.While) -> bool:
    """Whether nothing in a loop changes what its condition reads, and nothing leaves it."""
    read = set()
    for node in ast.walk(loop.test):
        if isinstance(node, ast.Attribute | ast.Subscript):
            return False
        # what a call gives may be another thing each time
        if isinstance(node, ast.Call) and called(node) != "len":
            return False
        if isinstance(node, ast.Name):
            read.add(node.id)
    if isinstance(loop.test, ast.Constant) and not loop.test.value:
        return False
    for statement in loop.body:
        for node in ast.walk(statement):
            if isinstance(
                node, ast.Break | ast.Return | ast.Raise | ast.Yield
            ):
                return False
            if _may_change(node, read):
                return False
    return True


def _may_change(node: ast.AST, names: Set[str]) -> bool:
    """Whether a node may change one of these variables: it assigns to it, or calls a method of it."""
    if isinstance(node, ast.Global | ast.Nonlocal):
        return True
    if isinstance(node, ast.Name):
        return node.id in names and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Call) and called(node) not in _LEAVES_ALONE:
        for argument in node.args:
            if isinstance(argument, ast.Name) and argument.id in names:
                return True
    if isinstance(node, ast.Attribute | ast.Subscript):
        owner = node.value
        is_method = isinstance(node, ast.Attribute)
        is_store = not isinstance(node.ctx, ast.Load)
        if isinstance(owner, ast.Name) and owner.id in names:
            return is_method or is_store
    return False
