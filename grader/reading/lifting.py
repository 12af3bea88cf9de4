"""A loop that is judged in the place of a function: lifted from wherever the submission has it.

Many hand-outs ask for a training, not for a function `train`, so it stands at the top level, under the main
guard, in `main()` or in a function of another name. Found here are the loop, and the statements that it
needs. `sandbox/inside/lifted.py` runs them.
"""

from __future__ import annotations

import ast
import difflib
import functools
import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.reading.call_graph import call_graph
from grader.reading.definitions import Definition, Place
from grader.reading.effects import Effects, effects_of
from grader.reading.names import names_of
from grader.reading.needs import Bindings, statements_for
from grader.reading.statements import File, Statement
from grader.reading.stubs import is_stub
from grader.reading.trees import DEFINITIONS, LOOPS, first_line, nodes

_INDENT = "    "
_SIMILARITY = 0.75  # difflib's ratio, from which a parameter is taken for another

Statements = Sequence[Statement]
Held = Mapping[str, set[str]]  # variable -> the variables that it holds


@dataclass(frozen=True)
class LoopWanted:
    """Which loop may take a function's place.

    around: the functions of which one is called in the loop, in order of preference. state: the variables
    that a loop changes which calls none of them. parameters: those of the function whose place it takes.
    """

    around: Sequence[str]
    state: Sequence[str]
    parameters: Sequence[str]


@dataclass(frozen=True)
class Lifted:
    """What to run in a function's place.

    statements: in this order. number: which of them holds the loop, or calls the function that does. loop:
    the loop itself, a node of one of the trees. line and cell: where it stands. definition: the same as the
    text of a function, for whoever reads it. is_single_pass: whether each turn is one of the samples.
    """

    statements: tuple[Statement, ...]
    number: int
    loop: ast.stmt
    line: int
    cell: int | None
    definition: Definition
    is_single_pass: bool

    def binds(self) -> set[str]:
        """The variables that the statements bind as they run."""
        bound: set[str] = set()
        for statement in self.statements:
            bound |= statement.binds
        return bound

    def number_of_line(self) -> int:
        """The line where the loop begins, as the definition's text counts."""
        for number, place in self.definition.places.items():
            if place[:2] == (self.line, self.cell):
                return number
        return self.line


def is_usable(definition: Definition | None, nb_arguments: int) -> bool:
    """Whether a definition can be called with that many arguments, and does something."""
    if definition is None:
        return False
    if is_stub(definition.tree):
        return False
    if not isinstance(definition.tree, ast.FunctionDef):
        return True
    arguments = definition.tree.args
    taken = len(arguments.posonlyargs) + len(arguments.args)
    if taken - len(arguments.defaults) > nb_arguments:
        return False
    return taken >= nb_arguments or arguments.vararg is not None


def lift(
    wanted: LoopWanted, name: str, file: File, loaded: Collection[Statement]
) -> Lifted | None:
    """The last loop of a file that calls one of the wanted functions; None where there is none.

    file: with what stands under the main guard. loaded: the statements that have been run before.
    """
    state = frozenset(wanted.state)
    first, *others = wanted.around
    finders = [_Finder(file, first)]
    for around in others:
        # one that only calls a later choice may just measure: it needs a loop in it, or to change the state
        finders.append(_Finder(file, around, state, nested_only=True))
    finders.append(_Finder(file, None, state))
    for finder in finders:
        start = finder.start() or finder.call_of_uncalled(wanted.parameters)
        if start is not None:
            return _lifted(start, name, wanted, file, finder, loaded)
    return None


def _from_the_last(statements: Statements) -> Iterator[tuple[int, Statement]]:
    """The statements with their numbers, the last one first."""
    return reversed(list(enumerate(statements)))


@dataclass(frozen=True)
class _Start:
    """The statement that starts the training: its number, and the statement that holds the loop."""

    number: int
    statement: Statement
    holder: Statement
    loop: ast.stmt


