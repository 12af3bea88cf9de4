"""The solution's functions, edited or not, written in other styles; for `benchmarks/sweep.py`."""

from __future__ import annotations

import ast
import copy

STYLES = ("reference", "renamed", "inlined")
# names of the solution's variables -> those of somebody else; parameters stay, as the hand-out gives them
NAMES = {
    "x0": "inp", "dl_dx2": "g_out", "dl_ds2": "delta2", "dl_dx1": "g_hid", "dl_ds1": "delta1",
    "nb_samples": "n", "eta": "lr", "train_loss": "total", "nb_train_errors": "wrong", "train_error": "err",
    "test_error": "err_test", "history": "log", "step": "k",
}  # fmt: skip
UPDATES = {"add_": ast.Add, "sub_": ast.Sub, "mul_": ast.Mult}


def written(function: ast.FunctionDef, style: str) -> ast.FunctionDef:
    """A function in one of STYLES, which takes its place."""
    function = plain(function)
    if style == "renamed":
        function = Operators(outer="none").visit(function)
        function = Renamed(function).visit(function)
    elif style == "inlined":
        function = Operators(outer="view").visit(function)
        function = by_index(function)
        inline(function)
    return function


def plain(function: ast.FunctionDef) -> ast.FunctionDef:
    """Without its docstring, and without the parameters to start from, which no student's has."""
    if len(function.body) > 1 and ast.get_docstring(function) is not None:
        del function.body[0]
    names = [argument.arg for argument in function.args.args]
    if "parameters" in names and function.args.defaults:
        del function.args.args[names.index("parameters")]
        del function.args.defaults[-1]
        body: list[ast.stmt] = []
        for statement in function.body:
            is_default = isinstance(
                statement, ast.If
            ) and "parameters is None" in ast.unparse(statement.test)
            body += statement.body if is_default else [statement]  # type: ignore[attr-defined]
        function.body = body
    return function


class Operators(ast.NodeTransformer):
    """Operators for methods: `@`, `**`, `.T`, `+=`; an outer product by `[:, None]` or by `view`."""

    def __init__(self, outer: str) -> None:
        self.outer = outer

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.func, ast.Attribute) or node.keywords:
            return node
        receiver, name = node.func.value, node.func.attr
        if name == "outer" and len(node.args) == 2:
            return self._outer(*node.args)
        if isinstance(receiver, ast.Name) and receiver.id == "torch":
            return node
        if name in ("mv", "mm", "matmul", "dot") and len(node.args) == 1:
            return ast.BinOp(receiver, ast.MatMult(), node.args[0])
        if name == "pow" and len(node.args) == 1:
            return ast.BinOp(receiver, ast.Pow(), node.args[0])
        if name == "t" and not node.args:
            return ast.Attribute(receiver, "T", ast.Load())
        return node

    def _outer(self, left: ast.expr, right: ast.expr) -> ast.expr:
        shapes = {
            "none": ("[:, None]", "[None, :]"),
            "view": (".view(-1, 1)", ".view(1, -1)"),
        }
        by = "*" if self.outer == "none" else "@"
        column, row = shapes[self.outer]
        text = (
            f"({ast.unparse(left)}){column} {by} ({ast.unparse(right)}){row}"
        )
        return ast.parse(text, mode="eval").body

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        self.generic_visit(node)
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.attr in UPDATES
            and len(call.args) == 1
            and not call.keywords
        ):
            target = ast.Name(call.func.value.id, ast.Store())
            return ast.AugAssign(
                target, UPDATES[call.func.attr](), call.args[0]
            )
        return node


class Renamed(ast.NodeTransformer):
    """Other names for what a function binds itself."""

    def __init__(self, function: ast.FunctionDef) -> None:
        parameters = {argument.arg for argument in function.args.args}
        self.names = {a: b for a, b in NAMES.items() if a not in parameters}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node


def by_index(function: ast.FunctionDef) -> ast.FunctionDef:
    """`for n in range(len(inputs))` for the loops over samples and targets."""
    for loop in ast.walk(function):
        if not isinstance(loop, ast.For) or not isinstance(
            loop.target, ast.Tuple
        ):
            continue
        if (
            not isinstance(loop.iter, ast.Call)
            or ast.unparse(loop.iter.func) != "zip"
        ):
            continue
        names = [ast.unparse(name) for name in loop.target.elts]
        values = [ast.unparse(value) for value in loop.iter.args]
        if len(names) != len(values):
            continue
        firsts = [
            ast.parse(f"{name} = {value}[n]").body[0]
            for name, value in zip(names, values, strict=True)
        ]
        loop.target = ast.Name("n", ast.Store())
        loop.iter = ast.parse(f"range(len({values[0]}))", mode="eval").body
        loop.body = firsts + loop.body
    return function


def inline(function: ast.FunctionDef) -> None:
    """Put what is assigned once, and computed from what never changes, where it is read."""
    while True:
        found = inlinable(function)
        if found is None:
            return
        statement, name = found
        function.body.remove(statement)
        Inlined(name, statement.value).visit(function)


def inlinable(function: ast.FunctionDef) -> tuple[ast.Assign, str] | None:
    """The first assignment of a function's own block whose value can stand where its name is read."""
    loops = [
        n for n in ast.walk(function) if isinstance(n, ast.For | ast.While)
    ]
    if loops or len(function.body) < 2:
        return None
    for statement in function.body[:-1]:
        if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
            continue
        target = statement.targets[0]
        if isinstance(target, ast.Name) and stores(function, target.id) == 1:
            return statement, target.id
    return None


def stores(function: ast.FunctionDef, name: str) -> int:
    """How often a name is bound."""
    found = sum(argument.arg == name for argument in function.args.args)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name:
            found += isinstance(node.ctx, ast.Store)
    return found


class Inlined(ast.NodeTransformer):
    """A value in the place of a name."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self.name = name
        self.value = value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id == self.name and isinstance(node.ctx, ast.Load):
            return copy.deepcopy(self.value)
        return node
