"""What ends a call that gives no value, for the sentence that a report says of it."""

from __future__ import annotations

import re

from grader.errors import Raised, StudentFailure, TimedOut
from grader.results import Stop

# How torch words that the sizes or the dimensions of two tensors do not fit.
_SIZES = re.compile(
    r"size of tensor a|size mismatch|shapes cannot be multiplied|inconsistent tensor size"
    r"|is invalid for input of size|must be a matrix|[12]D tensors? expected|[Ee]xpected (?:a )?[12]-?D"
    r"|doesn't match the broadcast shape|vector \+ matrix|same number of elements|Sizes of tensors must match"
)


def stop_of(failure: StudentFailure) -> Stop:
    """Whether time, sizes that do not fit, another exception, or the end of its process ended a call."""
    if isinstance(failure, TimedOut):
        return "time"
    if not isinstance(failure, Raised):
        return "process"
    return "sizes" if _SIZES.search(failure.text) else "exception"
