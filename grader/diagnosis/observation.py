"""What a diagnosis looks at: calls, evidence, and how a call's outcome becomes numbers to compare."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from grader.errors import Frame
from grader.results import Source

Plugged = Mapping[str, Callable[..., Any]]
# The arguments of several calls.
Rows = Sequence[Sequence[Any]]
# For each probe, the structure of what is compared and its number of entries.
Group = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Outcome:
    """What one call gave.

    value: nested lists and tuples of tensors, numbers and None; anything else counts as opaque.
    arguments: the positional arguments as they are after the call, also after one that raised.
    error: (name of the exception's class, its text), or None; `frames` are those in the student's own
    file, the outermost first.
    """

    value: Any
    arguments: Sequence[Any]
    error: tuple[str, str] | None = None
    frames: Sequence[Frame] = ()

    def raised(self, kind: str) -> bool:
        """Whether the call raised an exception of this class, by its name."""
        return self.error is not None and self.error[0] == kind


def all_raised(outcomes: Sequence[Outcome]) -> bool:
    """Whether no call returned."""
    return all(outcome.error is not None for outcome in outcomes)


def all_raised_kind(outcomes: Iterable[Outcome], kind: str) -> bool:
    """Whether every call raised an exception of this class, by its name."""
    return all(outcome.raised(kind) for outcome in outcomes)


class Prober(Protocol):
    """Calls a student's function, on copies of the arguments."""

    def call(
        self,
        function: str,
        arguments: Sequence[Any],
        supply: Mapping[str, Any] = {},
    ) -> Outcome:
        """What one call gives. `supply` sets globals of the student's module for this call.

        Raises StudentFailure where the function hangs or dies.
        """
        ...

    def calls(self, function: str, rows: Rows) -> list[Outcome]:
        """What `call` gives for each row of arguments."""
        ...

    def search(self, function: str, search: Mapping[str, Any]) -> Any:
        """What a search among edits of the function finds; see `placing`. Raises StudentFailure."""
        ...

    def edited(self, function: str, source: str) -> Prober:
        """A prober over the same submission with that function's text replaced."""
        ...


@dataclass(frozen=True)
class Evidence:
    """What the source of one function says, all lines counted as in the student's file or cell.

    reads_globals, shadows: name -> line. calls: dotted name -> line. is_stub: the body does nothing.
    passes_once: the line of the one loop that it has, which goes through the samples. is_lifted: whether a
    loop is judged in the function's place. reaches: the functions of the exercise that it leads to, None
    where that is not known.
    raised_before: whether a statement before this loop has raised, which then did not do what the student
    wrote. unbound_before: whether such a statement should have given a name a new value.
    autograd: whether autograd was seen at work when the function ran, None where that is not known.
    own_names: function of the exercise -> what the student calls it, where that is another name.
    order: the order in which the function is given its arguments, where that is not the hand-out's.
    binds: the names that the file binds, None where that is not known. signatures: the student's functions of
    the exercise -> the names of their parameters. helpers: the student's own functions and classes that it
    uses, by name.
    """

    source: str = ""
    first_line: int = 1
    reads_globals: Mapping[str, int] = field(default_factory=dict)
    shadows: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    is_stub: bool = False
    passes_once: int | None = None
    is_lifted: bool = False
    reaches: Sequence[str] | None = None
    raised_before: bool = False
    unbound_before: bool = False
    autograd: bool | None = None
    own_names: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[int] | None = None
    binds: Sequence[str] | None = None
    signatures: Mapping[str, Sequence[str]] = field(default_factory=dict)
    helpers: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True)
class Trace:
    """A function on all its probes, as numbers.

    structures: per probe, the structure of what it gave, such as "((5,), (3,))", or "raised".
    errors: per probe, the normalised exception, "" where it did not raise.
    numbers: per probe, every entry of what is compared, float32, in one vector.
    """

    structures: tuple[str, ...]
    errors: tuple[str, ...]
    numbers: tuple[Tensor, ...]

    @property
    def group(self) -> Group:
        """Traces of the same group can be compared number by number."""
        sizes = entry_counts(self.numbers)
        return tuple(zip(self.structures, sizes, strict=True))


RAISED = "raised"


