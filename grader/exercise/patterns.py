"""Patterns on syntax trees: `replace` is matched, `with` is put in its place.

A name of one underscore and capitals, `_E`, is a placeholder: it stands for any expression, and the same
placeholder stands for the same expression. All other names stand for themselves. `f(..., key=value)` stands
for any call of f that has these keyword arguments, whatever its others are.
"""

from __future__ import annotations

import ast
import copy
import functools
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, TypeVar

from grader.errors import ExerciseError

_PLACEHOLDER = re.compile(r"_[A-Z]+\Z")
# fields in which two nodes may differ though they mean the same
_IGNORED = frozenset({"ctx", "type_comment", "kind", "type_params"})

Tree = TypeVar("Tree", bound=ast.AST)
Captures = dict[str, ast.expr]
Names = tuple[str, ...]
Put = ast.AST | list[ast.stmt]  # what takes the place of a node


@functools.lru_cache(maxsize=4096)
def fragment(text: str) -> list[ast.stmt]:
    """The statements of `text`, not to be changed; an expression is a statement. Raises ExerciseError."""
    source = textwrap.dedent(text).strip()
    try:
        return ast.parse(source).body
    except SyntaxError as error:
        raise ExerciseError(
            f"{text!r} is neither an expression nor a statement: {error}"
        ) from error


def expression(statements: Sequence[ast.stmt]) -> ast.expr | None:
    """The expression that a fragment consists of, None where it is a statement or several."""
    if len(statements) == 1 and isinstance(statements[0], ast.Expr):
        return statements[0].value
    return None


@dataclass
class Renaming:
    """Lets a name that neither side knows stand for any other name, the same one throughout.

    known: names that mean the same on both sides. names: those of the pattern -> those of the tree.
    """

    known: frozenset[str]
    names: dict[str, str]

    def allows(self, pattern: str, name: str) -> bool:
        """Whether `name` may stand for this name of the pattern; from then on, no other name may."""
        if pattern in self.known or name in self.known:
            return pattern == name
        return self.names.setdefault(pattern, name) == name


def match(
    pattern: ast.AST,
    node: ast.AST,
    captures: Captures,
    renaming: Renaming | None = None,
) -> bool:
    """Whether `node` is an instance of `pattern`; fills `captures`. Nodes put in by an edit match nothing.

    Without `renaming` both must be written alike. With it, local names may differ, and the operands of a sum
    or a product may stand in either order.
    """
    if isinstance(pattern, ast.Name):
        if _PLACEHOLDER.match(pattern.id):
            return _captured(pattern.id, node, captures)
        if renaming is not None:
            return isinstance(node, ast.Name) and renaming.allows(
                pattern.id, node.id
            )
    # "foreign" marks what an edit has put in: it is no code of the reference to be matched again
    if type(pattern) is not type(node) or getattr(node, "foreign", False):
        return False
    if isinstance(pattern, ast.Call) and _is_open(pattern):
        return _match_among(pattern, node, captures, renaming)
    if renaming is not None and _commutes(pattern):
        return _match_either_order(pattern, node, captures, renaming)
    return _match_fields(pattern, node, captures, renaming)


def _is_open(call: ast.Call) -> bool:
    """Whether a pattern names only some of a call's arguments: `f(..., key=value)`."""
    if len(call.args) != 1:
        return False
    (argument,) = call.args
    return isinstance(argument, ast.Constant) and argument.value is ...


def _match_among(
    pattern: ast.Call,
    node: ast.AST,
    captures: Captures,
    renaming: Renaming | None,
) -> bool:
    """Whether a call has the pattern's keyword arguments among its own."""
    if not isinstance(node, ast.Call):
        return False
    if not match(pattern.func, node.func, captures, renaming):
        return False
    own = {keyword.arg: keyword.value for keyword in node.keywords}
    for keyword in pattern.keywords:
        value = own.get(keyword.arg)
        if value is None or not match(
            keyword.value, value, captures, renaming
        ):
            return False
    return True


def _captured(placeholder: str, node: ast.AST, captures: Captures) -> bool:
    """Whether a placeholder may stand for this expression: for any at first, then for the same again."""
    if not isinstance(node, ast.expr):
        return False
    first = captures.setdefault(placeholder, node)
    return first is node or ast.dump(first) == ast.dump(node)


