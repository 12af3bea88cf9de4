"""Counts the turns of a lifted loop, and follows its parameters.

The parameters after k turns are what the functions of the loop are handed first in turn k + 1. So the loop is
let go on for that long, and then ended.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from grader.sandbox.inside.outputs import Outputs, is_instance_of_own

Place = tuple[
    str, Any
]  # a variable, and where in it; None for the variable itself


class Finished(BaseException):
    """The loop has made its turns. Not an Exception, which the submission might catch."""


@dataclass(frozen=True)
class LoopSetting:
    """What the exercise says of a lifted loop.

    parameters: of the function in whose place it runs. steps: which of them says how many turns. state:
    function -> the places of its arguments that are followed. names: of what is followed. around: the
    function that a turn calls for each sample.
    """

    parameters: Sequence[str]
    steps: str
    state: Mapping[str, Sequence[int]]
    names: Sequence[str]
    around: str

    def named(self, own_names: Mapping[str, str]) -> LoopSetting:
        """The same with the functions as a submission calls them."""
        state = {}
        for function, places in self.state.items():
            state[own_names.get(function, function)] = places
        around = own_names.get(self.around, self.around)
        return replace(self, state=state, around=around)


class Turns:
    """The turns of one run of a loop.

    initial: what is followed, before the first turn. printed: what the present turn has printed.
    """

    def __init__(
        self,
        setting: LoopSetting,
        nb_turns: int,
        nb_samples: int,
        names: Mapping[str, Any],
    ) -> None:
        """nb_turns: how many it is to make. nb_samples: of the data. names: the submission's variables."""
        self.printed = io.StringIO()
        self.initial: list[Tensor] | None = None
        self._final: list[Tensor] | None = None
        self._latest: list[Tensor] | None = None
        self._held_at: list[list[Place]] = []
        self._setting = setting
        self._nb_turns = nb_turns
        self._nb_samples = nb_samples
        self._names = names
        self._known_places: dict[str, Sequence[int]] = {}
        self._outputs = Outputs()
        self._frame: types.FrameType | None = None
        self._iterable: Any = None
        self._turn = -1
        self._awaits_call = False
        self._nb_calls = 0
        self._is_batch = False
        # whether a turn is a step, and not one sample of a pass over the data
        self._counts = True
        # of a loop that goes through the data: how often it has been entered again
        self._nb_again = 0

    # -- what the instrumented source calls --------------------------------------------------------------

    def over(self, iterable: Any) -> Iterator[Any]:
        """The items of a `for` loop, for as many turns as are to be made."""
        if self._turn >= 0:
            self._enter_again(sys._getframe(1))
            yield from iterable
            return
        self._iterable = iterable
        items = iter(iterable)
        item = None
        while True:
            self._begin_turn(sys._getframe(1))
            try:
                item = next(items)
            except StopIteration:
                if self._turn == 0 or not self._counts:
                    return
                item, items = _one_more(iterable, item)
            yield item

    def test(self, value: Any) -> Any:
        """What a `while` loop tests: `value`, or whether there are more turns to make."""
        frame = sys._getframe(1)
        if self._turn >= 0 and frame is not self._frame:
            self._enter_again(frame)
            return value
        self._begin_turn(frame)
        if self._turn == 0 or not self._counts:
            return value
        return True

    def called(
        self,
        function: str,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> None:
        """Note a call of one of the functions that take what is followed. Raises Finished."""
        if self._turn < 0:
            return
        if function == self._setting.around:
            self._nb_calls += 1
            if self._turn == 0 and self._has_all_samples(arguments):
                self._is_batch = True
        state = self._state_in(function, call, arguments, named)
        if state is None:
            return
        self._latest = state
        if not self._awaits_call:
            return
        self._awaits_call = False
        self._held_at = self._places_of(state)
        if self._turn == 0:
            self.initial = _cloned(state)
        if self._nb_made() == self._nb_turns:
            self._final = _cloned(state)
            raise Finished

    def result(self) -> tuple[Any, ...]:
        """(final parameters, initial ones, number of turns, columns). Raises RuntimeError without any."""
        if self._turn < 0:
            raise RuntimeError("its loop was never reached")
        final = self._final or self._left_behind()
        if final is None or self.initial is None:
            wanted = ", ".join(self._setting.names)
            raise RuntimeError(f"its loop calls no function with {wanted}")
        nb_turns = min(self._nb_made(), self._nb_turns)
        columns = self._outputs.as_plain(nb_turns)
        return tuple(final), tuple(self.initial), nb_turns, columns

    def end(self) -> None:
        """The statements have ended by themselves: so has the last turn."""
        if self._turn < 0 or self._nb_made() >= self._nb_turns:
            return
        if self._counts:
            self._end_turn()
            self._turn += 1
        elif self._nb_again:
            self._end_turn()
            self._nb_again += 1

    # -- turn by turn ------------------------------------------------------------------------------------

    def _begin_turn(self, frame: types.FrameType) -> None:
        if self._turn < 0:
            self._frame = frame
            with contextlib.suppress(Exception):
                self._outputs.begin(self._variables())
        else:
            if self._turn == 0:
                self._counts = self._is_step()
            if self._counts:
                self._end_turn()
        self._turn += 1
        if self._counts and self._turn > self._nb_turns:
            # the turn before called no function that would have ended it, or caught what ends it
            self._final = self._final or self.initial
            raise Finished
        if self._turn == 0:
            self.initial = self._by_name()
        elif self._latest is None and self._turn == self._nb_turns:
            # the loop computes all by itself
            self._final = self._by_name()
            raise Finished
        self._awaits_call = True
        self._restart_printed()

    def _enter_again(self, frame: types.FrameType) -> None:
        """The loop is entered once more. One that goes through the data is a turn each time.

        So something that is no loop makes the turns, such as `reduce` or a function that calls itself.
        """
        if self._counts:
            return
        self._end_turn()
        self._frame = frame
        self._nb_again += 1
        self._awaits_call = True
        self._restart_printed()

    def _nb_made(self) -> int:
        """How many turns have been made before the present one."""
        return self._turn if self._counts else self._nb_again

    def _end_turn(self) -> None:
        # whatever the variables hold, looking at them must not stop the student's loop
        with contextlib.suppress(Exception):
            printed = self.printed.getvalue()
            self._outputs.end_turn(self._nb_made(), printed, self._variables())

    def _restart_printed(self) -> None:
        self.printed.seek(0)
        self.printed.truncate()

    def _is_step(self) -> bool:
        """Whether the first turn was a step: with calls for several samples, or one for all of them."""
        if self._nb_calls != 1 or self._is_batch:
            return True
        iterable = self._iterable
        # of a random sample in each turn, say
        return (
            isinstance(iterable, range) and len(iterable) != self._nb_samples
        )

    def _has_all_samples(self, arguments: Iterable[Any]) -> bool:
        for argument in arguments:
            if not isinstance(argument, Tensor) or argument.dim() < 2:
                continue
            if self._nb_samples in argument.shape[:2]:
                return True
        return False

    # -- what is followed --------------------------------------------------------------------------------

    def _state_in(
        self,
        function: str,
        call: Callable[..., Any],
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> list[Tensor] | None:
        """The tensors that are followed, as this call is given them; else those of the loop's variables."""
        if named:
            try:
                arguments = (
                    inspect.signature(call).bind(*arguments, **named).args
                )
            except (TypeError, ValueError):
                return None
        state = []
        for place in self._places_in(function, call):
            if place < len(arguments):
                state.append(arguments[place])
            else:
                state.append(None)
        given = _tensors(state)
        by_name = self._in_variables()
        if given is None or by_name is None:
            return given or by_name
        # a call that takes two of them in each other's place says nothing about which is which
        is_permuted = set(map(id, given)) == set(map(id, by_name))
        return by_name if is_permuted else given

    def _places_in(
        self, function: str, call: Callable[..., Any]
    ) -> Sequence[int]:
        """The places of what is followed: those of the parameters of these names, else the hand-out's."""
        if function not in self._known_places:
            places = self._setting.state[function]
            with contextlib.suppress(TypeError, ValueError):
                parameters = list(
                    map(str.casefold, inspect.signature(call).parameters)
                )
                places = [
                    parameters.index(name) for name in self._setting.names
                ]
            self._known_places[function] = places
        return self._known_places[function]

    def _in_variables(self) -> list[Tensor] | None:
        """What is followed, from the variables of these names; None where there are no such variables."""
        variables = self._variables()
        state = []
        for name in self._setting.names:
            state.append(variables.get(name))
        return _tensors(state)

    def _by_name(self) -> list[Tensor] | None:
        """The same, copied as it is now."""
        state = self._in_variables()
        if state is None:
            return None
        return _cloned(state)

    def _variables(self) -> dict[str, Any]:
        """The variables of the submission and of the loop's own function."""
        assert self._frame is not None
        return {**self._names, **self._frame.f_locals}

    def _places(self) -> dict[Place, Any]:
        """What the variables hold, and what is in those that are lists, dicts and objects of own classes."""
        places: dict[Place, Any] = {}
        for name, value in self._variables().items():
            places[name, None] = value
            for key, part in _parts(value):
                places[name, key] = part
        return places

    def _places_of(self, state: Iterable[Tensor]) -> list[list[Place]]:
        """Where each of the tensors is held; it may be at several places."""
        places = self._places()
        held_at = []
        for tensor in state:
            own_places = []
            for place, value in places.items():
                if value is tensor:
                    own_places.append(place)
            held_at.append(own_places)
        return held_at

    def _left_behind(self) -> list[Tensor] | None:
        """What is followed, after the loop has ended by itself."""
        if self._latest is None:
            return None
        places = self._places()
        final = []
        for held_at, latest in zip(self._held_at, self._latest, strict=True):
            left = latest
            for place in held_at:
                now = places.get(place)
                if now is not latest and isinstance(now, Tensor):
                    left = now
            final.append(left)
        return _cloned(final)


def _tensors(values: Sequence[Any]) -> list[Tensor] | None:
    """The values where all of them are tensors, else None."""
    tensors = []
    for value in values:
        if not isinstance(value, Tensor):
            return None
        tensors.append(value)
    return tensors


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    if isinstance(value, dict):
        return list(value.items())
    if is_instance_of_own(value):
        return list(vars(value).items())
    return ()


def _cloned(tensors: Iterable[Tensor]) -> list[Tensor]:
    return [tensor.detach().clone() for tensor in tensors]


def _one_more(iterable: Any, last: Any) -> tuple[Any, Iterator[Any]]:
    """An item beyond the last one, and where the next ones come from."""
    if isinstance(iterable, range):
        following = range(
            last + iterable.step, sys.maxsize, abs(iterable.step)
        )
        items = iter(following)
        return next(items), items
    items = iter(iterable)
    for item in items:
        return item, items
    return last, items
