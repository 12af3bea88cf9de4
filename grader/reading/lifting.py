"""A loop that is judged in the place of a function: lifted from wherever the submission has it.

Many hand-outs ask for a training, not for a function `train`, so it stands at the top level, under the main
guard, in `main()` or in a function of another name. Found here are the loop, and the statements that it
needs. `sandbox/inside/lifted.py` runs them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from grader.reading.call_graph import Statements, call_graph
from grader.reading.definitions import Definition
from grader.reading.effects import Effects
from grader.reading.lifted_text import definition_of_loop
from grader.reading.loops import Finder, Start, is_nested
from grader.reading.needs import Bindings, statements_for
from grader.reading.statements import File, Statement
from grader.reading.stubs import is_stub

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
    finders = [Finder(file, first)]
    for around in others:
        # one that only calls a later choice may just measure: it needs a loop in it, or to change the state
        finders.append(Finder(file, around, state, nested_only=True))
    finders.append(Finder(file, None, state))
    for finder in finders:
        start = finder.start() or finder.call_of_uncalled(wanted.parameters)
        if start is not None:
            return _lifted(start, name, wanted, file, finder, loaded)
    return None


def _lifted(
    start: Start,
    name: str,
    wanted: LoopWanted,
    file: File,
    finder: Finder,
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
        if statement.tree is start.holder.tree or not statement.declares:
            run.append(statement)
        elif not statement.binds <= there:
            # a definition or an import that has not been run yet
            run.append(statement)
    run.append(start.statement)
    body = [*run, *after]
    header = f"def {name}({', '.join(wanted.parameters)}):"
    return Lifted(
        statements=tuple(body),
        number=len(run) - 1,
        loop=start.loop,
        line=start.loop.lineno,
        cell=start.holder.cell,
        definition=definition_of_loop(start, header, body, file),
        is_single_pass=_is_single_pass(start.loop),
    )


def _updates_after(start: Start, statements: Statements) -> list[Statement]:
    """After a single pass over the samples: the statements that change what it worked with."""
    if not _is_single_pass(start.loop):
        return []
    worked_with = start.statement.names.now.keys()
    after = []
    for statement in statements[start.number + 1 :]:
        if statement.never_run is not None or statement.declares:
            continue
        if (statement.binds | statement.changes_now) & worked_with:
            after.append(statement)
    return after


def _is_single_pass(loop: ast.stmt) -> bool:
    """Whether it goes through the data itself, and no loop in it does."""
    if is_nested(loop) or not isinstance(loop, ast.For):
        return False
    over = loop.iter
    if not isinstance(over, ast.Call) or not isinstance(over.func, ast.Name):
        # the data themselves
        return isinstance(over, ast.Name)
    # a plain number of turns may be a number of steps
    plain = (ast.Constant, ast.Name)
    counts = all(isinstance(argument, plain) for argument in over.args)
    return over.func.id != "range" or not counts


def _runnable(start: Start, file: File, finder: Finder) -> list[Statement]:
    """The file's statements, of which only the other trainings never run."""
    statements = []
    held = _held(file.statements)
    changing = _changing(file.statements)
    for number, statement in enumerate(file.statements):
        never_run = statement.never_run
        if never_run == "loop":
            never_run = None
        if never_run is None and not statement.is_definition:
            statement = _changing_what_it_reads(statement, held, changing)
        is_other = number != start.number and not statement.is_definition
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
        if statement.is_definition and statement.later.changes:
            changing |= statement.binds
    return call_graph(statements, changing).slow


def _changing_what_it_reads(
    statement: Statement, held: Held, changing: Collection[str]
) -> Statement:
    """The statement; if it changes anything, it is taken to change all that it reads, under any name.

    `for p in parameters: p.normal_(0, 1)` changes `w1`, and so do `init(w1)` and
    `[p.normal_(0, 1) for p in parameters]`.
    """
    if not statement.now.changes and not _is_run_for_effect(
        statement, changing
    ):
        return statement
    read = dict(statement.names.now)
    for name, line in statement.names.now.items():
        for part in held.get(name, ()):
            read.setdefault(part, line)
    names = replace(statement.names, now=read)
    changes = statement.now.changes | read.keys()
    now = Effects(statement.now.calls, changes)
    return replace(statement, names=names, now=now)


def _is_run_for_effect(
    statement: Statement, changing: Collection[str]
) -> bool:
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
        if statement.declares:
            there |= statement.binds
    return there