def _commutes(node: ast.AST) -> TypeGuard[ast.BinOp]:
    return isinstance(node, ast.BinOp) and isinstance(
        node.op, ast.Add | ast.Mult
    )


def _match_either_order(
    pattern: ast.BinOp, node: ast.AST, captures: Captures, renaming: Renaming
) -> bool:
    if not isinstance(node, ast.BinOp) or type(pattern.op) is not type(
        node.op
    ):
        return False
    for left, right in ((node.left, node.right), (node.right, node.left)):
        # copies, since the first order may fill some of them before it fails
        tried = dict(captures)
        tried_renaming = Renaming(renaming.known, dict(renaming.names))
        if not match(pattern.left, left, tried, tried_renaming):
            continue
        if not match(pattern.right, right, tried, tried_renaming):
            continue
        captures.update(tried)
        renaming.names.update(tried_renaming.names)
        return True
    return False


def _match_fields(
    pattern: ast.AST,
    node: ast.AST,
    captures: Captures,
    renaming: Renaming | None,
) -> bool:
    """Whether two nodes of one type hold the same."""
    for name in pattern._fields:
        if name in _IGNORED:
            continue
        wanted = getattr(pattern, name, None)
        value = getattr(node, name, None)
        if not _match_field(wanted, value, captures, renaming):
            return False
    return True


def _match_field(
    pattern: object,
    value: object,
    captures: Captures,
    renaming: Renaming | None,
) -> bool:
    if isinstance(pattern, ast.AST):
        return isinstance(value, ast.AST) and match(
            pattern, value, captures, renaming
        )
    if isinstance(pattern, list):
        if not isinstance(value, list) or len(pattern) != len(value):
            return False
        pairs = zip(pattern, value, strict=True)
        return all(
            _match_field(part, other, captures, renaming)
            for part, other in pairs
        )
    return pattern == value


@dataclass(frozen=True)
class Edit:
    """One replacement on a syntax tree, at every place that matches."""

    replace: str
    by: str

    def apply(self, tree: ast.FunctionDef) -> ast.FunctionDef | None:
        """`tree` with the replacement made, sharing what has not changed; None where nothing matches."""
        rewriting = _Rewriting(self.replace, self.by)
        edited = rewriting.visit(tree)
        if not rewriting.made or not isinstance(edited, ast.FunctionDef):
            return None
        return edited

    def instances(self, tree: ast.FunctionDef) -> list[ast.AST]:
        """What the edit puts into `tree`, its placeholders filled."""
        rewriting = _Rewriting(self.replace, self.by)
        rewriting.visit(tree)
        return rewriting.made


def permuted_call(edit: Edit) -> str | None:
    """The function of which the edit permutes a call's arguments and does nothing else; None elsewhere."""
    before = expression(fragment(edit.replace))
    after = expression(fragment(edit.by))
    if not isinstance(before, ast.Call) or not isinstance(after, ast.Call):
        return None
    function = before.func
    if not isinstance(function, ast.Name) or ast.dump(function) != ast.dump(
        after.func
    ):
        return None
    given = [ast.dump(argument) for argument in before.args]
    now = [ast.dump(argument) for argument in after.args]
    return (
        function.id if given != now and sorted(given) == sorted(now) else None
    )


