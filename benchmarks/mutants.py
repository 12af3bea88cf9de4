"""Wrong trainings that pass: every small edit of the solution's `train`, graded; one command.

    python benchmarks/mutants.py [--jobs 1] [--sample N] [--seed 0] [--show-equivalent]

An edit changes one expression, constant, name, index, operator, or the place of one statement, in `train` and
what it calls that is not graded itself. Edits that raise, or that compute the same as the solution on several
data sets, are counted, not graded. What is printed has full marks and computes something else: either a check
is too kind, or the edit does the same in another way. Known ones: parameters drawn in another order or twice;
b2, of ten entries, drawn uniformly; a bias replaced by a constant in the forward pass of the test alone,
which with some seeds changes no prediction.
"""

from __future__ import annotations

import argparse
import ast
import copy
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import torch

from grader.diagnosis import Diagnosis
from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake.submission import Submission

MUTATED = ("initial_parameters", "error_rate", "train")
SIZES = ((7, 0), (7, 2), (7, 9))  # hidden units and steps
SAME = 1e-6  # of each tensor's largest entry
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)
COMPARISONS = (ast.NotEq, ast.Eq, ast.Lt, ast.GtE)
CUTS = ("({})[1:]", "({})[:-1]", "({}).clone()", "({}) - 1", "({}) + 1")
METHODS = {
    "argmax": ("argmin", "max"),
    "sub_": ("add_", "sub"),
    "zero_": ("fill_diagonal_", "zero"),
    "zeros_like": ("ones_like",),
    "normal_": ("uniform_", "fill_"),
    "size": ("dim",),
}


class Mutant(NamedTuple):
    """A wrong solution: where it differs, and its source."""

    where: str
    source: str


class Change(NamedTuple):
    """What can be done to a node in place, and how it is told where the node alone does not show it."""

    do: Callable[[], None]
    told: str = ""


# -- edits --------------------------------------------------------------------------------------------


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Every small edit of the functions in MUTATED."""
    seen = {ast.unparse(tree)}
    for function in MUTATED:
        for edited, before, after in edits(tree, function):
            source = ast.unparse(edited)
            if source not in seen:
                seen.add(source)
                yield Mutant(f"{function}: {before}  ->  {after}", source)


def edits(
    tree: ast.Module, function: str
) -> Iterator[tuple[ast.Module, str, str]]:
    """(the edited module, the statement or expression before, and after)."""
    names = names_of(tree, function)
    for index, node in enumerate(nodes_of(tree, function)):
        for number, _ in enumerate(changes(node, names)):
            edited = copy.deepcopy(tree)
            target = nodes_of(edited, function)[index]
            before = ast.unparse(target)[:90]
            change = list(changes(target, names))[number]
            change.do()
            yield edited, before, change.told or ast.unparse(target)[:90]


def nodes_of(tree: ast.Module, function: str) -> list[ast.AST]:
    """The nodes of one function, always in the same order."""
    for statement in tree.body:
        if (
            isinstance(statement, ast.FunctionDef)
            and statement.name == function
        ):
            return list(ast.walk(statement))
    raise ValueError(f"the solution has no {function}")


def names_of(tree: ast.Module, function: str) -> list[str]:
    """The variables of one function."""
    names = set()
    for node in nodes_of(tree, function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        if isinstance(node, ast.arg):
            names.add(node.arg)
    return sorted(names)


def changes(node: ast.AST, names: list[str]) -> Iterator[Change]:
    """What can be done to one node."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        for value in (
            node.value + 1,
            node.value - 1,
            2 * node.value,
            -node.value,
        ):
            yield Change(partial(set_, node, "value", value))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        for name in names:
            yield Change(partial(set_, node, "id", name))
    elif isinstance(node, ast.BinOp):
        for operator in OPERATORS:
            yield Change(partial(set_, node, "op", operator()))
        for side in (node.left, node.right):
            yield Change(partial(become, node, side))
    elif isinstance(node, ast.Compare):
        for comparison in COMPARISONS:
            yield Change(partial(set_, node, "ops", [comparison()]))
    elif isinstance(node, ast.AugAssign):
        yield Change(partial(set_, node, "op", ast.Sub()))
    elif isinstance(node, ast.Attribute):
        for name in METHODS.get(node.attr, ()):
            yield Change(partial(set_, node, "attr", name))
    elif isinstance(node, ast.Call):
        yield from changes_of_call(node)
    for block in ("body", "orelse"):
        statements = getattr(node, block, None)
        if isinstance(statements, list):
            yield from changes_of_block(statements)


