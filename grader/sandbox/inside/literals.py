"""Sizes that a submission writes as numbers: they become the sizes of the data that it is run on.

`w1 = torch.empty(50, 784)` is right for the data of the course. Which number means what is found by running
the source once on these data.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader import source_numbers
from grader.reading.trees import DEFINITIONS, LOOPS, stored_names

Shapes = Sequence[Sequence[int]]
Loop = ast.For | ast.While
Assignment = ast.Assign | ast.AnnAssign
Signatures = Mapping[str, ast.arguments]  # function -> its parameters
Samples = tuple[int, int]  # how many there are in training, and in test

# calls that take shapes
_SHAPED = {
    "empty", "zeros", "ones", "full", "rand", "randn", "normal", "Tensor", "FloatTensor", "DoubleTensor",
    "new_empty", "new_zeros", "new_ones", "new_full", "view", "reshape", "expand", "resize_", "unflatten",
    "uniform", "one_hot", "eye", "randint",
}  # fmt: skip
_RANGES = {"range", "trange", "arange"}
_CALLERS = {
    "map",
    "reduce",
    "accumulate",
}  # what calls a function for each item
_LARGE = 100  # from here on a number is a size wherever it stands


@dataclass(frozen=True)
class WrittenFor:
    """The sizes that a source is written for.

    shapes: of what is followed. samples: in training and in test. names: patterns of the names of either
    samples. per_sample: numbers that the exercise divides by the number of training samples.
    """

    shapes: Shapes
    samples: Samples
    names: tuple[str, str]
    per_sample: Sequence[float] = ()

    def named_by(self, identifiers: Collection[str]) -> tuple[bool, bool]:
        """Whether some name the training samples, and whether some name the test samples."""
        of_training, of_test = self.names
        return _names_any(of_training, identifiers), _names_any(
            of_test, identifiers
        )

    def values(self, shapes: Shapes, samples: Samples) -> dict[str, Any]:
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
        for old in itertools.chain(*self.shapes):
            values.setdefault(_size(old), old)
        values["_train_samples"], values["_test_samples"] = samples
        for number, value in enumerate(self.per_sample):
            values[f"_per_sample_{number}"] = value / samples[0]
        return values


def replace_sizes(
    trees: Sequence[ast.stmt], written: WrittenFor, loop: Loop
) -> list[ast.stmt]:
    """The trees with variables in the place of the numbers that are sizes; they are changed in place.

    loop: whose turns are counted; what says how many they are is no size.
    """
    signatures = _signatures(trees)
    names = _names_of_sizes(trees, signatures)
    replacer = _Replacer(written, names, signatures)
    replacer.loop = loop
    replacer.head = set(map(id, ast.walk(_head(loop))))
    replacer.of_turns = _names_of_turns(loop)
    of_training, of_test = _computed_over_samples(trees, written)
    replacer.of_training, replacer.of_test = of_training, of_test
    replaced = []
    for tree in trees:
        visited: ast.stmt = replacer.visit(tree)
        replaced.append(ast.fix_missing_locations(visited))
    return replaced


def _head(loop: Loop) -> ast.expr:
    """What says how many turns there are."""
    if isinstance(loop, ast.While):
        return loop.test
    return loop.iter


def _names_any(pattern: str, identifiers: Iterable[str]) -> bool:
    found = re.compile(pattern, re.IGNORECASE).search
    return any(map(found, identifiers))


def _size(old: int) -> str:
    return f"_size_{old}"


class _Replacer(ast.NodeTransformer):
    """Replaces numbers, each seen in the light of what it stands in."""

    def __init__(
        self,
        written: WrittenFor,
        names: set[str],
        signatures: Signatures,
    ) -> None:
        self.sizes = set(itertools.chain(*written.shapes))
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
        return source_numbers.replaced(node, name)

    def _variable_for(self, node: ast.Constant) -> str | None:
        value = node.value
        # not `isinstance`: True is an int as well
        if type(value) is float:
            return self._variable_for_fraction(value)
        if type(value) is not int:
            return None
        if value in self.sizes:
            if value >= _LARGE or self._is_only_a_shape(node):
                return _size(value)
            return None
        # the hand-out has as many steps as samples
        counts_samples = value in self.written.samples and value >= _LARGE
        if counts_samples and not self._is_of_turns():
            return self._samples()
        return None

    def _is_only_a_shape(self, node: ast.Constant) -> bool:
        return self._is_shape(node) and not self._is_of_turns()

    def _is_of_turns(self) -> bool:
        """Whether the number may say how many turns there are."""
        inner: ast.AST = self.above[-1]
        if id(inner) in self.head:
            return True
        for node in reversed(self.above[:-1]):
            if self._is_inner(node):
                # it counts the samples of a turn
                return False
            if isinstance(node, ast.Compare):
                # in the test of another loop, it counts that one's turns
                return not any(map(self._is_inner, self.above))
            variables = self._given_by(node, inner)
            if variables is not None:
                return not self.of_turns.isdisjoint(variables)
            if self._makes_turns(node):
                return True
            inner = node
        return False

    def _makes_turns(self, node: ast.AST) -> bool:
        """Whether it calls a function of the submission so many times: `[step() for _ in range(1000)]`."""
        is_caller = isinstance(node, ast.Call) and _called(node) in _CALLERS
        if not is_caller and not isinstance(
            node, ast.ListComp | ast.GeneratorExp
        ):
            return False
        if any(isinstance(outer, DEFINITIONS) for outer in self.above):
            # there, samples may have any name
            return False
        names = _identifiers(node)
        if names.isdisjoint(self.signatures):
            return False
        return not any(self.written.named_by(names))

    def _given_by(
        self, node: ast.AST, inner: ast.AST
    ) -> Collection[str | None] | None:
        """The variables to which a node gives what stands in its part `inner`.

        None where the node gives it to none; something around the node may still do so.
        """
        if isinstance(node, Assignment):
            return self._taking(node)
        if isinstance(node, ast.keyword):
            return [node.arg]
        if isinstance(node, ast.arguments):
            return [self._defaulted(node, inner)]
        if isinstance(node, ast.Call) and inner in node.args:
            parameter = self._parameter(node, inner)
            if parameter is not None:
                return [parameter]
        return None

    def _taking(self, assignment: Assignment) -> set[str]:
        """The variables of an assignment that take the number, as in `nb_train, nb_test = 1000, 100`."""
        target, value = _last_target(assignment), assignment.value
        if not isinstance(target, ast.Tuple) or not isinstance(
            value, ast.Tuple
        ):
            return stored_names(assignment)
        for taking, part in zip(target.elts, value.elts, strict=False):
            if part in self.above:
                return stored_names(taking)
        return stored_names(assignment)

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
            if isinstance(node, ast.Assign):
                names = self._taking(node)
            trains, tests = self.written.named_by(names)
            trains = trains or not names.isdisjoint(self.of_training)
            tests = tests or not names.isdisjoint(self.of_test)
            if trains:
                # where both are named, the training samples count
                break
            if tests:
                return "_test_samples"
        return "_train_samples"

    def _is_shape(self, node: ast.Constant) -> bool:
        """Whether a number stands where shapes do, or is given to a variable that does."""
        inner: ast.AST = node
        for outer in reversed(self.above[:-1]):
            if isinstance(outer, ast.Call):
                return self._is_shape_in(outer, inner)
            if isinstance(outer, ast.keyword) and outer.arg in self.names:
                return True
            if isinstance(outer, Assignment):
                return not self.names.isdisjoint(self._taking(outer))
            if isinstance(outer, ast.arguments):
                return self._defaulted(outer, node) in self.names
            if isinstance(outer, ast.For) and inner is outer.iter:
                return not self.names.isdisjoint(stored_names(outer.target))
            if isinstance(outer, ast.stmt):
                return False
            inner = outer
        return False

    def _is_shape_in(self, call: ast.Call, argument: ast.AST) -> bool:
        name = _called(call)
        return name in _SHAPED or self._parameter(call, argument) in self.names

    def _parameter(self, call: ast.Call, argument: ast.AST) -> str | None:
        """The parameter of the submission's own function that takes this argument."""
        for given, parameter in _passed(call, self.signatures):
            if given is argument:
                return parameter
        return None

    def _defaulted(
        self, arguments: ast.arguments, node: ast.AST
    ) -> str | None:
        """The parameter whose default this is."""
        without_default = len(arguments.args) - len(arguments.defaults)
        with_defaults = arguments.args[without_default:]
        for argument, default in zip(
            with_defaults, arguments.defaults, strict=True
        ):
            if default is node:
                return argument.arg
        return None


