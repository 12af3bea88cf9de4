"""Why a submission has no definition of a required function, in one sentence for the student."""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Collection, Mapping, Sequence

from grader.reading.lifting import LoopWanted
from grader.reading.needs import Bindings
from grader.reading.statements import File
from grader.reading.trees import is_star_import, nodes

# at most so many of the file's functions, of at most such a length, are compared with a missing one
_MAX_NAMES = 1_000
_MAX_LENGTH = 60
_SIMILARITY = (
    0.75  # difflib's ratio, from which a name is taken for a misspelling
)


def why_missing(
    name: str,
    required: Collection[str],
    wanted: LoopWanted | None,
    bindings: Bindings,
    file: File,
    unclear: Mapping[str, str],
) -> str:
    """Why there is no `name` to grade: the first reason that applies.

    required: the exercise's functions. wanted: the loop that could have taken its place.
    unclear: see `OwnNames`.
    """
    others = sorted(file.declared.defined - set(required))
    return (
        _does_not_compile(name, file)
        or _never_run_or_deleted(name, bindings, file)
        or _defined_inside(name, bindings, file)
        or _no_such_loop(name, wanted, bindings, file)
        or unclear.get(name)
        or _misspelt(name, others)
        or _not_handed_in(name, bindings, file)
        or f"The file never defines `{name}`."
    )


def _does_not_compile(name: str, file: File) -> str | None:
    for broken in reversed(file.broken):
        if broken.defines(name):
            where = file.place(broken.line, broken.cell)
            return f"`{name}` cannot be read: {where} does not compile ({broken.reason})."
    return None


def _never_run_or_deleted(
    name: str, bindings: Bindings, file: File
) -> str | None:
    for i, touch in bindings.above(name, bindings.end):
        statement = bindings.statements[i]
        where = file.place(statement.line, statement.cell)
        if touch == "loop":
            return f"`{name}` is only defined in a loop at the top level ({where}), which is not run."
        if touch == "await":
            return f"`{name}` is only defined by a statement that awaits ({where}), which is not run."
        if touch == "slow":
            return (
                f"`{name}` is only defined by a statement that starts a training ({where}), "
                "which is not run."
            )
        if touch == "deletes":
            return f"`{name}` is deleted in {where}."
    return None


def _defined_inside(name: str, bindings: Bindings, file: File) -> str | None:
    for statement in bindings.statements:
        outer = getattr(statement.tree, "name", None)
        if not outer:
            continue
        for node, _ in nodes(statement.tree):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                where = file.place(node.lineno, statement.cell)
                return f"`{name}` is defined only inside `{outer}` ({where}), not at the top level."
    return None


def _no_such_loop(
    name: str, wanted: LoopWanted | None, bindings: Bindings, file: File
) -> str | None:
    """For a function whose place a loop may take: the file may hold another loop."""
    if wanted is None:
        return None
    for statement in bindings.statements:
        if statement.never_run != "loop":
            continue
        where = file.place(statement.line, statement.cell)
        calls = " or ".join(f"`{function}`" for function in wanted.around)
        return (
            f"The file never defines `{name}`. The loop at the top level ({where}) cannot be judged in its "
            f"place: it does not call {calls}. Call them in it, or define `{name}`."
        )
    return None


def _not_handed_in(name: str, bindings: Bindings, file: File) -> str | None:
    """A star import may bring the name, of a module that is neither a library nor among the files."""
    for statement in bindings.statements:
        tree = statement.tree
        if not isinstance(tree, ast.ImportFrom) or not is_star_import(tree):
            continue
        module = tree.module or "."
        if module.partition(".")[0] not in sys.modules:
            where = file.place(statement.line, statement.cell)
            return (
                f"The file never defines `{name}`. It may come from `{module}` ({where}), which was not "
                "handed in."
            )
    return None


def _misspelt(name: str, defined: Sequence[str]) -> str | None:
    # difflib's time grows with the number and the length of the names, which the student chooses
    short = [other for other in defined if len(other) < _MAX_LENGTH]
    candidates = short[:_MAX_NAMES]
    similar = difflib.get_close_matches(
        name, candidates, n=1, cutoff=_SIMILARITY
    )
    if not similar:
        return None
    return f"The file never defines `{name}`; it defines `{similar[0]}`, which is not graded."