def changes_of_call(node: ast.Call) -> Iterator[Change]:
    """Arguments cut, exchanged or taken for the whole."""
    for i, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            continue
        for cut in CUTS:
            value = ast.parse(
                cut.format(ast.unparse(argument)), mode="eval"
            ).body
            yield Change(partial(set_item, node.args, i, value))
        if i:
            order = node.args[:]
            order[i - 1], order[i] = order[i], order[i - 1]
            yield Change(partial(set_, node, "args", order))
    if isinstance(node.func, ast.Attribute) and not node.args:
        yield Change(partial(become, node, node.func.value))


def changes_of_block(statements: list[ast.stmt]) -> Iterator[Change]:
    """A statement left out, done twice, moved by one, into the loop after it, or out of the loop it ends."""
    for i, statement in enumerate(statements):
        text = ast.unparse(statement).splitlines()[0]
        yield Change(
            partial(set_item, statements, i, ast.Pass()), f"without {text}"
        )
        twice = [statement, copy.deepcopy(statement)]
        yield Change(
            partial(set_slice, statements, i, i + 1, twice), f"twice {text}"
        )
        early = [ast.copy_location(ast.Break(), statement), statement]
        yield Change(
            partial(set_slice, statements, i, i + 1, early), f"break, {text}"
        )
        if isinstance(statement, ast.For):
            yield from changes_around_loop(statements, i, statement)
        if i:
            swapped = [statement, statements[i - 1]]
            told = f"before the last, {text}"
            yield Change(
                partial(set_slice, statements, i - 1, i + 1, swapped), told
            )


def changes_around_loop(
    statements: list[ast.stmt], i: int, loop: ast.For
) -> Iterator[Change]:
    """The statement before or after a loop goes into it; its first or last one goes out."""
    if i:
        inner = [statements[i - 1], *loop.body]
        yield Change(
            partial(into, statements, i - 1, loop, inner),
            f"{ast.unparse(statements[i - 1])} taken in",
        )
    if i + 1 < len(statements):
        inner = [*loop.body, statements[i + 1]]
        yield Change(
            partial(into, statements, i + 1, loop, inner),
            f"{ast.unparse(statements[i + 1])} taken in",
        )
    if len(loop.body) > 1:
        first, *_, last = loop.body
        yield Change(
            partial(out_of, statements, i, loop, first),
            f"{ast.unparse(first)} taken out",
        )
        yield Change(
            partial(out_of, statements, i + 1, loop, last),
            f"{ast.unparse(last)} taken out",
        )


def set_(node: ast.AST, field: str, value: Any) -> None:
    setattr(node, field, value)


def set_item(items: list[Any], i: int, value: Any) -> None:
    items[i] = value


def set_slice(items: list[Any], i: int, j: int, values: list[Any]) -> None:
    items[i:j] = values


def become(node: ast.AST, other: ast.AST) -> None:
    """Take a node's place by another one, which may be a part of it."""
    other = copy.deepcopy(other)
    node.__class__ = other.__class__
    node.__dict__ = other.__dict__


def into(items: list[Any], i: int, loop: ast.For, inner: list[Any]) -> None:
    loop.body = inner
    del items[i]


def out_of(items: list[Any], i: int, loop: ast.For, one: Any) -> None:
    loop.body = [statement for statement in loop.body if statement is not one]
    items.insert(i, one)


# -- what an edit computes ----------------------------------------------------------------------------


