"""The statements of a submission that its graded functions need, and no others.

From the required names, the free names are followed through the file's top-level definitions, assignments
and imports. What a statement reads as it runs needs the binding that reaches that place; what a function
reads when it is called needs the last binding of the file. Loops at the top level, and statements that
start a slow function such as a training, are never run.

Runs in the worker before any of the student's code, and executes nothing.
"""

from __future__ import annotations
import __future__ as future

import ast
import bisect
import builtins
import difflib
import re
import textwrap
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal, cast

from grader.reading.cells import Cell, Text
from grader.reading.names import Deeds, Names, deeds_of, names_of, nodes
from grader.reading.parsing import UNCOMPILABLE, Broken, parse, reason

# modules export their own versions of these, so a star import counts for them
_SHADOWED_BUILTINS = {"abs", "all", "any", "divmod", "max", "min", "pow", "range", "round", "sum"}
_BUILTINS = frozenset(dir(builtins)) - _SHADOWED_BUILTINS
_ALIASES = 10  # steps of `f = g` that are followed
_NOTICES = 60
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPOUND = (ast.If, ast.Try, ast.TryStar, ast.With, ast.AsyncWith, ast.Match)

Kind = Literal["def", "lambda", "class", "import", "assignment"]
Place = tuple[int | None, int]  # cell, line


@dataclass(frozen=True)
class Statement:
    """One statement to execute: `tree` is ready for `compile`, lines count in the file or in `cell`."""

    tree: ast.stmt
    cell: int | None
    line: int
    end_line: int
    binds: frozenset[str]
    source: str
    names: Names = field(repr=False)


@dataclass(frozen=True)
class Definition:
    """A required function as the student wrote it, the last one standing."""

    text: str
    first_line: int
    cell: int | None
    kind: Kind
    tree: ast.stmt


@dataclass(frozen=True)
class Slice:
    """What to run, and what is known of the required functions before anything runs.

    missing: required name -> sentence. unbound: name -> where the only statement that would bind it, and
    that is never run, stands. flags: the file's `from __future__` imports, for `compile`.
    """

    statements: tuple[Statement, ...]
    definitions: dict[str, Definition]
    missing: dict[str, str]
    unbound: dict[str, Place]
    notices: tuple[str, ...]
    flags: int = 0
    top_level: dict[str, Kind] = field(default_factory=dict)  # every name that the file binds, and how last


