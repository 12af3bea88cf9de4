"""A wrong and a right example of each mistake, for instructors: `grader explain`.

A slip and some misconceptions have both in their TOML file. Of any other, the first form shows it: the lines
of the solution that it changes, before and after.
"""

from __future__ import annotations

import ast
import difflib
import textwrap
from dataclasses import dataclass

from grader.exercise.exercise import Exercise
from grader.exercise.misconceptions import Form, Misconception
from grader.exercise.slips import slips


@dataclass(frozen=True)
class Snippets:
    """A few lines of Python with a mistake in them, and the same lines as they should be."""

    wrong: str
    right: str


def snippets_of(exercise: Exercise, id_: str) -> Snippets | None:
    """The examples of a mistake; None where the exercise knows no such id, or has no example of it."""
    if id_ in slips():
        slip = slips()[id_]
        return Snippets(slip.wrong, slip.right)
    for known in exercise.misconceptions:
        if known.id == id_:
            return _of_misconception(exercise, known)
    return None


def _of_misconception(
    exercise: Exercise, known: Misconception
) -> Snippets | None:
    if known.wrong and known.right:
        return Snippets(known.wrong, known.right)
    if not known.forms:
        return None
    return _of_form(exercise, known.forms[0])


def _of_form(exercise: Exercise, form: Form) -> Snippets | None:
    """The lines that a form changes in the solution."""
    trees = exercise.solution.trees
    edited = form.apply(trees)
    if edited is None:
        return None
    right = _lines(trees[form.function])
    wrong = _lines(edited[form.function])
    removed, added = [], []
    for line in difflib.ndiff(right, wrong):
        if line.startswith("- "):
            removed.append(line[2:])
        if line.startswith("+ ") and line.strip() != "+ pass":
            added.append(line[2:])
    return Snippets(_dedented(added), _dedented(removed))


def _lines(tree: ast.FunctionDef) -> list[str]:
    """The statements of a function, without its docstring."""
    body = tree.body
    if ast.get_docstring(tree) is not None:
        body = body[1:]
    text = ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))
    return text.splitlines()


def _dedented(lines: list[str]) -> str:
    """The lines without the indentation that all have; a comment where there is none."""
    depths = [len(line) - len(line.lstrip()) for line in lines if line]
    least = min(depths, default=0)
    dedented = []
    for number, line in enumerate(lines):
        dedented.append(line[least:])
        following = depths[number + 1 :]
        # the head of a loop whose body is the same
        if line.endswith(":") and not (
            following and following[0] > depths[number]
        ):
            dedented.append(" " * (depths[number] - least + 4) + "...")
    return textwrap.dedent("\n".join(dedented)) or "# nothing"
