"""Runs of a student's `train`, which its checks share, and following them with the reference."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch

from grader.checking import (
    CheckFailure,
    as_tensor,
    copies_of,
    is_close,
    type_in_words,
    value_of,
)
from grader.errors import Raised, StudentFailure

PARAMETERS = ("w1", "b1", "w2", "b2")
COLUMNS = ("train loss", "train error", "test error")
NB_HIDDEN = 50
STEPS = (0, 1, 3)
FURTHER = (
    "again",
    "once more",
)  # runs of a train that does not follow gradient descent
MOST_ENTRIES = 1_000_000  # of a history that is a tensor
SLOW = 0.5  # seconds for one step on a few samples, which take a few milliseconds with products of matrices

# At ε = 1e-6 the hidden layer is silent for a hundred steps, and its mistakes with it; the response is the
# same for all samples. On `contested_data` it is awake after six steps, or two at ε = 1e-3. Which steps are
# looked at is drawn, so that no history can be right in these alone.
AWAKE = 7, 9  # the first of three runs, by their steps, is drawn from these
LONGER = 4, 12  # by so many steps is another one longer
# Of each parameter's own change in one step: at this ε, an absolute tolerance would hide everything. In the
# first steps right programs in float32 are within 2e-3 of the reference where their sigma rounds badly near
# 0, and what is wrong is off by 5e-2 and more. Once the hidden layer is awake, right programs are within
# 4e-5, and dsigma(x2) for dsigma(s2) is off by 1e-2.
FOLLOWS = 2e-2
FOLLOWS_AWAKE = 2e-3
SAME_AGAIN = 1e-3  # two runs from one seed differ in rounding at most, from unseeded values by all of it

Attempt = (
    Any  # a Run, or the StudentFailure or CheckFailure in which a call ended
)
Runs = Mapping[int, Attempt]  # by their number of steps


class Run:
    """What one call of `train` returned, taken kindly.

    flat: the parameters are not a tuple of their own. history: None where it is not one.
    Raises CheckFailure where there are not four tensors of floats and a history.
    """

    def __init__(self, value: Any) -> None:
        self.flat = False
        if is_sequence(value, len(PARAMETERS) + 1) and torch.is_tensor(
            value[0]
        ):
            self.flat = True
            *self.parameters, history = value
        elif is_sequence(value, 2) and is_sequence(value[0], len(PARAMETERS)):
            self.parameters, history = list(value[0]), value[1]
        else:
            raise CheckFailure(
                f"train returns {type_in_words(value)}; expected (w1, b1, w2, b2), history."
            )
        for name, parameter in zip(PARAMETERS, self.parameters, strict=True):
            if not torch.is_tensor(parameter):
                raise CheckFailure(
                    f"The {name} that train returns is {type_in_words(parameter)}, not a tensor."
                )
            if not parameter.is_floating_point():
                raise CheckFailure(
                    f"The {name} that train returns has dtype {parameter.dtype}; expected floats."
                )
        self.history = entries(history)


def is_sequence(value: Any, length: int) -> bool:
    """Whether a value is a list or a tuple of this length."""
    return isinstance(value, list | tuple) and len(value) == length


def entries(history: Any) -> list[tuple[float, ...]] | None:
    """The history as a list of triples of floats; None where it is not one."""
    history = as_tensor(history)
    if torch.is_tensor(history):
        history = listed(history)
    if not isinstance(history, list | tuple):
        return None
    rows = []
    for entry in map(as_tensor, history):
        if torch.is_tensor(entry):
            entry = entry.tolist()
        if not is_sequence(entry, len(COLUMNS)) or not all(
            map(is_number, entry)
        ):
            return None
        rows.append(tuple(as_float(value) for value in entry))
    return rows


def as_float(value: Any) -> float:
    """A float; one that knows how it was rounded stays what it is."""
    return value if isinstance(value, float) else float(value)


def listed(history: torch.Tensor) -> list[Any] | None:
    """A history that is a tensor as a list; None where it is too large, or neither a matrix nor empty."""
    if history.dim() == 0 or len(history) + history.numel() >= MOST_ENTRIES:
        return None
    if history.dim() != 2 and len(history) > 0:
        return None
    return history.tolist()


def is_number(value: Any) -> bool:
    """Whether a value is a number, or a tensor that holds one."""
    if torch.is_tensor(value):
        return value.numel() == 1 and not value.is_complex()
    return isinstance(value, int | float)


class Training:
    """One student's `train`, run on the check's data. What is costly is made once and shared by the checks.

    calls, inputs, shared: the fixtures of the checks.
    """

    def __init__(
        self, student: Any, calls: Any, inputs: Any, shared: dict[str, Any]
    ) -> None:
        self.calls = calls
        self.inputs = inputs
        self.shared = shared
        self._train = student.train

    @property
    def is_lifted(self) -> bool:
        """Whether a loop outside a function stands in its place."""
        return bool(self.calls.is_lifted("train"))

    def attempt(self, data: Any, nb_hidden: int, nb_steps: int) -> Attempt:
        """One call of `train`: a Run, or the failure it ended in."""
        if "anew" in self.shared:
            self.calls.start_anew()
        try:
            return Run(self._train(*copies_of(data), nb_hidden, nb_steps))
        except (StudentFailure, CheckFailure) as failure:
            return failure

    def earliest(self, data: Any, nb_hidden: int) -> tuple[int, Any]:
        """(steps taken, parameters) of the first run that gives any: with 0 steps, or with 1."""
        runs = {0: self.attempt(data, nb_hidden, 0)}
        if not isinstance(runs[0], Run):
            runs[1] = self.attempt(data, nb_hidden, 1)
        return start(runs)

    def served(self, data: Any) -> Any:
        """The data as the student's loop takes them; a function takes them as they are."""
        return self.shared.get("served", as_they_are)(data)

    def first_steps(self) -> tuple[Any, Runs]:
        """(data, runs by steps): from one seed with 0, 1 and 3 steps."""
        return self._runs("first", self.inputs.lopsided_data, STEPS)

    def further_steps(self) -> list[tuple[Any, Runs]]:
        """First steps on other data. A number of errors may be right by chance, but not again and again."""
        draw = self.inputs.lopsided_data
        return [self._runs(name, draw, STEPS) for name in FURTHER]

    def awake_steps(self) -> tuple[Any, Runs]:
        """The same with so many steps that the hidden layer has woken up."""
        started = time.monotonic()
        steps = self.shared.get("awake steps")
        if steps is None:
            (first,) = self.inputs.numbers(1, *AWAKE)
            steps = self.shared["awake steps"] = (first, first + 1, first + 2)
        found = self._runs("awake", self.inputs.contested_data, steps)
        took = time.monotonic() - started
        self.shared.setdefault("seconds a step", took / sum(steps))
        return found

    def longer_run(self) -> tuple[Any, Runs]:
        """The same with a longer run: it cannot know which of its steps the others will show."""
        data, runs = self.awake_steps()
        if self.is_slow():
            return data, runs
        if "longer" not in self.shared:
            (more,) = self.inputs.numbers(1, *LONGER)
            nb_steps = max(runs) + more
            self.shared["longer"] = {
                nb_steps: self.attempt(data, NB_HIDDEN, nb_steps)
            }
        return data, {**runs, **self.shared["longer"]}

    def contested_data(self) -> Any:
        """New data like those of `awake_steps`, as the student's loop takes them; coarse where it is slow."""
        drawn = self.inputs.contested_data()
        return self.served(
            self.inputs.coarse(drawn) if self.is_slow() else drawn
        )

    def most_steps(self) -> float:
        """How many steps on such data take half of the time that a call has, by those of `awake_steps`."""
        self.awake_steps()
        seconds = max(self.shared["seconds a step"], 1e-6)
        return self.calls.time_for("train") / 2 / seconds

    def _runs(
        self, name: str, draw: Callable[[], Any], steps: Sequence[int]
    ) -> tuple[Any, Runs]:
        if name not in self.shared:
            drawn = self.inputs.coarse(draw()) if self.is_slow() else draw()
            data = self.served(drawn)
            runs = self._each(data, steps)
            if self._is_served_otherwise(drawn, runs[steps[-1]]):
                data = self.served(drawn)
                runs = self._each(data, steps)
            self.shared[name] = data, runs
        return self.shared[name]

    def _each(self, data: Any, steps: Sequence[int]) -> Runs:
        return {k: self.attempt(data, NB_HIDDEN, k) for k in steps}

    def _is_served_otherwise(self, data: Any, last: Attempt) -> bool:
        """Whether a loop that raised runs on data that are more like those that its file loads.

        A loop outside a function may count on what is true of the course's data: as many test samples as
        training samples, say. From then on it is served such data.
        """
        if not self.is_lifted or not isinstance(last, Raised):
            return False
        for served in (self.inputs.as_many_tests, self.inputs.in_doubles):
            if isinstance(self.attempt(served(data), NB_HIDDEN, 1), Run):
                self.shared["served"] = served
                return True
        return False

    def is_slow(self) -> bool:
        """Whether `train` goes through single entries in Python, say: right, but a thousand times slower."""
        if "slow" not in self.shared:
            started = time.monotonic()
            self.attempt(self.inputs.data(2, 4), NB_HIDDEN, 1)
            self.shared["slow"] = time.monotonic() - started > SLOW
            if self.shared["slow"]:
                self.calls.remark(
                    "A step of train takes so long that it was judged on coarser images, and not by a longer "
                    "run."
                )
        return bool(self.shared["slow"])

    def hold(self, check: Callable[[], None]) -> None:
        """Raise what a check of runs raises.

        A `train` may go on from its last call, with a generator of its own, say. Then it is checked again,
        each run in a fresh worker.
        """
        try:
            check()
        except CheckFailure:
            if "anew" in self.shared or self._is_reproducible():
                raise
            for made in [*self.shared]:
                if made not in ("slow", "served", "awake steps"):
                    del self.shared[made]
            self.shared["anew"] = True
            if not self._is_reproducible():
                self.calls.remark(
                    "train gives other results from the same seed, so its steps could not be followed: draw "
                    "its parameters with torch's own generator."
                )
            check()

    def _is_reproducible(self) -> bool:
        """Whether `train` gives the same again from the same seed."""
        if "reproducible" not in self.shared:
            data = self.inputs.data(4, 4)
            once = self.attempt(data, NB_HIDDEN, 1)
            again = self.attempt(data, NB_HIDDEN, 1)
            self.shared["reproducible"] = same_parameters(once, again)
        return bool(self.shared["reproducible"])

    def assert_follows(
        self,
        assert_close: Any,
        reference: Any,
        data: Any,
        runs: Runs,
        tolerance: float = FOLLOWS,
    ) -> None:
        """Raise where a run's parameters are not where the reference's steps lead from an earlier run's."""
        taken, before = start(runs)
        nb_compared = 0
        for k, run in runs.items():
            if k <= taken:
                # no steps at all: what that costs is the initial parameters
                if k > 0:
                    value_of(run)
                continue
            assert_finite(before, taken)
            with going_on():
                expected, _ = self.inputs.trajectory(
                    reference, data, before, k - taken
                )
            now = value_of(run).parameters
            # an earlier function of the student's can lead out of the numbers
            if is_finite(expected):
                nb_compared += 1
                within = in_steps(taken, k)
                assert_moved(
                    assert_close, now, before, expected, within, tolerance
                )
            taken, before = k, now
        if not nb_compared:
            raise CheckFailure("No step of train could be compared.")