def slice_functions(text: Text, names: Sequence[str], slow: Collection[str] = ()) -> Slice:
    """The slice of `text` that defines `names`; statements that call one of `slow` are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the student's syntax: invalid escapes, `is` with a literal
        return _Slicer(text, names, slow).slice()


# --- the file, statement by statement


@dataclass
class _Node:
    """A top-level statement as the slicer knows it."""

    tree: ast.stmt
    cell: Cell
    names: Names
    now: Deeds
    later: Deeds
    conditional: bool
    skipped: Literal["", "loop", "slow"] = ""
    dropped: dict[str, str] = field(default_factory=dict)  # names that pruned parts would bind -> why not

    @property
    def line(self) -> int:
        return first_line(self.tree)

    @property
    def place(self) -> Place:
        return self.cell.number, self.line


Touch = Literal["binds", "maybe", "deletes", "loop", "slow"]


class _Slicer:
    """One submission's slicing, step by step; `slice` runs the steps."""

    def __init__(self, text: Text, names: Sequence[str], slow: Collection[str]) -> None:
        self.text = text
        self.names = list(names)
        self.slow = set(slow)
        self.notices: list[str] = list(text.notices)
        self.broken: list[Broken] = []
        self.nodes: list[_Node] = []
        self.flags = 0
        self.lines: dict[int | None, list[str]] = {
            cell.number: cell.source.split("\n") for cell in text.cells
        }

    def slice(self) -> Slice:
        for cell in self.text.cells:
            self._read(cell)
        self._sort_names()
        self._find_slow()
        self._find_effects()
        for node in self.nodes:
            self._prune(node)
        self._index()
        self._follow()
        definitions = self._definitions()
        missing = {name: self._why_missing(name) for name in self.names if name not in definitions}
        self._notice_all()
        return Slice(
            statements=tuple(self._statement(self.nodes[i]) for i in sorted(self.needed)),
            definitions=definitions,
            missing=missing,
            unbound=self.unbound,
            notices=_capped(list(dict.fromkeys(self.notices))),
            flags=self.flags,
            top_level=self._top_level(),
        )

    # reading

    def _read(self, cell: Cell) -> None:
        trees, broken = parse(cell)
        nodes = []
        for tree in trees:
            for part in _unfolded(tree):
                self._note_future(part)
                try:
                    names = names_of(part, self.flags)
                    now, later = deeds_of(part)
                except UNCOMPILABLE as error:
                    line = getattr(error, "lineno", None) or first_line(part)
                    source = "\n".join(self.lines[cell.number][part.lineno - 1 : part.end_lineno])
                    broken.append(Broken(cell.number, first_line(part), line, reason(error), source))
                    continue
                conditional = isinstance(part, _COMPOUND)
                skipped: Literal["", "loop"] = "loop" if isinstance(part, _LOOPS) or names.awaits else ""
                nodes.append(_Node(part, cell, names, now, later, conditional, skipped))
        self.broken += broken
        if broken and cell.number is not None:
            nodes = []  # a cell with a syntax error does not run at all
        self.nodes += nodes

    def _note_future(self, tree: ast.stmt) -> None:
        if isinstance(tree, ast.ImportFrom) and tree.module == "__future__" and not tree.level:
            for alias in tree.names:
                feature = getattr(future, alias.name, None)
                self.flags |= getattr(feature, "compiler_flag", 0)

    def _sort_names(self) -> None:
        """Which names are modules, functions and classes: those are not variables that a call changes."""
        self.imported: set[str] = set()
        self.defined: set[str] = set()
        for node in self.nodes:
            for part, later in nodes(node.tree):
                if later:
                    continue
                if isinstance(part, ast.Import | ast.ImportFrom):
                    self.imported |= {alias.asname or alias.name.partition(".")[0] for alias in part.names}
                elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    self.defined.add(part.name)

    def _find_slow(self) -> None:
        """`slow` with every function that calls one of them, and the statements that do."""
        callers: dict[str, set[str]] = {}
        for node in self.nodes:
            for name in node.names.binds:
                for called in node.later.calls & node.names.later.keys():
                    callers.setdefault(called, set()).add(name)
        self.starts_slow = _closure(self.slow, callers)
        for node in self.nodes:
            if (
                not node.conditional
                and not node.skipped
                and node.now.calls & self.starts_slow & node.names.now.keys()
            ):
                node.skipped = "slow"

    def changes(self, deeds: Deeds) -> set[str]:
        """The variables that `deeds` change in place."""
        handed = {variable for module, variable in deeds.handed if module in self.imported}
        called = (deeds.called | handed) - self.defined
        return (deeds.assigned | called) - self.imported

    def _find_effects(self) -> None:
        """function -> the globals that a call of it binds or changes, its own calls included."""
        self.effects: dict[str, set[str]] = {}
        calls: dict[str, set[str]] = {}
        for node in self.nodes:
            changed = node.names.rebinds | (self.changes(node.later) & node.names.later.keys())
            for name in node.names.binds:
                self.effects.setdefault(name, set()).update(changed)
                calls.setdefault(name, set()).update(node.later.calls & node.names.later.keys())
        changing = True
        while changing:
            changing = False
            for name, callees in calls.items():
                more = (
                    set().union(*(self.effects.get(callee, set()) for callee in callees)) - self.effects[name]
                )
                if more:
                    self.effects[name] |= more
                    changing = True

    def _prune(self, node: _Node) -> None:
        """Take loops, slow calls and bare expressions out of a compound statement."""
        if not node.conditional:
            return
        before = node.names
        try:
            node.tree = cast(ast.stmt, _Pruner(self, node).visit(node.tree))
            node.names = names_of(node.tree, self.flags)
        except UNCOMPILABLE:  # nested deeper than this can walk
            node.skipped = "loop"
            return
        node.now, node.later = deeds_of(node.tree)
        lost = before.binds - node.names.binds
        node.dropped = {name: node.dropped.get(name, "loop") for name in lost}
        if self.starts_slow & node.now.calls & node.names.now.keys():  # in its own test or header
            node.skipped = "slow"

    # following

    def _index(self) -> None:
        """name -> the statements that touch it, in document order."""
        self.touches: dict[str, list[tuple[int, Touch]]] = {}
        self.stars = [i for i, node in enumerate(self.nodes) if _is_star(node.tree)]
        for i, node in enumerate(self.nodes):
            for name, touch in self._touched(node).items():
                self.touches.setdefault(name, []).append((i, touch))

    def _touched(self, node: _Node) -> dict[str, Touch]:
        names = node.names
        touched: dict[str, Touch] = {}
        for called in node.now.calls & names.now.keys():
            touched |= dict.fromkeys(self.effects.get(called, ()), "maybe")
        touched |= dict.fromkeys(self.changes(node.now) & names.now.keys(), "maybe")
        if node.skipped:
            skip: Touch = node.skipped
            return dict.fromkeys(touched.keys() | names.binds, skip)
        for name in names.deletes:
            touched[name] = "maybe" if node.conditional else "deletes"
        # `import a.b` adds to what another import of `a` has bound
        weak = node.conditional or isinstance(node.tree, ast.Import)
        for name in names.binds:
            touched[name] = "maybe" if weak else "binds"
        for name in node.dropped:
            touched.setdefault(name, "loop")
        return touched

    def _follow(self) -> None:
        """From the required names at the end of the file to everything that they need."""
        end = len(self.nodes)
        self.needed = {i for i, node in enumerate(self.nodes) if _is_future(node.tree)}
        self.unbound: dict[str, Place] = {}
        self.reached: dict[str, list[int]] = {}  # required name -> statements that may bind it at the end
        self.skipped_needed: set[int] = set()
        demands = [(name, end) for name in self.names]
        seen = set(demands)
        while demands:
            name, position = demands.pop()
            found = self._resolve(name, position)
            if position == end and name in self.names:
                self.reached[name] = found
            for i in found:
                self.needed.add(i)
                names = self.nodes[i].names
                more = [(read, i) for read in names.now.keys() | names.deletes]
                more += [(read, place) for read in names.later for place in (position, end)]
                fresh = [demand for demand in more if demand not in seen]
                seen.update(fresh)
                demands += fresh

    def _resolve(self, name: str, position: int) -> list[int]:
        """The statements that may give `name` its value just before statement `position`."""
        touches = self.touches.get(name, [])
        found: list[int] = []
        bound = False
        skipped: Place | None = None
        at = bisect.bisect_left(touches, position, key=lambda touch: touch[0])
        for i, touch in reversed(touches[:at]):
            if touch in ("loop", "slow"):
                skipped = skipped or self.nodes[i].place
                self.skipped_needed.add(i)
                if touch == "slow" and name in self.nodes[i].names.binds:
                    break
                continue
            found.append(i)
            bound = bound or name in self.nodes[i].names.binds or touch == "maybe"
            if touch in ("binds", "deletes"):
                break
        if not bound and name not in _BUILTINS:
            found += [i for i in self.stars if i < position]
        if not bound and skipped is not None and position == len(self.nodes):
            self.unbound.setdefault(name, skipped)
        return found

    # telling

    def _statement(self, node: _Node) -> Statement:
        end = node.tree.end_lineno or node.line
        source = "\n".join(self.lines[node.cell.number][node.line - 1 : end])
        binds = frozenset(node.names.binds)
        return Statement(node.tree, node.cell.number, node.line, end, binds, source, node.names)

    def _definitions(self) -> dict[str, Definition]:
        definitions = {}
        for name in self.names:
            binder = self._last_binder(name, self.reached.get(name, []))
            if binder is not None:
                self._notice_executed_last(name, self.nodes[binder])
                definitions[name] = self._definition(*self._aliased(name, binder))
        return definitions

    def _last_binder(self, name: str, reached: Sequence[int]) -> int | None:
        return max((i for i in reached if name in self.nodes[i].names.binds), default=None)

    def _aliased(self, name: str, i: int) -> tuple[str, _Node]:
        """Past `f = g` and `f = decorate(f)`: the name and the statement that hold the student's own code."""
        for _ in range(_ALIASES):
            tree = self.nodes[i].tree
            if not isinstance(tree, ast.Assign) or len(tree.targets) != 1:
                break
            other = tree.value.id if isinstance(tree.value, ast.Name) else name
            if other not in self.nodes[i].names.now:
                break
            earlier = self._last_binder(other, self._resolve(other, i))
            if earlier is None or _kind(_binder(self.nodes[earlier].tree, other)) == "import":
                break
            name, i = other, earlier
        return name, self.nodes[i]

    def _definition(self, name: str, node: _Node) -> Definition:
        tree = _binder(node.tree, name)
        line, end = first_line(tree), tree.end_lineno or tree.lineno
        text = textwrap.dedent("\n".join(self.lines[node.cell.number][line - 1 : end]))
        return Definition(text, line, node.cell.number, _kind(tree), tree)

    def _notice_executed_last(self, name: str, last: _Node) -> None:
        """A notebook may have been run in another order than it is read in."""
        cells = [node.cell for node in self.nodes if name in node.names.binds and not node.skipped]
        counted = [cell for cell in cells if cell.execution_count is not None]
        if not counted:
            return
        latest = max(counted, key=lambda cell: cell.execution_count or 0)
        if latest.number != last.cell.number:
            state = "was never executed" if last.cell.execution_count is None else "was executed before it"
            self.notices.append(
                f"`{name}`: the last definition, in cell {last.cell.number}, is graded; it {state}, "
                f"and the one executed last is in cell {latest.number}."
            )

    def _why_missing(self, name: str) -> str:
        """One sentence on why there is no `name` to grade."""
        if found := self._broken_definition(name):
            return (
                f"`{name}` cannot be read: {where(found.cell, found.line)} does not compile ({found.reason})."
            )
        for i, touch in reversed(self.touches.get(name, [])):
            place = where(*self.nodes[i].place)
            if touch == "loop":
                return f"`{name}` is only defined in a loop at the top level ({place}), which is not run."
            if touch == "slow":
                return f"`{name}` is only defined by what starts a training ({place}), which is not run."
            if touch == "deletes":
                return f"`{name}` is deleted in {place}."
        for node in self.nodes:
            inside = getattr(node.tree, "name", None)
            for part, _ in nodes(node.tree):
                if inside and isinstance(part, ast.FunctionDef) and part.name == name:
                    place = where(node.cell.number, part.lineno)
                    return f"`{name}` is defined only inside `{inside}` ({place}), not at the top level."
        loop = next((node for node in self.nodes if node.skipped == "loop"), None)
        if name in self.slow and loop is not None:
            place = where(*loop.place)
            return f"The file never defines `{name}`: a loop at the top level ({place}) is not a function."
        others = [other for other in sorted(self.defined - set(self.names)) if len(other) < 60]
        similar = difflib.get_close_matches(name, others[:1000], n=1, cutoff=0.75)
        if similar:
            return f"The file never defines `{name}`; it defines `{similar[0]}`, which is not graded."
        return f"The file never defines `{name}`."

    def _broken_definition(self, name: str) -> Broken | None:
        pattern = re.compile(
            rf"^[ \t]*(?:async\s+)?(?:def\s+{re.escape(name)}\b|{re.escape(name)}\s*=[^=])", re.M
        )
        return next((broken for broken in reversed(self.broken) if pattern.search(broken.text)), None)

    def _notice_all(self) -> None:
        for broken in self.broken:
            place = where(broken.cell, broken.line)
            lost = "the cell was left out" if broken.cell is not None else "this part was left out"
            lost = "it was read as it was meant" if broken.recovered else lost
            self.notices.append(f"{_capital(place)} does not compile ({broken.reason}); {lost}.")
        if self.broken and any(broken.cell is None for broken in self.broken):
            self.notices.append(
                "The file does not run as a whole; each function that compiles by itself is graded."
            )
        for i in sorted(self.skipped_needed):
            node = self.nodes[i]
            if node.skipped == "slow" or "slow" in node.dropped.values():
                why = "starts a training"
            else:
                why = "awaits" if node.names.awaits else "runs a loop"
            self.notices.append(
                f"{_capital(where(*node.place))} {why} at the top level, and that was not run."
            )
        executing = {i for i, node in enumerate(self.nodes) if "exec" in node.now.calls}
        for i in sorted(self.needed | executing):
            names = self.nodes[i].names
            for name in ("exec", "eval", "globals"):
                line = names.now.get(name) or names.later.get(name)
                if line and name not in self.touches:
                    place = where(self.nodes[i].cell.number, line)
                    self.notices.append(
                        f"{_capital(place)} uses `{name}`: names inside it cannot be followed."
                    )

    def _top_level(self) -> dict[str, Kind]:
        kinds: dict[str, Kind] = {}
        for node in self.nodes:
            for name in node.names.binds:
                kinds[name] = _kind(_binder(node.tree, name))
        return kinds


