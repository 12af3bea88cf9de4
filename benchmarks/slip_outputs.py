"""Whether a wrong function computes what a known mistake computes: it is run here, in this process.

For `benchmarks/slips.py`, which runs edits of this repository's own files: nothing of a stranger's.
"""

from __future__ import annotations

import ast
import contextlib
import io
import signal
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from grader.exercise import Exercise
from grader.exercise.probes import probes_of

SECONDS = 2  # that a file may take to be loaded, or a function for all probes
SAME = 1e-3  # of each value's greatest entry: sums may be ordered otherwise
RUN = (
    ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Try,
)  # fmt: skip

Values = list[Tensor] | None  # of one call; None where it raised
Run = list[Values]


class TooLong(BaseException):
    """What runs here takes longer than SECONDS."""


class Catalogued:
    """What the solution computes with one or two of the known mistakes, by function."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self._known: dict[str, list[Run]] = {}

    def same(self, function: str, source: str) -> bool | None:
        """Whether a source's function computes the same; None where the exercise has no probes of it."""
        probes = probes_of(self.exercise, function)
        if not probes:
            return None
        try:
            with limited():
                found = outcomes(loaded(source)[function], probes)
        except (TooLong, KeyError):
            return False
        return any(same_runs(found, known) for known in self.known(function))

    def known(self, function: str) -> list[Run]:
        if function not in self._known:
            self._known[function] = list(self._runs(function))
        return self._known[function]

    def _runs(self, function: str) -> Iterator[Run]:
        probes = probes_of(self.exercise, function)
        forms = self.exercise.misconceptions.forms_of(function)
        trees = self.exercise.solution.trees
        for pair in [*((f,) for f in forms), *combinations(forms, 2)]:
            forest: Any = trees
            for form in pair:
                forest = form.apply(forest) if forest else None
            if forest is None:
                continue
            names = self.exercise.solution.namespace()
            for name, tree in forest.items():
                if tree is not trees[name]:
                    exec(ast.unparse(tree), names)
            yield outcomes(names[function], probes)


def loaded(source: str) -> dict[str, Any]:
    """The names that a source binds at its top level, without its loops and calls; what raises binds none."""
    names: dict[str, Any] = {"__name__": "student"}
    for module in ("dlc_practical_prologue", "practical_prologue"):
        sys.modules.setdefault(module, types.ModuleType(module))
    for statement in ast.parse(source).body:
        if isinstance(statement, RUN):
            code = compile(ast.Module([statement], []), "student", "exec")
            with contextlib.suppress(Exception), silent():
                exec(code, names)
    return names


def outcomes(
    function: Callable[..., Any], probes: Sequence[Sequence[Any]]
) -> Run:
    """For each probe what is returned, and the arguments as the call leaves them."""
    found: Run = []
    for probe in probes:
        arguments = [a.clone() if isinstance(a, Tensor) else a for a in probe]
        try:
            with silent():
                value = function(*arguments)
            found.append([*flat(value), *flat(arguments)])
        except Exception:
            found.append(None)
    return found


def flat(value: Any) -> list[Tensor]:
    """The numbers of a value, as one tensor for each part."""
    if isinstance(value, list | tuple):
        return [part for each in value for part in flat(each)]
    if value is None:
        return []
    return [torch.as_tensor(value, dtype=torch.float64).detach()]


def same_runs(found: Run, known: Run) -> bool:
    """Whether two functions give the same on every probe, and not only exceptions."""
    if all(values is None for values in known):
        return False
    return all(map(same_values, found, known))


def same_values(found: Values, known: Values) -> bool:
    if found is None or known is None:
        return found is known
    return len(found) == len(known) and all(map(same_tensors, found, known))


def same_tensors(a: Tensor, b: Tensor) -> bool:
    if a.shape != b.shape:
        return False
    if torch.equal(a, b) or not b.numel():
        return True
    return bool(((a - b).abs() <= SAME * b.abs().max()).all())


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """Nothing that is printed is seen."""
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        yield


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """End what takes longer than SECONDS by TooLong."""

    def end(*_: Any) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
