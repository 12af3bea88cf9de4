"""Follow-through: which functions of the reference are replaced when a check is judged again.

A function that builds on an earlier one can fail its checks only because of the earlier one's mistake. So its
checks are judged again, with the student's own earlier functions in the reference. The reference then makes
the same mistake, and the function passes if its own code is right. An earlier function that raises or never
ends cannot be used in this way. A stand-in replaces it, in the reference and in the student's file alike: a
function from the exercise's `standins.py`.

`substitutions` lists what to try, in order. It knows nothing of pytest or of a sandbox.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Every combination of this many wrong functions is tried. Of three there are 6; of four there would be 14,
# each a run of the check.
MOST_COMBINED = 3


class Substitution(NamedTuple):
    """What takes the place of the reference's functions: the student's own ones, and stand-ins."""

    own: tuple[str, ...] = ()
    standins: tuple[str, ...] = ()


AS_IT_STANDS = (
    Substitution()
)  # the reference as it is, the student's file as it is


@dataclass(frozen=True)
class EarlierFunction:
    """What is known of a function that the judged one builds on.

    present: the student's file defines it.
    right: it has passed all of its checks, without follow-through.
    followed: it has passed all of its checks, some of them only with follow-through.
    no_value: it has not returned a value to any of its checks: it raises, never ends or returns None.
    refuses: it has not ended, has ended its process, or has raised on vectors and on columns alike.
    is_steady: what it answers depends on what it is asked alone, so that nobody can steer by it.
    has_standin: the exercise has a stand-in for it.
    derivative_of: the function whose derivative it is.
    """

    name: str
    present: bool = True
    right: bool = True
    followed: bool = False
    no_value: bool = False
    refuses: bool = False
    is_steady: bool = True
    has_standin: bool = True
    derivative_of: str | None = None

    @property
    def wrong(self) -> bool:
        """Whether the student has written it, and it has not passed all of its checks as it stands."""
        return self.present and not self.right

    @property
    def mistaken(self) -> bool:
        """Whether it is wrong by a mistake of its own: those before it do not explain it."""
        return self.wrong and not self.followed

    @property
    def needs_standin(self) -> bool:
        """Whether it gives no value to use, and a stand-in can replace it."""
        is_usable = self.is_steady and not self.no_value
        return self.has_standin and not is_usable


Functions = Sequence[EarlierFunction]


def substitutions(earlier: Functions) -> list[Substitution]:
    """The substitutions to try for a function, in order, given the functions that it builds on.

    Each is different and replaces something; the list is empty where nothing before the function is wrong.
    """
    usable, without_value = _usable_or_not(earlier)
    missing = []
    for function in earlier:
        if not function.present and function.has_standin:
            missing.append(function)
    replaceable, not_replaceable = _replaceable_or_not(earlier)
    answering = []
    for function in usable + without_value:
        if function.is_steady and not function.refuses:
            answering.append(function)

    tried = [
        # 1. Everything of the student's that is wrong, as it is. What gives no value cannot be used.
        _substitution(earlier, own=usable, standins=without_value),
        # 2. No stand-ins: a function that fails on its own checks may work as its callers call it, with
        #    columns say.
        _substitution(earlier, own=answering),
        # 3. Stand-ins for all mistakes: they may give values that their callers cannot use. What was right
        #    given these is right with the stand-ins too.
        _substitution(earlier, own=not_replaceable, standins=replaceable),
        # 4. Stand-ins for what is missing too. This comes late because the student may have written a
        #    missing function as part of another one, which then needs no stand-in.
        _substitution(
            earlier, own=not_replaceable, standins=replaceable + missing
        ),
    ]
    # 5. Some of the wrong functions only: the student may have made up for the others where they are called.
    for some in _combinations(usable):
        tried.append(_substitution(earlier, own=some, standins=without_value))

    different = dict.fromkeys(tried)  # a set that keeps the order
    different.pop(AS_IT_STANDS, None)
    return list(different)


def own_mistakes(earlier: Functions) -> Substitution:
    """The student's own functions that are wrong and give values, and nothing else."""
    usable, _ = _usable_or_not(earlier)
    return _substitution(earlier, own=usable)


def _usable_or_not(
    earlier: Functions,
) -> tuple[list[EarlierFunction], list[EarlierFunction]]:
    """The wrong functions: those to use as they are, and those that a stand-in has to replace."""
    usable = []
    without_value = []
    for function in earlier:
        if not function.wrong:
            continue
        if function.needs_standin:
            without_value.append(function)
        elif function.is_steady:
            usable.append(function)
    return usable, without_value


def _replaceable_or_not(
    earlier: Functions,
) -> tuple[list[EarlierFunction], list[EarlierFunction]]:
    """The functions with a mistake of their own: those with a stand-in, and those without."""
    replaceable = []
    not_replaceable = []
    for function in earlier:
        if not function.mistaken:
            continue
        if function.has_standin:
            replaceable.append(function)
        else:
            not_replaceable.append(function)
    return replaceable, not_replaceable


def _substitution(
    earlier: Functions, own: Functions, standins: Functions = ()
) -> Substitution:
    """These functions, and with each of them the derivative that the student wrote for it, if that is right.

    The student's code calls that one, whatever takes the place of the function itself. Where the student
    wrote none, the reference's derivative is that of what takes the function's place. One that is right given
    the function, and cannot be used itself, gets a stand-in.
    """
    replaced = _names([*own, *standins])
    derivatives, replaced_too = [], []
    for function in earlier:
        is_right = function.present and not function.mistaken
        is_replaced = function.name in replaced
        if is_right and function.derivative_of in replaced and not is_replaced:
            if function.needs_standin:
                replaced_too.append(function)
            else:
                derivatives.append(function)
    return Substitution(
        _names([*own, *derivatives]), _names([*standins, *replaced_too])
    )


def _combinations(functions: Functions) -> list[list[EarlierFunction]]:
    """Every choice of some of these functions but not all, the larger first.

    A function and its derivative are chosen together.
    """
    names = _names(functions)
    leaders = []
    for function in functions:
        if function.derivative_of not in names:
            leaders.append(function.name)
    if len(leaders) > MOST_COMBINED:
        return []
    combinations = []
    for size in reversed(range(1, len(leaders))):
        for chosen in itertools.combinations(leaders, size):
            combinations.append(_led_by(chosen, functions))
    return combinations


def _led_by(
    leaders: Collection[str], functions: Iterable[EarlierFunction]
) -> list[EarlierFunction]:
    """These functions and their derivatives."""
    led = []
    for function in functions:
        if function.name in leaders or function.derivative_of in leaders:
            led.append(function)
    return led


def _names(functions: Iterable[EarlierFunction]) -> tuple[str, ...]:
    return tuple(function.name for function in functions)
