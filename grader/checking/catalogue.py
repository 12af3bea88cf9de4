"""The mistakes of the catalogue as functions of this process.

Where one of them answers all that a student's function has answered, it takes part in judging in that one's
place: it is the same mistake, and nobody can steer it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from grader.checking.answers import is_answered_by
from grader.checking.reference import Implementation
from grader.exercise import Exercise
from grader.exercise.misconceptions import Form
from grader.sandbox.calls import Answer

_LEAST_ANSWERS = 2  # of one, other mistakes may give the same


def same_mistake(
    exercise: Exercise, function: str, answers: Sequence[Answer]
) -> Implementation | None:
    """The mistake that answers exactly as a student's function has; None where there is none."""
    if len(answers) < _LEAST_ANSWERS:
        return None
    for mistaken in _mistakes(exercise, function):
        if all(is_answered_by(mistaken, answer) for answer in answers):
            return mistaken
    return None


def _mistakes(exercise: Exercise, function: str) -> Iterator[Implementation]:
    """The reference's function with each mistake that is known of it."""
    for form in exercise.misconceptions.forms_of(function):
        if form.function == function:
            yield from _made(exercise, form)


def _made(exercise: Exercise, form: Form) -> Iterator[Implementation]:
    forest = form.apply(exercise.solution.trees)
    if forest is None:
        return
    module = ast.Module([forest[form.function]], type_ignores=[])
    names = exercise.solution.namespace()
    code = compile(ast.fix_missing_locations(module), "<mistake>", "exec")
    exec(code, names)
    yield names[form.function]
