"""Every exception that grader raises on purpose.

GraderError                 base; its text is one sentence for a person
├── UsageError              the arguments or an input cannot be used       (exit code 2)
├── ExerciseError           an exercise's folder says something unusable   (exit code 2)
├── OutputError             the folder of the grades cannot be written to  (exit code 2)
├── IsolationError          the machine cannot enforce what was required   (exit code 2)
├── GraderFault             grader's own machinery failed                  (exit code 3)
│   └── PoolEnded           no process can grade anything any more
└── StudentFailure          a call of the student's function gave no value; a check's failure
    ├── Missing             the file does not define the function
    ├── Raised              it raised an exception
    ├── TimedOut            it ran out of time
    ├── Died                its process ended: exit, crash, memory, or killed
    └── BadReply            its process sent what is not a reply
CheckFailure                a check's finding: a sentence and, where values differ, a Mismatch
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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


class OutputError(GraderError):
    """The folder of the grades cannot be written to: what is graded from here on would be lost."""


class IsolationError(GraderError):
    """The machine cannot enforce the isolation that was required."""


class GraderFault(GraderError):
    """grader's own machinery failed; never a student's fault.

    `details` is the traceback, for a developer; empty where there is none.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class PoolEnded(GraderFault):
    """The processes that grade cannot be started, or their cluster is gone; no submission is to blame."""


# What ends the grading of a whole submission. Any other exception that a check raises is that check's own.
ENDS_GRADING = (UsageError, ExerciseError, IsolationError, GraderFault)


class CheckFailure(GraderError):
    """A check found the student's function wrong; `mismatch` holds the numbers where values differ.

    `credit` in [0, 1] is the share of the check's points earned all the same.
    """

    def __init__(
        self,
        message: str,
        mismatch: Mismatch | None = None,
        credit: float = 0.0,
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


class Frame(NamedTuple):
    """Where a call of a student's function stood: its name in the code, the line, the notebook's cell."""

    function: str
    line: int
    cell: int | None = None


class Raised(StudentFailure):
    """The function raised. `kind` is the exception's class name, `text` its message, `line` where.

    `frames` are those in the student's own file, the outermost first. `raiser` is the student's function in
    which it was raised: the one that was called, or one that it calls.
    """

    def __init__(
        self,
        function: str,
        kind: str,
        text: str,
        frames: tuple[Frame, ...] = (),
        raiser: str = "",
        where: str = "",
    ) -> None:
        """where: the innermost frame's place in words; without it, its line."""
        self.raiser = raiser or function
        who = function
        if self.raiser != function:
            who = f"{function} calls {self.raiser}, which"
        if frames and not where:
            where = f"line {frames[-1].line}"
        within = f" in {where}" if where else ""
        super().__init__(function, f"{who} raised {kind}{within}: {text}")
        self.kind = kind
        self.text = text
        self.frames = frames

    @property
    def line(self) -> int | None:
        """The line of the student's own code that raised, None where it is not known."""
        return self.frames[-1].line if self.frames else None


class TimedOut(StudentFailure):
    """The function did not return in time."""


class Died(StudentFailure):
    """The function ended its process: it exited, crashed, or was killed for its use of memory or time."""


class BadReply(StudentFailure):
    """The function's process sent something other than a reply."""