class _Pruner(ast.NodeTransformer):
    """Takes out of a compound statement what is never run."""

    def __init__(self, slicer: _Slicer, node: _Node) -> None:
        self.slicer = slicer
        self.node = node

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, _LOOPS):
            return self._nothing(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return node
        if isinstance(node, (*_COMPOUND, ast.ExceptHandler, ast.match_case)):
            return self.generic_visit(node)
        if isinstance(node, ast.stmt):
            return self._simple(node)
        return node

    def _simple(self, node: ast.stmt) -> ast.stmt:
        now, _ = deeds_of(node)
        if now.calls & self.slicer.starts_slow:
            names = names_of(node, self.slicer.flags)
            self.node.dropped |= dict.fromkeys(names.binds, "slow")
            return self._nothing(node)
        if isinstance(node, ast.Expr):
            acts = any(self.slicer.effects.get(name) for name in now.calls)
            if not acts and not self.slicer.changes(now):
                return self._nothing(node)
        return node

    def _nothing(self, node: ast.AST) -> ast.stmt:
        return ast.copy_location(ast.Pass(), node)


def _unfolded(tree: ast.stmt) -> list[ast.stmt]:
    """`if __name__ == "__main__"` and constant tests as the branch that runs."""
    parts = [tree]
    while any(isinstance(part, ast.If) and _truth(part.test) is not None for part in parts):
        unfolded: list[ast.stmt] = []
        for part in parts:
            truth = _truth(part.test) if isinstance(part, ast.If) else None
            if isinstance(part, ast.If) and truth is not None:
                unfolded += part.body if truth else part.orelse
            else:
                unfolded.append(part)
        parts = unfolded
    return parts


def constant_truth(test: ast.expr) -> bool | None:
    """Whether a constant test holds; None for any other."""
    return bool(test.value) if isinstance(test, ast.Constant) else None


def _truth(test: ast.expr) -> bool | None:
    """Whether a test holds where it can be told: a constant, or whether the module is `__main__`."""
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.NotEq):
        sides = [test.left, test.comparators[0]]
        values = {side.id if isinstance(side, ast.Name) else getattr(side, "value", None) for side in sides}
        if values == {"__name__", "__main__"}:
            return isinstance(test.ops[0], ast.NotEq)
    return constant_truth(test)


