"""The local variables of a trusted function when it ends."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from grader.diagnosis.observation import copied


def local_values(
    function: Callable[..., Any], arguments: Sequence[Any]
) -> dict[str, Any]:
    """A function's local variables at its end, or where it raised.

    The value of a parameter is the argument's own copy, whatever the function bound to that name later.
    """
    values, own = _at_the_end(function, arguments)
    values.update(_by_parameter(function, own))
    return values


def rebound_arguments(
    function: Callable[..., Any], arguments: Sequence[Any]
) -> list[Any]:
    """What a function has bound to its parameters' names at its end, where it is another value."""
    values, own = _at_the_end(function, arguments)
    rebound = []
    for name, given in _by_parameter(function, own).items():
        if name in values and values[name] is not given:
            rebound.append(values[name])
    return rebound


def _by_parameter(
    function: Callable[..., Any], arguments: Sequence[Any]
) -> dict[str, Any]:
    # A function's local names begin with its parameters.
    names = function.__code__.co_varnames[: len(arguments)]
    return dict(zip(names, arguments, strict=False))


def _at_the_end(
    function: Callable[..., Any], arguments: Sequence[Any]
) -> tuple[dict[str, Any], list[Any]]:
    """The local variables of a function when it ended, and the copies of the arguments it was given."""
    code = function.__code__
    own: list[Any] = copied(list(arguments))
    values: dict[str, Any] = {}

    def watch(frame: types.FrameType, event: str, _: Any) -> None:
        # Also called where the frame is left by an exception, with the values until then.
        if event == "return" and frame.f_code is code:
            values.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function(*own)
    except Exception:  # what it had computed until then is what is wanted
        pass
    finally:
        sys.setprofile(before)
    return values, own