def as_they_are(data: Any) -> Any:
    """The data as the check draws them."""
    return data


def same_parameters(once: Attempt, again: Attempt) -> bool:
    """Whether two attempts gave the same parameters, or one of them gave none."""
    if not isinstance(once, Run) or not isinstance(again, Run):
        return True
    for a, b in zip(once.parameters, again.parameters, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if not is_close(
            a.nan_to_num(), b.nan_to_num(), SAME_AGAIN
        ):  # nan, and again nan, is the same
            return False
    return True


def start(runs: Runs) -> tuple[int, Any]:
    """(steps already taken, parameters) to follow the student's `train` from: the earliest that it gives."""
    for k, run in runs.items():
        if isinstance(run, Run):
            return k, run.parameters
    raise runs[max(runs)]


@contextlib.contextmanager
def going_on() -> Iterator[None]:
    """Raise CheckFailure where the reference cannot work with the student's parameters."""
    try:
        yield
    except (RuntimeError, IndexError, TypeError, ValueError) as error:
        raise CheckFailure(
            "Gradient descent cannot go on from the parameters that train returns: "
            f"their shapes or dtypes do not fit ({error})."
        ) from error


def in_steps(taken: int, k: int) -> str:
    """The steps from one run to the next, for a sentence."""
    return (
        f" in step {k}" if k == taken + 1 else f" in steps {taken + 1} to {k}"
    )


def steps(count: int) -> str:
    """A number of steps, for a sentence."""
    return f"{count} step" if count == 1 else f"{count} steps"


def assert_finite(parameters: Any, taken: int) -> None:
    """Raise where parameters are not numbers: nothing follows from them."""
    if not is_finite(parameters):
        raise CheckFailure(
            f"After {steps(taken)} some parameters that train returns are not finite."
        )


def is_finite(parameters: Any) -> bool:
    """Whether a step makes sense: a wrong earlier function can lead out of the numbers."""
    return all(bool(p.isfinite().all()) for p in parameters)


def assert_moved(
    assert_close: Any,
    now: Any,
    before: Any,
    expected: Any,
    meanwhile: str = "",
    tolerance: float = FOLLOWS,
) -> None:
    """Raise where the parameters have not changed from `before` as they have in `expected`."""
    for name, own, was, right in zip(
        PARAMETERS, now, before, expected, strict=True
    ):
        moved = own.double() - was.double() if own.shape == was.shape else own
        quantity = f"the change of {name}{meanwhile}"
        assert_close(
            moved,
            right.double() - was.double(),
            quantity,
            tolerance=tolerance,
            dtype=False,
        )