def _names_of_turns(loop: Loop) -> set[str]:
    """The variables that say how many turns there are, and the arrays with a row for each."""
    if isinstance(loop, ast.While):
        return _identifiers(loop.test)
    names: set[str] = set()
    for node in ast.walk(loop.iter):
        if isinstance(node, ast.Call) and _called(node) in _RANGES:
            names |= _identifiers(node)
    turn = stored_names(loop.target)
    for node in ast.walk(loop):
        if not isinstance(node, ast.Subscript) or isinstance(
            node.ctx, ast.Load
        ):
            continue
        if turn & _identifiers(node.slice):
            names |= _identifiers(node.value)
    return names


def _computed_over_samples(
    trees: Iterable[ast.stmt], written: WrittenFor
) -> tuple[set[str], set[str]]:
    """The variables that only loops over the training samples compute, and those of the test samples."""
    of_training: set[str] = set()
    of_test: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if not isinstance(node, LOOPS):
                continue
            trains, tests = written.named_by(_identifiers(node))
            if trains and not tests:
                of_training |= stored_names(node)
            elif tests and not trains:
                of_test |= stored_names(node)
    return of_training - of_test, of_test - of_training


def _names_of_sizes(
    trees: Iterable[ast.stmt], signatures: Signatures
) -> set[str]:
    """The variables that shapes are written with, directly or through other variables and parameters."""
    names: set[str] = set()
    taken: list[tuple[set[str], ast.expr]] = []
    whole = ast.Module([*trees], [])
    for node in ast.walk(whole):
        if isinstance(node, Assignment) and node.value is not None:
            taken.append((stored_names(node), node.value))
        if not isinstance(node, ast.Call):
            continue
        if _called(node) in _SHAPED:
            for argument in [*node.args, *node.keywords]:
                names |= _identifiers(argument)
        for given, parameter in _passed(node, signatures):
            taken.append(({parameter}, given))
    nb_before = -1
    while len(names) != nb_before:
        nb_before = len(names)
        for variables, value in taken:
            if not names.isdisjoint(variables):
                names |= _identifiers(value)
    return names


