"""What a check is written with: marks, comparisons, gradients, shared calls."""

from grader.checking.comparison import (
    OF_DIFFERENCES,
    Close,
    Rounded,
    as_tensor,
    assert_unchanged,
    is_close,
    number,
    type_in_words,
)
from grader.checking.conventions import copies_of
from grader.checking.gradients import autograd_gradients, finite_differences
from grader.checking.marks import (
    by_hand,
    locates,
    points,
    requires,
    shapes,
)
from grader.checking.outcomes import shared_call, value_of, without_earlier
from grader.checking.purity import assert_pure
from grader.errors import CheckFailure

__all__ = [
    "OF_DIFFERENCES",
    "CheckFailure",
    "Close",
    "Rounded",
    "as_tensor",
    "assert_pure",
    "assert_unchanged",
    "autograd_gradients",
    "by_hand",
    "copies_of",
    "finite_differences",
    "is_close",
    "locates",
    "number",
    "points",
    "requires",
    "shapes",
    "shared_call",
    "type_in_words",
    "value_of",
    "without_earlier",
]
