"""Names of required functions that a file gives other values further below, when it has made all its calls.

`loss = [entry[0] for entry in history]`, before a plot, takes nothing away from the function `loss`.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace

from grader.reading.needs import Bindings
from grader.reading.statements import Statement

# values of these are no functions
_DATA = (
    ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.ListComp, ast.DictComp,
    ast.SetComp, ast.GeneratorExp, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
)  # fmt: skip
_GIVING_DATA = {
    "abs", "bool", "dict", "float", "int", "len", "list", "max", "min", "range", "round", "set", "sorted",
    "str", "sum", "tuple", "zip",
}  # fmt: skip
_MOST_STEPS = 20  # from a value to what it is made of


def reused(
    names: Collection[str], bindings: Bindings
) -> dict[int, frozenset[str]]:
    """The statements that give a required function's name to data, below the function: their numbers."""
    found: dict[int, set[str]] = defaultdict(set)
    for name in names:
        below = []
        binder = bindings.last_binder(name, bindings.end)
        while binder is not None and _is_data(name, binder, bindings):
            below.append(binder)
            binder = bindings.last_binder(name, binder)
        if binder is None:
            # it is nothing else
            continue
        for number in below:
            found[number].add(name)
    return {number: frozenset(taken) for number, taken in found.items()}


def without(statement: Statement, taken: Collection[str]) -> Statement:
    """The statement as one that does not bind these names."""
    binds = statement.names.binds.difference(taken)
    return replace(statement, names=replace(statement.names, binds=binds))


def _is_data(name: str, number: int, bindings: Bindings) -> bool:
    """Whether a statement surely gives a name to something that is no function."""
    tree = bindings.statements[number].tree
    if isinstance(tree, ast.AugAssign):
        return True
    if not isinstance(tree, ast.Assign | ast.AnnAssign) or tree.value is None:
        return False
    value = _part_for(name, tree)
    if isinstance(value, _DATA) or name in _called(value):
        return True
    if isinstance(value, ast.Lambda):
        return False
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        called = value.func.id
        if called in _GIVING_DATA and called not in bindings:
            return True
    return _needs_what_never_runs(number, bindings)


def _part_for(name: str, tree: ast.Assign | ast.AnnAssign) -> ast.expr:
    """What an assignment gives to a name: of `a, b = 1, f`, its own part."""
    assert tree.value is not None
    targets = tree.targets if isinstance(tree, ast.Assign) else [tree.target]
    for target in targets:
        if not isinstance(target, ast.Tuple | ast.List):
            continue
        if not isinstance(tree.value, ast.Tuple | ast.List):
            continue
        for one, part in zip(target.elts, tree.value.elts, strict=False):
            if isinstance(one, ast.Name) and one.id == name:
                return part
    return tree.value


def _called(value: ast.expr) -> Iterator[str]:
    """The functions that an expression calls by their names, but for those within a lambda."""
    todo: list[ast.AST] = [value]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        todo += ast.iter_child_nodes(node)


def _needs_what_never_runs(number: int, bindings: Bindings) -> bool:
    """Whether the value of a statement depends on one that is never run, such as a training."""
    todo = [number]
    for at in todo:
        for name in bindings.statements[at].names.now:
            sources = bindings.reaching(name, at)
            if sources.never_run:
                return True
            for one in sources.statements:
                if one not in todo and len(todo) < _MOST_STEPS:
                    todo.append(one)
    return False