class _Rewriting:
    """Rebuilds a tree along the paths to the matches and shares the rest."""

    def __init__(self, replaced: str, put: str) -> None:
        self.key = (replaced, put)
        replace, by = fragment(replaced), fragment(put)
        if len(replace) != 1:
            raise ExerciseError("'replace' is one expression or one statement")
        self.pattern: ast.AST = replace[0]
        self.by: list[ast.stmt] | ast.expr = by
        pattern, value = expression(replace), expression(by)
        # An expression in place of an expression, wherever it stands. Else whole statements are replaced.
        if pattern is not None and value is not None:
            self.pattern, self.by = pattern, value
        self.made: list[ast.AST] = []

    def visit(self, node: ast.AST) -> Put:
        # the parameters are given by the task; mistakes are made below them
        if isinstance(node, ast.arguments):
            return node
        # Thousands of variants share their statements: each remembers the edits that it has no place for.
        without: set[tuple[str, str]] = set()
        if isinstance(node, ast.stmt):
            without = _without(node)
        if self.key in without:
            return node
        captures: Captures = {}
        if match(self.pattern, node, captures):
            return self._put(captures)
        rebuilt = self._rebuilt(node)
        if rebuilt is node:
            without.add(self.key)
        return rebuilt

    def _put(self, captures: Captures) -> Put:
        """What takes the place of a match."""
        if isinstance(self.by, ast.expr):
            expression = _filled(self.by, captures)
            self.made.append(expression)
            return expression
        statements = []
        for template in self.by:
            statement = _filled(template, captures)
            self.made.append(statement)
            if isinstance(statement, ast.stmt):
                statements.append(statement)
        return statements

    def _rebuilt(self, node: ast.AST) -> ast.AST:
        """A node with what it holds visited; the very same where that has not changed."""
        changed: dict[str, object] = {}
        for name, value in ast.iter_fields(node):
            visited: object = value
            if isinstance(value, ast.AST):
                visited = self.visit(value)
            elif isinstance(value, list):
                visited = self._visit_list(value)
            if visited is not value:
                changed[name] = visited
        if not changed:
            return node
        rebuilt = copy.copy(node)
        # what the old node remembers need not be true of the new one
        rebuilt.__dict__.pop("without", None)
        for name, value in changed.items():
            setattr(rebuilt, name, value)
        return rebuilt

    def _visit_list(self, items: list[object]) -> list[object]:
        rebuilt: list[object] = []
        for item in items:
            visited = item
            if isinstance(item, ast.AST):
                visited = self.visit(item)
            # one statement may have become several, or none
            if isinstance(visited, list):
                rebuilt += visited
            else:
                rebuilt.append(visited)
        if _same_objects(rebuilt, items):
            return items
        return rebuilt


def _same_objects(ones: list[object], others: list[object]) -> bool:
    """Whether two lists hold the very same objects, which may compare equal without being the same."""
    if len(ones) != len(others):
        return False
    return all(one is other for one, other in zip(ones, others, strict=True))


def _without(node: ast.stmt) -> set[tuple[str, str]]:
    """The edits, as (replace, with), of which a statement is known to hold no match."""
    found: set[tuple[str, str]] = node.__dict__.setdefault("without", set())
    return found


def _filled(template: ast.AST, captures: Captures) -> ast.AST:
    """A copy of `template` with its placeholders filled, its own nodes marked as foreign to the reference."""
    if isinstance(template, ast.Name) and template.id in captures:
        captured = captures[template.id]
        # the same name is a Load where it is read and a Store where it is assigned
        if hasattr(captured, "ctx") and type(captured.ctx) is not type(
            template.ctx
        ):
            captured = copy.copy(captured)
            captured.ctx = template.ctx
        return captured
    filled = copy.copy(template)
    filled.foreign = True  # type: ignore[attr-defined]
    for name, value in ast.iter_fields(template):
        if isinstance(value, ast.AST | list):
            setattr(filled, name, _filled_field(value, captures))
    return filled


def _filled_field(value: object, captures: Captures) -> object:
    if isinstance(value, list):
        return [_filled_field(item, captures) for item in value]
    if isinstance(value, ast.AST):
        return _filled(value, captures)
    return value


def clone(tree: Tree) -> Tree:
    """A copy of a syntax tree, made in a tenth of the time that copy.deepcopy takes."""
    made = type(tree).__new__(type(tree))
    for name, value in vars(tree).items():
        if name != "without":
            setattr(made, name, _cloned_field(value))
    return made


def _cloned_field(value: Any) -> Any:
    if isinstance(value, list):
        return [_cloned_field(item) for item in value]
    if isinstance(value, ast.AST):
        return clone(value)
    return value


def last_function(source: str) -> ast.FunctionDef | None:
    """The last function defined at the top of `source`, which may be indented; None if it is not Python.

    `f = lambda x: y` is a function that returns y.
    """
    dedented = textwrap.dedent(source)
    try:
        body = ast.parse(dedented).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    for node in reversed(body):
        if isinstance(node, ast.FunctionDef):
            return node
        if isinstance(node, ast.Assign | ast.AnnAssign):
            made = _of_lambda(node)
            if made is not None:
                return made
    return None


