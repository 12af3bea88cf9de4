"""Sizes that a submission writes as numbers: they become the sizes of the data that it is run on.

`w1 = torch.empty(50, 784)` is right for the data of the course. Which number means what is found by running
the source once on these data.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.reading.trees import LOOPS

Shapes = Sequence[Sequence[int]]

# calls that take shapes
_SHAPED = {
    "empty", "zeros", "ones", "full", "rand", "randn", "normal", "Tensor", "FloatTensor", "DoubleTensor",
    "new_empty", "new_zeros", "new_ones", "new_full", "view", "reshape", "expand", "resize_", "unflatten",
    "uniform", "one_hot", "eye", "randint",
}  # fmt: skip
_LARGE = 100  # from here on a number is a size wherever it stands
_TEST = re.compile(r"test|valid|(^|_)te(_|$)", re.IGNORECASE)
_TRAIN = re.compile(r"train|(^|_)tr(_|$)", re.IGNORECASE)


@dataclass(frozen=True)
class WrittenFor:
    """The sizes that a source is written for.

    shapes: of what is followed. samples: in training and in test. per_sample: numbers that the exercise
    divides by the number of training samples.
    """

    shapes: Shapes
    samples: tuple[int, int]
    per_sample: Sequence[float] = ()

    def values(self, shapes: Shapes, samples: tuple[int, int]) -> dict[str, Any]:
        """The variables that stand for the sizes, for data of other sizes."""
        values: dict[str, Any] = {}
        clashing = set()
        for old_shape, new_shape in zip(self.shapes, shapes, strict=False):
            for old, new in zip(old_shape, new_shape, strict=False):
                if values.setdefault(_size(old), new) != new:
                    clashing.add(old)
        for old in clashing:
            # two sizes that are equal here: the number does not tell which it means
            values[_size(old)] = old
        for old_shape in self.shapes:
            for old in old_shape:
                values.setdefault(_size(old), old)
        values["_train_samples"], values["_test_samples"] = samples
        for number, value in enumerate(self.per_sample):
            values[f"_per_sample_{number}"] = value / samples[0]
        return values


def replace_sizes(
    trees: Sequence[ast.stmt], written: WrittenFor, loop: ast.For | ast.While
) -> list[ast.stmt]:
    """The trees with variables in the place of the numbers that are sizes; they are changed in place.

    loop: whose turns are counted; what says how many they are is no size.
    """
    replacer = _Replacer(written, _names_of_sizes(trees), _signatures(trees))
    replacer.loop = loop
    head = loop.test if isinstance(loop, ast.While) else loop.iter
    replacer.head = set(map(id, ast.walk(head)))
    replacer.of_turns = _names_of_turns(loop)
    replacer.of_test, replacer.of_training = _computed_over_samples(trees)
    replaced = []
    for tree in trees:
        visited: ast.stmt = replacer.visit(tree)
        replaced.append(ast.fix_missing_locations(visited))
    return replaced


def _size(old: int) -> str:
    return f"_size_{old}"


class _Replacer(ast.NodeTransformer):
    """Replaces numbers, each seen in the light of what it stands in."""

    def __init__(
        self,
        written: WrittenFor,
        names: set[str],
        signatures: Mapping[str, Sequence[str]],
    ) -> None:
        self.sizes = {size for shape in written.shapes for size in shape}
        self.written = written
        self.names = names
        self.signatures = signatures
        self.loop: ast.AST | None = None
        self.head: set[int] = set()
        self.of_turns: set[str] = set()
        self.of_test: set[str] = set()
        self.of_training: set[str] = set()
        self.above: list[ast.AST] = []

    def visit(self, node: ast.AST) -> Any:
        self.above.append(node)
        try:
            return super().visit(node)
        finally:
            self.above.pop()

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """A variable, where the number is a size."""
        name = self._variable_for(node)
        if name is None:
            return node
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def _variable_for(self, node: ast.Constant) -> str | None:
        value = node.value
        # not `isinstance`: True is an int as well
        if type(value) is float:
            return self._variable_for_fraction(value)
        if type(value) is not int:
            return None
        if value in self.sizes:
            if value >= _LARGE or self._is_shape(node):
                return _size(value)
            return None
        # the hand-out has as many steps as samples
        counts_samples = value in self.written.samples and value >= _LARGE
        if counts_samples and not self._is_of_turns():
            return self._samples()
        return None

    def _is_of_turns(self) -> bool:
        """Whether the number may say how many turns there are."""
        inner: ast.AST = self.above[-1]
        if id(inner) in self.head:
            return True
        for node in reversed(self.above[:-1]):
            if isinstance(node, LOOPS) and node is not self.loop:
                # of the samples of a turn
                return False
            if isinstance(node, ast.Compare):
                is_test_of_inner = any(self._is_inner(loop) for loop in self.above)
                return not is_test_of_inner
            if isinstance(node, ast.Assign | ast.AnnAssign):
                return not self.of_turns.isdisjoint(_stored(node))
            if isinstance(node, ast.keyword):
                return node.arg in self.of_turns
            if isinstance(node, ast.Call) and inner in node.args:
                name = self._parameter(node, inner)
                if name is not None:
                    return name in self.of_turns
            if isinstance(node, ast.arguments):
                return self._defaulted(node, inner) in self.of_turns
            inner = node
        return False

    def _is_inner(self, node: ast.AST) -> bool:
        return isinstance(node, LOOPS) and node is not self.loop

    def _variable_for_fraction(self, value: float) -> str | None:
        nb_train = self.written.samples[0]
        if value == nb_train and nb_train >= _LARGE:
            return self._samples()
        for number, whole in enumerate(self.written.per_sample):
            if abs(value * nb_train - whole) < 1e-9 * whole:
                return f"_per_sample_{number}"
        return None

    def _samples(self) -> str:
        """Which samples a number counts: those that the nearest code around it names."""
        for node in reversed(self.above):
            names = _identifiers(node)
            tests = any(map(_TEST.search, names)) or names & self.of_test
            trains = any(map(_TRAIN.search, names)) or names & self.of_training
            if bool(tests) != bool(trains):
                return "_test_samples" if tests else "_train_samples"
            if tests:
                break
        return "_train_samples"

    def _is_shape(self, node: ast.Constant) -> bool:
        """Whether a number stands where shapes do, or is given to a variable that does."""
        inner: ast.AST = node
        for outer in reversed(self.above[:-1]):
            if isinstance(outer, ast.Call):
                return self._is_shape_in(outer, inner)
            if isinstance(outer, ast.keyword) and outer.arg in self.names:
                return True
            if isinstance(outer, ast.Assign | ast.AnnAssign):
                return not self.names.isdisjoint(_stored(outer))
            if isinstance(outer, ast.arguments):
                return self._defaulted(outer, node) in self.names
            if isinstance(outer, ast.stmt):
                return False
            inner = outer
        return False

    def _is_shape_in(self, call: ast.Call, argument: ast.AST) -> bool:
        name = _called(call)
        return name in _SHAPED or self._parameter(call, argument) in self.names

    def _parameter(self, call: ast.Call, argument: ast.AST) -> str | None:
        """The parameter of the submission's own function that takes this argument."""
        parameters = self.signatures.get(_called(call), ())
        for given, parameter in zip(call.args, parameters, strict=False):
            if given is argument:
                return parameter
        return None

    def _defaulted(self, arguments: ast.arguments, node: ast.AST) -> str | None:
        """The parameter whose default this is."""
        with_defaults = arguments.args[len(arguments.args) - len(arguments.defaults) :]
        for argument, default in zip(with_defaults, arguments.defaults, strict=True):
            if default is node:
                return argument.arg
        return None


