"""A function's source in which any expression can be replaced by a value, and any statement be left out.

An expression E becomes `(_grader.right("7") if "7" in _grader.on else E)`, and where its values are recorded
`_grader.seen("7", ...)` of that; `_grader` is supplied by whoever runs the source. The places' numbers are
texts there, as the numbers in a lifted loop may be changed to the sizes of the caller's data.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from grader import source_numbers
from grader.diagnosis.placing.inside import switches
from grader.exercise import patterns

NAME = "_grader"
Kind = Literal[
    "value",
    "drop",
    "add",
    "swap",
    "operator",
    "sign",
    "comparison",
    "function",
    "target",
]

# A name of these is a module, which no value can take the place of.
_MODULES = frozenset(
    {"torch", "math", "np", "numpy", "F", "nn", "random", "plt"}
)
# In place: the methods that add and take away, and those that are written for them.
_ADDING = ("add_", "sub_")
_INSTEAD_OF_ADDING = frozenset({"sub_", "copy_", "mul_", "div_", "add"})


_METHODS: Mapping[type[ast.expr], str] = {
    ast.BinOp: "operated",
    ast.Compare: "operated",
    ast.UnaryOp: "signed",
}


@dataclass(frozen=True)
class Place:
    """Something in a function's source that an edit can change.

    kind: "value", an expression in whose place a value is put; "drop", a statement that is left out; "add",
    an assignment or a subtraction in place that adds instead; "swap", two arguments of a call, or parts of a
    tuple, that change places; "operator", "sign", "comparison", "function": another one in their place, or
    none; "target", an addition in place to another variable.
    line, column: where it begins, lines as in the source, from 1, columns in characters, from 0; end_line,
    end_column: where it ends. statement: the line where its statement begins.
    size: its expressions; of a swap, the call's arguments. is_assigned: whether it is all that is computed
    for a variable; is_whole: whether it is all that its statement takes. helper: the student's own function
    that it stands in, "" for the graded one; calls_helper: whether such a one is called in it. reads: the
    places in it, or itself, that are variables which the function assigns.
    """

    kind: Kind
    line: int
    column: int
    end_line: int
    end_column: int
    statement: int
    size: int
    is_assigned: bool = False
    is_whole: bool = False
    helper: str = ""
    calls_helper: bool = False
    reads: tuple[int, ...] = ()


@dataclass(frozen=True)
class Instrumented:
    """A text, and the places of all texts until now; the index of a place is its number in the text."""

    name: str
    text: str
    places: Sequence[Place]


def instrumented(
    source: str,
    name: str,
    *,
    recording: bool,
    helpers: Collection[str] = (),
    is_lifted: bool = False,
) -> Instrumented | None:
    """The last function of a source, called `name` there; None where the source cannot be parsed.

    recording: whether values are to be recorded too. helpers: the names of functions whose own texts follow.
    is_lifted: whether it is a loop's text; its numbers, which may be sizes, are variables then.
    """
    tree = patterns.last_function(source)
    if tree is None:
        return None
    if is_lifted:
        source_numbers.number(tree)
    editor = _Editor(source, recording, tree)
    editor.helpers = frozenset(helpers)
    tree = patterns.clone(tree)
    tree.body = editor.statements(tree.body)
    tree.name = name
    tree.decorator_list = []
    return Instrumented(name, _text(tree), editor.with_reads())


def instrumented_helper(
    source: str, name: str, before: Sequence[Place]
) -> Instrumented | None:
    """The same for a function or class that keeps its name. before: the places of the texts before it."""
    tree = _class_of(source) or patterns.last_function(source)
    if tree is None or tree.name != name:
        return None
    editor = _Editor(source, True, tree)
    editor.places, editor.helper = list(before), name
    tree = patterns.clone(tree)
    if isinstance(tree, ast.FunctionDef):
        tree.body = editor.statements(tree.body)
    else:
        for part in tree.body:
            if isinstance(part, ast.FunctionDef):
                part.body = editor.statements(part.body)
    return Instrumented(name, _text(tree), editor.with_reads())


def _class_of(source: str) -> ast.ClassDef | None:
    """The class that a source defines; None where it is none."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError):
        return None
    last = body[-1] if body else None
    return last if isinstance(last, ast.ClassDef) else None


def _text(tree: ast.stmt) -> str:
    module = source_numbers.Names().visit(ast.Module([tree], type_ignores=[]))
    return ast.unparse(ast.fix_missing_locations(module))


