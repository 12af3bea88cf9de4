"""The tree of exceptions is the one that the module draws."""

from __future__ import annotations

import re

from grader import errors

DRAWN = re.compile(r"^[│├└─ ]*(\w+) {2,}", re.MULTILINE)


def test_the_drawing_is_complete() -> None:
    assert errors.__doc__ is not None
    drawn = set(DRAWN.findall(errors.__doc__))
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert drawn == classes


def test_all_that_is_raised_on_purpose_has_one_base() -> None:
    own = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert all(issubclass(kind, errors.GraderError) for kind in own)


def test_an_exercises_faults_stand_a_line_each() -> None:
    error = errors.ExerciseError("a.toml: one", "b.toml: two")
    assert error.problems == ("a.toml: one", "b.toml: two")
    assert str(error) == "a.toml: one\nb.toml: two"


def test_the_line_of_an_exception_is_the_innermost_of_the_students_own() -> (
    None
):
    frames = (errors.Frame("f", 3), errors.Frame("helper", 8))
    raised = errors.Raised("f", "ValueError", "no", frames)
    assert raised.line == 8
    assert str(raised) == "f raised ValueError in line 8: no"
    assert errors.Raised("f", "ValueError", "no").line is None
