"""What of a file is never run: long loops at the top level, and what starts a slow function, a training say.

The processes of a DataLoader are never started either.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

from grader.notices import Notice
from grader.reading.call_graph import CallGraph
from grader.reading.effects import Effects, effects_of
from grader.reading.names import names_of
from grader.reading.short_loops import is_short
from grader.reading.statements import File, Reason, Statement
from grader.reading.syntax_errors import UNCOMPILABLE
from grader.reading.trees import COMPOUND, DEFINITIONS, LOOPS, walk

# nodes that hold statements
_WITH_BLOCKS = (*COMPOUND, ast.ExceptHandler, ast.match_case)
_NOTICES: dict[Reason, str] = {
    "loop": "loop-not-run",
    "await": "await-not-run",
    "slow": "training-not-run",
}


def without_never_run(file: File, graph: CallGraph) -> tuple[Statement, ...]:
    """The file's statements: those that never run are marked, and compound ones have such parts taken out.

    The trees of `file`'s compound statements are changed in place.
    """
    statements = []
    for statement in file.statements:
        statements.append(_without_never_run(statement, file, graph))
    return tuple(statements)


def _without_never_run(
    statement: Statement, file: File, graph: CallGraph
) -> Statement:
    if statement.is_compound:
        return _pruned(statement, file, graph)
    if statement.never_run is not None:
        return statement
    if statement.calls_now & graph.slow:
        return replace(statement, never_run="slow")
    if (
        isinstance(statement.tree, LOOPS)
        and statement.calls_now & graph.graded
    ):
        # short or not, a loop that computes with them may be a training
        return replace(statement, never_run="loop")
    return statement


def never_run_notice(statement: Statement) -> Notice:
    """What the report says about a statement that is needed and never runs, or not as a whole."""
    why = statement.never_run or "loop"
    if "slow" in statement.lost.values():
        why = "slow"
    return Notice(_NOTICES[why], line=statement.line, cell=statement.cell)


def loader_notices(statements: Iterable[Statement]) -> Iterator[Notice]:
    """A notice for each statement that asks a DataLoader for processes of its own."""
    for statement in statements:
        for node in walk(statement.tree):
            if isinstance(node, ast.Call) and _asks_for_workers(node):
                yield Notice(
                    "loader-workers", line=node.lineno, cell=statement.cell
                )


def _asks_for_workers(call: ast.Call) -> bool:
    for keyword in call.keywords:
        if keyword.arg == "num_workers":
            value = keyword.value
            return not isinstance(value, ast.Constant) or bool(value.value)
    return False


def _pruned(statement: Statement, file: File, graph: CallGraph) -> Statement:
    """A compound statement without what never runs, and without what does nothing to names."""
    pruner = _Pruner(file, graph)
    try:
        visited = pruner.visit(statement.tree)
        tree = cast(ast.stmt, visited)
        names = names_of(tree, file.flags)
    except UNCOMPILABLE:
        # nested deeper than this can walk
        return replace(statement, never_run="loop")
    now, later = effects_of(tree, file.declared)
    lost: dict[str, Reason] = {}
    for name in statement.binds - names.binds:
        lost[name] = pruner.lost.get(name, "loop")
    pruned = replace(
        statement,
        tree=tree,
        names=names,
        now=now,
        later=later,
        lost=lost,
    )
    # what is left of the slow calls stands in its own test or header
    if pruned.calls_now & graph.slow:
        return replace(pruned, never_run="slow")
    return pruned


class _Pruner(ast.NodeTransformer):
    """Takes out of a compound statement what never runs. lost: the names that slow parts would bind."""

    def __init__(self, file: File, graph: CallGraph) -> None:
        self.file = file
        self.graph = graph
        self.lost: dict[str, Reason] = {}

    def visit(self, node: ast.AST) -> ast.AST:
        """The node, or `pass` in the place of a statement that is taken out."""
        if isinstance(node, LOOPS):
            return self._loop(node)
        if isinstance(node, DEFINITIONS):
            return node
        if isinstance(node, _WITH_BLOCKS):
            return self.generic_visit(node)
        if isinstance(node, ast.stmt):
            return self._simple(node)
        return node

    def _loop(self, node: ast.stmt) -> ast.stmt:
        now, _ = effects_of(node, self.file.declared)
        called = now.calls & (self.graph.graded | self.graph.slow)
        if called or not is_short(node, self.file.sizes):
            return _nothing(node)
        return node

    def _simple(self, node: ast.stmt) -> ast.stmt:
        now, _ = effects_of(node, self.file.declared)
        if now.calls & self.graph.slow:
            names = names_of(node, self.file.flags)
            for name in names.binds:
                self.lost[name] = "slow"
            return _nothing(node)
        if isinstance(node, ast.Expr) and not self._acts(now):
            # such as a print: it may raise, and nothing needs it
            return _nothing(node)
        return node

    def _acts(self, effects: Effects) -> bool:
        """Whether these effects change the value of a name."""
        if effects.changes:
            return True
        return not effects.calls.isdisjoint(self.graph.changes)


def _nothing(node: ast.AST) -> ast.stmt:
    return ast.copy_location(ast.Pass(), node)