@dataclass
class _Finder:
    """Finds the loops that lead to a call of `around`, and the statements that start them.

    Without `around`, those that give all the variables `state` other values. nested_only: a loop without
    another in it only counts where it does.
    """

    file: File
    around: str | None
    state: frozenset[str] = frozenset()
    nested_only: bool = False
    reaching: frozenset[str] = field(init=False)
    looping: frozenset[str] = field(init=False)
    methods: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        statements = self.file.statements
        self.reaching = frozenset()
        if self.around is not None:
            self.reaching = call_graph(statements, {self.around}).slow
        self.methods = self._methods()
        holders: set[str] = set()
        for statement in statements:
            if _is_definition(statement) and self.loops_in(statement.tree):
                holders |= statement.binds
        self.looping = frozenset()
        if holders:
            self.looping = call_graph(statements, holders).slow

    def start(self) -> _Start | None:
        """The last statement of the file that starts a training."""
        instances = self._looping_instances
        for number, statement in _from_the_last(self.file.statements):
            if _is_definition(statement):
                continue
            loops = self.loops_in(statement.tree)
            if loops:
                holder, loop = self._within_settings(statement, loops[-1])
                return _Start(number, statement, holder, loop)
            called = self._calls(statement)
            called |= _classes_used(statement.tree, instances)
            found = self._holder(called)
            if found is not None:
                return _Start(number, statement, *found)
        return None

    def call_of_uncalled(self, parameters: Sequence[str]) -> _Start | None:
        """A call of the last function that trains and that nothing in the file calls."""
        statements = self.file.statements
        for statement in reversed(statements):
            tree = statement.tree
            if not isinstance(tree, ast.FunctionDef) or tree.name not in self.looping:
                continue
            holder = self._holder({tree.name})
            call = _call_with(tree, parameters)
            if holder is None or call is None:
                continue
            caller = replace(
                statement,
                tree=call,
                names=names_of(call, self.file.flags),
                now=Effects({tree.name}),
                later=Effects(),
            )
            return _Start(len(statements), caller, *holder)
        return None

    def loops_in(self, tree: ast.stmt) -> list[ast.stmt]:
        """The outermost loops within a statement that lead to the call, in their order."""
        inner = self._inner_functions(tree)
        found: list[ast.stmt] = []
        called: set[str] = set()
        stack: list[ast.AST] = [tree]
        while stack:
            node = stack.pop()
            if isinstance(node, LOOPS) and self._leads_there(node, inner):
                found.append(node)
                called |= _names_called(node) | _attributes_called(node)
            else:
                stack += ast.iter_child_nodes(node)
        # a loop in an inner function or method that another loop calls is not the outermost
        hidden: set[int] = set()
        for name in called & inner.keys():
            hidden.update(map(id, ast.walk(inner[name])))
        outermost = [loop for loop in found if id(loop) not in hidden]
        outermost.sort(key=lambda loop: loop.lineno)
        return outermost

    def _inner_functions(self, tree: ast.stmt) -> dict[str, ast.FunctionDef]:
        """The functions within a definition that lead to the call, by name."""
        inner: dict[str, ast.FunctionDef] = {}
        for node in ast.walk(tree):
            if node is tree or not isinstance(node, ast.FunctionDef):
                continue
            calls = _names_called(node) & (self.reaching | inner.keys())
            if calls or node.name in self.methods:
                inner[node.name] = node
        return inner

    def _methods(self) -> frozenset[str]:
        """The methods of the file's classes that lead to the call, by themselves or through others."""
        todo: list[ast.FunctionDef] = []
        for statement in self.file.statements:
            if isinstance(statement.tree, ast.ClassDef):
                body = statement.tree.body
                todo += [part for part in body if isinstance(part, ast.FunctionDef)]
        methods: set[str] = set()
        nb_before = -1
        while len(methods) != nb_before:
            nb_before = len(methods)
            for method in todo:
                calls = _names_called(method) & self.reaching
                if calls or _attributes_called(method) & methods:
                    methods.add(method.name)
        return frozenset(methods)

    def _leads_there(self, loop: ast.stmt, inner: Collection[str]) -> bool:
        if self.around is None:
            return self._changes_state(loop)
        calls = _names_called(loop)
        calls |= _classes_used(loop, self._reaching_instances)
        by_method = _attributes_called(loop) & self.methods
        if not by_method and not calls & (self.reaching | set(inner)):
            return False
        if not self.nested_only or _is_nested(loop):
            return True
        return self._changes_state(loop)

    def _changes_state(self, loop: ast.stmt) -> bool:
        """Whether it gives all of the variables other values, or changes them in place."""
        now, _ = effects_of(loop, self.file.declared)
        changed = set(now.changes)
        for node in ast.walk(loop):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                changed.add(node.id)
        return self.state <= changed

    def _holder(self, called: Collection[str]) -> tuple[Statement, ast.stmt] | None:
        """The first definition with such a loop that calls of these functions lead to, and the loop."""
        queue = sorted(set(called) & self.looping)
        seen = set(queue)
        while queue:
            name = queue.pop(0)
            for statement in reversed(self.file.statements):
                if name not in statement.binds or not _is_definition(statement):
                    continue
                loops = self.loops_in(statement.tree)
                loops = loops or self._loops_calling_loops(statement.tree)
                if loops:
                    return statement, loops[-1]
                further = (statement.calls_later & self.looping) - seen
                seen |= further
                queue += sorted(further)
                break
        return None

    def _within_settings(
        self, statement: Statement, loop: ast.stmt
    ) -> tuple[Statement, ast.stmt]:
        """The loop that trains in each turn of one over a list of settings, and its holder; else the loop."""
        if not isinstance(loop, ast.For) or not self._is_listed(loop.iter):
            return statement, loop
        for part in loop.body:
            for inner in self.loops_in(part):
                if self._is_nested(inner):
                    return statement, inner
        holder = self._holder(_names_called(loop))
        if holder is not None and self._is_nested(holder[1]):
            return holder
        return statement, loop

    def _is_listed(self, items: ast.expr) -> bool:
        """Whether a loop's items are written out in the file, directly or under a name."""
        if isinstance(items, ast.List | ast.Tuple):
            return True
        if isinstance(items, ast.Call):
            return bool(items.args) and all(map(self._is_listed, items.args))
        if not isinstance(items, ast.Name):
            return False
        for statement in reversed(self.file.statements):
            if items.id in statement.binds:
                value = getattr(statement.tree, "value", None)
                return isinstance(value, ast.List | ast.Tuple)
        return False

    def _is_nested(self, loop: ast.stmt) -> bool:
        """Whether there is another loop in it, or in what it calls."""
        loops = [node for node in ast.walk(loop) if isinstance(node, LOOPS)]
        return len(loops) > 1 or bool(_names_called(loop) & self.looping)

    def _loops_calling_loops(self, tree: ast.stmt) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for node in ast.walk(tree):
            if isinstance(node, LOOPS) and _names_called(node) & self.looping:
                found.append(node)
        return found

    def trains(self, statement: Statement) -> bool:
        """Whether a statement that is no definition trains as it runs."""
        if self.loops_in(statement.tree) or self._calls(statement):
            return True
        return bool(_classes_used(statement.tree, self._looping_instances))

    def _calls(self, statement: Statement) -> set[str]:
        """The functions that train and that a statement calls; to make an instance trains nothing."""
        called = statement.calls_now & self.looping
        called |= _names_passed(statement.tree) & self.looping
        if isinstance(statement.tree, ast.Assign):
            called -= self._makers
        return called

    @functools.cached_property
    def _makers(self) -> set[str]:
        """What makes something to call later: the classes, and the functions that return one of their own."""
        makers: set[str] = set()
        for statement in self.file.statements:
            tree = statement.tree
            is_maker = isinstance(tree, ast.ClassDef)
            if isinstance(tree, ast.FunctionDef):
                is_maker = _returns_a_function(tree)
            if is_maker:
                makers |= statement.binds
        return makers

    @functools.cached_property
    def _looping_instances(self) -> dict[str, str]:
        return self._instances(self.looping)

    @functools.cached_property
    def _reaching_instances(self) -> dict[str, str]:
        return self._instances(self.reaching)

    def _instances(self, among: Collection[str]) -> dict[str, str]:
        """The variables that hold what one of these classes or functions has made -> its name."""
        instances: dict[str, str] = {}
        makers = self._makers & set(among)
        if not makers:
            return instances
        for statement in self.file.statements:
            for node in ast.walk(statement.tree):
                if not isinstance(node, ast.Assign):
                    continue
                for name in _names_called(node.value) & makers:
                    instances.update(dict.fromkeys(_variables(node.targets), name))
        return instances


