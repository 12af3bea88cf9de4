"""Where the chain breaks: the first quantity that is off, for a mistake that has no name.

The exercise's `probes.chain` describes, for a function, its quantities in the order of the computation, each
with what it must be *given the student's own earlier ones*: so the first that is off is the step at fault.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.diagnosis.catalogue import Forest
from grader.diagnosis.observation import Outcome, Prober, close, number
from grader.diagnosis.variants import Bench

Names = types.SimpleNamespace


@dataclass(frozen=True)
class Inner:
    """A factor that a quantity is made of: `quantity` = `factor` times this one, element by element.

    through: the argument that `factor` depends on and this does not.
    """

    quantity: str
    through: str
    factor: Callable[[Names], Tensor]


@dataclass(frozen=True)
class Link:
    """One quantity of the chain.

    observed: which part of the result shows it, by the reference's name: an argument that is changed (then
    its change counts), or a part of what is returned. expect: (arguments, earlier quantities) -> value.
    unless: quantities of the chain that could not be right if this one were wrong.
    """

    quantity: str
    observed: str
    expect: Callable[[Names, Mapping[str, Tensor]], Tensor]
    unless: tuple[str, ...] = ()
    inner: Inner | None = None


def links(bench: Bench) -> list[Link]:
    """The chain of a function as its exercise describes it, the plugged functions in it."""
    described = getattr(bench.catalogue.probes, "chain", None)
    if described is None:
        return []
    tables = described(Names(**bench.namespace)).get(bench.function, ())
    return [
        Link(**{**table, "inner": Inner(**table["inner"]) if "inner" in table else None}) for table in tables
    ]


@dataclass(frozen=True)
class Place:
    """The first wrong link, and what can be said of its numbers."""

    quantity: str
    facts: Mapping[str, str]


def first_wrong(
    bench: Bench, outcomes: Sequence[Outcome], prober: Prober | None, acquitted: Sequence[str] = ()
) -> Place | None:
    """The first quantity that is off on any probe that returned; None where nothing can be said.

    acquitted: quantities that the student's source computes word for word as the reference does.
    """
    chain = links(bench)
    found: tuple[int, int] | None = None
    for probe, outcome in enumerate(outcomes):
        if outcome.error is None:
            index = _first_off(bench, chain, bench.probes[probe], outcome)
            if index is not None and (found is None or index < found[0]):
                found = (index, probe)
    if found is None:
        return None
    link, probe = chain[found[0]], found[1]
    quantity = link.quantity
    if link.inner is not None:
        if link.quantity in acquitted and link.inner.quantity not in acquitted:
            quantity = link.inner.quantity
        elif link.inner.quantity in acquitted or prober is None:
            pass
        elif _inner_is_off(bench, link, link.inner, outcomes, prober):
            quantity = link.inner.quantity
    return Place(quantity, _facts(bench, chain, link, probe, outcomes[probe]))


def _arguments(bench: Bench, arguments: Sequence[Any]) -> Names:
    return Names(**dict(zip(bench.parameters, arguments, strict=False)))


def _observed(bench: Bench, link: Link, before: Sequence[Any], outcome: Outcome) -> Tensor | None:
    """The student's quantity, None where there is no such thing."""
    if bench.observed:
        position = bench.parameters.index(link.observed)
        after = outcome.arguments[position]
        if not isinstance(after, Tensor) or after.shape != before[position].shape:
            return None
        changed: Tensor = after - before[position]
        return changed
    position = bench.returned.index(link.observed)
    value = outcome.value
    if not isinstance(value, tuple | list) or len(value) != len(bench.returned):
        return None
    part = value[position]
    return part if isinstance(part, Tensor) else None


def _first_off(bench: Bench, chain: Sequence[Link], before: Sequence[Any], outcome: Outcome) -> int | None:
    arguments, seen = _arguments(bench, before), dict[str, Tensor]()
    by_name = {link.quantity: link for link in chain}

    def is_right(link: Link) -> bool:
        theirs = _observed(bench, link, before, outcome)
        if theirs is None:
            return False
        seen[link.quantity] = theirs
        return close(theirs.float(), link.expect(arguments, seen), 1e-3, 1e-4)

    for index, link in enumerate(chain):
        try:
            if not is_right(link) and not any(is_right(by_name[name]) for name in link.unless):
                shown = bench.observed or isinstance(outcome.value, tuple | list)
                return index if shown else None
        except RuntimeError:  # an earlier quantity has a shape that nothing can be computed from
            return None
    return None


