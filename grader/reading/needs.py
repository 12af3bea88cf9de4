"""Which statements the required functions need.

What a statement reads as it runs needs the binding that reaches that place. What a function reads when it
is called needs the binding that reaches the call, and the last one of the file.
"""

from __future__ import annotations

import ast
import bisect
import builtins
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from grader.notices import Notice
from grader.reading.call_graph import CallGraph
from grader.reading.names import compiled, operations
from grader.reading.statements import Reason, Statement
from grader.reading.trees import (
    DEFINITIONS,
    LOOPS,
    is_future_import,
    is_star_import,
    lambda_of,
    nodes,
)

# Modules export their own versions of these, so a star import counts for them.
_OFTEN_EXPORTED = {
    "abs",
    "all",
    "any",
    "divmod",
    "max",
    "min",
    "pow",
    "range",
    "round",
    "sum",
}
_BUILTINS = frozenset(dir(builtins)) - _OFTEN_EXPORTED
# Functions that name nothing of these packages work with their values.
_OF_VALUES = frozenset({"torch", "numpy"})
_HIDE_NAMES = ("exec", "eval", "globals")

# What a statement does to the value of a name. A Reason: it would do something, but never runs.
Touch = Literal["binds", "may bind", "deletes"] | Reason
# A statement's number, and what it does.
Touching = tuple[int, Touch]
# A name, and the position where its value is read.
Demand = tuple[str, int]


@dataclass(frozen=True)
class Sources:
    """Where a name may have its value from: the numbers of statements, the last one first.

    never_run: statements that would give it a value as well, but never run.
    """

    statements: tuple[int, ...]
    never_run: tuple[int, ...]


class Bindings:
    """Which statements touch the value of each global name, in document order."""

    def __init__(
        self, statements: Sequence[Statement], graph: CallGraph
    ) -> None:
        self.statements = statements
        self._touches: dict[str, list[Touching]] = {}
        self._star_imports: list[int] = []
        for i, statement in enumerate(statements):
            if is_star_import(statement.tree):
                self._star_imports.append(i)
            touched = _touched(statement, graph)
            for name, touch in touched.items():
                touches = self._touches.setdefault(name, [])
                touches.append((i, touch))

    @property
    def end(self) -> int:
        """The position below the last statement."""
        return len(self.statements)

    def __contains__(self, name: str) -> bool:
        return name in self._touches

    def above(self, name: str, position: int) -> Iterator[Touching]:
        """The statements above `position` that touch the name, from the last to the first."""
        touches = self._touches.get(name, [])
        end = bisect.bisect_left(touches, position, key=lambda touch: touch[0])
        for k in range(end - 1, -1, -1):
            yield touches[k]

    def reaching(self, name: str, position: int) -> Sources:
        """Where `name` may have its value from just above `position`."""
        found: list[int] = []
        never_run: list[int] = []
        bound = False
        for i, touch in self.above(name, position):
            if touch in ("loop", "await", "slow"):
                never_run.append(i)
                binds = self.statements[i].binds
                if touch == "slow" and name in binds:
                    # the result of a training must not be mistaken for what stands above it
                    break
                continue
            found.append(i)
            bound = bound or touch != "deletes"
            if touch != "may bind":
                break
        if not bound and name not in _BUILTINS:
            # any of the star imports above may bring the name
            count = bisect.bisect_left(self._star_imports, position)
            found += self._star_imports[:count]
        return Sources(tuple(found), tuple(never_run))

    def last_binder(self, name: str, position: int) -> int | None:
        """The last statement above `position` that binds the name and is run."""
        binders = []
        for i in self.reaching(name, position).statements:
            statement = self.statements[i]
            if name in statement.binds:
                binders.append(i)
        return max(binders, default=None)


def _touched(statement: Statement, graph: CallGraph) -> Mapping[str, Touch]:
    """Name -> what the statement does to its value."""
    changed = set(statement.changes_now)
    for function in statement.calls_now:
        changed |= graph.changes.get(function, set())
    if statement.never_run is not None:
        return dict.fromkeys(changed | statement.binds, statement.never_run)
    touched: dict[str, Touch] = dict.fromkeys(changed, "may bind")
    # a branch of a compound statement may run or not
    binds: Touch = "binds"
    deletes: Touch = "deletes"
    if statement.is_compound or isinstance(statement.tree, LOOPS):
        binds = deletes = "may bind"
    elif isinstance(statement.tree, ast.Import):
        # `import a.b` adds to what another import of `a` has bound
        binds = "may bind"
    touched |= dict.fromkeys(statement.names.deletes, deletes)
    touched |= dict.fromkeys(statement.binds, binds)
    for name, why in statement.lost.items():
        touched.setdefault(name, why)
    return touched