def _returns_a_function(tree: ast.FunctionDef) -> bool:
    """Whether it returns a function that it defines."""
    inner: set[str] = set()
    returned: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            inner.add(node.name)
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
            returned.add(node.value.id)
    return not inner.isdisjoint(returned)


# -- what the loop needs ------------------------------------------------------------------------------


def _lifted(
    start: _Start,
    name: str,
    wanted: LoopWanted,
    file: File,
    finder: _Finder,
    loaded: Collection[Statement],
) -> Lifted:
    statements = _runnable(start, file, finder)
    graph = call_graph(statements, ())
    bindings = Bindings(statements, graph)
    after = _updates_after(start, statements)
    there = _declared_by(loaded)
    needed = set(statements_for(start.statement, start.number, bindings))
    for following in after:
        needed.update(statements_for(following, start.number, bindings))
    run: list[Statement] = []
    for number in sorted(needed):
        statement = statements[number]
        if statement in after:
            continue
        if statement.tree is start.holder.tree or not declares(statement):
            run.append(statement)
        elif not statement.binds <= there:
            # a definition or an import that has not been run yet
            run.append(statement)
    run.append(start.statement)
    return Lifted(
        statements=(*run, *after),
        number=len(run) - 1,
        loop=start.loop,
        line=start.loop.lineno,
        cell=start.holder.cell,
        definition=_definition(start, name, wanted, [*run, *after], file),
        is_single_pass=_is_single_pass(start.loop),
    )