class Runner:
    """Runs edited solutions in this process, on a few data sets, the quick ones first."""

    def __init__(self, exercise: Exercise) -> None:
        inputs = exercise.inputs.Inputs(0, exercise.profiles["quick"].settings)
        data = (
            inputs.made_up_data(),
            inputs.data(5, 4),
            inputs.contested_data(),
        )
        self._cases = list(itertools.product(data, SIZES))
        train = self._train(ast.unparse(tree_of(exercise)))
        self._right = [values_of(train, *case) for case in self._cases]

    def _train(self, source: str) -> Any:
        names: dict[str, Any] = {"__name__": "mutant"}
        exec(compile(source, "mutant", "exec"), names)
        return names["train"]

    def verdict(self, mutant: Mutant) -> str:
        """Whether what `train` gives, and leaves of its data, differs or is the same, or it raises."""
        try:
            train = self._train(mutant.source)
            for case, right in zip(self._cases, self._right, strict=True):
                found = values_of(train, *case)
                if len(found) != len(right) or not all(
                    map(same, found, right)
                ):
                    return "differs"
        except Exception:
            return "raises"
        return "same"


def values_of(
    train: Any, data: Any, size: tuple[int, int]
) -> list[torch.Tensor]:
    """Parameters, history, and the data as the call leaves them."""
    torch.manual_seed(0)
    given = [part.clone() for part in data]
    parameters, history = train(*given, *size)
    history = torch.as_tensor(history, dtype=torch.float64)
    return [*(torch.as_tensor(p) for p in parameters), history, *given]


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two values are the same up to rounding."""
    if a.shape != b.shape:
        return False
    if b.numel() == 0:
        return True
    return bool(((a - b).abs() <= SAME * b.abs().max()).all())


def tree_of(exercise: Exercise) -> ast.Module:
    """The solution's syntax tree, without docstrings."""
    source = (exercise.folder / "solution.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and is_text(body[0]):
            del body[0]
    return tree


def is_text(statement: ast.stmt) -> bool:
    """Whether a statement is a string alone."""
    if not isinstance(statement, ast.Expr):
        return False
    return isinstance(statement.value, ast.Constant)


# -- grading ------------------------------------------------------------------------------------------


class WithoutDiagnosis(Session):
    """Marks only."""

    def _diagnose(self, *_: Any) -> Diagnosis:
        return Diagnosis()


def passing(found: list[Mutant], seed: int) -> list[Mutant]:
    """Those with full marks."""
    torch.set_num_threads(1)
    passed = []
    with WithoutDiagnosis(Exercise.load("practical3"), seed=seed) as session:
        for mutant in found:
            source = mutant.source.encode()
            one = Submission(
                "mutant", "Mutant", "mutant.py", source, ("mutant.py",)
            )
            result = session.grade(one)
            if result.score == result.max_score:
                passed.append(mutant)
    return passed


def different(
    exercise: Exercise,
) -> tuple[list[Mutant], Counter[str], list[Mutant]]:
    """(the edits that compute something else, how many of each verdict, those that compute the same)."""
    runner = Runner(exercise)
    counts: Counter[str] = Counter()
    by_verdict: dict[str, list[Mutant]] = {
        "raises": [],
        "same": [],
        "differs": [],
    }
    for mutant in mutants(tree_of(exercise)):
        verdict = runner.verdict(mutant)
        counts[verdict] += 1
        by_verdict[verdict].append(mutant)
    return by_verdict["differs"], counts, by_verdict["same"]


def main() -> None:
    """Make the edits, grade those that differ, print those that pass."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--sample", type=int, help="so many of the edits, drawn"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show-equivalent", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    differing, counts, equivalent = different(Exercise.load("practical3"))
    print(f"{sum(counts.values())} edits: {dict(counts)}")
    if options.show_equivalent:
        for mutant in equivalent:
            print(f"  the same: {mutant.where}")
    if options.sample:
        differing = random.Random(options.seed).sample(
            differing, options.sample
        )
    shares = [differing[i :: options.jobs] for i in range(options.jobs)]
    with ProcessPoolExecutor(options.jobs) as pool:
        graded = pool.map(partial(passing, seed=options.seed), shares)
        passed = [mutant for share in graded for mutant in share]
    print(f"{len(passed)} of {len(differing)} graded ones have full marks:")
    for mutant in passed:
        print(f"  {mutant.where}")


if __name__ == "__main__":
    main()
