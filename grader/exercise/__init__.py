"""An exercise: what a folder of `reference/` says, read by one reader, checked whole, as typed records."""

from grader.exercise.exercise import Exercise, Profile
from grader.exercise.misconceptions import Form, Misconception, Misconceptions
from grader.exercise.solution import Forest, Solution
from grader.exercise.tables import Function, Limits

__all__ = [
    "Exercise",
    "Forest",
    "Form",
    "Function",
    "Limits",
    "Misconception",
    "Misconceptions",
    "Profile",
    "Solution",
]
