"""What a call of each of the file's functions leads to, through all the functions that it calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass

from grader.reading.statements import Statement

Statements = Sequence[Statement]
Edges = dict[str, set[str]]  # name -> the names that it leads to


@dataclass(frozen=True)
class CallGraph:
    """What calls lead to, the calls within the functions included.

    slow: the exercise's slow functions, and those of the file that call one of them. graded: the same for all
    functions of the exercise. changes: function -> the globals that a call of it binds or changes, where
    there are any.
    """

    slow: frozenset[str]
    graded: frozenset[str]
    changes: Mapping[str, Set[str]]


def call_graph(
    statements: Statements, slow: Collection[str], graded: Collection[str] = ()
) -> CallGraph:
    """The call graph of a file. `slow`: the functions that the exercise calls slow; `graded`: all of them."""
    callers = _callers(statements)
    all_slow = frozenset(_closure(slow, callers))
    all_graded = frozenset(_closure(graded, callers))
    # what a function changes, its callers change as well
    changes: Edges = defaultdict(set)
    for name, changed in _own_changes(statements).items():
        for function in _closure({name}, callers):
            changes[function].update(changed)
    return CallGraph(all_slow, all_graded, changes)


def _callers(statements: Statements) -> Edges:
    """Function -> the functions of the file that call it."""
    callers: Edges = defaultdict(set)
    for statement in statements:
        for called in statement.calls_later:
            callers[called].update(statement.binds)
    return callers


def _own_changes(statements: Statements) -> Edges:
    """Function -> the globals that its own body binds or changes, where there are any."""
    changes: Edges = defaultdict(set)
    for statement in statements:
        changed = statement.names.rebinds | statement.changes_later
        if not changed:
            continue
        for name in statement.binds:
            changes[name].update(changed)
    return changes


def _closure(start: Collection[str], edges: Edges) -> set[str]:
    """Everything that can be reached from `start`, which is included."""
    reached = set(start)
    stack = list(start)
    while stack:
        name = stack.pop()
        fresh = edges.get(name, set()) - reached
        reached |= fresh
        stack += fresh
    return reached
