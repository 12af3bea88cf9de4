"""Conventions: how a submission lays out vectors, where it does so in another way than the exercise.

An exercise's vectors have one dimension. A student may use columns (n, 1) or rows (1, n) in their place, for
all vectors or for some of them. `exercise.toml` says which arguments of a function are vectors, in groups
that are laid out alike, and which parts of its result are. The convention of a function is found by calling
it with its arguments laid out in every way: see `find`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, Protocol

from torch import Tensor

from grader.checking.comparison import DEFAULT_TOLERANCE, is_close
from grader.exercise import Exercise, patterns
from grader.exercise.probes import probes_of, trajectories

Layout = Literal["vector", "column", "row"]
Layouts = tuple[Layout, ...]  # one for each group of arguments
Kind = Literal["columns", "rows", "mixed"]
Row = Sequence[Any]  # the arguments of one call
Path = Sequence[
    int
]  # where in a nested sequence a part is: an index for each level

_LAYOUTS: tuple[Layout, ...] = ("vector", "column", "row")
_TOLERANCE = DEFAULT_TOLERANCE["float32"]


class Answer(Protocol):
    """What one call of a student's function gave; `arguments` are those after the call."""

    @property
    def value(self) -> Any: ...
    @property
    def arguments(self) -> Sequence[Any]: ...
    @property
    def error(self) -> Any: ...


CallRows = Callable[
    [Sequence[Row]], Sequence[Answer]
]  # calls a function on each row


@dataclass(frozen=True)
class Vectors:
    """Where a function has vectors.

    groups: the positions of its arguments, in groups that are laid out alike. returned: paths in its result.
    """

    groups: tuple[tuple[int, ...], ...] = ()
    returned: tuple[tuple[int, ...], ...] = ()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.groups or self.returned)


@dataclass(frozen=True)
class Convention:
    """How a function lays out its vectors.

    layouts: for each group of arguments. returned: the layouts other than vectors that were seen in its
    result.
    """

    vectors: Vectors
    layouts: Layouts
    returned: frozenset[Layout] = field(default_factory=frozenset)

    @property
    def others(self) -> set[Layout]:
        """The layouts that are not the exercise's."""
        return {*self.layouts, *self.returned} - {"vector"}

    @property
    def used(self) -> set[Layout]:
        """The layouts of its arguments."""
        return set(self.layouts)

    @property
    def kind(self) -> Kind:
        """The convention in one word."""
        if self.others == {"column"}:
            return "columns"
        if self.others == {"row"}:
            return "rows"
        return "mixed"

    def given(self, arguments: Row) -> list[Any]:
        """Arguments (n,) as this function takes them: views, so that what is done in place arrives."""
        return self.given_rows([arguments])[0]

    def given_rows(self, rows: Iterable[Row]) -> list[list[Any]]:
        """The same for several calls. A tensor that stands in several rows is one tensor there as well."""
        views: dict[tuple[int, Layout], Any] = {}
        given = []
        for row in rows:
            arguments = list(row)
            for position, layout in self._by_position(len(arguments)):
                argument = arguments[position]
                key = (id(argument), layout)
                if key not in views:
                    views[key] = laid_out(argument, layout)
                arguments[position] = views[key]
            given.append(arguments)
        return given

    def taken_arguments(self, arguments: Row) -> list[Any]:
        """The arguments after a call, as vectors again."""
        taken = list(arguments)
        for position, layout in self._by_position(len(taken)):
            if layout != "vector":
                taken[position] = as_vector(taken[position])
        return taken

    def _by_position(self, count: int) -> list[tuple[int, Layout]]:
        found = []
        for positions, layout in zip(
            self.vectors.groups, self.layouts, strict=True
        ):
            for position in positions:
                if position < count:
                    found.append((position, layout))
        return found

    def taken(self, value: Any) -> Any:
        """A result with vectors where the exercise has some."""
        for path in self.vectors.returned:
            value = _with_vector(value, path)
        return value


