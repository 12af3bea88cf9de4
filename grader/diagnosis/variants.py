"""The wrong variants of a function: every mistake known of it, alone and combined, run on the probes.

A variant is the reference with a few mistakes edited into its syntax tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from grader.diagnosis.closeness import equal_traces
from grader.diagnosis.observation import Trace
from grader.diagnosis.reference_runner import Combination, ReferenceRunner
from grader.exercise import Forest, Form

# Mistakes in one variant. Of four there are some fourteen times as many; `matching` may add a fourth.
MOST = 3

Variant = tuple[Combination, Trace]


def run_variants(
    runner: ReferenceRunner,
    first: Sequence[int],
    most: int = MOST,
) -> list[Variant]:
    """The variants whose first mistake is one of `first`, run. Those equal to the reference are left out."""
    trees = runner.exercise.solution.trees
    found = []
    for combination, forest in combinations(trees, runner.forms, first, most):
        made = runner.run_forest(forest)
        if not equal_traces(made, runner.reference):
            found.append((combination, made))
    return found


def combinations(
    trees: Forest,
    forms: Sequence[Form],
    first: Sequence[int],
    most: int,
) -> Iterator[tuple[Combination, Forest]]:
    """Every compatible combination of at most `most` forms that begins with one of `first`.

    Each comes with the functions that it makes of `trees`. Two forms of one mistake are not combined.
    """
    for index in first:
        forest = forms[index].apply(trees)
        if forest is not None:
            yield from _extended((index,), forest, forms, most)


def _extended(
    combination: Combination,
    forest: Forest,
    forms: Sequence[Form],
    most: int,
) -> Iterator[tuple[Combination, Forest]]:
    yield combination, forest
    if len(combination) == most:
        return
    used = {forms[index].id for index in combination}
    # Later forms only, so that every set of forms comes once.
    for index in range(combination[-1] + 1, len(forms)):
        if forms[index].id in used:
            continue
        edited = forms[index].apply(forest)
        if edited is not None:
            yield from _extended((*combination, index), edited, forms, most)
