"""The statements at a submission's top level, and what each of them does to names."""

from __future__ import annotations
import __future__ as future

import ast
from collections.abc import (
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    Set,
)
from dataclasses import dataclass, field
from typing import Literal

from grader.notices import place
from grader.reading.cells import Cell, Text
from grader.reading.effects import Declared, Effects, declared_by, effects_of
from grader.reading.names import Names, names_of
from grader.reading.parsing import Broken, parse
from grader.reading.short_loops import Sizes, is_short, sizes_of
from grader.reading.syntax_errors import UNCOMPILABLE, reason
from grader.reading.trees import (
    COMPOUND,
    DEFINITIONS,
    LOOPS,
    constant_truth,
    first_line,
)

# Why a statement never runs: it loops, it awaits, or it starts a slow function such as a training.
Reason = Literal["loop", "await", "slow"]
Split = Callable[[ast.stmt], Iterable[ast.stmt]]


@dataclass(frozen=True)
class Statement:
    """One statement; `tree` is ready for `compile`. Lines count in the file, or in the notebook's `cell`.

    now: its effects as it runs. later: those of its functions when they are called. never_run: why it never
    runs; None where it runs. lost: names that only parts bind which never run -> why these parts do not.
    """

    tree: ast.stmt
    cell: int | None
    names: Names
    now: Effects
    later: Effects
    never_run: Reason | None = None
    lost: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def line(self) -> int:
        """Its first line, decorators included."""
        return first_line(self.tree)

    @property
    def binds(self) -> Set[str]:
        """The global names that it binds as it runs."""
        return self.names.binds

    @property
    def is_compound(self) -> bool:
        """Whether it holds other statements, which run or do not, as an `if` does."""
        return isinstance(self.tree, COMPOUND)

    @property
    def is_definition(self) -> bool:
        """Whether it defines a function or a class."""
        return isinstance(self.tree, DEFINITIONS)

    @property
    def declares(self) -> bool:
        """Whether it is a definition or an import, which no text of a loop contains."""
        return isinstance(
            self.tree, (*DEFINITIONS, ast.Import, ast.ImportFrom)
        )

    @property
    def calls_now(self) -> set[str]:
        """The global functions that it calls as it runs."""
        return self.now.calls & self.names.now.keys()

    @property
    def calls_later(self) -> set[str]:
        """The global functions that its own functions call."""
        return self.later.calls & self.names.later.keys()

    @property
    def changes_now(self) -> set[str]:
        """The global variables that it changes in place as it runs."""
        return self.now.changes & self.names.now.keys()

    @property
    def changes_later(self) -> set[str]:
        """The global variables that its own functions change in place."""
        return self.later.changes & self.names.later.keys()


@dataclass(frozen=True)
class File:
    """A submission, statement by statement.

    broken: what does not compile. flags: the `from __future__` imports, for `compile`. declared: the names
    that are modules, functions and classes. sizes: the variables that only hold lists and the like that are
    written out, and how long these are. lines: a cell's number -> its lines. execution_counts: a cell's
    number -> when a notebook ran it, None where it did not or where there is no notebook. labels: a cell's
    number -> what it is called.
    """

    statements: tuple[Statement, ...]
    broken: tuple[Broken, ...]
    flags: int
    declared: Declared
    sizes: Sizes
    lines: Mapping[int | None, Sequence[str]]
    execution_counts: Mapping[int | None, int | None]
    labels: Mapping[int | None, str]

    def place(self, line: int, cell: int | None) -> str:
        """A place of the file in words."""
        return place(line, cell, self.labels[cell])


def read_statements(
    text: Text, split: Split | None = None, *, as_main: bool = False
) -> File:
    """Every statement of a submission that compiles, in document order.

    split: what each statement is read as, such as an import as one import for each name. as_main: as a script
    runs, with what stands under `if __name__ == "__main__":`.
    """
    reader = _Reader(split or _as_it_is, as_main)
    execution_counts = {}
    labels = {}
    for cell in text.cells:
        reader.read(cell)
        execution_counts[cell.number] = cell.execution_count
        labels[cell.number] = cell.label
    trees = [compiled.tree for compiled in reader.compiled]
    declared = declared_by(trees)
    sizes = sizes_of(trees)
    statements = []
    for compiled in reader.compiled:
        statements.append(_statement(compiled, declared, sizes))
    return File(
        statements=tuple(statements),
        broken=tuple(reader.broken),
        flags=reader.flags,
        declared=declared,
        sizes=sizes,
        lines=reader.lines,
        execution_counts=execution_counts,
        labels=labels,
    )


