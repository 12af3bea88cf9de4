"""Where a function of a student's stops: the statement of its own that raised."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from grader.diagnosis.observation import Evidence, Outcome
from grader.exercise import patterns


@dataclass(frozen=True)
class Stop:
    """Where a function stops: the statement of its own that raised.

    callee: the function that the exception may name. within: whether the exception came from a function of
    the student's that this statement calls. nodes: the statement's nodes, of one with a body those of its
    head.
    """

    evidence: Evidence
    tree: ast.FunctionDef
    line: int
    nodes: Sequence[ast.AST]
    within: bool

    def of(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        """The statement's nodes of these kinds."""
        for node in self.nodes:
            if isinstance(node, kinds):
                yield node

    @property
    def calls(self) -> list[ast.Call]:
        """The calls in the statement."""
        return [node for node in self.nodes if isinstance(node, ast.Call)]

    @property
    def own_names(self) -> set[str]:
        """The function's parameters and local variables."""
        names = {*patterns.parameters(self.tree)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
        return names

    def calls_by(self, names: Set[str]) -> bool:
        """Whether the statement calls something by one of these names, a method or a function."""
        return any(called(call) in names for call in self.calls)


def stop_at(
    evidence: Evidence, tree: ast.FunctionDef, outcome: Outcome
) -> Stop | None:
    """The innermost frame in the function's own text; None where there is none."""
    offset = evidence.first_line - 1
    last = (tree.end_lineno or tree.lineno) + offset
    for depth, frame in enumerate(reversed(outcome.frames)):
        if tree.lineno + offset <= frame.line <= last:
            nodes = _nodes_at(tree, frame.line - offset)
            return Stop(evidence, tree, frame.line, nodes, within=depth > 0)
    return None


def _nodes_at(tree: ast.FunctionDef, line: int) -> list[ast.AST]:
    """The nodes of the statements at a line, of one with a body those of its head."""
    nodes: list[ast.AST] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or node is tree:
            continue
        if not node.lineno <= line <= _last_line(node):
            continue
        if not hasattr(node, "body"):
            nodes += ast.walk(node)
            continue
        nodes.append(node)
        for head in ("test", "iter", "target"):
            part = getattr(node, head, None)
            if part is not None:
                nodes += ast.walk(part)
    return nodes


def _last_line(statement: ast.stmt) -> int:
    """The last line of a statement, of one with a body that of its head."""
    body = getattr(statement, "body", None)
    if body:
        return max(statement.lineno, int(body[0].lineno) - 1)
    return statement.end_lineno or statement.lineno


def lines_with(stop: Stop, name: str) -> list[int]:
    """The lines from the stop on that have a name in them."""
    offset = stop.evidence.first_line - 1
    lines = []
    for node in ast.walk(stop.tree):
        if isinstance(node, ast.Name) and node.id == name:
            lines.append(node.lineno + offset)
    return [line for line in lines if line >= stop.line]


def called(call: ast.Call) -> str:
    """The name that is called, without what stands before its last dot."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""