def _updates_after(start: _Start, statements: Statements) -> list[Statement]:
    """After a single pass over the samples: the statements that change what it worked with."""
    if not _is_single_pass(start.loop):
        return []
    worked_with = start.statement.names.now.keys()
    after = []
    for statement in statements[start.number + 1 :]:
        if statement.never_run is not None or declares(statement):
            continue
        if (statement.binds | statement.changes_now) & worked_with:
            after.append(statement)
    return after


def _is_single_pass(loop: ast.stmt) -> bool:
    """Whether it goes through the data itself, and no loop in it does."""
    if _is_nested(loop) or not isinstance(loop, ast.For):
        return False
    over = loop.iter
    if not isinstance(over, ast.Call) or not isinstance(over.func, ast.Name):
        # the data themselves
        return isinstance(over, ast.Name)
    # a plain number of turns may be a number of steps
    plain = (ast.Constant, ast.Name)
    counts = all(isinstance(argument, plain) for argument in over.args)
    return over.func.id != "range" or not counts


def _is_nested(loop: ast.AST) -> bool:
    """Whether a loop has another one in it."""
    loops = 0
    for node in ast.walk(loop):
        if isinstance(node, LOOPS):
            loops += 1
    return loops > 1


def _runnable(start: _Start, file: File, finder: _Finder) -> list[Statement]:
    """The file's statements, of which only the other trainings never run."""
    statements = []
    held = _held(file.statements)
    changing = _changing(file.statements)
    for number, statement in enumerate(file.statements):
        never_run = statement.never_run
        if never_run == "loop":
            never_run = None
        if never_run is None and not _is_definition(statement):
            statement = _changing_what_it_reads(statement, held, changing)
        is_other = number != start.number and not _is_definition(statement)
        if is_other and finder.trains(statement):
            never_run = "slow"
        statements.append(replace(statement, never_run=never_run))
    return statements


