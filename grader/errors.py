"""Every exception that grader raises on purpose.

GraderError                 base; its text is one sentence for a person
├── UsageError              the arguments or an input cannot be used       (exit code 2)
├── ExerciseError           an exercise's folder says something unusable   (exit code 2)
├── IsolationError          the machine cannot enforce what was required   (exit code 2)
├── GraderFault             grader's own machinery failed                  (exit code 3)
└── StudentFailure          a call of the student's function gave no value; a check's failure
    ├── Missing             the file does not define the function
    ├── Raised              it raised an exception
    ├── TimedOut            it ran out of time
    ├── Died                its process ended: exit, crash, memory, or killed
    └── BadReply            its process sent what is not a reply
CheckFailure                a check's finding: a sentence and, where values differ, a Mismatch
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.results import Mismatch


class GraderError(Exception):
    """Base of what grader raises on purpose; `str(error)` is one sentence: what, where, what to do."""


class UsageError(GraderError):
    """The arguments or an input cannot be used."""


class ExerciseError(GraderError):
    """An exercise's folder says something that cannot be used.

    `problems` has a line for each fault: the file, the place in it, what is wrong, and what would be right.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class IsolationError(GraderError):
    """The machine cannot enforce the isolation that was required."""


class GraderFault(GraderError):
    """grader's own machinery failed; never a student's fault.

    `details` is the traceback, for a developer; empty where there is none.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class CheckFailure(GraderError):
    """A check found the student's function wrong; `mismatch` holds the numbers where values differ.

    `credit` in [0, 1] is the share of the check's points earned all the same.
    """

    def __init__(
        self, message: str, mismatch: Mismatch | None = None, credit: float = 0.0
    ) -> None:
        super().__init__(message)
        self.mismatch = mismatch
        self.credit = credit


class StudentFailure(GraderError):
    """A call of the student's function gave no value. `function` is the name that was called."""

    def __init__(self, function: str, message: str) -> None:
        super().__init__(message)
        self.function = function


class Missing(StudentFailure):
    """The file does not define the function."""


class Raised(StudentFailure):
    """The function raised. `kind` is the exception's class name, `text` its message, `line` where.

    `frames` are (function name, line) in the student's own file, the outermost first.
    """

    def __init__(
        self,
        function: str,
        kind: str,
        text: str,
        frames: tuple[tuple[str, int], ...] = (),
    ) -> None:
        where = f" in line {frames[-1][1]}" if frames else ""
        super().__init__(function, f"{function} raised {kind}{where}: {text}")
        self.kind = kind
        self.text = text
        self.frames = frames

    @property
    def line(self) -> int | None:
        """The line of the student's own code that raised, None where it is not known."""
        return self.frames[-1][1] if self.frames else None


class TimedOut(StudentFailure):
    """The function did not return in time."""


class Died(StudentFailure):
    """The function ended its process: it exited, crashed, or was killed for its use of memory or time."""


class BadReply(StudentFailure):
    """The function's process sent something other than a reply."""