def _statement(
    compiled: _Compiled, declared: Declared, sizes: Sizes
) -> Statement:
    tree, names = compiled.tree, compiled.names
    now, later = effects_of(tree, declared)
    never_run: Reason | None = None
    if isinstance(tree, LOOPS) and not is_short(tree, sizes):
        never_run = "loop"
    elif names.awaits:
        never_run = "await"
    return Statement(tree, compiled.cell, names, now, later, never_run)


@dataclass(frozen=True)
class _Compiled:
    tree: ast.stmt
    cell: int | None
    names: Names


class _Reader:
    """Reads cell after cell: a `from __future__` import counts for all that stands below it."""

    def __init__(self, split: Split, as_main: bool) -> None:
        self.split = split
        self.as_main = as_main
        self.compiled: list[_Compiled] = []
        self.broken: list[Broken] = []
        # annotations are not evaluated: a library that only they name need not be there
        self.flags = future.annotations.compiler_flag
        self.lines: dict[int | None, Sequence[str]] = {}

    def read(self, cell: Cell) -> None:
        """Add the statements of the next cell that compile, and what does not."""
        lines = cell.source.split("\n")
        self.lines[cell.number] = lines
        trees, broken = parse(cell)
        compiled = []
        for part in self._parts(trees):
            self.flags |= _future_flags(part)
            try:
                names = names_of(part, self.flags)
            except UNCOMPILABLE as error:
                broken.append(_broken(part, cell, lines, error))
            else:
                compiled.append(_Compiled(part, cell.number, names))
        self.broken += broken
        if broken and cell.number is not None:
            # a notebook's cell with a syntax error does not run at all
            return
        self.compiled += compiled

    def _parts(self, trees: list[ast.stmt]) -> Iterator[ast.stmt]:
        for tree in trees:
            for part in _unfolded(tree, self.as_main):
                yield from self.split(part)


def _as_it_is(tree: ast.stmt) -> Iterable[ast.stmt]:
    return [tree]


def _broken(
    tree: ast.stmt,
    cell: Cell,
    lines: Sequence[str],
    error: Exception,
) -> Broken:
    """A statement that parses but does not compile, such as a `return` outside a function."""
    line = getattr(error, "lineno", None) or first_line(tree)
    written = lines[tree.lineno - 1 : tree.end_lineno]
    source = "\n".join(written)
    return Broken(cell.number, line, reason(error), source)


def _future_flags(tree: ast.stmt) -> int:
    """The compiler's flags that a `from __future__` import sets; 0 for any other statement."""
    if not isinstance(tree, ast.ImportFrom) or tree.level:
        return 0
    if tree.module != "__future__":
        return 0
    flags = 0
    for alias in tree.names:
        feature = getattr(future, alias.name, None)
        flags |= getattr(feature, "compiler_flag", 0)
    return flags


def _unfolded(tree: ast.stmt, as_main: bool) -> Iterator[ast.stmt]:
    """The statement, or where it is an `if` that can be decided, the statements of the branch that runs."""
    stack = [tree]
    while stack:
        part = stack.pop()
        branch = _branch_that_runs(part, as_main)
        if branch is None:
            yield part
        else:
            stack += reversed(branch)


def _branch_that_runs(tree: ast.stmt, as_main: bool) -> list[ast.stmt] | None:
    """Of an `if` that can be decided, the statements that run; None for any other statement."""
    if not isinstance(tree, ast.If):
        return None
    truth = _truth(tree.test, as_main)
    if truth is None:
        return None
    return tree.body if truth else tree.orelse


def _truth(test: ast.expr, as_main: bool) -> bool | None:
    """Whether a test holds, where that is known: a constant, or whether the module is `__main__`."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return constant_truth(test)
    left = _name_or_value(test.left)
    right = _name_or_value(test.comparators[0])
    if {left, right} != {"__name__", "__main__"}:
        return None
    # a submission is imported: what stands under `if __name__ == "__main__"` does not run
    if isinstance(test.ops[0], ast.Eq):
        return as_main
    if isinstance(test.ops[0], ast.NotEq):
        return not as_main
    return None


def _name_or_value(side: ast.expr) -> object:
    if isinstance(side, ast.Name):
        return side.id
    if isinstance(side, ast.Constant):
        return side.value
    return None