def _held(statements: Iterable[Statement]) -> dict[str, set[str]]:
    """Variable -> the variables that it holds: `parameters = [w1, b1, w2, b2]`."""
    held: dict[str, set[str]] = {}
    for statement in statements:
        tree = statement.tree
        if not isinstance(tree, ast.Assign):
            continue
        if isinstance(tree.value, ast.List | ast.Tuple | ast.Dict):
            read = set(statement.names.now)
            for name in statement.binds:
                held.setdefault(name, set()).update(read)
    return held


def _changing(statements: Statements) -> frozenset[str]:
    """The functions of the file that change something in place, by themselves or through others."""
    changing: set[str] = set()
    for statement in statements:
        if _is_definition(statement) and statement.later.changes:
            changing |= statement.binds
    return call_graph(statements, changing).slow


def _changing_what_it_reads(
    statement: Statement, held: Held, changing: Collection[str]
) -> Statement:
    """The statement; if it changes anything, it is taken to change all that it reads, under any name.

    `for p in parameters: p.normal_(0, 1)` changes `w1`, and so do `init(w1)` and
    `[p.normal_(0, 1) for p in parameters]`.
    """
    if not statement.now.changes and not _is_run_for_effect(statement, changing):
        return statement
    read = dict(statement.names.now)
    for name, line in statement.names.now.items():
        for part in held.get(name, ()):
            read.setdefault(part, line)
    names = replace(statement.names, now=read)
    changes = statement.now.changes | read.keys()
    now = Effects(statement.now.calls, changes)
    return replace(statement, names=names, now=now)


def _is_run_for_effect(statement: Statement, changing: Collection[str]) -> bool:
    """Whether it calls a function that changes something, or loops in brackets, and drops the value."""
    tree = statement.tree
    if not isinstance(tree, ast.Expr):
        return False
    if isinstance(tree.value, ast.ListComp):
        return True
    return not statement.calls_now.isdisjoint(changing)


def _declared_by(loaded: Iterable[Statement]) -> set[str]:
    """The functions, classes and modules that are there already, which no earlier definition must replace."""
    there: set[str] = set()
    for statement in loaded:
        if declares(statement):
            there |= statement.binds
    return there


def _is_definition(statement: Statement) -> bool:
    return isinstance(statement.tree, DEFINITIONS)


def declares(statement: Statement) -> bool:
    """Whether it is a definition or an import, of which a loop's text contains none."""
    return isinstance(statement.tree, (*DEFINITIONS, ast.Import, ast.ImportFrom))


def _names_called(tree: ast.AST) -> set[str]:
    called: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
    return called


def _variables(targets: Iterable[ast.expr]) -> set[str]:
    """The variables that are assigned to."""
    variables: set[str] = set()
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                variables.add(node.id)
    return variables


def _names_passed(tree: ast.AST) -> set[str]:
    """What is given to `map` and the like, which call it: the variables that stand as arguments."""
    passed: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            passed |= {part.id for part in node.args if isinstance(part, ast.Name)}
    return passed


def _attributes_called(tree: ast.AST) -> set[str]:
    """The names of the methods that are called."""
    called: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called.add(node.func.attr)
    return called


def _classes_used(tree: ast.AST, instances: Mapping[str, str]) -> set[str]:
    """The classes of which an instance in a variable is called, or a method of it."""
    found: set[str] = set()
    for node, later in nodes(tree):
        if later or not isinstance(node, ast.Call):
            continue
        owner: ast.AST = node.func
        if isinstance(owner, ast.Attribute):
            owner = owner.value
        if isinstance(owner, ast.Name) and owner.id in instances:
            found.add(instances[owner.id])
    return found


# -- a function that nothing calls ----------------------------------------------------------------------


def given(parameter: str) -> str:
    """The variable that holds what the function in whose place the loop runs was called with."""
    return f"_given_{parameter}"


def _call_with(tree: ast.FunctionDef, parameters: Sequence[str]) -> ast.Expr | None:
    """A call of the function with what the function in whose place it runs is given.

    None where its parameters do not tell what they take.
    """
    taken = [argument.arg for argument in tree.args.args]
    needed = taken[: len(taken) - len(tree.args.defaults)]
    meant = _meant(taken, parameters)
    if not meant.keys() >= set(needed):
        if len(needed) > len(parameters):
            return None
        # the hand-out's order
        meant = dict(zip(needed, parameters, strict=False))
    keywords = []
    for name, parameter in meant.items():
        value = ast.Name(given(parameter), ast.Load())
        keywords.append(ast.keyword(name, value))
    function = ast.Name(tree.name, ast.Load())
    call = ast.Expr(ast.Call(function, [], keywords))
    ast.copy_location(call, tree)
    return ast.fix_missing_locations(call)


