"""What the student's own source says: where the wrong expression of a mistake stands.

The source is only parsed, never run. It is brought to the reference's names: parameters by position; a local
name of the reference may be any name of the student's that stands in the same places throughout.
"""

from __future__ import annotations

import ast
import builtins
import functools
from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from grader.diagnosis import acts
from grader.diagnosis.canonical import Canonical
from grader.diagnosis.observation import Evidence
from grader.exercise import Form, Misconception, patterns
from grader.sandbox.argument_order import in_order

_MODULES = {
    "torch",
    "np",
    "numpy",
    "math",
    "random",
    "nn",
    "F",
    "functional",
    "plt",
    "scipy",
}


class StudentSource:
    """The source of one function in the reference's names; empty where it cannot be parsed.

    own_parameters: what the student calls the parameters. first_line: the line of the `def`.
    """

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
        self._known = frozenset(known)
        self._canonical = Canonical(frozenset(matrices))
        self._offset = evidence.first_line - 1
        self.first_line = evidence.first_line
        self.own_parameters: Sequence[str] = ()
        self._parameters: Sequence[str] = ()
        self._body: list[ast.stmt] = []
        tree = patterns.last_function(evidence.source)
        if tree is not None:
            self.first_line = tree.lineno + self._offset
            self.own_parameters = patterns.parameters(tree)
            names = {own: name for name, own in evidence.own_names.items()}
            if evidence.order is not None:
                parameters = in_order(parameters, tuple(evidence.order))
            names.update(zip(self.own_parameters, parameters, strict=False))
            self._parameters = parameters
            renamer = patterns.Renamer(names)
            self._body = [renamer.visit(statement) for statement in tree.body]
        self._nodes = _all_nodes(self._body)
        # A name that the student uses too means itself.
        self._themselves: dict[str, str] = {}
        for node in self._nodes:
            if isinstance(node, ast.Name) and node.id not in self._known:
                self._themselves[node.id] = node.id

    @functools.cached_property
    def _canonical_nodes(self) -> list[ast.AST]:
        """All nodes of the function as it reads without what makes no difference."""
        simplified = []
        for statement in self._body:
            simplified.append(self._simplified(statement))
        return _all_nodes(simplified)

    def _simplified(self, node: ast.AST) -> ast.stmt:
        """A copy of a node without what makes no difference."""
        copy = patterns.clone(node)
        simplified: ast.stmt = self._canonical.visit(copy)
        return simplified

    # where something stands

    def line_of(self, pattern: str) -> int | None:
        """The line where an instance of `pattern` stands, None where there is none."""
        statements = patterns.fragment(pattern)
        if len(statements) != 1:
            return None
        return self.line_of_node(
            patterns.expression(statements) or statements[0]
        )

    def line_of_node(self, wanted: ast.AST) -> int | None:
        """The same for a pattern that is a syntax tree."""
        line = self._line_among(self._nodes, wanted)
        if line is None:
            line = self._line_among(
                self._canonical_nodes, self._simplified(wanted)
            )
        return line

    def _line_among(
        self, nodes: Sequence[ast.AST], wanted: ast.AST
    ) -> int | None:
        for node in nodes:
            line = getattr(node, "lineno", None)
            if line is not None and self._is_instance(wanted, node):
                return int(line) + self._offset
        return None

    def _is_instance(self, wanted: ast.AST, node: ast.AST) -> bool:
        # A copy: matching adds to it.
        renaming = patterns.Renaming(self._known, dict(self._themselves))
        return patterns.match(wanted, node, {}, renaming)

    def line_of_form(self, form: Form, tree: ast.FunctionDef) -> int | None:
        """The line of the first wrong expression that `form` puts into the reference's `tree`."""
        for edit in form.edits:
            if self.line_of(edit.replace) is not None:
                continue  # the right expression stands there too: which one counts is not known
            for made in edit.instances(tree):
                # A name or a number alone would be found anywhere.
                if isinstance(made, ast.Name | ast.Constant | ast.Pass):
                    continue
                # What is right elsewhere in the function shows nothing.
                if patterns.holds(tree, made):
                    continue
                line = self.line_of_node(made)
                if line is not None:
                    return line
        return None

    def line_of_seen(self, misconception: Misconception) -> int | None:
        """The line of the first pattern of `seen` that stands in the source."""
        for pattern in misconception.seen:
            line = self.line_of(pattern)
            if line is not None:
                return line
        return None

    def support(self, misconception: Misconception) -> int:
        """1 where the source speaks for the mistake, -1 where it should and does not, 0 otherwise."""
        if not misconception.seen or not self._body:
            return 0
        return -1 if self.line_of_seen(misconception) is None else 1

    def allows(
        self, misconception: Misconception, accumulators: Collection[str] = ()
    ) -> bool:
        """Whether the source shows what the note of a mistake says of it; what helpers do is not known."""
        if not self._body:
            return misconception.act is None
        if any(self.uses(name) for name in misconception.absent):
            return False
        act = misconception.act
        # a helper may do it; but much else changes nothing, or goes uphill, so that must be seen
        if act is None:
            return True
        if act not in ("discards", "ascends") and self._calls_helpers():
            return True
        if self.line_of_seen(misconception) is not None:
            return True
        return acts.shows(act, self._body, accumulators)

    def line_of_act(
        self, misconception: Misconception, accumulators: Collection[str] = ()
    ) -> int | None:
        """The line where the source does what the note of a mistake says of it, where that is certain."""
        act = misconception.act
        if act is None:
            return None
        line = acts.line_of(act, self._body, accumulators)
        return None if line is None else line + self._offset

    def unread_parameters(self) -> list[str]:
        """The reference's names of the parameters that it never reads."""
        read = set()
        for node in self._nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                read.add(node.id)
        return [name for name in self._parameters if name not in read]

    def uses(self, name: str) -> bool:
        """Whether it does anything with a variable of this name of the reference."""
        for node in self._nodes:
            if isinstance(node, ast.Assign) and isinstance(
                node.value, ast.Constant
            ):
                # `dl_dw1 = ...` only waits to be written
                continue
            for part in _shallow(node):
                if isinstance(part, ast.Name) and part.id == name:
                    return True
        return False

    def may_call(self, function: str) -> bool:
        """Whether it calls a function by its name, or something that may."""
        if not self._nodes or self._calls_helpers():
            return True
        # also where it only hands it on, as to a decorator or under another name
        return any(
            isinstance(node, ast.Name) and node.id == function
            for node in self._nodes
        )

    def _calls_helpers(self) -> bool:
        """Whether it calls functions of the file's own that are no functions of the exercise."""
        for node in self._nodes:
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Name):
                name = function.id
                if name not in self._known and not hasattr(builtins, name):
                    return True
        return False

    def rebound(self, names: Sequence[str]) -> Mapping[str, int]:
        """Which of these names of the reference the student assigns anew -> the line."""
        lines: dict[str, int] = {}
        for node in self._nodes:
            if not isinstance(node, ast.Assign):
                continue
            if isinstance(node.value, ast.Constant):
                continue  # `dl_dw1 = ...` only waits to be written
            for name in patterns.names_stored(node):
                if name in names:
                    lines.setdefault(name, node.lineno + self._offset)
        return lines

    # what it does

    def is_variable(self, name: str) -> bool:
        """Whether a name that is not found stands for a value, not for a missing module or helper."""
        if name in _MODULES:
            return False
        for node in self._nodes:
            if not isinstance(node, ast.Call):
                continue
            function = node.func
            if isinstance(function, ast.Name) and function.id == name:
                return False
        return True

    def raises(self, exception: str) -> bool:
        """Whether it raises an exception of this name itself."""
        for node in self._nodes:
            if not isinstance(node, ast.Raise) or node.exc is None:
                continue
            raised = node.exc
            if isinstance(raised, ast.Call):
                raised = raised.func
            if isinstance(raised, ast.Name) and raised.id == exception:
                return True
        return False

    def is_only_begun(self, functions: Set[str]) -> bool:
        """Whether it neither loops, nor calls one of `functions`, nor returns anything."""
        if not self._nodes:
            return False
        return not any(_goes_on(node, functions) for node in self._nodes)

    def returned(self) -> list[str] | None:
        """The names of the last `return`, in the reference's names; None where it returns anything else."""
        value: ast.expr | None = None
        for node in self._nodes:
            if isinstance(node, ast.Return):
                value = node.value
        if not isinstance(value, ast.Tuple | ast.List):
            return None
        names = []
        for element in value.elts:
            if not isinstance(element, ast.Name):
                return None
            names.append(element.id)
        return names


def _all_nodes(statements: Sequence[ast.stmt]) -> list[ast.AST]:
    """The nodes of several statements, statement by statement."""
    nodes: list[ast.AST] = []
    for statement in statements:
        nodes.extend(ast.walk(statement))
    return nodes


def _shallow(node: ast.AST) -> Iterator[ast.AST]:
    """A node's own parts, without those of statements inside it."""
    if not isinstance(node, ast.stmt):
        return
    for part in ast.iter_child_nodes(node):
        if not isinstance(part, ast.stmt):
            yield from ast.walk(part)


def _goes_on(node: ast.AST, functions: Set[str]) -> bool:
    """Whether a node shows that a function is more than begun."""
    if isinstance(node, ast.Return):
        return node.value is not None
    if isinstance(node, ast.Name):
        return node.id in functions
    return isinstance(node, ast.For | ast.While | ast.comprehension)
