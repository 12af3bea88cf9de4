"""The small edits that `benchmarks/slips.py` makes of a submission's own text, one at a time.

Each edit replaces the text of one node of the syntax tree, so that everything else, comments and line numbers
too, stays as the student wrote it.
"""

from __future__ import annotations

import ast
import bisect
import difflib
import functools
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FUNCTIONS = {
    "tanh": ("sin", "sigmoid"),
    "exp": ("log",),
    "sum": ("mean", "max"),
    "mean": ("sum",),
    "max": ("min",),
    "argmax": ("argmin",),
    "cosh": ("sinh",),
    "zeros": ("ones",),
    "zeros_like": ("ones_like",),
    "normal_": ("uniform_",),
    "randn": ("rand",),
    "zero_": ("double",),
    "add_": ("sub_", "mul_", "copy_"),
    "sub_": ("add_", "mul_", "sub"),
    "mul": ("add",),
    "add": ("mul",),
    "sub": ("add",),
    "pow": ("mul",),
    "mv": ("mul",),
    "abs": ("neg",),
}
AXIS_METHODS = {
    "sum", "mean", "argmax", "size", "unsqueeze", "max", "softmax",
}  # fmt: skip
OPERATORS = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.Pow: ("**", "*"),
    ast.Lt: ("<", ">"),
    ast.Gt: (">", "<"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
}
IN_PLACE = {"add_", "sub_", "zero_"}
PRODUCTS = {"mv", "mm", "matmul", "dot"}
SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)
TINY = 1e-4
ALIKE = 0.5


@dataclass(frozen=True)
class Unit:
    """A text that is parsed by itself: a file, or one cell of a notebook, counted from 1 with all cells."""

    text: str
    cell: int | None = None
    notebook: str = ""

    def file_with(self, text: str) -> bytes:
        """The whole file with another text in this one's place."""
        if self.cell is None:
            return text.encode()
        notebook = json.loads(self.notebook)
        notebook["cells"][self.cell - 1]["source"] = text
        return json.dumps(notebook).encode()

    def module_with(self, text: str) -> str:
        """The same as one module: of a notebook, the cells that are Python as they stand."""
        if self.cell is None:
            return text
        texts = []
        for number, cell in enumerate(
            json.loads(self.notebook)["cells"], start=1
        ):
            own = text if number == self.cell else "".join(cell["source"])
            if cell["cell_type"] == "code" and parsed(own) is not None:
                texts.append(own)
        return "\n".join(texts)


@dataclass(frozen=True)
class Edit:
    """One edit of a text: what is put between two places of it, and the lines that hold the slip afterwards.

    kind: which of the edits it is. function: the graded one that it stands in, or "". Places are in bytes.
    """

    kind: str
    function: str
    data: bytes
    begin: int
    end: int
    new: str
    lines: frozenset[int]

    @property
    def text(self) -> str:
        """The whole text with the edit."""
        edited = self.data[: self.begin] + self.new.encode()
        return (edited + self.data[self.end :]).decode()

    @property
    def changes(self) -> bool:
        """Whether it is still Python, and another program."""
        edited, whole = parsed(self.text), parsed(self.data.decode())
        if edited is None or whole is None:
            return False
        return ast.dump(edited) != ast.dump(whole)

    @property
    def before(self) -> str:
        """The first line that is edited, as it was."""
        return self._line_of(self.data)

    @property
    def after(self) -> str:
        """The same line as it is now."""
        if self.kind == "statement":
            return "(dropped)"
        return self._line_of(self.text.encode())

    def _line_of(self, data: bytes) -> str:
        return (
            data.split(b"\n")[self.data[: self.begin].count(b"\n")]
            .decode()
            .strip()
        )


def units_of(path: Path) -> Iterator[Unit]:
    """The texts of a file that are Python as they stand."""
    data = path.read_bytes()
    if path.suffix != ".ipynb":
        # newlines stay as they are
        yield Unit(data.decode("utf-8-sig"))
        return
    notebook = json.loads(data)
    for number, cell in enumerate(notebook["cells"], start=1):
        text = "".join(cell["source"])
        if cell["cell_type"] == "code" and parsed(text) is not None:
            yield Unit(text, number, data.decode())


