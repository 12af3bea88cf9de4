"""What a call of each of the file's functions leads to, through all the functions that it calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass

from grader.reading.statements import Statement


@dataclass(frozen=True)
class CallGraph:
    """What calls lead to, the calls within the functions included.

    slow: the exercise's slow functions, and those of the file that call one of them. changes: function ->
    the globals that a call of it binds or changes, where there are any.
    """

    slow: frozenset[str]
    changes: Mapping[str, Set[str]]


def call_graph(statements: Sequence[Statement], slow: Collection[str]) -> CallGraph:
    """The call graph of a file. `slow`: the functions that the exercise calls slow."""
    callers = _callers(statements)
    all_slow = frozenset(_closure(slow, callers))
    # what a function changes, its callers change as well
    changes: dict[str, set[str]] = {}
    for name, changed in _own_changes(statements).items():
        for function in _closure({name}, callers):
            changes.setdefault(function, set()).update(changed)
    return CallGraph(all_slow, changes)


def _callers(statements: Sequence[Statement]) -> dict[str, set[str]]:
    """Function -> the functions of the file that call it."""
    callers: dict[str, set[str]] = {}
    for statement in statements:
        for called in statement.calls_later:
            callers.setdefault(called, set()).update(statement.binds)
    return callers


def _own_changes(statements: Sequence[Statement]) -> dict[str, set[str]]:
    """Function -> the globals that its own body binds or changes, where there are any."""
    changes: dict[str, set[str]] = {}
    for statement in statements:
        changed = statement.names.rebinds | statement.changes_later
        if not changed:
            continue
        for name in statement.binds:
            changes.setdefault(name, set()).update(changed)
    return changes


def _closure(start: Collection[str], edges: Mapping[str, set[str]]) -> set[str]:
    """Everything that can be reached from `start`, which is included."""
    reached = set(start)
    stack = list(start)
    while stack:
        fresh = edges.get(stack.pop(), set()) - reached
        reached |= fresh
        stack += fresh
    return reached