class InConvention:
    """A function that takes and gives vectors, made of a student's function that lays them out otherwise."""

    def __init__(self, function: Any, convention: Convention) -> None:
        self._function = function
        self._convention = convention

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns, as vectors. Raises what it raises."""
        given = self._convention.given(arguments)
        return self._convention.taken(self._function(*given))

    def map(self, rows: Sequence[Row]) -> list[Any]:
        """What the function returns for each row of arguments. Raises what it raises."""
        given = self._convention.given_rows(rows)
        return self._taken(self._function.map(given))

    def map_outcomes(self, rows: Sequence[Row]) -> list[Any]:
        """For each row of arguments what the function returns, or the failure it ends in."""
        given = self._convention.given_rows(rows)
        return self._taken(self._function.map_outcomes(given))

    def _taken(self, values: Iterable[Any]) -> list[Any]:
        return [self._convention.taken(value) for value in values]


def vectors_of(exercise: Exercise, function: str) -> Vectors:
    """Where a function of an exercise has vectors, as `exercise.toml` says."""
    declared = exercise.functions[function]
    parameters = patterns.parameters(exercise.solution.trees[function])
    groups = []
    for names in declared.vectors:
        group = map(parameters.index, names)
        groups.append(tuple(group))
    return Vectors(tuple(groups), declared.returned_vectors)


# -- finding a function's convention -----------------------------------------------------------------


@dataclass(frozen=True)
class _Made:
    """What the reference gave."""

    value: Any
    arguments: Row
    error: None = None


def convention_of(
    exercise: Exercise,
    function: str,
    call: CallRows,
    references: Iterable[Any],
    own: Layouts | None = None,
) -> Convention | None:
    """The convention of a student's function, found on the exercise's probes: see `find`.

    references: the reference solution, by itself and perhaps with functions of the student's in it.
    """
    vectors = vectors_of(exercise, function)
    arguments = arguments_for(exercise, function)
    if not vectors or arguments is None:
        return None
    expected = _expected(function, arguments, references)
    if not expected:
        return None
    found = find(call, vectors, arguments, expected, own)
    if found is None or own is not None or len(found.used) == 1:
        return found
    # How the submission calls the function is not known. One that computes something with vectors of equal
    # sizes was more likely meant for vectors, and has forgotten something in one place.
    probes = probes_of(exercise, function)
    if _computes(call, probes):
        return None
    return found


def _computes(call: CallRows, rows: Iterable[Row]) -> bool:
    """Whether a function gives a value for one of these rows of arguments at least."""
    copies = []
    for row in rows:
        copies.append(copies_of(row))
    return any(answer.error is None for answer in call(copies))


def fits(
    exercise: Exercise,
    function: str,
    call: CallRows,
    reference: Any,
    layouts: Layouts,
) -> bool:
    """Whether every result has the size that it should have, where arguments are laid out like this."""
    arguments = arguments_for(exercise, function)
    if arguments is None:
        return False
    convention = Convention(vectors_of(exercise, function), layouts)
    expected = _expected(function, arguments, [reference])
    (answer,) = call([convention.given(copies_of(arguments))])
    return _trial(convention, answer, expected, arguments) is not None


def _expected(
    function: str, arguments: Row, references: Iterable[Any]
) -> list[Answer]:
    """What references give for these arguments; those that fail are left out."""
    expected: list[Answer] = []
    for reference in references:
        own_arguments = copies_of(arguments)
        try:
            value = getattr(reference, function)(*own_arguments)
        except Exception:
            continue
        expected.append(_Made(value, own_arguments))
    return expected


def arguments_for(exercise: Exercise, function: str) -> Row | None:
    """The arguments on which a convention is found; for a function that iterates, those of one step."""
    followed = trajectories(exercise).get(function)
    if followed is not None:
        return (*followed.inputs.arguments, 1)
    return next(iter(probes_of(exercise, function)), None)


def copies_of(arguments: Row) -> list[Any]:
    """The arguments of a call, their tensors copied: a call may change them."""
    copies = []
    for argument in arguments:
        if isinstance(argument, Tensor):
            argument = argument.detach().clone()
        copies.append(argument)
    return copies


@dataclass(frozen=True)
class _Trial:
    """A convention that a function may have. right: how many of its results are right under it."""

    convention: Convention
    right: int
    is_right: bool


def find(
    call: CallRows,
    vectors: Vectors,
    arguments: Row,
    expected: Sequence[Answer],
    own: Layouts | None = None,
) -> Convention | None:
    """The convention of a student's function; None where it takes and gives vectors, or nothing fits.

    call: calls the function on rows of arguments. expected: what the reference gives for `arguments`, by
    itself and perhaps with the student's own functions in it. own: how the submission itself was seen to
    call the function.

    A convention fits where every result has the size that it should have. If more than one fits, the one
    with the most right results is taken; between equals, what the submission itself does, then the simplest.
    Where nothing fits, the function may have another mistake; then what the submission itself does is taken.
    """
    candidates = _candidates(vectors, own)
    rows = []
    for candidate in candidates:
        rows.append(candidate.given(copies_of(arguments)))
    answers = call(rows)
    # the first candidate is the exercise's own convention
    with_vectors = answers[0]
    if _has_right_shapes(with_vectors, expected[0], arguments, vectors):
        return None
    trials = []
    for candidate, answer in zip(candidates, answers, strict=True):
        trial = _trial(candidate, answer, expected, arguments)
        if trial is not None:
            trials.append(trial)
    raises = with_vectors.error is not None
    best = _best(trials, own)
    if best is None:
        return _as_the_submission_calls(vectors, own, raises)
    if _is_plausible(best, own, raises):
        return best.convention
    return None


def _best(trials: Iterable[_Trial], own: Layouts | None) -> _Trial | None:
    """The trial with the most right results, the first of these; `own` comes before others with as many.

    A mixture that the submission does not use itself only counts if all of its results are right.
    """
    best: _Trial | None = None
    for trial in trials:
        layouts = trial.convention.layouts
        is_expected = len(set(layouts)) <= 1 or layouts == own
        if not trial.is_right and not is_expected:
            continue
        if best is None or _rank(trial, own) > _rank(best, own):
            best = trial
    return best


def _as_the_submission_calls(
    vectors: Vectors, own: Layouts | None, raises: bool
) -> Convention | None:
    """What the submission itself does with a function that fits in no convention; None where that is unknown.

    raises: whether the function raises when it is given vectors.
    """
    if not raises or own is None or own == plain(len(own)):
        return None
    return Convention(vectors, own)


def _is_plausible(trial: _Trial, own: Layouts | None, raises: bool) -> bool:
    """Whether a convention that fits may be the student's, and is no mistake that happens to fit.

    raises: whether the function raises when it is given vectors.
    """
    layouts = trial.convention.used
    if trial.convention.layouts == own or layouts <= {"vector"}:
        return True
    if not raises:
        # It computes with vectors, and gives a matrix of n times n, say: that is a mistake.
        return False
    # If it needs a column here and a vector there, and the submission does not call it so, something was
    # forgotten in one place. Rows that meet columns are told as that.
    return own is None or len(layouts) == 1 or {"row", "column"} <= layouts


def _candidates(vectors: Vectors, own: Layouts | None) -> list[Convention]:
    """Every way to lay out the arguments: vectors first, then the simpler ways before the others."""
    count = len(vectors.groups)
    layouts = dict.fromkeys(_simple(count))
    if own is not None:
        layouts[own] = None
    every = list(itertools.product(_LAYOUTS, repeat=count))
    every.sort(key=lambda one: count - one.count("vector"))
    layouts.update(dict.fromkeys(every))
    return [Convention(vectors, one) for one in layouts]


def plain(count: int) -> Layouts:
    """Vectors for all groups."""
    vector: Layout = "vector"
    return (vector,) * count


def _simple(count: int) -> list[Layouts]:
    """All vectors alike."""
    return [(layout,) * count for layout in _LAYOUTS]


def _rank(trial: _Trial, own: Layouts | None) -> tuple[int, bool]:
    return trial.right, trial.convention.layouts == own


def _trial(
    convention: Convention,
    answer: Answer,
    expected: Sequence[Answer],
    arguments: Row,
) -> _Trial | None:
    """How well a convention fits; None where it does not."""
    if answer.error is not None:
        return None
    vectors = convention.vectors
    positions = _changed(expected[0], arguments)
    value = convention.taken(answer.value)
    after = convention.taken_arguments(answer.arguments)
    shown = _shown(value, after, positions, vectors)
    right = []
    for reference in expected:
        wanted = _shown(
            reference.value, reference.arguments, positions, vectors
        )
        if _shapes(shown) != _shapes(wanted):
            return None
        right.append(_nb_close(shown, wanted))
    returned = _layouts_returned(answer.value, vectors.returned)
    seen = replace(convention, returned=returned)
    return _Trial(seen, max(right), max(right) == len(shown))


def _has_right_shapes(
    answer: Answer, expected: Answer, arguments: Row, vectors: Vectors
) -> bool:
    if answer.error is not None:
        return False
    positions = _changed(expected, arguments)
    shown = _shown(answer.value, answer.arguments, positions, vectors)
    wanted = _shown(expected.value, expected.arguments, positions, vectors)
    return _shapes(shown) == _shapes(wanted)


def _changed(expected: Answer, arguments: Row) -> list[int]:
    """The positions of the arguments that the reference changes; where there are any, they are its result."""
    positions = []
    for position, before in enumerate(arguments):
        after = expected.arguments[position]
        if isinstance(before, Tensor) and not before.equal(after):
            positions.append(position)
    return positions


def _shown(
    value: Any, arguments: Row, positions: Sequence[int], vectors: Vectors
) -> list[Tensor]:
    """The tensors that a call shows: arguments at these positions, or else those returned beside vectors."""
    shown: list[Tensor] = []
    if positions:
        for position in positions:
            shown += tensors_of(arguments[position])
        return shown
    around = {
        path[:-1]: None for path in vectors.returned
    }  # each once, in order
    for path in around:
        shown += tensors_of(_part(value, path))
    return shown


def tensors_of(value: Any) -> list[Tensor]:
    """The tensors of a nested value, in order."""
    if isinstance(value, Tensor):
        return [value]
    found = []
    if isinstance(value, tuple | list):
        for item in value:
            found += tensors_of(item)
    return found


def _shapes(tensors: Sequence[Tensor]) -> list[tuple[int, ...]]:
    return [tuple(tensor.shape) for tensor in tensors]


def _nb_close(shown: Sequence[Tensor], wanted: Sequence[Tensor]) -> int:
    """How many tensors are what they should be."""
    count = 0
    for own, right in zip(shown, wanted, strict=True):
        if not own.is_complex() and is_close(own, right, _TOLERANCE):
            count += 1
    return count


def _layouts_returned(value: Any, paths: Iterable[Path]) -> frozenset[Layout]:
    """The layouts other than vectors that a result has at these places."""
    layouts: set[Layout] = set()
    for path in paths:
        part = _part(value, path)
        if isinstance(part, Tensor) and part.dim() == 2:
            layouts.add(_layout_of(part.shape))
    return frozenset(layouts)


# -- how a submission calls its own functions ----------------------------------------------------------

_MARK = "called with the shapes "


class OwnCall(NamedTuple):
    """How a submission calls one of its functions: the layouts, and whether with many samples at once."""

    layouts: Layouts
    in_batches: bool


def telling_its_arguments(function: str) -> str:
    """The text of a function that says in an exception which shapes it is called with."""
    shapes = "[list(getattr(argument, 'shape', ())) for argument in arguments]"
    return f"def {function}(*arguments):\n    raise ValueError({_MARK!r} + repr({shapes}))\n"


def call_told(text: str, vectors: Vectors) -> OwnCall | None:
    """The call that such an exception's text tells; None where it is another exception's."""
    _, mark, told = text.partition(_MARK)
    if not mark:
        return None
    try:
        shapes = json.loads(told)
        layouts = []
        in_batches = False
        for positions in vectors.groups:
            shape = shapes[positions[0]]
            layouts.append(_layout_of(shape))
            in_batches = in_batches or (len(shape) == 2 and 1 not in shape)
    except (ValueError, TypeError, LookupError, RecursionError):
        return None  # a student's own text
    return OwnCall(tuple(layouts), in_batches)


def _layout_of(shape: Sequence[int]) -> Layout:
    """The layout of what a submission takes for a vector. A matrix of several samples has them in rows."""
    if len(shape) != 2:
        return "vector"
    if shape[1] == 1:
        return "column"
    return "row"


# -- layouts -----------------------------------------------------------------------------------------


def laid_out(value: Any, layout: Layout) -> Any:
    """A vector (n,) as a view of shape (n, 1) or (1, n); anything else as it is."""
    if layout == "vector" or not isinstance(value, Tensor) or value.dim() != 1:
        return value
    if layout == "column":
        return value.unsqueeze(1)
    return value.unsqueeze(0)


def as_column(value: Any) -> Any:
    """A vector (n,) as a view of shape (n, 1); anything else as it is."""
    return laid_out(value, "column")


def as_vector(value: Any) -> Any:
    """A column (n, 1) or row (1, n) as a view of shape (n,); anything else as it is."""
    is_matrix = isinstance(value, Tensor) and value.dim() == 2
    if is_matrix and 1 in value.shape:
        return value.reshape(-1)
    return value


def _part(value: Any, path: Path) -> Any:
    """The part of a nested sequence at a path; None where there is none."""
    for index in path:
        if not isinstance(value, tuple | list) or index >= len(value):
            return None
        value = value[index]
    return value


def _with_vector(value: Any, path: Path) -> Any:
    """A nested sequence with a vector at a path; as it is where there is no such place."""
    if not path:
        return as_vector(value)
    index, *rest = path
    if not isinstance(value, tuple | list) or index >= len(value):
        return value
    parts = list(value)
    parts[index] = _with_vector(parts[index], rest)
    return type(value)(parts)