def _of_lambda(node: ast.Assign | ast.AnnAssign) -> ast.FunctionDef | None:
    """The function that an assignment makes of a lambda, None where it makes none."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    value = node.value
    if not isinstance(value, ast.Lambda) or not isinstance(target, ast.Name):
        return None
    returned = ast.copy_location(ast.Return(value.body), value.body)
    made = ast.FunctionDef(target.id, value.args, [returned], [])
    return ast.copy_location(made, node)


def holds(tree: ast.AST, wanted: ast.AST) -> bool:
    """Whether code that is written the same as `wanted` stands somewhere in `tree`."""
    dumped = ast.dump(wanted)
    for node in ast.walk(tree):
        # the type is compared first, since a dump takes long
        if type(node) is not type(wanted):
            continue
        if ast.dump(node) == dumped:
            return True
    return False


class Renamer(ast.NodeTransformer):
    """Gives variables other names, in place: `names` has the new ones by the old ones."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """The node with its new name."""
        name = self.names.get(node.id, node.id)
        renamed = ast.Name(name, node.ctx)
        return ast.copy_location(renamed, node)


def functions(source: str) -> dict[str, ast.FunctionDef]:
    """The functions defined at the top of `source`, without their docstrings; the last of a name stands."""
    found = {}
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        if ast.get_docstring(node, clean=False) is not None:
            # a body must not be empty
            node.body = node.body[1:] or [ast.Pass()]
        found[node.name] = node
    return found


def with_what_it_needs(tree: ast.Module, name: str) -> str | None:
    """The text of a module's function, and of the statements at its top that this needs; None without it."""
    binding: dict[str, ast.stmt] = {}
    for statement in tree.body:
        for bound in _bound(statement):
            binding[bound] = statement
    if name not in binding:
        return None
    needed: list[ast.stmt] = []
    wanted = [name]
    while wanted:
        found = binding.get(wanted.pop())
        if found is None or found in needed:
            continue
        needed.append(found)
        for node in ast.walk(found):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                wanted.append(node.id)
    kept = [one for one in tree.body if one in needed]
    return ast.unparse(ast.Module(kept, []))


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at the top of a module binds."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield (alias.asname or alias.name).split(".")[0]
    else:
        yield from names_stored(statement)


def parameters(function: ast.FunctionDef) -> Names:
    """The names of a function's positional parameters."""
    arguments = (*function.args.posonlyargs, *function.args.args)
    return tuple(argument.arg for argument in arguments)


def returned(function: ast.FunctionDef) -> Names:
    """The names in the tuple that a function returns last; empty where it returns something else."""
    value = None
    for node in function.body:
        if isinstance(node, ast.Return):
            value = node.value
    if not isinstance(value, ast.Tuple):
        return ()
    names = []
    for element in value.elts:
        if not isinstance(element, ast.Name):
            return ()
        names.append(element.id)
    return tuple(names)


def assigned(function: ast.FunctionDef) -> Names:
    """The local names that a function assigns at its top level, in order."""
    return tuple(name for name, _ in _assignments(function))


def assignment(function: ast.FunctionDef, name: str) -> str | None:
    """The statement that first assigns `name` at a function's top level, as text."""
    for target, statement in _assignments(function):
        if target == name:
            return ast.unparse(statement)
    return None


def _assignments(
    function: ast.FunctionDef,
) -> Iterator[tuple[str, ast.Assign]]:
    for statement in function.body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement


def names_stored(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement stores a value in, such as the two of `a, b = f(x)`."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def mentioned(function: ast.FunctionDef, names: Sequence[str]) -> Names:
    """`names` in the order in which a function's body first mentions them."""
    places: dict[str, tuple[int, int]] = {}
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name):
                places.setdefault(node.id, (node.lineno, node.col_offset))

    def place(name: str) -> tuple[int, int]:
        return places.get(name, (0, 0))

    return tuple(sorted(names, key=place))


def calls(function: ast.FunctionDef, names: Collection[str]) -> list[ast.Call]:
    """The calls of the functions `names` in a function, in no particular order."""
    found = []
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and _is_one_of(node.func, names):
            found.append(node)
    return found


def _is_one_of(called: ast.expr, names: Collection[str]) -> bool:
    return isinstance(called, ast.Name) and called.id in names


def with_prefix(
    function: ast.FunctionDef, chosen: Sequence[ast.Call], prefix: str
) -> ast.FunctionDef:
    """A copy of a function in which the functions that `chosen` calls have a prefix before their names."""
    copies: dict[
        int, Any
    ] = {}  # deepcopy's own record: the id of a node -> its copy
    made = copy.deepcopy(function, copies)
    # only these calls: the same function may be called elsewhere in the body
    for call in chosen:
        name = copies[id(call.func)]
        name.id = prefix + name.id
    return made