@dataclass(frozen=True)
class Needs:
    """The numbers of the statements to run, and of those that are needed and never run."""

    statements: Set[int]
    never_run: Set[int]


def needs_of(names: Sequence[str], bindings: Bindings) -> Needs:
    """What `names` need, followed from the end of the file to everything that they read."""
    statements = bindings.statements
    needed: set[int] = set()
    never_run: set[int] = set()
    demands: list[Demand] = []
    for i, statement in enumerate(statements):
        if is_future_import(statement.tree):
            needed.add(i)
        if statement.never_run is None and statement.now.packages & _OF_VALUES:
            needed.add(i)
            demands += _demands(statement, i, i, bindings.end)
    for name in names:
        demands.append((name, bindings.end))
    seen = set(demands)
    while demands:
        name, position = demands.pop()
        sources = bindings.reaching(name, position)
        never_run.update(sources.never_run)
        for i in sources.statements:
            needed.add(i)
            for demand in _demands(statements[i], i, position, bindings.end):
                if demand not in seen:
                    seen.add(demand)
                    demands.append(demand)
    return Needs(needed, never_run)


def statements_for(
    statement: Statement, at: int, bindings: Bindings
) -> Set[int]:
    """The numbers of the statements that one at the position `at` needs, run in their order before it."""
    needed: set[int] = set()
    demands = list(_demands(statement, at, at, at))
    seen = set(demands)
    own = _bound_first(statement.tree)
    while demands:
        name, position = demands.pop()
        sources = bindings.reaching(name, position)
        found = sources.statements
        if not found and not sources.never_run and name not in own:
            # a notebook's cells can be run in any order
            found = bindings.reaching(name, bindings.end).statements
        for i in found:
            if i == at:
                continue
            needed.add(i)
            # read as late as it can be: when the statement at `at` runs
            for demand in _demands(bindings.statements[i], i, at, at):
                if demand not in seen:
                    seen.add(demand)
                    demands.append(demand)
    return needed


def _bound_first(tree: ast.stmt) -> set[str]:
    """The names that a statement binds before it reads them, in the order of its text."""
    bound: set[str] = set()
    read: set[str] = set()
    for opname, name, _ in operations(
        compiled(tree, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    ):
        if opname == "STORE_NAME" and name not in read:
            bound.add(name)
        elif opname == "LOAD_NAME":
            read.add(name)
    return bound


def _demands(
    statement: Statement, at: int, position: int, end: int
) -> Iterator[Demand]:
    """The values that statement number `at` needs for what is read at `position`."""
    names = statement.names
    for name in names.now.keys() | names.deletes:
        yield name, at
    # `b = (lambda v: v + a)(1)` may call its function at once
    calls_its_own = not _only_defines(statement.tree)
    for name in names.later:
        yield name, position
        yield name, end
        if calls_its_own:
            yield name, at


def _only_defines(tree: ast.stmt) -> bool:
    if lambda_of(tree) is not None:
        return True
    if not isinstance(tree, DEFINITIONS):
        return False
    # one in a default value, say, may be called as the definition is made
    return not any(
        isinstance(node, ast.Lambda) and not later
        for node, later in nodes(tree)
    )


def hidden_names(bindings: Bindings, needs: Needs) -> list[Notice]:
    """Notices on the statements that use `exec` and its like, which hide the names that they touch."""
    notices: list[Notice] = []
    for i, statement in enumerate(bindings.statements):
        if i in needs.statements or "exec" in statement.now.calls:
            notices += _hidden_names(statement, bindings)
    return notices


def _hidden_names(
    statement: Statement, bindings: Bindings
) -> Iterator[Notice]:
    names = statement.names
    for function in _HIDE_NAMES:
        if function in bindings:
            # the file's own functions of that name hide nothing
            continue
        line = names.now.get(function) or names.later.get(function)
        if line:
            values = {"function": function}
            yield Notice("hidden-names", values, line, statement.cell)
