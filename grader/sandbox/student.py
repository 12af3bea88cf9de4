"""Student: the proxy that a check calls as if it were the student's own module.

Behind it a worker lives as long as the submission behaves. One that hangs or dies is replaced, and the
function that was being called is not called again: it has had its chance, the others have not. Where several
calls were made at once, they are first made one by one.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from grader.errors import BadReply, Died, GraderError, Missing, Raised, StudentFailure, TimedOut
from grader.exercise import Exercise
from grader.intake.submission import Submission
from grader.results import Source
from grader.sandbox import protocol
from grader.sandbox.host import Ended, Worker, Zygote
from grader.sandbox.walls.confinement import Policy

# what a reply may fill a report with; the worker keeps to less
_TEXT, _NAME, _ITEMS, _NOTICES = 2_000, 200, 20, 40

_NO_REPLY = "its process sent something other than a reply"
_ENDINGS: dict[str, type[StudentFailure]] = {"time": TimedOut, "died": Died, "reply": BadReply}


@dataclass(frozen=True)
class Reading:
    """What a submission holds, found before any of it ran.

    missing: function -> why it cannot be graded. findings: function -> what its source shows (see
    `sandbox/findings.py`).
    """

    sources: Mapping[str, Source] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, Any] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What one call gave: its value, or its error, and the arguments as they were afterwards."""

    value: Any
    arguments: tuple[Any, ...]
    error: Raised | None = None
    warnings: tuple[str, ...] = ()
    autograd: Mapping[str, Sequence[str]] = field(default_factory=dict)


class _Call(NamedTuple):
    """Which function is called, and how: with other stand-ins or another text it may do better."""

    function: str
    standins: frozenset[str] = frozenset()
    edits: tuple[tuple[str, str], ...] = ()


