"""An exercise: what a folder of `reference/` says, as typed records."""

from grader.exercise.exercise import Exercise, Function, Limits, Profile

__all__ = ["Exercise", "Function", "Limits", "Profile"]