def parsed(text: str) -> ast.Module | None:
    """The syntax tree; None where it is no Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def slips_of(unit: Unit, functions: Collection[str]) -> Iterator[Edit]:
    """Every edit of a text, each once; some change nothing, see `Edit.changes`."""
    tree = parsed(unit.text)
    if tree is None:
        return
    seen: set[tuple[int, int, str]] = set()
    known = [s.name for s in tree.body if isinstance(s, ast.FunctionDef)]
    for statement in tree.body:
        if not is_worked_on(statement):
            continue
        owner = owner_of(statement, functions)
        block = _Block(unit.text, statement, owner, known, tree)
        for edit in block.edits():
            key = (edit.begin, edit.end, edit.new)
            if key not in seen:
                seen.add(key)
                yield edit


def is_worked_on(statement: ast.stmt) -> bool:
    """Whether a statement at the top level computes: not imports, texts or what runs only as a script."""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return False
    if isinstance(statement, ast.If):
        return "__name__" not in ast.unparse(statement.test)
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return True


def owner_of(statement: ast.stmt, functions: Collection[str]) -> str:
    """The graded function that a statement at the top level defines, or nothing."""
    name = ""
    if isinstance(statement, ast.FunctionDef):
        name = statement.name
    elif isinstance(statement, ast.Assign):
        name = ast.unparse(statement.targets[0])
    return name if name in functions else ""


class _Block:
    """One statement at the top level, and every edit of it."""

    def __init__(
        self,
        text: str,
        top: ast.stmt,
        owner: str,
        functions: Sequence[str],
        tree: ast.Module,
    ) -> None:
        self.data = text.encode()
        self.top = top
        self.owner = owner
        self.functions = functions
        # nodes count lines by "\n", and columns in bytes
        self.starts = [0]
        for line in self.data.split(b"\n"):
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.statement_of: dict[ast.AST, ast.stmt] = {}
        self.parent_of: dict[ast.AST, ast.AST] = {}
        self._link(top, top)
        scope: ast.AST = top
        if not isinstance(top, ast.FunctionDef | ast.ClassDef):
            scope = tree
        self.bound = bound_names(scope)
        self.accumulators = accumulators(scope)

    def _link(self, node: ast.AST, statement: ast.stmt) -> None:
        self.statement_of[node] = statement
        for child in ast.iter_child_nodes(node):
            self.parent_of[child] = node
            within = child if isinstance(child, ast.stmt) else statement
            self._link(child, within)

    # -- text ------------------------------------------------------------------------------------------

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node's text begins and ends, in bytes."""
        begin = self.starts[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]
        end = self.starts[node.end_lineno - 1] + node.end_col_offset  # type: ignore[attr-defined]
        return begin, end

    def source(self, node: ast.AST) -> str:
        begin, end = self.span(node)
        return self.data[begin:end].decode()

    def edit(self, kind: str, node: ast.AST, new: str) -> Edit:
        """Another text in the place of a node's."""
        begin, end = self.span(node)
        return self.spliced(kind, node, begin, end, new)

    def spliced(
        self, kind: str, node: ast.AST, begin: int, end: int, new: str
    ) -> Edit:
        statement = self.statement_of[node]
        first = self.line_at(begin)
        # all that is replaced, as it stands afterwards
        last = first + new.count("\n")
        lines = {statement.lineno, *range(first, last + 1)}
        return Edit(
            kind, self.owner, self.data, begin, end, new, frozenset(lines)
        )

    def line_at(self, position: int) -> int:
        return bisect.bisect_right(self.starts, position)

    # -- edits -----------------------------------------------------------------------------------------

    def edits(self) -> Iterator[Edit]:
        for node in ast.walk(self.top):
            if self._in_annotation(node):
                continue
            if isinstance(node, ast.Name):
                yield from self.of_name(node)
            elif isinstance(node, ast.Call):
                yield from self.of_call(node)
            elif isinstance(node, ast.BinOp):
                yield from self.of_operation(node)
            elif isinstance(node, ast.UnaryOp):
                if isinstance(node.op, ast.USub) and not isinstance(
                    node.operand, ast.Constant
                ):
                    yield self.edit("factor", node, self.source(node.operand))
            elif isinstance(node, ast.Compare):
                yield from self.of_comparison(node)
            elif isinstance(node, ast.AugAssign):
                yield from self.of_update(node)
            elif isinstance(node, ast.Constant):
                yield from self.of_constant(node)
            elif isinstance(node, ast.Subscript):
                yield from self.of_index(node)
            elif isinstance(node, ast.Attribute):
                yield from self.of_attribute(node)
            elif isinstance(node, ast.Tuple):
                yield from self.of_tuple(node)
            yield from self.of_statements(node)

    def _in_annotation(self, node: ast.AST) -> bool:
        """Whether a node belongs to a parameter list, a type or a formatted text."""
        inside: ast.AST | None = node
        while inside is not None:
            if isinstance(inside, ast.arguments | ast.JoinedStr | ast.arg):
                # a lambda's body is not among its arguments
                return True
            parent = self.parent_of.get(inside)
            if getattr(parent, "returns", None) is inside:
                return True
            if getattr(parent, "annotation", None) is inside:
                return True
            decorators: list[ast.expr] = getattr(parent, "decorator_list", [])
            if inside in decorators:
                return True
            inside = parent
        return False

    def of_name(self, node: ast.Name) -> Iterator[Edit]:
        """Another name that is bound before, one that looks like it where there is one."""
        parent = self.parent_of.get(node)
        if isinstance(parent, ast.Call) and parent.func is node:
            return
        if not isinstance(node.ctx, ast.Load) or node.id not in self.bound:
            return
        others = [
            name
            for name, line in self.bound.items()
            if name != node.id and line <= node.lineno
        ]
        similar = [name for name in others if alike(name, node.id)]
        for name in similar or others:
            yield self.edit("name", node, name)

    def of_call(self, node: ast.Call) -> Iterator[Edit]:
        """Another function, other arguments."""
        func = node.func
        if isinstance(func, ast.Name):
            if func.id in self.functions:
                for name in self.functions:
                    if similar_functions(name, func.id):
                        yield self.edit("function", func, name)
            for name in FUNCTIONS.get(func.id, ()):
                yield self.edit("function", func, name)
            if func.id == "len":
                yield self.edit(
                    "off by one", node, f"({self.source(node)} - 1)"
                )
            if func.id == "range":
                yield from self.of_range(node)
        if isinstance(func, ast.Attribute):
            yield from self.of_method(node, func)
        yield from self.of_arguments(node)

    def of_range(self, node: ast.Call) -> Iterator[Edit]:
        for argument in node.args[-1:]:
            text = self.source(argument)
            yield self.edit("off by one", argument, f"{text} - 1")
            if len(node.args) == 1:
                yield self.edit("off by one", argument, f"1, {text}")

    def of_method(self, node: ast.Call, func: ast.Attribute) -> Iterator[Edit]:
        begin, end = self.span(func)
        begin = end - len(func.attr.encode())
        for name in FUNCTIONS.get(func.attr, ()):
            yield self.spliced("function", func, begin, end, name)
        if func.attr == "pow":
            receiver = func.value
            if ast.unparse(receiver) in ("torch", "th"):
                receiver = node.args[0]
            yield self.edit("factor", node, self.source(receiver))
        if func.attr == "t" and not node.args:
            yield self.edit("transposition", node, self.source(func.value))
        receiver = ast.unparse(func.value)
        if func.attr in PRODUCTS and receiver in self.bound:
            yield self.edit("transposition", func.value, f"{receiver}.t()")
        if func.attr in AXIS_METHODS:
            axes = [*node.args[:1], *(k.value for k in node.keywords)]
            for axis in axes:
                yield from self.of_axis(axis)
        if (
            func.attr in IN_PLACE
            and isinstance(func.value, ast.Name)
            and func.value.id in self.accumulators
        ):
            for name in sorted(self.accumulators - {func.value.id}):
                yield self.edit("accumulator", func.value, name)

    def of_axis(self, node: ast.expr) -> Iterator[Edit]:
        try:
            value = ast.literal_eval(node)
        except ValueError:
            return
        if type(value) is int:
            for other in {0, 1, -1} - {value}:
                yield self.edit("axis or index", node, str(other))

    def of_arguments(self, node: ast.Call) -> Iterator[Edit]:
        """Two arguments that stand side by side, exchanged."""
        for first, second in zip(node.args, node.args[1:], strict=False):
            if isinstance(first, ast.Starred | ast.Constant):
                continue
            if isinstance(second, ast.Starred | ast.Constant):
                continue
            yield self.exchanged("arguments", first, second)

    def exchanged(self, kind: str, first: ast.expr, second: ast.expr) -> Edit:
        begin, end = self.span(first)[0], self.span(second)[1]
        between = self.data[self.span(first)[1] : self.span(second)[0]]
        new = self.source(second) + between.decode() + self.source(first)
        return self.spliced(kind, first, begin, end, new)

    def of_operation(self, node: ast.BinOp) -> Iterator[Edit]:
        yield from self.other_operator(node, node.left, node.op, node.right)
        left, right = self.source(node.left), self.source(node.right)
        if isinstance(node.op, ast.Mult):
            yield self.edit("factor", node, left)
            yield self.edit("factor", node, right)
        elif isinstance(node.op, ast.Div | ast.Pow):
            yield self.edit("factor", node, left)
        elif isinstance(node.op, ast.Add | ast.Sub):
            yield self.edit("term", node, left)
            yield self.edit("term", node, right)
        elif isinstance(node.op, ast.MatMult):
            for side in (node.left, node.right):
                if isinstance(side, ast.Name):
                    yield self.edit("transposition", side, f"{side.id}.T")

    def other_operator(
        self,
        node: ast.AST,
        left: ast.AST,
        operator: ast.AST,
        right: ast.AST,
    ) -> Iterator[Edit]:
        pair = OPERATORS.get(type(operator))  # type: ignore[call-overload]
        if pair is None:
            return
        old, new = pair
        begin = self.span(left)[1]
        between = self.data[begin : self.span(right)[0]]
        at = between.find(old.encode())
        if at >= 0:
            start = begin + at
            yield self.spliced("operator", node, start, start + len(old), new)

    def of_comparison(self, node: ast.Compare) -> Iterator[Edit]:
        if len(node.ops) == 1:
            yield from self.other_operator(
                node, node.left, node.ops[0], node.comparators[0]
            )

    def of_update(self, node: ast.AugAssign) -> Iterator[Edit]:
        begin, end = self.span(node.target)[1], self.span(node.value)[0]
        between = self.data[begin:end].decode()
        match = re.search(r"[-+*/]=", between)
        if match is not None:
            news = ["-=" if match.group() == "+=" else "+=", "="]
            for new in news:
                yield self.spliced(
                    "operator",
                    node,
                    begin + match.start(),
                    begin + match.end(),
                    new,
                )
        if isinstance(node.target, ast.Name):
            for name in sorted(self.accumulators - {node.target.id}):
                yield self.edit("accumulator", node.target, name)

    def of_constant(self, node: ast.Constant) -> Iterator[Edit]:
        """A number of a formula: ten times less or more, or one more."""
        value = node.value
        parent = self.parent_of.get(node)
        if isinstance(parent, ast.UnaryOp) and type(value) is int:
            # a place from the end or a size that is left open, mostly
            return
        if isinstance(parent, ast.Subscript) or type(value) not in (
            int,
            float,
        ):
            return
        others: set[float] = {value + 1}
        if isinstance(value, float):
            others = {value / 10, value * 10}
            if 0 < value < TINY:
                others = {1e-2, value * 1e3}
        elif value == 0:
            others = {1}
        elif value >= 2:
            others = {value + 1, value - 1, value * 10}
        for other in sorted(others):
            yield self.edit("constant", node, f"{other:.6g}")

    def of_index(self, node: ast.Subscript) -> Iterator[Edit]:
        """A number in an index: the one beside it; a variable: the entry before."""
        index = node.slice
        if isinstance(index, ast.Name) and index.id in self.bound:
            yield self.edit("off by one", index, f"{index.id} - 1")
            return
        try:
            value = ast.literal_eval(index)
        except ValueError:
            return
        if type(value) is not int:
            return
        for other in {value + 1, value - 1, 0} - {value}:
            yield self.edit("axis or index", index, str(other))

    def of_attribute(self, node: ast.Attribute) -> Iterator[Edit]:
        if node.attr == "T":
            yield self.edit("transposition", node, self.source(node.value))

    def of_tuple(self, node: ast.Tuple) -> Iterator[Edit]:
        """Two values side by side, exchanged, where they are given or returned."""
        for first, second in zip(node.elts, node.elts[1:], strict=False):
            kinds = (ast.Constant, ast.Slice, ast.Starred)
            if not isinstance(first, kinds) and not isinstance(second, kinds):
                yield self.exchanged("order", first, second)

    # -- statements ------------------------------------------------------------------------------------

    def of_statements(self, node: ast.AST) -> Iterator[Edit]:
        """Each simple statement of a block, dropped."""
        for field in ("body", "orelse"):
            body = getattr(node, field, None)
            if not isinstance(body, list):
                continue
            for i, statement in enumerate(body):
                if isinstance(statement, SIMPLE) and not is_text(statement):
                    # without its only statement, a function would not be written at all
                    if is_whole(node, statement):
                        continue
                    edit = self.dropped(node, body, i)
                    if edit is not None:
                        yield edit

    def dropped(
        self, node: ast.AST, body: list[ast.stmt], i: int
    ) -> Edit | None:
        """The text without a statement that has its lines for itself."""
        statement = body[i]
        begin, end = self.span(statement)
        line_begin = self.starts[statement.lineno - 1]
        line_end = self.starts[statement.end_lineno or statement.lineno]
        rest = self.data[end:line_end].strip()
        alone = not self.data[line_begin:begin].strip() and (
            not rest or rest.startswith(b"#")
        )
        if not alone:
            return None
        if len(body) == 1:
            lines = self.around(
                node, body, i, (statement.end_lineno or 0) - statement.lineno
            )
            return Edit(
                "statement", self.owner, self.data, begin, end, "pass", lines
            )
        removed = self.data[line_begin:line_end].count(b"\n")
        lines = self.around(node, body, i, removed)
        return Edit(
            "statement", self.owner, self.data, line_begin, line_end, "", lines
        )

    def around(
        self, node: ast.AST, body: list[ast.stmt], i: int, removed: int
    ) -> frozenset[int]:
        """The lines of the neighbours, and of the first statement that reads what is not bound now."""
        statement = body[i]
        lines: set[int] = set()
        if len(body) == 1:
            lines.add(statement.lineno)
        if i > 0:
            before = body[i - 1]
            lines.update(range(before.lineno, (before.end_lineno or 0) + 1))
        elif hasattr(node, "lineno"):
            lines.add(node.lineno)
        after = body[i + 1 : i + 2]
        reader = self.first_reader(statement)
        if reader is not None:
            after.append(reader)
        if isinstance(statement, ast.Return):
            # where what gives nothing begins
            lines.add(self.function_around(statement).lineno)
        lines.update(n.lineno - removed for n in after)
        return frozenset(lines)

    def function_around(self, statement: ast.stmt) -> ast.stmt:
        """The innermost function that holds a statement; without one, what stands at the top level."""
        node: ast.AST = statement
        while node in self.parent_of:
            node = self.parent_of[node]
            if isinstance(node, ast.FunctionDef):
                return node
        return self.top

    def first_reader(self, dropped: ast.stmt) -> ast.stmt | None:
        """The first statement after one that reads a variable or an attribute which it binds."""
        bound = set()
        for node in ast.walk(dropped):
            if isinstance(getattr(node, "ctx", None), ast.Store):
                bound.add(ast.unparse(node))
        readers = []
        for node in ast.walk(self.top):
            if (
                isinstance(node, ast.Name | ast.Attribute)
                and isinstance(node.ctx, ast.Load)
                and node.lineno > (dropped.end_lineno or 0)
                and ast.unparse(node) in bound
            ):
                readers.append(self.statement_of[node])
        return min(readers, key=lambda one: one.lineno, default=None)


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a constant alone, such as a docstring."""
    return isinstance(statement, ast.Expr) and isinstance(
        statement.value, ast.Constant
    )


@functools.cache
def alike(name: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, name, other).ratio() >= ALIKE


def is_whole(node: ast.AST, statement: ast.stmt) -> bool:
    """Whether a statement is all that a function has, besides a docstring."""
    if not isinstance(node, ast.FunctionDef):
        return False
    return all(one is statement or is_text(one) for one in node.body)


def similar_functions(name: str, other: str) -> bool:
    """Whether one function may be taken for another: a function for its derivative, or a like name."""
    if name == other:
        return False
    return alike(name, other)


def bound_names(scope: ast.AST) -> dict[str, int]:
    """The variables of a scope, each with the line where it is first bound; functions are none."""
    found: dict[str, int] = {}
    for node in ast.walk(scope):
        name = None
        if isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        if name is not None and name not in ("self", "_"):
            line = found.get(name, node.lineno)  # type: ignore[attr-defined]
            found[name] = min(line, node.lineno)  # type: ignore[attr-defined]
    return found


def accumulators(scope: ast.AST) -> set[str]:
    """The names that something is added to or taken from in place."""
    found = set()
    for node in ast.walk(scope):
        target: ast.AST | None = None
        if isinstance(node, ast.AugAssign):
            target = node.target
        elif isinstance(node, ast.Attribute) and node.attr in IN_PLACE:
            target = node.value
        if isinstance(target, ast.Name):
            found.add(target.id)
    return found
