"""Which of the required functions a function uses: those that it calls, and those that its helpers call.

A training that leaves the gradients to autograd reaches no `dloss`, though the file defines one.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from grader.reading.names import Names, names_of
from grader.reading.slicing import Slice
from grader.reading.statements import Statement

# what can give a function by a name that stands nowhere as one
_INDIRECT = frozenset(
    {"eval", "exec", "globals", "locals", "vars", "__import__"}
)


class Reaching:
    """The uses of names in a slice, followed from statement to statement."""

    def __init__(self, found: Slice, required: Sequence[str]) -> None:
        self._slice = found
        self._required_by_own: dict[str, str] = {}
        for name in required:
            own = found.own_names.get(name, name)
            self._required_by_own[own] = name
        self._binders: dict[str, list[Statement]] = defaultdict(list)
        for statement in self._statements():
            for name in statement.binds:
                self._binders[name].append(statement)

    def _statements(self) -> Iterator[Statement]:
        yield from self._slice.statements
        for lifted in self._slice.lifted.values():
            yield from lifted.statements

    def reached_by(self, name: str) -> list[str] | None:
        """The required functions that a call of this one may lead to, itself left out.

        None where that cannot be told: what is handed in as several files, or looked up by a text.
        """
        if self._slice.modules:
            return None
        seen: set[str] = set()
        waiting = list(self._first_uses(name))
        while waiting:
            read = waiting.pop()
            if read in seen:
                continue
            seen.add(read)
            for binder in self._binders[read]:
                waiting += _read_by(binder.names)
        if seen & _INDIRECT:
            return None
        reached = {
            self._required_by_own[own]
            for own in seen & self._required_by_own.keys()
        }
        return sorted(reached - {name})

    def helpers_of(self, name: str) -> Iterator[tuple[str, Statement]]:
        """The names that a function uses and that one statement binds, with it.

        Required functions are left out, and what only they use.
        """
        seen: set[str] = set()
        waiting = sorted(self._first_uses(name))
        while waiting:
            read = waiting.pop(0)
            binders = self._binders[read]
            if read in seen or read in self._required_by_own:
                continue
            seen.add(read)
            if len(binders) == 1 and len(list(binders[0].binds)) == 1:
                yield read, binders[0]
                waiting += sorted(_read_by(binders[0].names))

    def _first_uses(self, name: str) -> Iterable[str]:
        uses = _read_by(self._names_of(self._slice.definitions[name].tree))
        lifted = self._slice.lifted.get(name)
        if lifted is not None:
            for statement in lifted.statements:
                uses |= _read_by(statement.names)
        return uses

    def _names_of(self, tree: ast.stmt) -> Names:
        for statement in self._slice.statements:
            if statement.tree is tree:
                return statement.names
        return names_of(tree, self._slice.flags)


def _read_by(names: Names) -> set[str]:
    return set(names.now) | set(names.later)