def _signatures(trees: Iterable[ast.stmt]) -> dict[str, ast.arguments]:
    """The parameters of the submission's own functions and methods, and of its classes."""
    signatures = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                signatures[node.name] = node.args
            elif isinstance(node, ast.ClassDef):
                for part in node.body:
                    if (
                        isinstance(part, ast.FunctionDef)
                        and part.name == "__init__"
                    ):
                        signatures[node.name] = part.args
    return signatures


def _passed(
    call: ast.Call, signatures: Signatures
) -> Iterator[tuple[ast.expr, str]]:
    """Each argument that one of these functions is called with, and the parameter that takes it."""
    arguments = signatures.get(_called(call))
    if arguments is None:
        return
    parameters = [argument.arg for argument in arguments.args]
    if parameters[:1] == ["self"]:
        parameters = parameters[1:]
    for place, given in enumerate(call.args):
        if place < len(parameters):
            yield given, parameters[place]
        elif arguments.vararg is not None:
            yield given, arguments.vararg.arg
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.value, keyword.arg


def _last_target(assignment: Assignment) -> ast.expr:
    if isinstance(assignment, ast.AnnAssign):
        return assignment.target
    return assignment.targets[-1]


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    if isinstance(function, ast.Name):
        return function.id
    return ""


def _identifiers(node: ast.AST) -> set[str]:
    names: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            names.add(part.id)
        elif isinstance(part, ast.Attribute):
            names.add(part.attr)
    return names