def _names_of_turns(loop: ast.For | ast.While) -> set[str]:
    """The variables that say how many turns there are, and the arrays with a row for each."""
    if isinstance(loop, ast.While):
        return _identifiers(loop.test)
    names = _identifiers(loop.iter)
    turn = _stored(loop.target)
    for node in ast.walk(loop):
        if not isinstance(node, ast.Subscript) or isinstance(node.ctx, ast.Load):
            continue
        if turn & _identifiers(node.slice):
            names |= _identifiers(node.value)
    return names


def _computed_over_samples(trees: Iterable[ast.stmt]) -> tuple[set[str], set[str]]:
    """The variables that only loops over the test samples compute, and those of the training samples."""
    of_test: set[str] = set()
    of_training: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if not isinstance(node, LOOPS):
                continue
            read = _identifiers(node)
            tests = any(map(_TEST.search, read))
            trains = any(map(_TRAIN.search, read))
            if tests and not trains:
                of_test |= _stored(node)
            elif trains and not tests:
                of_training |= _stored(node)
    return of_test - of_training, of_training - of_test


def _names_of_sizes(trees: Iterable[ast.stmt]) -> set[str]:
    """The variables that shapes are written with, directly or through other variables."""
    names: set[str] = set()
    assignments: list[ast.Assign] = []
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in _SHAPED:
                for argument in [*node.args, *node.keywords]:
                    names |= _identifiers(argument)
            elif isinstance(node, ast.Assign):
                assignments.append(node)
    for assignment in reversed(assignments):
        if not names.isdisjoint(_stored(assignment)):
            names |= _identifiers(assignment.value)
    return names


def _signatures(trees: Iterable[ast.stmt]) -> dict[str, list[str]]:
    signatures = {}
    for tree in trees:
        if isinstance(tree, ast.FunctionDef):
            signatures[tree.name] = [argument.arg for argument in tree.args.args]
    return signatures


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _stored(node: ast.AST) -> set[str]:
    stored: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            stored.add(part.id)
    return stored


def _identifiers(node: ast.AST) -> set[str]:
    names: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            names.add(part.id)
        elif isinstance(part, ast.Attribute):
            names.add(part.attr)
    return names
