"""What a student's source does, as far as a note may say so: it subtracts, assigns, replaces, throws away.

Numbers alone do not show an act: a wrong sign may be written out, and an accumulator that stays as it was may
never have been touched. So a mistake whose note asserts one of `Act` is only named where the source has it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from grader.exercise.tables import Act

_SUBTRACTING = {"sub", "sub_", "subtract", "subtract_", "neg", "neg_", "rsub"}
_REPLACING = {
    "copy_", "zero_", "fill_", "set_", "index_copy_", "zeros_like", "clone", "zeros", "normal_",
}  # fmt: skip
# methods that give a new tensor
_PURE = {"add", "sub", "subtract", "substract", "mul", "addr", "addmm"}
_PLACED = ast.Subscript | ast.Attribute
_Node = ast.stmt | ast.expr | ast.keyword


# What shows these may as well be innocent: a copy, or a minus.
_UNCERTAIN: Collection[Act] = ("replaces", "ascends")


def shows(
    act: Act, body: Sequence[ast.stmt], accumulators: Collection[str]
) -> bool:
    """Whether the statements of a function hold such an act. accumulators: the arguments it is to change."""
    return any(_found(act, body, accumulators))


def line_of(
    act: Act, body: Sequence[ast.stmt], accumulators: Collection[str]
) -> int | None:
    """The line of the first such act; None where there is none, or where another one may be meant."""
    if act in _UNCERTAIN:
        return None
    lines = []
    for node in _found(act, body, accumulators):
        lines.append(node.lineno)
    return min(lines, default=None)


def _found(
    act: Act, body: Sequence[ast.stmt], accumulators: Collection[str]
) -> Iterator[_Node]:
    return _SHOWS[act](list(_nodes(body)), accumulators)


def _nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        yield from ast.walk(statement)


def _subtracts(
    nodes: Sequence[ast.AST], _: Collection[str]
) -> Iterator[_Node]:
    """A difference that is accumulated: `-=`, `sub_`, a negative addend, `g = g - d`."""
    for node in nodes:
        if isinstance(node, ast.AugAssign) and _subtracts_in_place(node):
            yield node
        if isinstance(node, ast.Call) and _subtracts_by_call(node):
            yield node
        if isinstance(node, ast.Assign) and _takes_from_itself(node):
            yield node


def _subtracts_in_place(node: ast.AugAssign) -> bool:
    return isinstance(node.op, ast.Sub) or _is_negative(node.value)


def _subtracts_by_call(call: ast.Call) -> bool:
    name = _called(call)
    if name in _SUBTRACTING:
        return True
    if not name.startswith("add"):
        return False
    given = [*call.args]
    for keyword in call.keywords:
        given.append(keyword.value)
    return any(map(_is_negative, given))


def _is_negative(value: ast.expr) -> bool:
    """Whether an expression begins with a minus, or has a factor -1."""
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.op, ast.USub)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        return _is_negative(value.left) or _is_negative(value.right)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        return _is_negative(value.func.value) or _called(value) == "neg"
    return False


def _takes_from_itself(node: ast.Assign) -> bool:
    value = node.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Sub):
        return False
    left = ast.unparse(value.left)
    return any(ast.unparse(target) == left for target in node.targets)


def _assigns(
    nodes: Sequence[ast.AST], accumulators: Collection[str]
) -> Iterator[_Node]:
    """An accumulator's name is given a new tensor, or a method gives one that nobody keeps."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            if isinstance(node.value, ast.Constant):
                continue  # `dl_dw1 = ...` waits to be written
            stored = _stored(node)
            if stored & set(accumulators) or stored & _read(node.value):
                yield node
        if isinstance(node, ast.NamedExpr):
            yield node
        if isinstance(node, ast.Expr) and _gives_a_new_tensor(node.value):
            yield node


def _replaces(nodes: Sequence[ast.AST], _: Collection[str]) -> Iterator[_Node]:
    """What a tensor holds is replaced: `copy_`, `g[:] = d`, `out=`, or it is reset."""
    for node in nodes:
        if isinstance(node, _PLACED) and isinstance(node.ctx, ast.Store):
            yield node
        if isinstance(node, ast.keyword) and node.arg == "out":
            yield node
        if isinstance(node, ast.Call) and _called(node) in _REPLACING:
            yield node
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Mult):
            yield node


def _discards(nodes: Sequence[ast.AST], _: Collection[str]) -> Iterator[_Node]:
    """A new value that is not kept: of a method, of a loop's own name, of a name that nothing reads."""
    read: set[str] = set()
    of_loops: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        if isinstance(node, ast.For):
            of_loops |= _stored(node.target)
    for node in nodes:
        if isinstance(node, ast.Expr) and _gives_a_new_tensor(node.value):
            yield node
        if not isinstance(node, ast.Assign):
            continue
        stored = _stored(node)
        is_lost = bool(stored & of_loops) or not stored & read
        if stored and is_lost and isinstance(node.value, ast.BinOp):
            yield node


def _gives_a_new_tensor(value: ast.expr) -> bool:
    """Whether a call looks like a tensor's: a list or an object of one's own has an `add` as well."""
    if not isinstance(value, ast.Call) or _called(value) not in _PURE:
        return False
    # `addr` and `addmm` take two tensors, the others one
    most = 2 if _called(value) in ("addr", "addmm") else 1
    return len(value.args) <= most and not any(map(_is_entry, value.args))


def _is_entry(argument: ast.expr) -> bool:
    """Whether an argument is what a history takes, rather than a tensor."""
    return isinstance(argument, ast.Tuple | ast.List | ast.Constant)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _stored(node: ast.AST) -> set[str]:
    return _names(node, ast.Store)


def _read(node: ast.AST) -> set[str]:
    return _names(node, ast.Load)


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, context):
            names.add(part.id)
    return names


def _ascends(nodes: Sequence[ast.AST], _: Collection[str]) -> Iterator[_Node]:
    """A step that is added, so a product, or a sign that is turned round."""
    for node in nodes:
        if isinstance(node, ast.stmt | ast.expr) and (
            _turns_round(node) or _adds_product(node)
        ):
            yield node


def _turns_round(node: ast.AST) -> bool:
    """Whether a node has a minus before it; that of an index, as in `shape[-1]`, is none."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return not isinstance(node.operand, ast.Constant)
    if not isinstance(node, ast.BinOp):
        return False
    return _is_negative(node.left) or _is_negative(node.right)


def _adds_product(node: ast.AST) -> bool:
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        return _is_product(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _is_product(node.left) or _is_product(node.right)
    if not isinstance(node, ast.Call) or not _called(node).startswith("add"):
        return False
    return bool(node.keywords) or any(map(_is_product, node.args))


def _is_product(node: ast.expr) -> bool:
    if not isinstance(node, ast.BinOp):
        return False
    return isinstance(node.op, ast.Mult | ast.Div)


_SHOWS: Mapping[
    Act, Callable[[Sequence[ast.AST], Collection[str]], Iterator[_Node]]
] = {
    "subtracts": _subtracts,
    "assigns": _assigns,
    "replaces": _replaces,
    "discards": _discards,
    "ascends": _ascends,
}