def _binder(tree: ast.stmt, name: str) -> ast.stmt:
    """The last statement in `tree` that binds `name`: itself, or one within a compound statement."""
    found = tree
    if isinstance(tree, _COMPOUND):
        for part, later in nodes(tree):
            if isinstance(part, ast.stmt) and not later and not isinstance(part, _COMPOUND):
                with_it = {
                    n.id for n, _ in nodes(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
                }
                if name in with_it or getattr(part, "name", None) == name:
                    found = part if found is tree or part.lineno > found.lineno else found
    return found


def _kind(tree: ast.stmt) -> Kind:
    if isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return "def"
    if isinstance(tree, ast.ClassDef):
        return "class"
    if isinstance(tree, ast.Import | ast.ImportFrom):
        return "import"
    if isinstance(tree, ast.Assign | ast.AnnAssign) and isinstance(tree.value, ast.Lambda):
        return "lambda"
    return "assignment"


def _is_star(tree: ast.stmt) -> bool:
    return isinstance(tree, ast.ImportFrom) and any(alias.name == "*" for alias in tree.names)


def _is_future(tree: ast.stmt) -> bool:
    return isinstance(tree, ast.ImportFrom) and tree.module == "__future__"


def _closure(start: Collection[str], edges: dict[str, set[str]]) -> set[str]:
    reached = set(start)
    stack = list(start)
    while stack:
        fresh = edges.get(stack.pop(), set()) - reached
        reached |= fresh
        stack += fresh
    return reached


def first_line(tree: ast.stmt) -> int:
    """The statement's first line, its decorators included."""
    decorators = getattr(tree, "decorator_list", [])
    lines: list[int] = [tree.lineno, *(decorator.lineno for decorator in decorators)]
    return min(lines)


def where(cell: int | None, line: int) -> str:
    """A place in words."""
    return f"line {line}" if cell is None else f"line {line} of cell {cell}"


def _capped(notices: list[str]) -> tuple[str, ...]:
    more = len(notices) - _NOTICES
    return tuple(notices[:_NOTICES] + ([f"{more} more notices were left out."] if more > 0 else []))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