def _inner_is_off(
    bench: Bench, link: Link, inner: Inner, outcomes: Sequence[Outcome], prober: Prober
) -> bool:
    """Whether the fault is surely in the inner factor: the outer one is right wherever it is moved to.

    The argument that only the outer factor depends on is changed; what is left after division by the
    factor must not change with it. A quantity that is merely off by a constant could be either's fault.
    """
    position = bench.parameters.index(inner.through)
    draw = torch.Generator().manual_seed(1)
    by_constant = True
    judged = False
    for before, outcome in zip(bench.probes, outcomes, strict=True):
        if outcome.error is not None:
            continue
        moved = list(before)
        moved[position] = 0.6 * torch.randn(before[position].shape, generator=draw)
        there = prober.call(bench.function, moved)
        here_value, there_value = (
            _observed(bench, link, before, outcome),
            _observed(bench, link, moved, there) if there.error is None else None,
        )
        if here_value is None or there_value is None:
            return False
        here_left = here_value / inner.factor(_arguments(bench, before))
        there_left = there_value / inner.factor(_arguments(bench, moved))
        if not close(here_left, there_left, 1e-3, 1e-3):
            return False
        ratio = here_value / link.expect(_arguments(bench, before), {})
        by_constant &= bool(((ratio - ratio.flatten()[0]).abs() < 1e-3 * ratio.abs()).all())
        judged = True
    return judged and not by_constant


def _facts(bench: Bench, chain: Sequence[Link], wrong: Link, probe: int, outcome: Outcome) -> dict[str, str]:
    """What is nearly right about the first wrong quantity: a factor, a sign, a transposition."""
    before = bench.probes[probe]
    arguments, seen = _arguments(bench, before), dict[str, Tensor]()
    for link in chain:
        theirs = _observed(bench, link, before, outcome)
        if link is wrong:
            expected = link.expect(arguments, seen)
            return _likeness(theirs, expected) if theirs is not None else {}
        if theirs is not None:
            seen[link.quantity] = theirs
    return {}


def _likeness(theirs: Tensor, expected: Tensor) -> dict[str, str]:
    if theirs.shape != expected.shape:
        return {"shape": str(tuple(theirs.shape)), "expected_shape": str(tuple(expected.shape))}
    if not bool(theirs.abs().max() > 1e-6):
        return {"likeness": "zero"}
    factor = float((theirs * expected).sum() / (expected * expected).sum())
    if close(theirs, factor * expected, 1e-3, 1e-3):
        return {"likeness": "sign" if abs(factor + 1) < 1e-3 else "factor", "factor": number(factor)}
    if theirs.dim() == 2 and theirs.shape[0] == theirs.shape[1] and close(theirs.t(), expected, 1e-3, 1e-3):
        return {"likeness": "transposed"}
    if theirs.dim() == 1 and close(theirs.sort().values, expected.sort().values, 1e-3, 1e-3):
        return {"likeness": "order"}
    return {}


def first_wrong_of_variant(bench: Bench, forest: Forest) -> str | None:
    """The first quantity of the reference's chain that a variant computes otherwise, its locals included."""
    order = bench.quantities
    for arguments in bench.probes:
        right = local_values(bench.namespace[bench.function], arguments)
        wrong = local_values(bench.compiled(forest), arguments)
        for name in order:
            if name in bench.changed_names:
                continue
            if name in right and (name not in wrong or not _alike(wrong[name], right[name])):
                return name
        for name in bench.changed_in_order:
            if not _alike(wrong.get(name), right[name]):
                return name
    return None


def _alike(a: Any, b: Any) -> bool:
    return isinstance(a, Tensor) and isinstance(b, Tensor) and close(a, b)


def local_values(function: Callable[..., Any], arguments: Sequence[Any]) -> dict[str, Any]:
    """The local variables of a trusted function at its end, or where it raised; arguments by their object."""
    found, own = _at_the_end(function, arguments)
    found.update(zip(function.__code__.co_varnames[: len(own)], own, strict=False))
    return found


def rebound_arguments(function: Callable[..., Any], arguments: Sequence[Any]) -> list[Any]:
    """What a trusted function has in the place of its arguments at its end, where it is another value."""
    found, own = _at_the_end(function, arguments)
    names = function.__code__.co_varnames[: len(own)]
    return [found[n] for n, given in zip(names, own, strict=False) if n in found and found[n] is not given]


def _at_the_end(function: Callable[..., Any], arguments: Sequence[Any]) -> tuple[dict[str, Any], list[Any]]:
    """A trusted function's local variables when it ended, and the copies of the arguments it was given."""
    code = function.__code__
    own = [a.clone() if isinstance(a, Tensor) else a for a in arguments]
    found: dict[str, Any] = {}

    def watch(frame: types.FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            found.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function(*own)
    except Exception:
        pass
    finally:
        sys.setprofile(before)
    return found, own