def trace(outcomes: Sequence[Outcome], accumulators: Sequence[int]) -> Trace:
    """The outcomes as numbers. `accumulators`: see `compared`."""
    structures, errors, numbers = [], [], []
    for outcome in outcomes:
        leaves: list[Tensor] = []
        found = structure(compared(outcome, accumulators), leaves)
        if outcome.error is None:
            structures.append(found)
            errors.append("")
        else:
            structures.append(RAISED)
            errors.append(normalised(*outcome.error))
        numbers.append(in_one_vector(leaves))
    return Trace(tuple(structures), tuple(errors), tuple(numbers))


def compared(outcome: Outcome, accumulators: Sequence[int]) -> Any:
    """What of a call is compared: the arguments at the positions `accumulators`, or else its value."""
    if accumulators:
        # Also where the call raised: they show what it had changed until then.
        return [outcome.arguments[position] for position in accumulators]
    return outcome.value if outcome.error is None else ()


def names_at(
    positions: Sequence[int], parameters: Sequence[str]
) -> tuple[str, ...]:
    """The names of the parameters at these positions."""
    return tuple(parameters[position] for position in positions)


def entry_counts(tensors: Sequence[Tensor]) -> list[int]:
    """The number of entries of each tensor."""
    return [tensor.numel() for tensor in tensors]


def in_one_vector(leaves: Sequence[Tensor]) -> Tensor:
    """Every entry of several tensors, float32."""
    if not leaves:
        return torch.zeros(0)
    vectors = []
    for leaf in leaves:
        entries = leaf.detach().to(torch.float32)
        vectors.append(entries.reshape(-1))
    return torch.cat(vectors)


def structure(value: Any, leaves: list[Tensor]) -> str:
    """The structure of a value as text, its tensors appended to `leaves`. A number is a 0-d tensor."""
    if isinstance(value, Tensor):
        # No reference's numbers are complex, and float32 would lose their imaginary part.
        if value.is_complex():
            return "opaque"
        leaves.append(value)
        return str(tuple(value.shape))
    if isinstance(value, bool | int | float):
        leaves.append(torch.tensor(float(value)))
        return "()"
    if isinstance(value, tuple | list):
        parts = [structure(item, leaves) for item in value]
        return f"({', '.join(parts)})"
    return "None" if value is None else "opaque"


def as_numbers(tensor: Tensor) -> Tensor | None:
    """A tensor as real numbers to compute with; None where it holds complex ones, as no reference's does."""
    if tensor.is_complex():
        return None
    return tensor if tensor.is_floating_point() else tensor.float()


def has_parts(value: Any, count: int) -> bool:
    """Whether a value is a sequence of so many parts."""
    return isinstance(value, tuple | list) and len(value) == count


def flatten(value: Any) -> list[Tensor]:
    """The tensors of a value, in order."""
    leaves: list[Tensor] = []
    structure(value, leaves)
    return leaves


# How torch words that sizes do not fit, in an element-wise operation and in products.
_SIZES = re.compile(
    r"size of tensor a \((\d{1,18})\) must match the size of tensor b \((\d{1,18})\)(.*)",
    re.DOTALL,
)
_MV = re.compile(
    r"size mismatch, got input \(\d{1,18}\), mat \((\d{1,18})x(\d{1,18})\), vec \((\d{1,18})\)"
)
_MM = re.compile(
    r"mat1 and mat2 shapes cannot be multiplied \((\d{1,18})x(\d{1,18}) and (\d{1,18})x(?:1)\)"
)


def normalised(kind: str, text: str) -> str:
    """An exception without what depends on the way it was written: the operands' order, mv or mm."""
    text = " ".join(text.split())
    sizes = _SIZES.search(text)
    if sizes:
        first, second, rest = sizes.groups()
        ordered = sorted((int(first), int(second)))
        return f"{kind}: sizes {ordered}{rest}"
    product = _MV.search(text) or _MM.search(text)
    if product:
        rows, columns, length = product.groups()
        return f"{kind}: product {rows}x{columns} by {length}"
    return f"{kind}: {text}"


def copied(value: Any) -> Any:
    """`value` with every tensor cloned."""
    if isinstance(value, Tensor):
        return value.detach().clone() if value.requires_grad else value.clone()
    if isinstance(value, tuple | list):
        items = []
        for item in value:
            items.append(copied(item))
        return type(value)(items)
    return value


def call(function: Callable[..., Any], arguments: Sequence[Any]) -> Outcome:
    """Call a trusted function on copies of `arguments`."""
    own = copied(list(arguments))
    try:
        value = function(*own)
    except Exception as error:
        kind = type(error).__name__
        return Outcome(None, own, (kind, str(error)))
    return Outcome(value, own)
