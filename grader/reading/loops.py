"""The loops of a submission that lead to a call of a function, and the statements that start them.

They stand at the top level, under the main guard, in `main()`, in a function of another name, within another
function, or in a class.
"""

from __future__ import annotations

import ast
import difflib
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from grader.reading.call_graph import Statements, call_graph
from grader.reading.effects import Effects, effects_of
from grader.reading.names import names_of
from grader.reading.statements import File, Statement
from grader.reading.trees import LOOPS, nodes, stored_names, walk

_SIMILARITY = (
    0.75  # difflib's ratio, from which a parameter is taken for another
)


def _from_the_last(statements: Statements) -> Iterator[tuple[int, Statement]]:
    """The statements with their numbers, the last one first."""
    return reversed(list(enumerate(statements)))


@dataclass(frozen=True)
class Start:
    """The statement that starts the training: its number, and the statement that holds the loop."""

    number: int
    statement: Statement
    holder: Statement
    loop: ast.stmt


@dataclass
class Finder:
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
            if statement.is_definition and self.loops_in(statement.tree):
                holders |= statement.binds
        self.looping = frozenset()
        if holders:
            self.looping = call_graph(statements, holders).slow

    def start(self) -> Start | None:
        """The last statement of the file that starts a training."""
        instances = self._looping_instances
        for number, statement in _from_the_last(self.file.statements):
            if statement.is_definition:
                continue
            loops = self.loops_in(statement.tree)
            if loops:
                holder, loop = self._within_settings(statement, loops[-1])
                return Start(number, statement, holder, loop)
            called = self._calls(statement)
            called |= _classes_used(statement.tree, instances)
            found = self._holder(called)
            if found is not None:
                return Start(number, statement, *found)
        return None

    def call_of_uncalled(self, parameters: Sequence[str]) -> Start | None:
        """A call of the last function that trains and that nothing in the file calls."""
        statements = self.file.statements
        for statement in reversed(statements):
            tree = statement.tree
            if (
                not isinstance(tree, ast.FunctionDef)
                or tree.name not in self.looping
            ):
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
            return Start(len(statements), caller, *holder)
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
            hidden.update(map(id, walk(inner[name])))
        outermost = [loop for loop in found if id(loop) not in hidden]
        outermost.sort(key=lambda loop: loop.lineno)
        return outermost

    def _inner_functions(self, tree: ast.stmt) -> dict[str, ast.FunctionDef]:
        """The functions within a definition that lead to the call, by name."""
        inner: dict[str, ast.FunctionDef] = {}
        for node in walk(tree):
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
                todo += [
                    part for part in body if isinstance(part, ast.FunctionDef)
                ]
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
        if not self.nested_only or is_nested(loop):
            return True
        return self._changes_state(loop)

    def _changes_state(self, loop: ast.stmt) -> bool:
        """Whether it gives all of the variables other values, or changes them in place."""
        now, _ = effects_of(loop, self.file.declared)
        return self.state <= now.changes | stored_names(loop)

    def _holder(
        self, called: Collection[str]
    ) -> tuple[Statement, ast.stmt] | None:
        """The first definition with such a loop that calls of these functions lead to, and the loop."""
        queue = sorted(set(called) & self.looping)
        seen = set(queue)
        while queue:
            name = queue.pop(0)
            for statement in reversed(self.file.statements):
                if name not in statement.binds or not statement.is_definition:
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
                if self.is_nested(inner):
                    return statement, inner
        holder = self._holder(_names_called(loop))
        if holder is not None and self.is_nested(holder[1]):
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

    def is_nested(self, loop: ast.stmt) -> bool:
        """Whether there is another loop in it, or in what it calls."""
        loops = [node for node in walk(loop) if isinstance(node, LOOPS)]
        return len(loops) > 1 or bool(_names_called(loop) & self.looping)

    def _loops_calling_loops(self, tree: ast.stmt) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for node in walk(tree):
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
            for node in walk(statement.tree):
                if not isinstance(node, ast.Assign):
                    continue
                for name in _names_called(node.value) & makers:
                    instances.update(
                        dict.fromkeys(_variables(node.targets), name)
                    )
        return instances


def _returns_a_function(tree: ast.FunctionDef) -> bool:
    """Whether it returns a function that it defines."""
    inner: set[str] = set()
    returned: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef):
            inner.add(node.name)
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Name):
            returned.add(node.value.id)
    return not inner.isdisjoint(returned)


def is_nested(loop: ast.AST) -> bool:
    """Whether a loop has another one in it."""
    loops = 0
    for node in walk(loop):
        if isinstance(node, LOOPS):
            loops += 1
    return loops > 1


def _names_called(tree: ast.AST) -> set[str]:
    called: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called.add(node.func.id)
    return called


def _variables(targets: Iterable[ast.expr]) -> set[str]:
    """The variables that are assigned to."""
    variables: set[str] = set()
    for target in targets:
        variables |= stored_names(target)
    return variables


def _names_passed(tree: ast.AST) -> set[str]:
    """What is given to `map` and the like, which call it: the variables that stand as arguments."""
    passed: set[str] = set()
    for node in walk(tree):
        if isinstance(node, ast.Call):
            passed |= {
                part.id for part in node.args if isinstance(part, ast.Name)
            }
    return passed


def _attributes_called(tree: ast.AST) -> set[str]:
    """The names of the methods that are called."""
    called: set[str] = set()
    for node in walk(tree):
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


def _call_with(
    tree: ast.FunctionDef, parameters: Sequence[str]
) -> ast.Expr | None:
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
