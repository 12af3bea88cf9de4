"""Which functions a statement calls, and which variables it changes in place, read off its tree.

A change in place is an assignment to a part (`v[0] = 1`, `v.a = 1`, `del v[0]`, `setattr(v, …)`), a method
called for its effect (`v.append(1)`), torch's underscore (`v.normal_()`, `nn.init.normal_(v)`), an `out=v`,
or a decorator of the variable's own (`@v.register`), or a subclass of it, which its class may note down.

At the top level, an assignment to a part of something imported (`Tensor.square = …`) changes all that comes
from the same package, and so does a call that sets something for all of it (`torch.set_grad_enabled(False)`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from grader.reading.trees import DEFINITIONS, nodes

# what a part of a variable is reached through
_STEPS = (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)
# What sets something for a whole package, but for what a worker has to keep: one thread.
_SETS = re.compile(r"(set|use|enable|disable|register)(_(?!num_)|$)|seterr")


@dataclass(frozen=True)
class Declared:
    """The names that a file imports, and those of its functions and classes.

    A method call changes none of these: `random.seed(1)` and `Net.eval()` change no variable of the file.
    imported: with the package that each comes from.
    """

    imported: Mapping[str, str]
    defined: frozenset[str]


@dataclass
class Effects:
    """What a piece of a tree does: the functions it calls by name, the variables it changes in place.

    packages: those for all of which it sets something.
    """

    calls: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    packages: set[str] = field(default_factory=set)


def declared_by(trees: Iterable[ast.stmt]) -> Declared:
    """What a file of these statements declares at its top level."""
    imported: dict[str, str] = {}
    defined: set[str] = set()
    for tree in trees:
        for node, later in nodes(tree):
            if later:
                continue
            if isinstance(node, ast.Import):
                for alias in node.names:
                    package = alias.name.partition(".")[0]
                    imported[alias.asname or package] = package
            elif isinstance(node, ast.ImportFrom):
                package = (node.module or "").partition(".")[0]
                for alias in node.names:
                    imported[alias.asname or alias.name] = package
            elif isinstance(node, DEFINITIONS):
                defined.add(node.name)
    return Declared(imported, frozenset(defined))


def effects_of(tree: ast.stmt, declared: Declared) -> tuple[Effects, Effects]:
    """What a statement does as it runs, and what its functions do when they are called."""
    now = _Collector(declared, of_packages=True)
    later = _Collector(declared)
    for node, runs_later in nodes(tree):
        if runs_later:
            later.add(node)
        else:
            now.add(node)
    return now.effects, later.effects


class _Collector:
    """Collects effects node by node."""

    def __init__(self, declared: Declared, of_packages: bool = False) -> None:
        """of_packages: whether what changes a package counts."""
        self.declared = declared
        self.of_packages = of_packages
        self.effects = Effects()

    def add(self, node: ast.AST) -> None:
        if isinstance(node, ast.Attribute | ast.Subscript):
            if not isinstance(node.ctx, ast.Load):
                self._part_assigned(_root(node))
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                self._decorated_by(decorator)
            for base in getattr(node, "bases", ()):
                if _root(base) in self.declared.defined:
                    self._part_assigned(_root(base))
        elif isinstance(node, ast.Expr):
            self._result_unused(node.value)
        elif isinstance(node, ast.Call):
            self._call(node)

    def _result_unused(self, value: ast.expr) -> None:
        if not isinstance(value, ast.Call):
            return
        # a method whose result is not used is called for its effect
        if isinstance(value.func, ast.Attribute):
            self._changed_by_call(_root(value.func))

    def _decorated_by(self, decorator: ast.expr) -> None:
        function = decorator
        if isinstance(decorator, ast.Name):
            self.effects.calls.add(decorator.id)
        if isinstance(decorator, ast.Call):
            function = decorator.func
        if isinstance(function, ast.Attribute):
            owner = _root(function)
            if owner not in self.declared.imported:
                self._part_assigned(owner)

    def _call(self, call: ast.Call) -> None:
        function = call.func
        if isinstance(function, ast.Name):
            self.effects.calls.add(function.id)
            if _SETS.match(function.id):
                self._package_set(function.id)
            if function.id in ("setattr", "delattr"):
                self._part_assigned(_root_of_first_argument(call))
        elif isinstance(function, ast.Attribute) and _SETS.match(
            function.attr
        ):
            self._package_set(_root(function) or "")
        elif isinstance(function, ast.Attribute) and _is_in_place(
            function.attr
        ):
            owner = _root(function)
            self._changed_by_call(owner)
            # a module's function changes its argument: `nn.init.normal_(v)`
            if owner in self.declared.imported:
                self._changed_by_call(_root_of_first_argument(call))
        for keyword in call.keywords:
            if keyword.arg == "out":
                self._changed_by_call(_root(keyword.value))

    def _part_assigned(self, name: str | None) -> None:
        if name is None:
            return
        if name in self.declared.imported:
            self._package_set(name)
        else:
            self.effects.changes.add(name)

    def _changed_by_call(self, name: str | None) -> None:
        known = self.declared.defined.union(self.declared.imported)
        if name not in known:
            self._part_assigned(name)

    def _package_set(self, name: str) -> None:
        """Something is set for all that comes from the package of this name."""
        imported = self.declared.imported
        if not self.of_packages or name not in imported:
            return
        self.effects.packages.add(imported[name])
        for other, package in imported.items():
            if package == imported[name]:
                self.effects.changes.add(other)


def _is_in_place(method: str) -> bool:
    """Whether the name follows torch's convention for methods that change their tensor."""
    return method.endswith("_") and not method.endswith("__")


def _root_of_first_argument(call: ast.Call) -> str | None:
    if not call.args:
        return None
    return _root(call.args[0])


def _root(node: ast.AST) -> str | None:
    """The variable that `v.a[0].b()` starts from; `f(v).b()` starts from none."""
    while isinstance(node, _STEPS):
        if not isinstance(node, ast.Call):
            node = node.value
        elif isinstance(node.func, ast.Name):
            return None
        else:
            node = node.func
    if isinstance(node, ast.Name):
        return node.id
    return None
