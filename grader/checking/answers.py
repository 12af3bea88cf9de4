"""What a student's function has answered, and whether it can be relied on elsewhere.

A function that takes part in judging another one is asked there, far from its own checks. It could say
something else there. So it is asked again what it has been asked before, in the worker in which it takes
part: only if it says the same, it takes part. Nor does a function that says the same whatever it is asked:
what is built on it can be right without computing anything.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from grader.checking.conventions import copies_of
from grader.checking.reference import TakingColumns
from grader.errors import Raised, StudentFailure
from grader.sandbox.calls import Answer, Calls
from grader.sandbox.replies import alike

# A function takes part where it is at most so many times as far from what is right as in its own checks, or
# as far as this part of the largest value there.
_FURTHER = 10
_SLACK = 1e-3
_AS_RIGHT = 1e-4  # of the largest value: what is no further from what is right than this is right
_OF_ONE_SIZE = 30  # arguments whose largest entries differ by less than this factor are alike
CONSTANT = 1e-3  # of the largest entry: what varies less than this says nothing of what it was asked


def stands_by_its_answers(calls: Calls, function: str) -> bool:
    """Whether a function answers again, in the worker of its own, what it has answered to its own checks.

    It is asked in another order, and some of it twice: how it is asked should not tell it where it is.
    """
    answers: Sequence[Answer] = calls.answers.get(function, ())
    draw = random.Random(calls.seed)
    asked = [*answers, *draw.sample(answers, len(answers) // 2)]
    draw.shuffle(asked)
    for answer in asked:
        arguments = copies_of(answer.arguments)
        try:
            again = calls.apart.call(function, arguments)
        except StudentFailure:
            return False
        if not alike(
            [answer.value, *answer.after], [again.value, *again.arguments]
        ):
            return False
        if not _is_same_error(answer.error, again.error):
            return False
    return True


def is_answered_by(function: Callable[..., Any], answer: Answer) -> bool:
    """Whether a function of this process answers the same, and leaves its arguments the same."""
    arguments = copies_of(answer.arguments)
    try:
        value = function(*arguments)
    except Exception:
        return answer.error is not None
    if answer.error is not None:
        return False
    return alike([answer.value, *answer.after], [value, *arguments])


def is_constant(answers: Sequence[Answer]) -> bool:
    """Whether a function has said one and the same number everywhere, whatever it was asked."""
    if len(answers) < 2:
        return False
    entries = []
    for answer in answers:
        if answer.error is not None:
            return False
        said = list(_tensors(answer.value))
        if answer.value is None:
            said = list(_changes(answer))
        if not said:
            return False
        entries += [tensor.reshape(-1).double() for tensor in said]
    numbers = torch.cat(entries)
    if numbers.numel() == 0 or not numbers.isfinite().all():
        return False
    spread = numbers.max() - numbers.min()
    return bool(spread <= CONSTANT * numbers.abs().max())


def _changes(answer: Answer) -> Iterator[Tensor]:
    """By what a call has changed its arguments."""
    for before, after in zip(answer.arguments, answer.after, strict=True):
        if not isinstance(before, Tensor) or not isinstance(after, Tensor):
            continue
        if before.shape == after.shape and not after.is_complex():
            yield after.double() - before.double()


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        if not value.is_complex():
            yield value
    elif isinstance(value, int | float):
        yield torch.tensor(float(value))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _tensors(part)


def _is_same_error(one: Raised | None, other: Raised | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.kind == other.kind


class _Told(NamedTuple):
    """What one of a function's answers tells: how far it is from what is right, and what would be right.

    form: the dimensions of its arguments. size: their largest entry. distance: None where it raised.
    """

    form: tuple[int, ...]
    size: float
    distance: float | None
    largest: float

    @property
    def is_right(self) -> bool:
        """Whether the answer is as good as right."""
        if self.distance is None:
            return False
        return self.distance <= _AS_RIGHT * self.largest


class AsBefore:
    """A student's function that is no further from what is right than in its own checks, or raises.

    So it cannot be right where it is judged, and say something else where it takes part. Where it was right
    in most of its answers to arguments like these, its mistake is elsewhere, and the right value is taken.

    refuses: it has raised, however it was asked.
    """

    def __init__(
        self,
        function: TakingColumns,
        right: Callable[..., Any],
        answers: Sequence[Answer],
    ) -> None:
        """right: the reference's function. answers: what the student's has said to its own checks."""
        self._function = function
        self._right = right
        self._told: list[_Told] = []
        for answer in answers:
            expected = _said(right, answer.arguments)
            distance = None
            if answer.error is None:
                said = [answer.value, *answer.after]
                distance = _distance(said, expected)
            self._told.append(
                _Told(
                    _form(answer.arguments),
                    _largest(answer.arguments),
                    distance,
                    _largest(expected),
                )
            )

    @property
    def refuses(self) -> bool:
        """Whether it has raised on vectors and on columns alike."""
        return self._function.refuses

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns. Raises ValueError where it is too far from what is right."""
        before = copies_of(arguments)
        value = self._function(*arguments)
        return self._checked(before, value, arguments)

    def map(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """What it returns for each row of arguments. Raises ValueError as well."""
        before = [copies_of(row) for row in rows]
        values = self._function.map(rows)
        checked = []
        for asked, value, after in zip(before, values, rows, strict=True):
            checked.append(self._checked(asked, value, after))
        return checked

    def _checked(
        self, before: Sequence[Any], value: Any, after: Sequence[Any]
    ) -> Any:
        told = self._told_of(before)
        expected = _said(self._right, before)
        nb_right = sum(one.is_right for one in told)
        if expected is not None and nb_right > len(told) / 2:
            return expected[0]
        distance = _distance([value, *after], expected)
        if distance > _most(told):
            raise ValueError(
                "a function is further from what is right than in its own checks"
            )
        return value

    def _told_of(self, arguments: Sequence[Any]) -> list[_Told]:
        """What is told by the answers to arguments of this form and size, else of this form, else by all."""
        form, size = _form(arguments), _largest(arguments)
        of_form = [one for one in self._told if one.form == form]
        of_size = []
        for one in of_form:
            least, most = sorted((one.size, size))
            if most <= _OF_ONE_SIZE * least or most == 0:
                of_size.append(one)
        return of_size or of_form or self._told


def _most(answers: Sequence[_Told]) -> float:
    """How far from what is right a function may be that has given these answers."""
    distances = []
    for one in answers:
        if one.distance is not None and one.distance < math.inf:
            distances.append(one.distance)
    scale = max((one.largest for one in answers), default=0.0)
    if not distances or not scale:
        return math.inf
    return _FURTHER * max(distances) + _SLACK * scale


def _form(arguments: Sequence[Any]) -> tuple[int, ...]:
    """The number of dimensions of each tensor; -1 for anything else."""
    form = []
    for one in arguments:
        form.append(one.dim() if isinstance(one, Tensor) else -1)
    return tuple(form)


def _said(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """[value, what becomes of each argument]; None where the function cannot be asked this."""
    after = copies_of(arguments)
    try:
        return [function(*after), *after]
    except Exception:
        return None


def _largest(said: Any) -> float:
    """The largest entry of all tensors; 0 where there is none."""
    entries = [t.abs().max() for t in _tensors(said) if t.numel()]
    return float(max(entries)) if entries else 0.0


def _distance(one: Any, other: Any) -> float:
    """The largest difference of two results; infinite where they are of other forms."""
    numbers, others = list(_tensors(one)), list(_tensors(other))
    if len(numbers) != len(others):
        return float("inf")
    distance = 0.0
    for a, b in zip(numbers, others, strict=True):
        if a.shape != b.shape:
            return float("inf")
        difference = (a.double() - b.double()).abs()
        if difference.numel():
            largest = float(difference.max())
            distance = max(
                distance, largest if largest == largest else math.inf
            )
    return distance
