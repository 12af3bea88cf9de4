"""The conventions of one student's functions: each is looked for when it is first asked for, and kept.

`conventions` says what a convention is, and finds one by calling a function. Here it is decided what such a
function is compared with, and how the submission itself calls it.
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from grader.checking.conventions import (
    Convention,
    InConvention,
    Layouts,
    OwnCall,
    call_told,
    convention_of,
    fits,
    plain,
    telling_its_arguments,
    vectors_of,
)
from grader.checking.follow_through import AS_IT_STANDS, Substitution
from grader.checking.reference import Reference
from grader.errors import StudentFailure
from grader.exercise import Exercise
from grader.exercise.probes import trajectories
from grader.sandbox.calls import Calls


class StudentConventions:
    """Finds the conventions of a student's functions, and calls the functions within them."""

    def __init__(
        self,
        calls: Calls,
        exercise: Exercise,
        reference: Callable[[Substitution], Reference],
        own_mistakes: Callable[[str], Substitution],
    ) -> None:
        """reference: gives the reference solution with a substitution.

        own_mistakes: gives, for a function, the student's wrong functions before it that return values.
        """
        self._calls = calls
        self._exercise = exercise
        self._reference = reference
        self._own_mistakes = own_mistakes
        self._found: dict[str, Convention | None] = {}

    # -- the convention of a function ------------------------------------------------------------------

    def of(self, function: str) -> Convention | None:
        """The convention that a function has in place of the exercise's; None where it is the exercise's."""
        if function not in self._found:
            # a reference with this function in it may ask for the same while it is looked for
            self._found[function] = None
            self._found[function] = self._find(function)
        return self._found[function]

    def is_told(self, function: str) -> bool:
        """Whether a function that is judged before this one has a convention of the same kind.

        A mixed one counts as any kind.
        """
        convention = self.of(function)
        if convention is None:
            return False
        for name in self._exercise.functions:
            if name == function:
                break
            earlier = self._found.get(name)
            if earlier is not None and earlier.kind in (
                convention.kind,
                "mixed",
            ):
                return True
        return False

    def _find(self, function: str) -> Convention | None:
        if not vectors_of(self._exercise, function):
            return None
        if not self._calls.has(function) or self._calls.gave_up(function):
            return None
        with_own_mistakes = self._own_mistakes(function)
        references = [
            self._reference(AS_IT_STANDS),
            self._reference(with_own_mistakes),
        ]
        layouts = None
        own_call = self._own_call(function)
        if own_call is not None:
            layouts = own_call.layouts
        call = partial(self._calls.call_rows, function)
        try:
            with self._trying_out():
                return convention_of(
                    self._exercise, function, call, references, layouts
                )
        except StudentFailure:
            return None

    @contextlib.contextmanager
    def _trying_out(self) -> Iterator[None]:
        """Forget what a function says meanwhile: it says nothing of the function as it stands."""
        raised_in = dict(self._calls.raised_in)
        stopped_in = dict(self._calls.stopped_in)
        answers = {}
        for name, said in self._calls.answers.items():
            answers[name] = list(said)
        try:
            yield
        finally:
            self._calls.raised_in = raised_in
            self._calls.stopped_in = stopped_in
            self._calls.answers = answers

    # -- calling within it -----------------------------------------------------------------------------

    def function(self, name: str) -> Any:
        """A student's function as one that takes and gives vectors."""
        return self._in_vectors(name, self._calls)

    def function_apart(self, name: str) -> Any:
        """The same, asked in the worker of its own."""
        return self._in_vectors(name, self._calls.apart)

    def _in_vectors(self, name: str, calls: Calls) -> Any:
        own = getattr(calls.student, name)
        convention = self.of(name)
        if convention is None:
            return own
        return InConvention(own, convention)

    def student_with(self, name: str) -> types.SimpleNamespace:
        """The student's functions, of which this one takes and gives vectors."""
        functions = dict(vars(self._calls.student))
        functions[name] = self.function(name)
        return types.SimpleNamespace(**functions)

    # -- how the submission calls its own functions ----------------------------------------------------

    def is_called_plainly(self, function: str) -> bool:
        """Whether the submission itself calls a function with vectors, as the exercise does."""
        call = self._own_call(function)
        return call is not None and call.layouts == plain(len(call.layouts))

    def mixed_up_by(self, function: str) -> str | None:
        """The earlier function that this one calls with vectors of several layouts, which it cannot combine.

        None where there is no such function: each is called with layouts that it can take, or can take none.
        """
        if function not in trajectories(self._exercise):
            return None
        for name in self._exercise.functions[function].earlier:
            call = self._own_call(name)
            if call is not None and self._mixes_up(name, call):
                return name
        return None

    def _mixes_up(self, function: str, call: OwnCall) -> bool:
        # many samples at once are another matter
        if call.in_batches or len(set(call.layouts)) < 2:
            return False
        convention = self.of(function)
        if convention is not None:
            works = convention.layouts != call.layouts
        else:
            works = self._fits(function, plain(len(call.layouts)))
        return works and not self._fits(function, call.layouts)

    def _fits(self, function: str, layouts: Layouts) -> bool:
        call = partial(self._calls.call_rows, function)
        reference = self._reference(AS_IT_STANDS)
        with self._trying_out():
            return fits(self._exercise, function, call, reference, layouts)

    def _own_call(self, function: str) -> OwnCall | None:
        """How the submission itself calls a function; None where it cannot be seen."""
        vectors = vectors_of(self._exercise, function)
        edits = {function: telling_its_arguments(function)}
        for caller, followed in trajectories(self._exercise).items():
            calls_it = function in self._exercise.functions[caller].earlier
            if not calls_it or self._calls.gave_up(caller):
                continue
            arguments = (*followed.inputs.arguments, 1)
            try:
                reply = self._calls.call(caller, arguments, edits=edits)
            except StudentFailure:
                continue
            if reply.error is not None:
                return call_told(reply.error.text, vectors)
        return None
