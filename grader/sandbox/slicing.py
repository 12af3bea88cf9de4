"""The statements of a submission that its graded functions need, and no others.

From the required names, the free names are followed through the file's top-level definitions, assignments
and imports. What a statement reads as it runs needs the binding that reaches that place; what a function
reads when it is called needs the last binding of the file. Loops at the top level, and statements that
start a slow function such as a training, are never run.

Which names a statement reads and binds is asked of the compiler itself (`Names`): its bytecode knows
every scope of the language. The syntax tree says the rest: calls, changes in place, what is conditional.
Runs in the worker before any of the student's code, and executes nothing.
"""

from __future__ import annotations
import __future__ as future

import ast
import bisect
import builtins
import difflib
import dis
import re
import textwrap
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from types import CodeType
from typing import Literal, cast

from grader.sandbox.source import Cell, Text

# modules export their own versions of these, so a star import counts for them
_SHADOWED_BUILTINS = {"abs", "all", "any", "divmod", "max", "min", "pow", "range", "round", "sum"}
_BUILTINS = frozenset(dir(builtins)) - _SHADOWED_BUILTINS
_IPYTHON = {"get_ipython", "display", "In", "Out", "exit", "quit"}
_MODULE_NAMES = {"__name__", "__file__", "__doc__", "__builtins__", "__annotations__"}
AMBIENT = frozenset(dir(builtins)) | _IPYTHON | _MODULE_NAMES

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
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


# --- names, as the compiler sees them


@dataclass
class Names:
    """The global names of a statement or function -> the first line that uses them.

    now: read as it runs. later: read when a function it defines is called. `binds` and `deletes` happen
    as it runs, `rebinds` (a function's `global`) when a function is called.
    """

    now: dict[str, int] = field(default_factory=dict)
    later: dict[str, int] = field(default_factory=dict)
    binds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    awaits: bool = False


def names_of(tree: ast.stmt, flags: int = 0) -> Names:
    """The names of one top-level statement. Raises what `compile` raises: SyntaxError, RecursionError."""
    module = ast.Module(body=[tree], type_ignores=[])
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code: CodeType = compile(module, "<submission>", "exec", flags=flags, dont_inherit=True)
    names = Names(awaits=bool(code.co_flags & 0x80))  # CO_COROUTINE
    _collect(code, names, later=False, module=True)
    return names


def operations(code: CodeType) -> Iterator[tuple[str, str, int]]:
    """(opcode, name, line) of each instruction on a name; one that names two comes out as two."""
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        if step.positions and step.positions.lineno:
            line = step.positions.lineno
        if isinstance(step.argval, str) and step.opname not in ("LOAD_CONST", "LOAD_ATTR", "LOAD_METHOD"):
            yield step.opname, step.argval, line
        elif (
            isinstance(step.argval, tuple) and "FAST" in step.opname
        ):  # 3.13: LOAD_FAST_LOAD_FAST and the like
            parts = re.findall(r"(?:LOAD|STORE)_FAST", step.opname)
            for opname, name in zip(parts, step.argval, strict=False):
                yield opname, name, line


def _collect(code: CodeType, names: Names, *, later: bool, module: bool = False) -> None:
    own: set[str] = set()  # of a class body
    for opname, name, line in operations(code):
        if opname in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
            if name not in own:
                (names.later if later else names.now).setdefault(name, line)
        elif opname == "STORE_NAME" and not module:
            own.add(name)
        elif opname in ("STORE_GLOBAL", "STORE_NAME"):
            (names.rebinds if later else names.binds).add(name)
        elif opname in ("DELETE_GLOBAL", "DELETE_NAME") and (module or opname == "DELETE_GLOBAL"):
            (names.rebinds if later else names.deletes).add(name)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _collect(constant, names, later=later or not _runs_at_once(constant))


def _runs_at_once(code: CodeType) -> bool:
    """Class bodies, comprehensions and scopes of type parameters run where they stand."""
    is_class = not code.co_flags & 0x1  # CO_OPTIMIZED
    return (
        is_class
        or code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")
        or (code.co_name.startswith("<generic parameters"))
    )


# --- calls and changes, as the tree shows them


