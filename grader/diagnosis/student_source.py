"""What the student's own source says: where the wrong expression of a mistake stands.

The source is only parsed, never run. It is brought to the reference's names: parameters by position; a local
name of the reference may be any name of the student's that stands in the same places throughout.
"""

from __future__ import annotations

import ast
import copy
import difflib
import fnmatch
import functools
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import TypeVar

from grader.diagnosis.catalogue import Form, Misconception
from grader.diagnosis.observation import Evidence
from grader.exercise import patterns

Node = TypeVar("Node", bound=ast.AST)

_NOTHING = {"t", "T", "clone", "contiguous", "detach", "view", "reshape", "unsqueeze", "squeeze", "flatten"}
_MODULES = {"torch", "np", "numpy", "math", "random", "nn", "F", "functional", "plt", "scipy"}
_PRODUCTS = {"mv", "mm", "matmul"}
_IN_PLACE = {ast.Add: "add_", ast.Sub: "sub_", ast.Mult: "mul_"}


class Wording:
    """A student's function, in the reference's words. `tree` is None where its source cannot be parsed."""

    def __init__(
        self,
        evidence: Evidence,
        parameters: Sequence[str],
        known: Sequence[str],
        matrices: Sequence[str] = (),
    ) -> None:
        """parameters: the reference's, by position; known: names that mean the same in both.

        matrices: the parameters for which a transposition makes a difference.
        """
        self.known = frozenset(known)
        self.own: frozenset[str] = frozenset()
        self.loosened = _Loosened(frozenset(matrices))
        self.offset = evidence.first_line - 1
        self.tree = _function(evidence.source)
        self.exact: list[ast.AST] = []
        self.body: list[ast.stmt] = []
        if self.tree is None:
            return
        own = patterns.parameters(self.tree)
        renamed = _Renamed(dict(zip(own, parameters, strict=False)))
        self.body = [renamed.visit(patterns.clone(statement)) for statement in self.tree.body]
        self.exact = [node for statement in self.body for node in ast.walk(statement)]
        # A name that the student uses too means itself.
        self.own = frozenset(node.id for node in self.exact if isinstance(node, ast.Name))

    @functools.cached_property
    def loose(self) -> list[ast.AST]:
        """All nodes of the function as it reads without what makes no difference."""
        loose = [self.loosened.visit(patterns.clone(statement)) for statement in self.body]
        return [node for statement in loose for node in ast.walk(statement)]

    def line_of(self, pattern: str) -> int | None:
        """The line where an instance of `pattern` stands, None where there is none."""
        statements = patterns.fragment(pattern)
        if len(statements) != 1:
            return None
        return self.line_of_node(patterns.expression(statements) or statements[0])

    def line_of_node(self, wanted: ast.AST) -> int | None:
        """The same for a pattern that is a syntax tree."""
        line = self._line_among(self.exact, wanted)
        if line is None:
            line = self._line_among(self.loose, self.loosened.visit(patterns.clone(wanted)))
        return line

    def _line_among(self, nodes: Sequence[ast.AST], wanted: ast.AST) -> int | None:
        for node in nodes:
            line = getattr(node, "lineno", None)
            if line is not None and _matches(wanted, node, self.known, self.own):
                return int(line) + self.offset
        return None

    def line_of_form(self, form: Form, tree: ast.FunctionDef) -> int | None:
        """The line of the first wrong expression that `form` puts into the reference's `tree`."""
        for edit in form.edits:
            if self.line_of(edit.replace) is not None:
                continue  # the right expression stands there too: which one counts is not known
            for made in edit.instances(tree):
                # A name or a number alone would be found anywhere; what is right elsewhere shows nothing.
                if isinstance(made, ast.Name | ast.Constant | ast.Pass) or _holds(tree, made):
                    continue
                line = self.line_of_node(made)
                if line is not None:
                    return line
        return None

    def supports(self, misconception: Misconception) -> int:
        """1 where the source speaks for the mistake, -1 where it should and does not, 0 otherwise."""
        if not misconception.seen or self.tree is None:
            return 0
        return 1 if any(self.line_of(pattern) is not None for pattern in misconception.seen) else -1

    def line_of_seen(self, misconception: Misconception) -> int | None:
        """The line of the first pattern of `seen` that stands in the source."""
        lines = (self.line_of(pattern) for pattern in misconception.seen)
        return next((line for line in lines if line is not None), None)

    def rebound(self, names: Sequence[str]) -> dict[str, int]:
        """Which of these names of the reference the student assigns anew -> the line."""
        found: dict[str, int] = {}
        for node in self.exact:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    for name in ast.walk(target):
                        if (
                            isinstance(name, ast.Name)
                            and isinstance(name.ctx, ast.Store)
                            and name.id in names
                        ):
                            found.setdefault(name.id, node.lineno + self.offset)
        return found

    def is_variable(self, name: str) -> bool:
        """Whether a name that is not found stands for a value, not for a missing module or helper."""
        called = {n.func.id for n in self.exact if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
        return name not in called and name not in _MODULES

    def is_only_begun(self, functions: Set[str]) -> bool:
        """Whether it neither loops, nor calls one of `functions`, nor returns anything."""
        return bool(self.exact) and not any(
            isinstance(node, ast.For | ast.While | ast.comprehension)
            or (isinstance(node, ast.Return) and node.value is not None)
            or (isinstance(node, ast.Name) and node.id in functions)
            for node in self.exact
        )

    def returned(self) -> list[str] | None:
        """The names of the last `return`, in the reference's words; None where it returns anything else."""
        returns = [node for node in self.exact if isinstance(node, ast.Return)]
        value = returns[-1].value if returns else None
        if isinstance(value, ast.Tuple | ast.List) and all(isinstance(e, ast.Name) for e in value.elts):
            return [element.id for element in value.elts if isinstance(element, ast.Name)]
        return None


def renamed_local(source: str, name: str) -> str | None:
    """The source with the local variable `name` called otherwise where it hides a function of that name."""
    tree = _function(source)
    if tree is None:
        return None
    return ast.unparse(ast.fix_missing_locations(_Unshadowed(name).visit(patterns.clone(tree))))


def respelt(source: str, name: str) -> str | None:
    """The source with the local variable `name`, read too early, called like the one it resembles."""
    tree = _function(source)
    if tree is None:
        return None
    others = sorted({*patterns.parameters(tree), *patterns.assigned(tree)} - {name})
    alike = difflib.get_close_matches(name, others, 1, 0.8)
    if not alike:
        return None
    return ast.unparse(ast.fix_missing_locations(_Renamed({name: alike[0]}).visit(patterns.clone(tree))))


def renamed_parameter(source: str, position: int, name: str) -> str | None:
    """The source with its parameter at `position` called `name`; None where it is called so already."""
    tree = _function(source)
    own = patterns.parameters(tree) if tree is not None else ()
    if tree is None or position >= len(own) or name in own:
        return None
    tree = _Renamed({own[position]: name}).visit(patterns.clone(tree))
    tree.args.args[position - len(tree.args.posonlyargs)].arg = name
    return ast.unparse(ast.fix_missing_locations(tree))


def counted_by(source: str, position: int) -> tuple[str, int] | None:
    """The source with a constant `range` counted by the parameter at `position`, and that line of it.

    None where it is not just one `range` of a number, or of a name in capitals, outside all other loops.
    """
    tree = _function(source)
    parameters = patterns.parameters(tree) if tree is not None else ()
    if tree is None or position >= len(parameters):
        return None
    found: list[ast.Call] = []
    for loop in _outermost_loops(tree.body):
        call = loop.iter
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
            continue
        count = call.args[0] if len(call.args) == 1 else None
        number = isinstance(count, ast.Constant) and isinstance(count.value, int)
        if number or (isinstance(count, ast.Name) and count.id not in parameters and count.id.isupper()):
            found.append(call)
    if len(found) != 1:
        return None
    found[0].args = [ast.Name(parameters[position], ast.Load())]
    return ast.unparse(ast.fix_missing_locations(tree)), found[0].lineno


def _outermost_loops(statements: Sequence[ast.stmt]) -> Iterator[ast.For]:
    for statement in statements:
        if isinstance(statement, ast.For):
            yield statement
        elif isinstance(statement, ast.If | ast.With):
            yield from _outermost_loops(statement.body)


def calls_told(misconception: Misconception, evidence: Evidence) -> tuple[bool, int | None]:
    """Whether the calls tell this mistake, and the line of the first one that does.

    What was seen at run time decides, since a method of the student's own may be called `backward`; a name
    that is torch's own speaks for itself.
    """
    lines = {
        name: line
        for name, line in evidence.calls.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in misconception.calls)
    }
    named = [line for name, line in lines.items() if name.startswith("torch.")]
    told = bool(evidence.autograd or named or (lines and evidence.autograd is None))
    return told, min(named or lines.values(), default=None)


