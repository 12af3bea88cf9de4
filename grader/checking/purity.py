"""Whether a function leaves its arguments as they are. What its process says of them is but a claim."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from grader.checking.comparison import assert_unchanged
from grader.checking.outcomes import value_of
from grader.errors import CheckFailure
from grader.sandbox.replies import alike

Context = contextlib.AbstractContextManager[Any]


def assert_pure(
    function: Any,
    name: str,
    arguments: Sequence[Tensor],
    names: Sequence[str],
    accumulators: Callable[[], Sequence[Tensor]] = tuple,
    within: Context | None = None,
) -> Any:
    """Raise CheckFailure where a call of a student's function changes one of `arguments`; what it returns.

    It is called twice on the very same tensors. If it has changed one that it reads, whatever is said of them
    afterwards, the second call gives another result.

    name, names: those of the function and of the arguments. accumulators: makes the further arguments of a
    call, which it is to change. within: what the calls are made in. Raises StudentFailure where the first
    call gives no value, unless `within` takes that.
    """
    before = [argument.clone() for argument in arguments]
    changed_on_purpose = accumulators(), accumulators()
    rows = [(*arguments, *others) for others in changed_on_purpose]
    with within or contextlib.nullcontext():
        outcomes = function.map_outcomes(rows)
        value_of(outcomes[0])
    assert_unchanged(arguments, before, names, name)
    first, second = zip(outcomes, changed_on_purpose, strict=True)
    if not alike(first, second):
        raise CheckFailure(
            f"{name} gives another result when it is called again with the very same arguments: it changes "
            "them in place, or something else that it uses. Compute new tensors instead."
        )
    return outcomes[0]
