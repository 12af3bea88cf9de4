"""Which loops at the top level are seen to be short from their text alone, such as one that fills a table.

They are run where a graded function needs what they fill. Any other loop may train for an hour.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from grader.reading.trees import DEFINITIONS, LOOPS, stored_names, walk

_MOST_PASSES = 1_000  # of a loop and those within it together
_AS_LONG_AS_ITS_ARGUMENTS = {
    "enumerate",
    "list",
    "reversed",
    "set",
    "sorted",
    "tuple",
    "zip",
}
_VIEWS = {"items", "keys", "values"}
# what a training calls in each pass
_TRAINS = {"backward", "step"}

# variables that only ever hold what is written out -> the most items
Sizes = Mapping[str, int]


def sizes_of(trees: Iterable[ast.stmt]) -> dict[str, int]:
    """The variables of a file that are only assigned lists, dicts and the like that are written out."""
    sizes: dict[str, int] = {}
    others: set[str] = set()
    for tree in trees:
        written = _written_out(tree)
        if written is None:
            others |= stored_names(tree)
            continue
        name, size = written
        sizes[name] = max(size, sizes.get(name, 0))
    for name in others:
        sizes.pop(name, None)
    return sizes


def _written_out(tree: ast.stmt) -> tuple[str, int] | None:
    """The variable that is assigned a value that is written out, and its size; None for another statement."""
    if not isinstance(tree, ast.Assign) or len(tree.targets) != 1:
        return None
    (target,) = tree.targets
    size = _size(tree.value, {})
    if not isinstance(target, ast.Name) or size is None:
        return None
    return target.id, size


def is_short(loop: ast.AST, sizes: Sizes) -> bool:
    """Whether a loop's text shows that it ends soon, and that it neither trains nor defines functions."""
    for node in walk(loop):
        if isinstance(node, DEFINITIONS):
            return False
        if isinstance(node, ast.Attribute) and node.attr in _TRAINS:
            return False
    passes = _passes(loop, sizes)
    return passes is not None and passes <= _MOST_PASSES


def _passes(tree: ast.AST, sizes: Sizes) -> int | None:
    """How often the innermost statements run; None where that is not written out."""
    inner = 1
    for child in ast.iter_child_nodes(tree):
        passes = _passes(child, sizes)
        if passes is None:
            return None
        inner = max(inner, passes)
    if not isinstance(tree, LOOPS):
        return inner
    if not isinstance(tree, ast.For):
        return None
    size = _size(tree.iter, sizes)
    if size is None:
        return None
    return size * inner


def _size(value: ast.expr, sizes: Sizes) -> int | None:
    """How many items it has at most; None where that is not written out."""
    if isinstance(value, ast.Name):
        return sizes.get(value.id)
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        for item in value.elts:
            if isinstance(item, ast.Starred):
                return None
        return len(value.elts)
    if isinstance(value, ast.Dict):
        return len(value.keys)
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return len(value.value)
    if isinstance(value, ast.Call):
        return _size_of_call(value, sizes)
    return None


def _size_of_call(call: ast.Call, sizes: Sizes) -> int | None:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in _VIEWS:
        return _size(function.value, sizes)
    if not isinstance(function, ast.Name):
        return None
    if function.id == "range":
        return _size_of_range(call)
    if function.id not in _AS_LONG_AS_ITS_ARGUMENTS or not call.args:
        return None
    most = 0
    for argument in call.args:
        size = _size(argument, sizes)
        if size is None:
            return None
        most = max(most, size)
    return most


def _size_of_range(call: ast.Call) -> int | None:
    try:
        bounds = [ast.literal_eval(bound) for bound in call.args]
        return len(range(*bounds))
    except (ValueError, TypeError, OverflowError):
        return None