@dataclass
class Deeds:
    """What a piece of a tree does to names: functions it calls, variables it changes in place.

    `assigned` are changed by `v[...] =` or `v.a =`, `called` by a method: `v.normal_()`, `v.append()`.
    """

    calls: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)


def _nodes(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Every node below `tree`, and whether it runs only later, when a function is called."""
    stack = [(tree, False)]
    while stack:
        node, later = stack.pop()
        yield node, later
        for name, value in ast.iter_fields(node):
            inner = later or (isinstance(node, _FUNCTIONS) and name == "body")
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    stack.append((child, inner))


def _root(node: ast.AST) -> str | None:
    """The variable that `v.a[0].b()` starts from."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _deeds(tree: ast.stmt) -> tuple[Deeds, Deeds]:
    """What the statement does as it runs, and what its functions do when they are called."""
    both = Deeds(), Deeds()
    for node, later in _nodes(tree):
        deeds = both[later]
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            _add(deeds.assigned, _root(node))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            if isinstance(node.value.func, ast.Attribute):
                _add(deeds.called, _root(node.value.func))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:  # @v.register
                function = decorator.func if isinstance(decorator, ast.Call) else decorator
                if isinstance(function, ast.Attribute):
                    _add(deeds.assigned, _root(function))
        if isinstance(node, ast.Call):
            _add_call(deeds, node)
    return both


def _add_call(deeds: Deeds, call: ast.Call) -> None:
    function = call.func
    if isinstance(function, ast.Name):
        deeds.calls.add(function.id)
        if function.id in ("setattr", "delattr") and call.args:
            _add(deeds.assigned, _root(call.args[0]))
    elif (
        isinstance(function, ast.Attribute)
        and function.attr.endswith("_")
        and not function.attr.endswith("__")
    ):
        _add(deeds.called, _root(function))
        for argument in call.args:  # nn.init.normal_(w1)
            _add(deeds.called, _root(argument))
    for keyword in call.keywords:
        if keyword.arg == "out":
            _add(deeds.called, _root(keyword.value))


def _add(names: set[str], name: str | None) -> None:
    if name is not None:
        names.add(name)


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


@dataclass(frozen=True)
class Broken:
    """A piece of the file that does not compile."""

    cell: int | None
    first_line: int
    line: int
    reason: str
    text: str
    recovered: bool = False  # read all the same, as it was meant


def first_line(tree: ast.stmt) -> int:
    """The statement's first line, its decorators included."""
    decorators = getattr(tree, "decorator_list", [])
    lines: list[int] = [tree.lineno, *(decorator.lineno for decorator in decorators)]
    return min(lines)


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
                    now, later = _deeds(part)
                except _UNCOMPILABLE as error:
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
            for part, later in _nodes(node.tree):
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

    def _changes(self, deeds: Deeds, names: dict[str, int]) -> set[str]:
        """The global variables that `deeds` change in place."""
        called = deeds.called - self.defined
        return ((deeds.assigned | called) - self.imported) & names.keys()

    def _find_effects(self) -> None:
        """function -> the globals that a call of it binds or changes, its own calls included."""
        self.effects: dict[str, set[str]] = {}
        calls: dict[str, set[str]] = {}
        for node in self.nodes:
            changed = node.names.rebinds | self._changes(node.later, node.names.later)
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
        except _UNCOMPILABLE:  # nested deeper than this can walk
            node.skipped = "loop"
            return
        node.now, node.later = _deeds(node.tree)
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
        touched |= dict.fromkeys(self._changes(node.now, names.now), "maybe")
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
            for part, _ in _nodes(node.tree):
                if inside and isinstance(part, ast.FunctionDef) and part.name == name:
                    place = where(node.cell.number, part.lineno)
                    return f"`{name}` is defined only inside `{inside}` ({place}), not at the top level."
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
        now, _ = _deeds(node)
        if now.calls & self.slicer.starts_slow:
            names = names_of(node, self.slicer.flags)
            self.node.dropped |= dict.fromkeys(names.binds, "slow")
            return self._nothing(node)
        if isinstance(node, ast.Expr):
            acts = any(self.slicer.effects.get(name) for name in now.calls)
            if not acts and not (now.assigned | now.called - self.slicer.defined) - self.slicer.imported:
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
        for part, later in _nodes(tree):
            if isinstance(part, ast.stmt) and not later and not isinstance(part, _COMPOUND):
                with_it = {
                    n.id for n, _ in _nodes(part) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
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


def where(cell: int | None, line: int) -> str:
    """A place in words."""
    return f"line {line}" if cell is None else f"line {line} of cell {cell}"


def _capped(notices: list[str]) -> tuple[str, ...]:
    more = len(notices) - _NOTICES
    return tuple(notices[:_NOTICES] + ([f"{more} more notices were left out."] if more > 0 else []))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


# --- parsing what can be parsed

_UNCOMPILABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
_CONTINUES = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]|\s|#|$")
_STARTS = re.compile(r"(?:def|class|import|from|async)\b|@")
_GROWTH = 200  # column-0 lines that one string or bracket may span before its start is given up
_TRIES = 2_000  # in all


def parse(cell: Cell) -> tuple[list[ast.stmt], list[Broken]]:
    """The statements of a cell, and what of it does not compile.

    A notebook's cell compiles as a whole or not at all, as in IPython. A .py file that does not compile is
    read piece by piece, where a piece begins at column 0.
    """
    try:
        return ast.parse(cell.source).body, []
    except _UNCOMPILABLE as error:
        if cell.number is not None or not isinstance(error, SyntaxError):
            line = getattr(error, "lineno", None) or 1
            return [], [Broken(cell.number, 1, line, reason(error, cell.source), cell.source)]
    return _parse_pieces(cell)


def _parse_pieces(cell: Cell) -> tuple[list[ast.stmt], list[Broken]]:
    lines = cell.source.split("\n")
    starts = [i for i, line in enumerate(lines) if not _CONTINUES.match(line)]
    starts = [i for n, i in enumerate(starts) if n == 0 or not lines[starts[n - 1]].startswith("@")]
    if not starts or starts[0] > 0:  # what stands indented above the first piece
        starts = [0, *starts]
    ends = [*starts[1:], len(lines)]
    trees: list[ast.stmt] = []
    broken: list[Broken] = []
    n = tries = 0
    while n < len(starts):
        end = n  # the last piece taken: an open string or bracket may span lines at column 0
        body, error = first_body, first_error = _parse_lines(lines, starts[n], ends[n])
        while _is_open(error) and end + 1 < len(starts) and end - n < _GROWTH and tries < _TRIES:
            end += 1
            tries += 1
            if "triple-quoted" not in str(error) and _STARTS.match(lines[starts[end]]):
                break
            body, error = _parse_lines(lines, starts[n], ends[end])
        if error is not None:
            end, body, error = n, first_body, first_error
        if error is not None:
            body, more = _salvage(lines, starts[n], ends[n], error, cell.number)
            broken += more
        trees += body
        n = end + 1
    return trees, broken


def _parse_lines(lines: list[str], start: int, end: int) -> tuple[list[ast.stmt], Exception | None]:
    try:
        tree = ast.parse("\n".join(lines[start:end]))
    except _UNCOMPILABLE as error:
        if isinstance(error, SyntaxError):
            error.lineno = (error.lineno or 1) + start
            error.msg = re.sub(r"(?<=on line )\d+", lambda found: str(int(found[0]) + start), error.msg)
        return [], error
    ast.increment_lineno(tree, start)
    return tree.body, None


def _is_open(error: Exception | None) -> bool:
    return isinstance(error, SyntaxError) and ("never closed" in error.msg or "triple-quoted" in error.msg)


def _salvage(
    lines: list[str], start: int, end: int, error: Exception, cell: int | None
) -> tuple[list[ast.stmt], list[Broken]]:
    """A broken piece: where a wrongly indented `def` follows a sound one, each is read by itself."""
    line = getattr(error, "lineno", None) or start + 1
    text = "\n".join(lines[start:end])
    split = line - 1
    inside = isinstance(error, IndentationError) and start <= split < end
    nothing_above = all(line.strip()[:1] in ("", "#") for line in lines[start:split])
    if inside and (nothing_above or re.match(r"\s+(?:def|class)\b|\s+@", lines[split])):
        above, above_error = _parse_lines(lines, start, split)
        below, below_error = _parse_lines(_dedented(lines, split, end), split, end)
        if above_error is None and below_error is None:
            why = reason(error, "\n".join(lines))
            return above + below, [Broken(cell, start + 1, line, why, "", recovered=True)]
    return [], [Broken(cell, start + 1, line, reason(error, "\n".join(lines)), text)]


def _dedented(lines: list[str], start: int, end: int) -> list[str]:
    return [*lines[:start], *textwrap.dedent("\n".join(lines[start:end])).split("\n"), *lines[end:]]


# --- syntax errors in a student's words

_REASONS: list[tuple[str, str]] = [
    (r"Missing parentheses in call to '(print|exec)'", r"\1 without parentheses is Python 2"),
    (r"multiple exception types must be parenthesized", "`except A, e` is Python 2: write `except A as e`"),
    (r"expected ':'", "a colon is missing"),
    (
        r"expected an indented block after (.+) on line (\d+)",
        r"the block after the \1 on line \2 is not indented",
    ),
    (r"unexpected indent", "the line is indented further than the block it is in"),
    (r"unindent does not match", "the indentation matches no line above"),
    (r"inconsistent use of tabs", "tabs and spaces are mixed in the indentation: use spaces only"),
    (r"'(.)' was never closed", r"the bracket `\1` is never closed"),
    (r"unmatched '(.)'", r"the bracket `\1` was never opened"),
    (r"closing parenthesis '(.)' does not match opening parenthesis '(.)'", r"`\2` is closed by `\1`"),
    (r"Maybe you meant '==' or ':='", "`=` assigns: a comparison is written `==`"),
    (r"unterminated triple-quoted", "a triple-quoted string is never closed"),
    (r"unterminated (f-)?string|EOL while", "a string is not closed on its line"),
    (r"non-printable character (U\+\w+)", r"it holds an invisible character, \1: type the line anew"),
    (r"invalid character '(.)'", r"`\1` is not a character of Python code: type it anew"),
    (r"forgot a comma", "a comma or an operator is missing"),
    (r"leading zeros in decimal", "a number with a leading zero is Python 2"),
    (r"invalid decimal literal", "a number is followed by letters, or a name starts with a digit"),
    (r"'(return|yield)' outside function", r"`\1` stands outside a function"),
    (r"null bytes", "it contains null bytes"),
    (r"too many nested|too many statically nested", "it is nested too deeply"),
]


def reason(error: BaseException, source: str = "") -> str:
    """Why something does not compile, in a student's words."""
    if isinstance(error, RecursionError | MemoryError | OverflowError):
        return "it is nested too deeply"
    message = str(getattr(error, "msg", None) or error)
    for pattern, words in _REASONS:
        if found := re.search(pattern, message):
            return found.expand(words)
    if isinstance(error, SyntaxError) and message == "invalid syntax":
        return _reason_by_line(error, source)
    return f"Python says: {message[:200]}"


def _reason_by_line(error: SyntaxError, source: str) -> str:
    """A plain "invalid syntax", by what the line shows."""
    lines = source.split("\n")
    number = error.lineno or 0
    line = lines[number - 1] if 0 < number <= len(lines) else (error.text or "")
    line = line.strip()
    if re.match(r"(print|exec)\s+[^\s(=]", line):
        return f"{line[:5].strip()} without parentheses is Python 2"
    if re.match(r"raise\s+\w+\s*,", line):
        return "`raise A, message` is Python 2: write `raise A(message)`"
    if "<>" in line:
        return "`<>` is Python 2: write `!=`"
    if line[:1] in ("%", "!"):
        return "`%` and `!` lines belong in a notebook, not in a .py file"
    if re.match(r"(lambda|async|await|yield|class|def|from|import|in|is|not|pass|with)\s*=", line):
        return f"`{line.split('=')[0].strip()}` is a word of the language and cannot be a variable"
    if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
        return "it holds the marks of an unresolved merge"
    return "invalid syntax"
