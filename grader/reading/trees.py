"""What a piece of a syntax tree shows by itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

Kind = Literal["def", "lambda", "class", "import", "assignment"]
Function = ast.FunctionDef | ast.Lambda

LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPOUND = (
    ast.If,
    ast.Try,
    ast.TryStar,
    ast.With,
    ast.AsyncWith,
    ast.Match,
)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
# behind these, the rest of a block is dead
ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def walk(tree: ast.AST) -> list[ast.AST]:
    """`tree` and every node below it, as `ast.walk` gives them, in half the time."""
    found = [tree]
    for node in found:
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                found += [part for part in value if isinstance(part, ast.AST)]
    return found


def children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(field, child) of each node right below `node`."""
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, ast.AST):
            yield field, value
        elif isinstance(value, list):
            for child in value:
                if isinstance(child, ast.AST):
                    yield field, child


def nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """`tree` and every node below it, and whether it runs only later, when a function is called."""
    stack = [(tree, False)]
    while stack:
        node, later = stack.pop()
        yield node, later
        for field, child in children(node):
            is_body = field == "body" and isinstance(node, _FUNCTIONS)
            stack.append((child, later or is_body))


def first_line(tree: ast.stmt) -> int:
    """The statement's first line, its decorators included."""
    first = tree.lineno
    # a decorator stands above the line of its `def`
    for decorator in getattr(tree, "decorator_list", []):
        first = min(first, decorator.lineno)
    return first


def kind_of(tree: ast.stmt) -> Kind:
    """How a statement that binds a name binds it."""
    if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return "def"
    if isinstance(tree, ast.ClassDef):
        return "class"
    if isinstance(tree, ast.Import | ast.ImportFrom):
        return "import"
    if lambda_of(tree) is not None:
        return "lambda"
    return "assignment"


def function_of(tree: ast.stmt) -> Function | None:
    """The function that a statement defines by `def` or as a lambda; None where it does something else."""
    if isinstance(tree, ast.FunctionDef):
        return tree
    return lambda_of(tree)


def parameters(function: Function) -> list[str]:
    """The names of a function's positional parameters."""
    arguments = (*function.args.posonlyargs, *function.args.args)
    return [argument.arg for argument in arguments]


def lambda_of(tree: ast.stmt) -> ast.Lambda | None:
    """The lambda that a statement assigns to a name; None where it does something else."""
    if not isinstance(tree, ast.Assign | ast.AnnAssign):
        return None
    if not isinstance(tree.value, ast.Lambda):
        return None
    return tree.value


def binder_of(tree: ast.stmt, name: str) -> ast.stmt:
    """The last statement in `tree` that binds `name`: itself, or one within a compound statement."""
    return binders_within(tree).get(name, tree)


def binders_within(tree: ast.stmt) -> dict[str, ast.stmt]:
    """Name -> the last statement within `tree` that binds it; empty where `tree` is not compound."""
    binders: dict[str, ast.stmt] = {}
    if not isinstance(tree, COMPOUND):
        return binders
    for part, later in nodes(tree):
        if later or not isinstance(part, ast.stmt):
            continue
        if isinstance(part, COMPOUND):
            # its own parts come by themselves
            continue
        for name in _bound_names(part):
            # the walk is in no order of lines
            known = binders.setdefault(name, part)
            if part.lineno > known.lineno:
                binders[name] = part
    return binders


def _bound_names(tree: ast.stmt) -> set[str]:
    names = stored_names(tree)
    if isinstance(tree, DEFINITIONS):
        names.add(tree.name)
    return names


def stored_names(tree: ast.AST) -> set[str]:
    """The variables that are assigned anywhere within a piece of a tree."""
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def is_star_import(tree: ast.AST) -> bool:
    """Whether it is `from … import *`."""
    if not isinstance(tree, ast.ImportFrom):
        return False
    # the grammar allows no other name beside the star
    return tree.names[0].name == "*"


def is_future_import(tree: ast.AST) -> bool:
    """Whether it is `from __future__ import …`."""
    return isinstance(tree, ast.ImportFrom) and tree.module == "__future__"


def constant_truth(test: ast.expr) -> bool | None:
    """Whether a constant test holds; None for any other."""
    if not isinstance(test, ast.Constant):
        return None
    return bool(test.value)