def edited(source: str, edits: Sequence[patterns.Edit]) -> str | None:
    """The source with those of the edits made that apply; None where none does."""
    tree = _function(source)
    made = None
    for edit in edits:
        after = edit.apply(tree) if tree is not None else None
        if after is not None:
            tree = made = after
    return ast.unparse(made) if made is not None else None


def _function(source: str) -> ast.FunctionDef | None:
    try:
        body = ast.parse(textwrap.dedent(source)).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    return next((node for node in reversed(body) if isinstance(node, ast.FunctionDef)), None)


def _holds(tree: ast.AST, wanted: ast.AST) -> bool:
    """Whether the very same stands somewhere in `tree`."""
    dumped = ast.dump(wanted)
    return any(type(node) is type(wanted) and ast.dump(node) == dumped for node in ast.walk(tree))


def _matches(pattern: ast.AST, node: ast.AST, known: frozenset[str], own: frozenset[str]) -> bool:
    """Like `patterns.match`, but a name that neither side knows may be any, the same throughout."""
    free = {name: name for name in own - known}
    return _match(pattern, node, known, free, {})


def _match(
    pattern: ast.AST, node: ast.AST, known: frozenset[str], free: dict[str, str], captures: patterns.Captures
) -> bool:
    if isinstance(pattern, ast.Name):
        if re.fullmatch(r"_[A-Z]+", pattern.id):
            return patterns.match(pattern, node, captures)
        if not isinstance(node, ast.Name):
            return False
        if pattern.id in known or node.id in known:
            return pattern.id == node.id
        return free.setdefault(pattern.id, node.id) == node.id
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, ast.BinOp) and isinstance(node, ast.BinOp):
        if type(pattern.op) is not type(node.op):
            return False
        orders = [(node.left, node.right)]
        if isinstance(pattern.op, ast.Mult | ast.Add):
            orders.append((node.right, node.left))
        for left, right in orders:
            tried_free, tried = dict(free), dict(captures)
            if _match(pattern.left, left, known, tried_free, tried) and _match(
                pattern.right, right, known, tried_free, tried
            ):
                free.update(tried_free)
                captures.update(tried)
                return True
        return False
    for name in pattern._fields:
        if name in ("ctx", "type_comment", "kind"):
            continue
        if not _match_values(getattr(pattern, name), getattr(node, name), known, free, captures):
            return False
    return True


