"""What tests of batches share: a plan to grade the tiny exercise, and the marks in a folder."""

import pytest
import tiny

from grader.exercise import Exercise
from grader.grading import batch
from grader.intake.submission import find


@pytest.fixture
def plan(tmp_path):
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))

    def made(sources, **options):
        folder = tiny.submissions(tmp_path / "class", sources)
        found = find([folder], exercise.functions)
        return batch.Plan(
            found,
            exercise,
            tmp_path / "out",
            **{"jobs": 1, "seed": 1, **options},
        )

    return made
