"""The calls of one submission's functions: made in a worker, within limits, and what is noticed meanwhile.

A worker lives as long as the submission behaves. If it hangs or dies, another one takes its place. The
function that was being called is not called again, unless several calls were made at once or another function
of the submission may be to blame; the other functions still are.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from torch import Tensor

from grader.errors import Missing, Raised, StudentFailure, TimedOut
from grader.exercise import Exercise
from grader.intake.submission import Submission
from grader.notices import Notice
from grader.sandbox import protocol, replies
from grader.sandbox.apart import Apart
from grader.sandbox.argument_order import Order, in_order, put_back
from grader.sandbox.by_hand import ByHand
from grader.sandbox.host import Ended, Zygote
from grader.sandbox.loading import FAILURES, NO_REPLY, LoadedSubmission
from grader.sandbox.replies import ErrorContext, Reply
from grader.sandbox.student import Student
from grader.sandbox.walls.confinement import Policy

Rows = Sequence[Sequence[Any]]  # the arguments of several calls

_MARGIN = 5.0  # seconds of a search beyond what it gives itself
_MOST_NOTICES = 40
_MOST_ANSWERS = 12  # of one function, which are kept
_LARGEST_ANSWER = 10_000  # entries


class _Called(NamedTuple):
    """Which function is called, and how: with other stand-ins or another text it may do better."""

    function: str
    standins: frozenset[str] = frozenset()
    edits: tuple[tuple[str, str], ...] = ()


class Answer(NamedTuple):
    """What a function has answered: to these arguments, with this value, making of them what is `after`."""

    arguments: Sequence[Any]
    value: Any
    after: Sequence[Any]
    error: Raised | None


class Calls:
    """Makes the calls of one submission's functions, and keeps what is known about them.

    student: the functions. reading: what the file holds. notices: what a report should mention so far.
    seed: what the generators are seeded with before each call. call_seconds: function -> the time that one
    call may take, where it is not the exercise's. standins: the functions in whose place the exercise's
    stand-ins are at present. on_slow_run: takes a sentence for whoever waits for the grading. nb_raised: how
    many calls have raised. raised_in: function -> the line of its own in which it raised first. stopped_in:
    the same where it called another graded function, which raised, with that one's name. answers: function ->
    some of what it answered as it stands. orders: function -> the order in which it is given its arguments,
    where that is not the hand-out's. by_hand: whether torch has differentiated. failures: how each call ended
    that is not made again.

    Use as a context manager.
    """

    def __init__(
        self,
        zygote: Zygote,
        policy: Policy,
        exercise: Exercise,
        submission: Submission,
    ) -> None:
        """Fork a worker, and have it read and load the submission. Raises GraderFault."""
        self._exercise = exercise
        self._zygote = zygote
        self._policy = policy
        self._submitted = submission
        self._submission = LoadedSubmission(
            zygote, policy, exercise, submission, self._notice
        )
        self._apart = Apart(
            partial(Calls, zygote, policy, exercise, submission)
        )
        self.by_hand = ByHand(self, exercise)
        self.failures: dict[_Called, StudentFailure] = {}
        self.may_take(exercise.limits.submission_seconds)
        self.call_seconds: Mapping[str, float] = {}
        self.seed = 0
        self.standins: frozenset[str] = frozenset()
        self.on_slow_run: Callable[[str], None] = lambda _: None
        self.notices: list[Notice] = []
        self.nb_raised = 0
        self.raised_in: dict[str, int] = {}
        self.stopped_in: dict[str, tuple[int, str]] = {}
        self.orders: dict[str, Order] = {}
        self.answers: dict[str, list[Answer]] = {}
        self.student = Student(self, exercise.functions)
        self.reading = self._submission.start(self.seconds_left(), self.seed)

    @property
    def isolation(self) -> Mapping[str, str]:
        """How the submission's worker was confined: layer -> state; empty where there was none."""
        return self._submission.isolation

    @property
    def differentiated(self) -> bool:
        """Whether torch has differentiated while the submission was loaded."""
        return self._submission.differentiated

    @property
    def apart(self) -> Calls:
        """The same submission in another worker, which never sees what is judged: see `apart`."""
        return self._apart.beside(self)

    @property
    def printed(self) -> str:
        """What the submission has printed in its latest worker."""
        return self._submission.printed

    # -- limits ------------------------------------------------------------------------------------

    def may_take(self, seconds: float) -> None:
        """Give the submission so much time from now on."""
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def time_for(self, function: str) -> float:
        """The seconds that a call of the function may take now."""
        return min(self.limit_of(function), self.seconds_left())

    def limit_of(self, function: str) -> float:
        """The seconds that a call of the function may take, while the submission has any left."""
        limit = self._exercise.functions[function].seconds
        return self.call_seconds.get(function, limit)

    def seconds_left(self) -> float:
        """The seconds that are left to the submission."""
        return self._deadline - time.monotonic()

    # -- what is known of a function -----------------------------------------------------------------

    def has(self, function: str) -> bool:
        """Whether the file defines the function."""
        if function not in self.reading.sources:
            return False
        return self._own(function) not in self._submission.undefined

    def why_missing(self, function: str) -> str:
        """Why a function is not there, in a sentence."""
        why = self._submission.undefined.get(self._own(function))
        if why is not None:
            return f"{function} could not be defined: {why}"
        return self.reading.missing.get(
            function, f"The file does not define {function}."
        )

    def _own(self, function: str) -> str:
        """What the student calls a function."""
        return self.reading.own_names.get(function, function)

    def is_lifted(self, function: str) -> bool:
        """Whether a loop of the submission is judged in the function's place."""
        return function in self.reading.lifted

    def reaches(self, function: str, other: str) -> bool:
        """Whether a call of the function may lead to another one, as far as its source shows."""
        reached = self.reading.findings[function]["reaches"]
        return reached is None or other in reached

    def has_raised_at(self, line: int, cell: int | None) -> bool:
        """Whether the statement of the graded file that begins there raised when it was run."""
        return (line, cell) in self._submission.raised_at

    def gave_up(self, function: str) -> bool:
        """Whether the function hung or died, and is not called any more."""
        return _Called(function) in self.failures

    def by_torch(self, function: str) -> str | None:
        """A sentence where torch was seen to differentiate or optimise for `function`, else None."""
        return self.by_hand.by_torch(function)

    # -- notices -------------------------------------------------------------------------------------

    def remark(self, text: str) -> None:
        """Have the report mention this sentence."""
        self._notice(Notice("remark", {"text": text}))

    def _notice(self, notice: Notice) -> None:
        if len(self.notices) < _MOST_NOTICES and notice not in self.notices:
            self.notices.append(notice)

    # -- calls ---------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def replacing(self, functions: Iterable[str]) -> Iterator[None]:
        """For a while, with the exercise's stand-ins in the place of these functions."""
        before = self.standins
        self._replace(frozenset(functions))
        try:
            yield
        finally:
            self._replace(before)

    def _replace(self, functions: frozenset[str]) -> None:
        self.standins = functions
        self._apart.replace(functions)

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        supply: Mapping[str, Any] | None = None,
        edits: Mapping[str, str] | None = None,
    ) -> Reply:
        """Call a function and take whatever comes of it; an exception that it raises is in the reply.

        supply: globals of the student's module for this one call. edits: functions to be as if the student
        had written them so, name -> source. Raises Missing, TimedOut, Died, BadReply.
        """
        return self.call_rows(function, [arguments], supply, edits)[0]

    def call_rows(
        self,
        function: str,
        rows: Rows,
        supply: Mapping[str, Any] | None = None,
        edits: Mapping[str, str] | None = None,
    ) -> list[Reply]:
        """Call a function on each row of arguments, in order and in one exchange; a Reply for each.

        A tensor that stands in several rows is the same there: what a call makes of it, the next one finds.
        Raises what `call` raises. Where several calls hang or die together, that does not count against the
        function.
        """
        texts = tuple(edits.items()) if edits else ()
        called = _Called(function, self.standins, texts)
        seconds = self._seconds_for(called)
        request = self._request(called, rows, supply or {})
        bounds = self._bounds_for(function, rows)
        try:
            self._submission.make_ready(self.seconds_left(), self.seed)
            self._submission.used.add(function)
            started = time.monotonic()
            message = self._submission.exchange(request, seconds, bounds)
            took = time.monotonic() - started
        except Ended as ended:
            others = self._submission.used - {function}
            if others and ended.kind != "time":
                # one of them may have broken the process, and this one be right
                if not edits:
                    values = {"function": function, "reason": ended.reason}
                    self._notice(Notice("called-again", values))
                return self.call_rows(function, rows, supply, edits)
            raise self._failure(called, ended, len(rows)) from ended
        try:
            understood = self._understand(called, rows, message, took)
        except Exception as odd:
            # a reply is a claim, and may be of any form
            self._submission.drop()
            no_reply = Ended("reply", NO_REPLY)
            raise self._failure(called, no_reply, len(rows)) from odd
        is_plain = not called.standins and not called.edits and not supply
        if is_plain:
            for row, reply in zip(rows, understood, strict=True):
                self._keep_answer(function, row, reply)
                if len(rows) > 1 and _share_a_tensor(rows):
                    break  # the next one was asked what this one has left
        return understood

    def search(self, function: str, search: Mapping[str, Any]) -> Any:
        """What a search among edits of a function finds in the worker: a claim of that process, in any form.

        search: see `protocol`. Raises StudentFailure.
        """
        called = _Called(function, self.standins, (("search", function),))
        self._seconds_for(called)
        # a busy machine takes longer for the same
        limit = _MARGIN + 2 * self._exercise.limits.search_seconds
        seconds = min(limit, self.seconds_left())
        request = {**self._request(called, [], {}), "edits": {}}
        request |= {"rows": [[]], "search": search}
        try:
            self._submission.make_ready(self.seconds_left(), self.seed)
            bounds = self._bounds_for(function, [])
            message = self._submission.exchange(request, seconds, bounds)
            return message["rows"][0]["value"]
        except Ended as ended:
            failure = FAILURES[ended.kind](function, ended.reason)
            self.failures[called] = failure
            raise failure from ended
        except (KeyError, IndexError, TypeError) as odd:
            self._submission.drop()
            raise FAILURES["reply"](function, NO_REPLY) from odd

    def _seconds_for(self, called: _Called) -> float:
        """The seconds that this call may take. Raises where it is not to be made at all."""
        function = called.function
        if called in self.failures:
            raise self.failures[called]
        if not self.has(function):
            raise Missing(function, self.why_missing(function))
        if self._submission.unloadable is not None:
            kind, sentence = self._submission.unloadable
            raise kind(function, sentence)
        seconds = self.time_for(function)
        if seconds <= 0:
            why = f"{function} was not called: the submission had used up its {self._seconds:g} s."
            raise TimedOut(function, why)
        return seconds

    def _request(
        self, called: _Called, rows: Rows, supply: Mapping[str, Any]
    ) -> dict[str, Any]:
        texts = self._exercise.standin_texts
        standins = {name: texts[name] for name in sorted(called.standins)}
        return {
            "do": "call",
            "function": called.function,
            "rows": self._as_taken(called.function, rows),
            "seed": self.seed,
            "supply": dict(supply),
            "edits": dict(called.edits),
            "standins": {
                "texts": standins,
                "derivatives": {},
            },
        }

    def _bounds_for(self, function: str, rows: Rows) -> protocol.Bounds:
        iterates = self._exercise.functions[function].slow
        return protocol.bounds_for(rows, iterates)

    def _as_taken(self, function: str, rows: Rows) -> list[list[Any]]:
        """The arguments of several calls in the order in which the function takes them."""
        order = self.orders.get(function, ())
        return [in_order(arguments, order) for arguments in rows]

    def _failure(
        self, called: _Called, ended: Ended, nb_rows: int
    ) -> StudentFailure:
        """The failure of a call; it is kept, so that the function is not called again.

        Of several calls none is to blame, and each may still be made alone.
        """
        notice = Notice(
            "no-result", {"function": called.function, "reason": ended.reason}
        )
        failure = FAILURES[ended.kind](called.function, str(notice))
        if nb_rows == 1:
            self.failures[called] = failure
            if not called.edits:
                self._notice(notice)
        return failure

    def _understand(
        self,
        called: _Called,
        rows: Rows,
        message: dict[str, Any],
        took: float,
    ) -> list[Reply]:
        """The worker's message as a Reply for each row. Raises whatever comes of another form."""
        autograd = replies.read_autograd(
            message["notes"], self._exercise.functions
        )
        understood = self._read(called.function, rows, message)
        # with edits, what ran is not what the student wrote
        if not called.edits:
            self.by_hand.keep_autograd(called.function, autograd)
            self.nb_raised += sum(r.error is not None for r in understood)
            if not called.standins:
                for reply in understood:
                    self._keep_line(called.function, reply)
                self.by_hand.keep_call(called.function, rows, understood, took)
        return understood

    def _read(
        self, function: str, rows: Rows, message: dict[str, Any]
    ) -> list[Reply]:
        """The worker's message as a Reply for each row, without taking note of anything."""
        context = ErrorContext(
            self._submission.undefined,
            self._exercise.limits.memory_mb,
            self.reading.sources,
            self.reading.labels,
        )
        sent = self._as_taken(function, rows)
        order = self.orders.get(function, ())
        read = []
        for reply in replies.read_replies(message, function, sent, context):
            arguments = tuple(put_back(reply.arguments, order))
            read.append(replace(reply, arguments=arguments))
        if function in self.reading.lifted:
            return self._as_returned(rows, read)
        return read

    def _as_returned(self, rows: Rows, understood: list[Reply]) -> list[Reply]:
        """The replies of a lifted loop, with what the function in whose place it stands would return."""
        assert self._exercise.lifted is not None
        returned = []
        for arguments, reply in zip(rows, understood, strict=True):
            if reply.error is None:
                value = self._exercise.lifted.as_returned(
                    arguments, reply.value
                )
                reply = replace(reply, value=value)
            returned.append(reply)
        return returned

    def _keep_answer(
        self, function: str, arguments: Sequence[Any], reply: Reply
    ) -> None:
        """Keep some of what a function answers, where it is small."""
        kept = self.answers.setdefault(function, [])
        if len(kept) >= _MOST_ANSWERS:
            return
        size = 0
        for part in (*arguments, reply.value):
            size += part.numel() if isinstance(part, Tensor) else 1
        if size > _LARGEST_ANSWER:
            return
        copies = []
        for argument in arguments:
            is_tensor = isinstance(argument, Tensor)
            copies.append(argument.clone() if is_tensor else argument)
        after = reply.arguments
        kept.append(Answer(copies, reply.value, after, reply.error))

    def _keep_line(self, function: str, reply: Reply) -> None:
        """Keep the line of the function's own text in which it raised for the first time."""
        if reply.error is None or not reply.error.frames:
            return
        raiser = reply.error.raiser
        if raiser == function:
            innermost = reply.error.frames[-1]
            self.raised_in.setdefault(function, innermost.line)
            return
        for frame in reversed(reply.error.frames):
            if frame.function == function:
                stop = frame.line, raiser
                self.stopped_in.setdefault(function, stop)
                return

    def ask_anew(
        self,
        function: str,
        rows: Rows,
        seconds: float,
        autograd: bool = True,
        derived: Collection[str] = (),
    ) -> list[Reply]:
        """What a call gives in a fresh worker, of which nothing is kept. It has these seconds of its own.

        autograd: whether torch can differentiate there. derived: which of the stand-ins are the derivative of
        the student's own function, and not what the hand-out asks for.

        Raises Ended, or any exception where the reply is of
        another form.
        """
        started = time.monotonic()
        fresh = LoadedSubmission(
            self._zygote,
            self._policy,
            self._exercise,
            self._submitted,
            lambda _: None,
            autograd,
        )
        try:
            fresh.start(seconds, self.seed)
            left = max(started + seconds - time.monotonic(), 0)
            fresh.make_ready(left, self.seed)
            request = self._request(_Called(function, self.standins), rows, {})
            standins = request["standins"]
            for name in derived:
                del standins["texts"][name]
                of = self._exercise.functions[name].derivative_of
                standins["derivatives"][name] = of
            bounds = self._bounds_for(function, rows)
            left = max(started + seconds - time.monotonic(), 0)
            message = fresh.exchange(request, left, bounds)
            return self._read(function, rows, message)
        finally:
            fresh.drop()
            # none of it is the submission's
            self._deadline += time.monotonic() - started

    def start_anew(self) -> None:
        """Have the next call made in a fresh worker, in which nothing is left of the calls before."""
        self._submission.drop()

    def close(self) -> None:
        """End the worker, and the one apart."""
        self._submission.drop()
        self._apart.close()

    def __enter__(self) -> Calls:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _share_a_tensor(rows: Rows) -> bool:
    """Whether a tensor stands in several of the rows."""
    tensors = [one for row in rows for one in row if isinstance(one, Tensor)]
    return len(set(map(id, tensors))) < len(tensors)