class Student:
    """One submission's functions, called in a worker. Attributes are the exercise's functions.

    `standins` names the functions whose place is taken by the exercise's stand-ins, call by call.
    `on_slow_run` takes a sentence for whoever waits for the grading.
    Use as a context manager. `notices` grows as things are noticed; `seconds` is the time that the
    student's own calls took.
    """

    def __init__(
        self,
        zygote: Zygote,
        policy: Policy,
        exercise: Exercise,
        submission: Submission,
    ) -> None:
        """Fork a worker and have it read and load the submission."""
        self._zygote = zygote
        self._policy = policy
        self._exercise = exercise
        self._submission = submission
        self._worker: Worker | None = None
        self._ended: dict[_Call, StudentFailure] = {}
        self._unloadable: tuple[type[StudentFailure], str] | None = None
        self._used: set[str] = set()  # functions that the present worker has run
        self._undefined: dict[str, str] = {}
        self.may_take(exercise.limits.submission_seconds)
        self.seed = 0
        self.call_seconds: dict[str, float] = {}
        self.on_slow_run: Callable[[str], None] = lambda _: None
        self.seconds = 0.0
        self.standins: frozenset[str] = frozenset()
        self.notices: list[str] = []
        self.printed = ""
        self.raised_in: dict[str, int] = {}
        self.isolation: Mapping[str, str] = {}
        self.autograd: dict[str, set[str]] = {}
        self.reading = self._read()

    def _read(self) -> Reading:
        names = list(self._exercise.functions)
        if self._submission.problem:
            return Reading(missing=dict.fromkeys(names, self._submission.problem))
        worker = self._zygote.fork(self._policy)
        self._worker = worker
        try:
            reply = self._exchange_read(worker)
        except Ended as ended:
            self._worker = None
            why = f"The file cannot be read as Python: {ended.reason} while reading it."
            return Reading(missing=dict.fromkeys(names, why))
        # of this reply alone, as nothing of the student's has run yet
        self.isolation = {**reply["isolation"], **self._zygote.isolation}
        if reply["unreadable"] is not None:
            self._drop()
            return Reading(missing=dict.fromkeys(names, reply["unreadable"]))
        reading = Reading(
            sources={name: Source(**found) for name, found in reply["definitions"].items()},
            missing=reply["missing"],
            findings=reply["findings"],
            notices=tuple(reply["notices"]),
        )
        self._load(worker)
        return reading

    @property
    def student(self) -> Student:
        """The student's functions."""
        return self

    def remark(self, text: str) -> None:
        """Add a notice of the exercise's own."""
        self.notices.append(text)

    def may_take(self, seconds: float) -> None:
        """Give the submission so much time from now on."""
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def time_for(self, function: str) -> float:
        """The seconds that a call of the function may take now."""
        most = self.call_seconds.get(function, self._exercise.functions[function].seconds)
        return min(most, self._deadline - time.monotonic())

    def _exchange_read(self, worker: Worker) -> dict[str, Any]:
        data = bytearray(self._submission.data)
        request = {
            "do": "read",
            "data": torch.frombuffer(data, dtype=torch.uint8) if data else torch.empty(0, dtype=torch.uint8),
            "filename": self._submission.filename,
            "names": list(self._exercise.functions),
            "slow": [f.name for f in self._exercise.functions.values() if f.slow],
        }
        return worker.exchange(request, self._exercise.limits.load_seconds)

    def _load(self, worker: Worker) -> None:
        """Have the worker run the submission's definitions."""
        seconds = min(self._exercise.limits.load_seconds, self._deadline - time.monotonic())
        try:
            reply = worker.exchange({"do": "load", "seed": self.seed}, seconds)
            self._undefined = self._failed_statements(reply)
        except GraderError:
            raise
        except Exception as error:  # a reply is a claim, and may be of any form
            worker.kill()
            self._worker = None
            self._keep_printed(worker)
            kind, reason = (error.kind, error.reason) if isinstance(error, Ended) else ("reply", _NO_REPLY)
            message = f"The definitions of the file could not be run: {reason}."
            self._unloadable = _ENDINGS[kind], message
            self._notice(message)

    def _failed_statements(self, reply: dict[str, Any]) -> dict[str, str]:
        """The names that could not be defined, and why."""
        undefined = {}
        for failed in reply["failed"]:
            error, cell = failed["error"], failed["cell"]
            where = f"line {int(failed['line'])}" + (f" of cell {int(cell)}" if cell else "")
            what = f"raised {_short(error['kind'], _NAME)}: {_short(error['text'])}"
            undefined.update({_short(name, _NAME): f"{where} {what}" for name in failed["binds"]})
            self._notice(
                f"{where[0].upper()}{where[1:]} was run because a graded function needs it, and {what}"
            )
        return undefined

    def _notice(self, text: str) -> None:
        if text not in self.notices and len(self.notices) < _NOTICES:
            self.notices.append(text)

    def _ready(self) -> Worker:
        """A worker that has loaded the submission."""
        if self._worker is None:
            self._worker = self._zygote.fork(self._policy)
            self._used.clear()
            self._exchange_read(self._worker)
            self._load(self._worker)
        if self._worker is None:
            raise Ended("died", "the file's definitions could not be run once more")
        return self._worker

    @contextlib.contextmanager
    def replacing(self, functions: Iterable[str]) -> Iterator[None]:
        """For a while, with the exercise's stand-ins in the place of these functions."""
        self.standins = frozenset(functions)
        try:
            yield
        finally:
            self.standins = frozenset()

    def gave_up(self, function: str) -> bool:
        """Whether the function hung or died and is not called any more."""
        return _Call(function) in self._ended

    def has(self, function: str) -> bool:
        """Whether the file defines the function."""
        return function in self.reading.sources and function not in self._undefined

    def why_missing(self, function: str) -> str:
        """Why a function is not there, in a sentence."""
        if function in self._undefined:
            return f"{function} could not be defined: {self._undefined[function]}"
        return self.reading.missing.get(function, f"The file does not define {function}.")

    def by_torch(self, function: str) -> str | None:
        """A sentence where torch was seen to differentiate or optimise on behalf of `function`."""
        names = self.autograd.get(function)
        if not names:
            return None
        used = ", ".join(sorted(names))
        return f"{function} lets torch do the work ({used}), where the computation by hand is asked for."

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        supply: Mapping[str, Any] | None = None,
        edits: Mapping[str, str] | None = None,
    ) -> Reply:
        """Call a function and take whatever comes of it; an exception it raises is in the reply.

        supply: globals of the student's module for this one call. edits: functions to be as if the student
        had written them so, name -> source. Raises Missing, TimedOut, Died, BadReply.
        """
        return self.calls(function, [arguments], supply, edits)[0]

    def calls(
        self,
        function: str,
        rows: Sequence[Sequence[Any]],
        supply: Mapping[str, Any] | None = None,
        edits: Mapping[str, str] | None = None,
    ) -> list[Reply]:
        """Call a function on each row of arguments, in order and in one exchange; a Reply for each.

        A tensor that stands in several rows is the same there: what a call makes of it, the next one finds.
        Raises what `call` raises. Where several calls come to no end or die together, it does not count.
        """
        made = _Call(function, self.standins, tuple((edits or {}).items()))
        if made in self._ended:
            raise self._ended[made]
        if not self.has(function):
            raise Missing(function, self.why_missing(function))
        seconds = self.time_for(function)
        if seconds <= 0:
            raise TimedOut(
                function, f"{function} was not called: the submission had used up its {self._seconds:g} s."
            )
        request = {
            "do": "call",
            "function": function,
            "rows": [list(arguments) for arguments in rows],
            "seed": self.seed,
            "supply": dict(supply or {}),
            "edits": dict(edits or {}),
            "standins": {
                "names": sorted(self.standins),
                "source": self._exercise.standins_source if self.standins else "",
            },
        }
        started = time.monotonic()
        worker = None
        try:
            worker = self._ready()
            if self._unloadable is not None:
                kind, message = self._unloadable
                raise kind(function, message)
            self._used.add(function)
            reply = worker.exchange(request, seconds, protocol.bounds_for(itertools.chain(*rows)))
        except Ended as ended:
            self._worker = None
            if worker is not None:
                self._keep_printed(worker)
            if ended.kind != "time" and self._used - {function}:
                # another function may have done it, and this one be right
                if not edits:
                    again = f"{function} was called once more, in a fresh process, because {ended.reason}."
                    self._notice(again)
                return self.calls(function, rows, supply, edits)
            failure = _ENDINGS[ended.kind](function, f"{function} gave no result: {ended.reason}.")
            raise self._gave_up(made, failure, len(rows)) from ended
        finally:
            self.seconds += time.monotonic() - started
        self._keep_printed(worker)
        try:
            return self._understood(made, rows, reply)
        except Exception as odd:  # a reply is a claim, and may be of any form
            self._drop()
            failure = BadReply(function, f"{function} gave no result: {_NO_REPLY}.")
            raise self._gave_up(made, failure, len(rows)) from odd

    def _gave_up(self, made: _Call, failure: StudentFailure, nb_rows: int) -> StudentFailure:
        """Keep a failure, so that the function is not called again; of several calls none is to blame."""
        if nb_rows == 1:
            self._ended[made] = failure
            if not made.edits:
                self._notice(str(failure))
        return failure

    def _understood(self, made: _Call, rows: Sequence[Sequence[Any]], reply: dict[str, Any]) -> list[Reply]:
        """The worker's reply as a Reply for each row. Raises whatever comes of another form."""
        autograd = {
            owner: [_short(name, _NAME) for name in names[:_ITEMS]]
            for owner, names in reply["autograd"].items()
            if owner in self._exercise.functions
        }
        for owner, names in autograd.items() if not made.edits else ():
            self.autograd.setdefault(owner, set()).update(names[:_ITEMS])
        warnings = tuple(_short(text) for text in reply["warnings"][:_ITEMS])
        return [
            self._understood_row(made, arguments, row, warnings, autograd)
            for arguments, row in zip(rows, reply["rows"], strict=True)
        ]

    def _understood_row(
        self,
        made: _Call,
        arguments: Sequence[Any],
        row: dict[str, Any],
        warnings: tuple[str, ...],
        autograd: Mapping[str, Sequence[str]],
    ) -> Reply:
        changed = {int(i): value for i, value in row["changed"].items()}
        for i, now in changed.items():
            given = arguments[i] if i in range(len(arguments)) else None
            if not (isinstance(given, Tensor) and isinstance(now, Tensor)):
                raise ValueError("what changed is not an argument")
        after = tuple(changed.get(i, argument) for i, argument in enumerate(arguments))
        error = self._raised(made.function, row["error"]) if row["error"] is not None else None
        if error is not None and error.frames and error.frames[-1][0] == made.function and not made.edits:
            self.raised_in.setdefault(made.function, error.frames[-1][1])
        return Reply(row["value"], after, error, warnings, autograd)

    def _raised(self, function: str, error: Any) -> Raised:
        frames = tuple((_short(name, _NAME), int(line)) for name, line, _ in error["frames"][-_ITEMS:])
        kind, text = _short(error["kind"], _NAME), _short(error["text"])
        if kind == "NameError":
            for name, why in self._undefined.items():
                if f"'{name}'" in text:
                    text = f"{text} ({why})"
        if kind == "MemoryError" or "can't allocate memory" in text or "DefaultCPUAllocator" in text:
            text = f"it asked for more memory than the {self._exercise.limits.memory_mb} MB that are allowed"
        if kind == "EOFError" and "reading a line" in text:
            text = "input() cannot be used here: nobody is there to type"
        return Raised(function, kind, text, frames)

    def _keep_printed(self, worker: Worker) -> None:
        self.printed = worker.take_printed()
        if worker.output_capped:
            self._notice(
                f"The submission prints a lot; only the first {worker.output_limit >> 10} KB were kept."
            )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in self._exercise.functions:
            raise AttributeError(name)

        return StudentFunction(self, name)

    def _drop(self) -> None:
        if self._worker is not None:
            self._worker.kill()
            self._worker = None

    def close(self) -> None:
        """End the worker."""
        self._drop()

    def __enter__(self) -> Student:
        return self

    def __exit__(self, *exc: object) -> None:
        self._drop()