def _match_values(
    pattern: object, value: object, known: frozenset[str], free: dict[str, str], captures: patterns.Captures
) -> bool:
    if isinstance(pattern, ast.AST):
        return isinstance(value, ast.AST) and _match(pattern, value, known, free, captures)
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(pattern) == len(value)
            and all(_match_values(p, v, known, free, captures) for p, v in zip(pattern, value, strict=True))
        )
    return pattern == value


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.copy_location(ast.Name(self.names.get(node.id, node.id), node.ctx), node)


class _Unshadowed(ast.NodeTransformer):
    """Renames a local, but not where it is called."""

    def __init__(self, name: str) -> None:
        self.name = name

    def visit_Call(self, node: ast.Call) -> ast.AST:
        function = node.func
        self.generic_visit(node)
        if isinstance(function, ast.Name) and function.id.rstrip("_") == self.name:
            node.func = ast.Name(self.name, ast.Load())
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(f"{node.id}_", node.ctx) if node.id == self.name else node


class _Loosened(ast.NodeTransformer):
    """Several ways to write the same, as one: no views, products as `@`, `a += b` as `a.add_(b)`."""

    def __init__(self, matrices: frozenset[str]) -> None:
        self.matrices = matrices

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        function = node.func
        if isinstance(function, ast.Attribute):
            owner, method = function.value, function.attr
            if isinstance(owner, ast.Name) and owner.id == "torch" and node.args:
                if method in _PRODUCTS and len(node.args) == 2:
                    return _product(node.args[0], node.args[1], node)
                if method in ("mul", "multiply") and len(node.args) == 2:
                    return _at(ast.BinOp(node.args[0], ast.Mult(), node.args[1]), node)
                if method in ("outer", "ger") and len(node.args) == 2:
                    return _at(ast.Call(ast.Name("outer", ast.Load()), list(node.args), []), node)
                return node
            if method in _NOTHING and not (method in ("t", "T") and not self._is_vector(owner)):
                return owner
            if method in _PRODUCTS and len(node.args) == 1:
                return _product(owner, node.args[0], node)
            if method in ("mul", "multiply") and len(node.args) == 1:
                return _at(ast.BinOp(owner, ast.Mult(), node.args[0]), node)
            if method in ("outer", "ger") and len(node.args) == 1:
                return _at(ast.Call(ast.Name("outer", ast.Load()), [owner, *node.args], []), node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if node.attr == "T":
            if self._is_vector(node.value):
                return node.value
            call = ast.Call(ast.Attribute(node.value, "t", ast.Load()), [], [])
            return _at(call, node)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        method = _IN_PLACE.get(type(node.op))
        if method is None:
            return node
        target = copy.copy(node.target)
        if hasattr(target, "ctx"):
            target.ctx = ast.Load()
        return _at(
            ast.Expr(_at(ast.Call(ast.Attribute(target, method, ast.Load()), [node.value], []), node)), node
        )

    def _is_vector(self, node: ast.AST) -> bool:
        """Whether `.t()` of it changes nothing: a vector's name, or a function or product of vectors."""
        if isinstance(node, ast.Call):
            return isinstance(node.func, ast.Name) and all(self._is_vector(arg) for arg in node.args)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self._is_vector(node.left) and self._is_vector(node.right)
        return isinstance(node, ast.Name) and node.id not in self.matrices


def _product(left: ast.expr, right: ast.expr, where: ast.AST) -> ast.AST:
    return _at(ast.BinOp(left, ast.MatMult(), right), where)


def _at(made: Node, where: ast.AST) -> Node:
    return ast.fix_missing_locations(ast.copy_location(made, where))