class _Editor(ast.NodeTransformer):
    """Puts what can be switched in the place of expressions and statements, and numbers the places."""

    def __init__(self, source: str, recording: bool, tree: ast.AST) -> None:
        self.places: list[Place] = []
        self.helper = ""
        self.helpers: frozenset[str] = frozenset()
        self._assigned = frozenset(_assigned(tree))
        self._variables: list[int] = []
        self._lines = source.split("\n")
        self._recording = recording
        self._statement: ast.stmt | None = None
        self._within: ast.JoinedStr | None = None  # the f-string around

    def with_reads(self) -> list[Place]:
        """The places, each with the variables in it."""
        places = []
        for place in self.places:
            reads = []
            if place.helper == self.helper:
                for number in self._variables:
                    if _holds(place, self.places[number]):
                        reads.append(number)
                place = replace(place, reads=tuple(reads))
            places.append(place)
        return places

    def statements(self, body: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements of a block."""
        edited: list[ast.stmt] = []
        for statement in body:
            edited += self._edited(statement)
        return edited

    def _edited(self, statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, ast.ClassDef | ast.Global | ast.Nonlocal):
            return [statement]
        if isinstance(statement, ast.FunctionDef):
            statement.body = self.statements(statement.body)
            return [statement]
        if _is_text(statement):
            return [statement]
        self._statement = statement
        as_it_is = patterns.clone(statement)
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
            drop = self._add("drop", statement)
            edited = self.generic_visit(statement)
            assert isinstance(edited, ast.stmt)
            edited = self._adding(as_it_is, edited)
            return [_unless(drop, edited)]
        edited = self.generic_visit(statement)
        assert isinstance(edited, ast.stmt)
        if isinstance(edited, ast.For | ast.While):
            # an edited loop may have no end
            edited.body.insert(0, ast.Expr(_call_of("turn")))
        return [edited]

    def _adding(self, as_it_is: ast.stmt, edited: ast.stmt) -> ast.stmt:
        """The statement, or in its place one that adds what it assigns or subtracts, or takes that away."""
        for adding in _that_add(as_it_is):
            number = self._add("add", as_it_is)
            edited = ast.If(_is_on(number), [adding], [edited])
        return self._retargeted(as_it_is, edited)

    def _retargeted(self, as_it_is: ast.stmt, edited: ast.stmt) -> ast.stmt:
        """The statement, or in its place the one that adds to another variable."""
        if not _adds_to_variable(as_it_is):
            return edited
        assert isinstance(as_it_is, ast.AugAssign)
        number = self._add("target", as_it_is)
        place = ast.Constant(str(number))
        in_place = _call_of("added", place, _locals(), as_it_is.value)
        added: ast.stmt = ast.Expr(in_place)
        for name in sorted(self._assigned - {ast.unparse(as_it_is.target)}):
            # a number does not change in place
            target = ast.Name(name, ast.Store())
            other = ast.AugAssign(target, ast.Add(), as_it_is.value)
            chosen = _call_of("is_chosen", place, ast.Constant(name))
            added = ast.If(chosen, [other], [added])
        if not self._recording:
            return ast.If(_is_on(number), [added], [edited])
        noted = ast.Expr(_call_of("in_scope", place, _locals()))
        return ast.If(ast.Constant(True), [noted, edited], [])

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit the parts; blocks statement by statement, and no further where values make no sense."""
        if isinstance(node, ast.Lambda):
            node.body = self._expression(node.body)
            return node
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                is_block = value and isinstance(value[0], ast.stmt)
                kept = self._statement
                made = (
                    self.statements(value)
                    if is_block
                    else [self._part(item) for item in value]
                )
                self._statement = kept
                setattr(node, field, made)
            elif isinstance(value, ast.AST):
                setattr(node, field, self._part(value))
        return node

    def _part(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr):
            return self._expression(node)
        if isinstance(node, ast.keyword | ast.comprehension):
            return self.generic_visit(node)
        return node

    def _expression(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.JoinedStr):
            return self._formatted(node)
        number = None
        if _can_be_replaced(node):
            number = self._add("value", node)
            if isinstance(node, ast.Name) and node.id in self._assigned:
                self._variables.append(number)
        if isinstance(node, ast.Call):
            return self._call(number, node)
        if number is not None and isinstance(node, ast.Tuple):
            return self._switched(number, self._tuple(node))
        place = self._operation(node)
        edited = self.generic_visit(node)
        assert isinstance(edited, ast.expr)
        if place:
            edited = _call_of(
                _METHODS[type(edited)], *place, *_operands(edited)
            )
        return self._switched(number, edited)

    def _formatted(self, node: ast.JoinedStr) -> ast.expr:
        """What an f-string gives. Before Python 3.12, only the place of all of it is known."""
        outer, self._within = self._within, self._within or node
        parts: list[ast.expr] = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self._expression(part.value)
                spec: ast.expr = ast.Constant("")
                if isinstance(part.format_spec, ast.JoinedStr):
                    spec = self._formatted(part.format_spec)
                conversion = ast.Constant(part.conversion)
                part = _call_of("formatted", value, conversion, spec)
            parts.append(part)
        self._within = outer
        return _call_of("joined", *parts)

    def _operation(self, node: ast.expr) -> list[ast.expr]:
        """A new place for an operation that can be another one; empty where it is none."""
        if isinstance(node, ast.BinOp):
            name = _name(node.op)
            if name in switches.OPERATORS:
                return self._named_place("operator", node, name)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._named_place("sign", node, _name(node.op))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            name = _name(node.ops[0])
            if name in switches.COMPARISONS:
                return self._named_place("comparison", node, name)
        return []

    def _named_place(
        self, kind: Kind, node: ast.expr, name: str
    ) -> list[ast.expr]:
        """A new place, and what stands there, as texts."""
        number = self._add(kind, node)
        return [ast.Constant(str(number)), ast.Constant(name)]

    def _call(self, number: int | None, node: ast.Call) -> ast.expr:
        # what is called stays what it is, but a method is one of something
        if isinstance(node.func, ast.Attribute):
            node.func.value = self._expression(node.func.value)
            if switches.alternatives(node.func.attr):
                place = self._named_place("function", node, node.func.attr)
                node.func = _call_of("function", *place, node.func.value)
        elif not isinstance(node.func, ast.Name):
            node.func = self._expression(node.func)
        swap = None
        if len(node.args) > 1 and not any(map(_is_starred, node.args)):
            swap = self._add("swap", node, len(node.args))
        node.args = [self._expression(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._expression(keyword.value)
        if swap is not None:
            node.args = [_arranged(swap, node.args)]
        return self._switched(number, node)

    def _tuple(self, node: ast.Tuple) -> ast.expr:
        if len(node.elts) < 2 or any(map(_is_starred, node.elts)):
            edited = self.generic_visit(node)
            assert isinstance(edited, ast.expr)
            return edited
        swap = self._add("swap", node, len(node.elts))
        parts = [self._expression(part) for part in node.elts]
        return ast.Tuple([_arranged(swap, parts)], ast.Load())

    def _switched(self, number: int | None, node: ast.expr) -> ast.expr:
        if number is None:
            return node
        place = ast.Constant(str(number))
        scope = [_locals()] if isinstance(node, ast.Name) else []
        right = _call_of("right", place, *scope)
        switched = ast.IfExp(_is_on(number), right, node)
        if self._recording:
            return _call_of("seen", place, switched, *scope)
        return switched

    def _add(
        self, kind: Kind, node: ast.expr | ast.stmt, size: int | None = None
    ) -> int:
        assert self._statement is not None
        at = self._within or node
        first, last = at.lineno - 1, (at.end_lineno or at.lineno) - 1
        self.places.append(
            Place(
                kind,
                at.lineno,
                self._characters(first, at.col_offset),
                last + 1,
                self._characters(last, at.end_col_offset or 0),
                self._statement.lineno,
                size or _nb_expressions(node),
                self._is_assigned(node),
                self._is_whole(node),
                self.helper,
                kind != "drop" and self._calls_helper(node),
            )
        )
        return len(self.places) - 1

    def _calls_helper(self, node: ast.AST) -> bool:
        names = (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
        return not self.helpers.isdisjoint(names)

    def _is_assigned(self, node: ast.expr | ast.stmt) -> bool:
        if isinstance(node, ast.Name | ast.Constant):
            return False
        statement = self._statement
        return isinstance(statement, ast.Assign) and statement.value is node

    def _is_whole(self, node: ast.expr | ast.stmt) -> bool:
        statement = self._statement
        if isinstance(statement, ast.Assign | ast.AugAssign | ast.Return):
            return statement.value is node
        if not isinstance(statement, ast.Expr):
            return False
        call = statement.value
        return isinstance(call, ast.Call) and call.args == [node]

    def _characters(self, line: int, offset: int) -> int:
        """A column in characters; Python's parser counts bytes."""
        if line >= len(self._lines):
            return offset
        text = self._lines[line].encode()[:offset]
        return len(text.decode("utf-8", "replace"))


def _name(node: ast.AST) -> str:
    return type(node).__name__


def _operands(node: ast.expr) -> list[ast.expr]:
    """What an operation is made on."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    assert isinstance(node, ast.UnaryOp)
    return [node.operand]


def _assigned(tree: ast.AST) -> Iterator[str]:
    """The names of the variables that a function assigns; those of a comprehension are its own."""
    own: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension):
            own.update(map(id, ast.walk(node.target)))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Name) or id(node) in own:
            continue
        if isinstance(node.ctx, ast.Store):
            yield node.id


def _holds(outer: Place, inner: Place) -> bool:
    """Whether one place lies within another."""
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    ends = (inner.end_line, inner.end_column) <= (
        outer.end_line,
        outer.end_column,
    )
    return begins and ends


def _nb_expressions(node: ast.AST) -> int:
    return sum(isinstance(one, ast.expr) for one in ast.walk(node))


def _is_starred(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred)


def _arranged(number: int, arguments: list[ast.expr]) -> ast.expr:
    """The arguments of a call, two of which change places where that is wanted."""
    given = ast.Tuple(arguments, ast.Load())
    arranged = _call_of("arranged", ast.Constant(str(number)), given)
    return ast.Starred(arranged, ast.Load())


def _locals() -> ast.Call:
    """What gives the variables by their names."""
    return ast.Call(ast.Name("locals", ast.Load()), [], [])


def _adds_to_variable(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.AugAssign):
        return False
    is_variable = isinstance(statement.target, ast.Name)
    return is_variable and isinstance(statement.op, ast.Add)


def _call_of(method: str, *arguments: ast.expr) -> ast.Call:
    """A call of what the source is supplied with."""
    function = ast.Attribute(ast.Name(NAME, ast.Load()), method, ast.Load())
    return ast.Call(function, list(arguments), [])


def _is_text(statement: ast.stmt) -> bool:
    """Whether it is a docstring, or another text by itself."""
    return isinstance(statement, ast.Expr) and isinstance(
        statement.value, ast.Constant
    )


def _can_be_replaced(node: ast.expr) -> bool:
    """Whether a value can stand in the place of an expression."""
    if isinstance(node, ast.Starred | ast.Slice | ast.Lambda | ast.JoinedStr):
        return False
    if isinstance(node, ast.Tuple) and _has_slices(node):
        return False
    if isinstance(node, ast.Constant):
        return isinstance(node.value, bool | int | float)
    if isinstance(node, ast.Name) and node.id in _MODULES:
        return False
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _has_slices(node: ast.Tuple) -> bool:
    return any(isinstance(one, ast.Slice) for one in node.elts)


def _is_on(number: int) -> ast.expr:
    on = ast.Attribute(ast.Name(NAME, ast.Load()), "on", ast.Load())
    return ast.Compare(ast.Constant(str(number)), [ast.In()], [on])


def _unless(number: int, statement: ast.stmt) -> ast.stmt:
    return ast.If(ast.UnaryOp(ast.Not(), _is_on(number)), [statement], [])


def _that_add(statement: ast.stmt) -> list[ast.stmt]:
    """Statements that add to what this one assigns, or take from it; none where it is no such statement."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: Any = statement.targets[0]
        if isinstance(target, ast.Tuple | ast.List):
            return []
        value = statement.value
        return [
            ast.AugAssign(target, operator, value)
            for operator in (ast.Add(), ast.Sub())
        ]
    if isinstance(statement, ast.AugAssign):
        if isinstance(statement.op, ast.Add):
            return [ast.Assign([statement.target], statement.value)]
        return [ast.AugAssign(statement.target, ast.Add(), statement.value)]
    if not isinstance(statement, ast.Expr):
        return []
    call = statement.value
    if not isinstance(call, ast.Call) or not isinstance(
        call.func, ast.Attribute
    ):
        return []
    if call.func.attr not in _INSTEAD_OF_ADDING:
        return []
    made: list[ast.stmt] = []
    for method in _ADDING:
        if method != call.func.attr:
            made.append(patterns.clone(statement))
            made[-1].value.func.attr = method  # type: ignore[attr-defined]
    return made