class StudentFunction:
    """One function of a student's, to be called as if it were a function of this process."""

    def __init__(self, student: Student, name: str) -> None:
        self._student = student
        self.__name__ = name

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns; the arguments are changed as it changes them. Raises StudentFailure."""
        return self._taken(arguments, self._student.call(self.__name__, arguments))

    def map(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """What the function returns for each row of arguments, called in order. Raises StudentFailure."""
        try:
            replies = self._student.calls(self.__name__, rows)
        except StudentFailure:  # the limit is that of one call
            return [self(*row) for row in rows]
        return [self._taken(row, reply) for row, reply in zip(rows, replies, strict=True)]

    def map_outcomes(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """For each row of arguments what the function returns, or the StudentFailure it ends in."""
        try:
            replies = self._student.calls(self.__name__, rows)
        except StudentFailure:
            return [_ending(self, *row) for row in rows]
        return [_ending(self._taken, row, reply) for row, reply in zip(rows, replies, strict=True)]

    def _taken(self, arguments: Sequence[Any], reply: Reply) -> Any:
        for argument, now in zip(arguments, reply.arguments, strict=True):
            if now is not argument:
                _copy_back(argument, now)
        if reply.error is not None:
            raise reply.error
        return reply.value


def _ending(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except StudentFailure as failure:
        return failure


def _copy_back(argument: Any, now: Any) -> None:
    """Give the caller's tensor what the call made of it, as an in-place change would have."""
    if not (isinstance(argument, Tensor) and isinstance(now, Tensor)):
        return
    plain = argument.detach()
    if plain.shape == now.shape and plain.dtype == now.dtype:
        try:
            plain.copy_(now)
            return
        except RuntimeError:
            pass  # an expanded tensor: its entries share memory
    if now.is_floating_point() or not argument.requires_grad:
        argument.data = now


def _short(text: Any, most: int = _TEXT) -> str:
    """A text of the student's, cut where it is long. Raises TypeError where it is none."""
    if not isinstance(text, str):
        raise TypeError("not a text")
    return text if len(text) <= most else f"{text[:most]}…"
