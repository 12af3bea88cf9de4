"""What a check is written with: marks, comparisons, gradients."""

from grader.checking.comparison import Close, assert_unchanged
from grader.checking.gradients import finite_differences
from grader.checking.marks import locates, points, requires
from grader.checking.outcomes import shared_call, value_of
from grader.errors import CheckFailure

__all__ = [
    "CheckFailure",
    "Close",
    "assert_unchanged",
    "finite_differences",
    "locates",
    "points",
    "requires",
    "shared_call",
    "value_of",
]