def _meant(taken: Sequence[str], parameters: Sequence[str]) -> dict[str, str]:
    """Each name -> the parameter that it means, where the names are nearly the same."""
    meant: dict[str, str] = {}
    free = list(parameters)
    for name in taken:
        near = difflib.get_close_matches(name, free, n=1, cutoff=_SIMILARITY)
        if near:
            meant[name] = near[0]
            free.remove(near[0])
    return meant


# -- the loop as the text of a function -----------------------------------------------------------------


def _definition(
    start: _Start, name: str, wanted: LoopWanted, run: Iterable[Statement], file: File
) -> Definition:
    """What stands for the function: the definition that holds the loop, or the statements as its body."""
    holder = start.holder
    if _is_definition(holder):
        first = first_line(holder.tree)
        lines = file.lines[holder.cell]
        lines = lines[first - 1 : holder.tree.end_lineno]
        text = textwrap.dedent("\n".join(lines))
        label = file.labels[holder.cell]
        return Definition(text, first, holder.cell, holder.tree, label=label)
    body = []
    for statement in run:
        if not declares(statement):
            body.append(statement)
    numbered, places = _numbered(body, file)
    header = f"def {name}({', '.join(wanted.parameters)}):"
    return _as_function(header, numbered, places)


def _numbered(
    body: Iterable[Statement], file: File
) -> tuple[dict[int, str], dict[int, Place]]:
    """The lines of the statements by number; a notebook's are numbered anew, with the place of each."""
    numbered: dict[int, str] = {}
    number_of: dict[Place, int] = {}
    for statement in body:
        for number, line in _lines_of(statement, file):
            if statement.cell is not None:
                # a line of its own for the header
                label = file.labels[statement.cell]
                place = (number, statement.cell, label)
                number = number_of.setdefault(place, len(number_of) + 2)
            if number in numbered:
                # several statements share the line
                line = f"{numbered[number]}; {line.strip()}"
            numbered[number] = line
    places = {number: place for place, number in number_of.items()}
    return numbered, places


def _lines_of(statement: Statement, file: File) -> Iterator[tuple[int, str]]:
    """(number, text) of each line of a statement, as if it stood at the top level."""
    tree = statement.tree
    first = first_line(tree)
    lines = list(file.lines[statement.cell][first - 1 : tree.end_lineno])
    # several statements may share a line
    lines[-1] = _cut(lines[-1], tree.end_col_offset)
    yield first, _cut_before(lines[0], tree.col_offset)
    for number, line in enumerate(lines[1:], start=first + 1):
        yield number, _outdented(line, tree.col_offset)


def _outdented(line: str, columns: int) -> str:
    """The line without its first columns, where these are blank: a text may begin further to the left."""
    if line[:columns].strip():
        return line
    return line[columns:]


def _cut(line: str, end: int | None) -> str:
    """The line up to a column that counts in bytes of UTF-8."""
    return line.encode()[:end].decode()


def _cut_before(line: str, start: int) -> str:
    return line.encode()[start:].decode()


def _as_function(
    header: str, numbered: Mapping[int, str], places: Mapping[int, Place]
) -> Definition:
    """A function with these lines as its body; each keeps its number."""
    first, last = min(numbered), max(numbered)
    text = [header]
    for number in range(first, last + 1):
        line = numbered.get(number, "")
        if line:
            line = _INDENT + line
        text.append(line)
    whole = "\n".join(text)
    module = ast.parse(whole)
    ast.increment_lineno(module, first - 2)
    return Definition(
        text=whole,
        first_line=first - 1,
        cell=None,
        tree=module.body[0],
        places=places,
        is_lifted=True,
    )
