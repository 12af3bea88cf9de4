"""Whether a submission's functions compute by hand, or have torch differentiate for them.

A worker tells when torch differentiates (`inside/watch.py`). Where a submission's source holds what could
silence that, the calls that a function was judged by are made once more in workers whose torch has no
autograd (`inside/unaided.py`): the trial. Of each shape of the arguments it has the latest call.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import (
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from grader.exercise import Exercise
from grader.sandbox import protocol
from grader.sandbox.host import Ended
from grader.sandbox.replies import Reply, alike

if TYPE_CHECKING:
    from grader.sandbox.calls import Calls, Rows

_MOST_SHAPES = 8  # of each function, whose calls are kept

Gave = Literal["same", "other", "nothing", "no end"]  # in a trial
# what a call gives without autograd, and then with it, where that says nothing of autograd
_SHOWS_NOTHING = {
    ("nothing", "nothing"),
    ("other", "other"),
    ("other", "nothing"),
}


@dataclass(frozen=True, eq=False)
class _Kept:
    """A call that gave values: its arguments as they were before it, what it gave, how long it took."""

    rows: Rows
    gave: list[Reply]
    seconds: float


@dataclass
class _Budget:
    """The seconds that are left for the trials of one function together."""

    left: float

    @contextlib.contextmanager
    def spent(self) -> Iterator[None]:
        """Take away what is spent meanwhile."""
        started = time.monotonic()
        try:
            yield
        finally:
            took = time.monotonic() - started
            self.left = max(0.0, self.left - took)


class ByHand:
    """What is known of whether the functions of one submission compute by hand."""

    def __init__(self, calls: Calls, exercise: Exercise) -> None:
        self._calls = calls
        self._exercise = exercise
        # (the function that was called, the innermost one on the stack) -> names of torch's functions
        self._autograd: dict[tuple[str, str], set[str]] = {}
        # function -> the shapes of the arguments -> the latest such call
        self._kept: dict[str, dict[Any, _Kept]] = {}
        # what was tried already, and with which stand-ins
        self._tried: set[tuple[_Kept, frozenset[str]]] = set()
        # the time that is left for what is tried of each function, by how it is tried
        self._budgets: dict[tuple[str, str], _Budget] = {}
        self._not_by_hand: set[str] = set()
        # function -> the names of what torch does for it in functions before it
        self._through_others: dict[str, set[str]] = {}

    @property
    def _may_hide(self) -> bool:
        """Whether something could be hidden: by what the text names, or by what was made as it was loaded."""
        return self._calls.reading.may_hide or self._calls.differentiated

    # -- what calls have shown -------------------------------------------------------------------------

    def keep_autograd(
        self, function: str, found: Mapping[str, set[str]]
    ) -> None:
        """Keep what torch has done in a call of this function, by the innermost graded function."""
        for owner, names in found.items():
            kept = self._autograd.setdefault((function, owner), set())
            kept.update(names)

    def keep_call(
        self, function: str, rows: Rows, gave: list[Reply], seconds: float
    ) -> None:
        """Keep a call that gave values, for a trial; the caller's tensors may change from now on."""
        is_watched = self._may_hide or bool(self._autograd)
        if not is_watched or any(reply.error for reply in gave):
            return
        kept = self._kept.setdefault(function, {})
        shapes = _shapes(rows)
        kept.pop(shapes, None)  # so that the latest one is the last
        kept[shapes] = _Kept(_copied_rows(rows), gave, seconds)
        if len(kept) > _MOST_SHAPES:
            del kept[next(iter(kept))]

    def torch_names(self, function: str) -> set[str]:
        """The names of torch's functions that were seen to differentiate or optimise for `function`.

        Where it had them do so within another graded function, that counts for the other one, provided that
        this one uses them when it is called by itself as well. Otherwise it is but a helper.
        """
        found: set[str] = set()
        for (called, owner), names in self._autograd.items():
            is_helper = (owner, owner) not in self._autograd
            # what no stand-in can take the place of
            is_helper = is_helper or owner not in self._exercise.standins
            if function == (called if is_helper else owner):
                found |= names
        return found

    # -- what that means -------------------------------------------------------------------------------

    def by_torch(self, function: str) -> str | None:
        """A sentence where torch was seen to differentiate or optimise for `function`, else None.

        It is about all calls so far. What a trial has found once, it does not ask again.
        """
        helpers = self._differentiating_before(function)
        kept = list(self._kept.get(function, {}).values())
        with self._calls.replacing(helpers):
            kept = [one for one in kept if self._is_untried(one)]
            through = self._through_others.setdefault(function, set())
            if helpers and self._needs_more_than(helpers, function, kept):
                through.update(*map(self.torch_names, helpers))
            if helpers and self._may_hide:
                kept = self._with_standins(function, kept)
            names = through | self.torch_names(function)
            if names:
                used = ", ".join(sorted(names))
                return f"{function} uses {used}; the exercise asks you to compute it by hand."
            if self._may_hide and not self._gives_the_same_unaided(
                function, kept
            ):
                self._not_by_hand.add(function)
        if function in self._not_by_hand:
            return (
                f"{function} gives its result only where torch can differentiate; the exercise asks you to "
                "compute it by hand."
            )
        return None

    def _is_untried(self, kept: _Kept) -> bool:
        """Whether a call was not tried yet, as things are now; from now on it was."""
        key = kept, self._calls.standins
        is_new = key not in self._tried
        self._tried.add(key)
        return is_new

    def _differentiating_before(self, function: str) -> list[str]:
        """The functions that this one builds on, that have torch differentiate, and that it may call.

        What its source does not show, its calls do: one function differentiates while the other is called.
        """
        found = []
        earlier = self._exercise.functions[function].earlier
        seen = [
            owner for called, owner in self._autograd if called == function
        ]
        for other in dict.fromkeys([*earlier, *seen]):
            if other == function:
                continue
            differentiates = (
                self.torch_names(other)
                or self._through_others.get(other)
                or other in self._not_by_hand
            )
            has_standin = other in self._exercise.standins
            may_call = (function, other) in self._autograd
            may_call = may_call or self._calls.reaches(function, other)
            if differentiates and has_standin and may_call:
                found.append(other)
        return found

    def _needs_more_than(
        self, helpers: Sequence[str], function: str, kept: Sequence[_Kept]
    ) -> bool:
        """Whether a function needs of those that differentiate more than what they are for.

        Its calls are made once more without autograd, with stand-ins for these, which take and give what the
        hand-out says, and nothing else; one that differentiates a wrong function has that one's derivative in
        its place. Where neither answers as the function itself does, nothing is shown; where it does not in
        few of the answers, most calls count. Where torch was seen to differentiate in a
        function's own calls, it is to give the same whatever was called before it.
        """
        seen = any((function, one) in self._autograd for one in helpers)
        derived, share = set(), 1.0
        for helper in helpers:
            like_standin = self._share_like_its_standin(helper)
            like_derivative = 0.0
            if like_standin <= 0.5:
                like_derivative = self._share_like_derivative(helper)
            if like_derivative > like_standin:
                derived.add(helper)
            share = min(share, max(like_standin, like_derivative))
        if share <= 0.5:
            return False
        alone = self._budget(function, kept, "alone")
        aided = self._budget(function, kept, "alone, aided")
        nb_shown = nb_more = 0
        for one in kept:
            gives = self._asked_again(function, one, alone, False, derived)
            if gives != "same":
                with self._calls.replacing(()):
                    again = self._asked_again(function, one, aided)
                if again != "same" and not seen:
                    continue
                nb_more += 1
            nb_shown += 1
        return nb_more > 0 and (share == 1 or nb_more > nb_shown / 2)

    def _share_like_its_standin(self, function: str) -> float:
        """Of what a function has answered, the share that its stand-in answers as well."""
        standin = self._exercise.standins[function]
        answers = self._calls.answers.get(function, ())
        nb_alike = 0
        for answer in answers:
            with contextlib.suppress(Exception):
                value = standin(*answer.arguments)
                nb_alike += alike(_numbers(answer.value), _numbers(value))
        return nb_alike / len(answers) if answers else 0.0

    def _share_like_derivative(self, function: str) -> float:
        """The same, where its stand-in is the derivative of the student's own function."""
        of = self._exercise.functions[function].derivative_of
        kept = list(self._kept.get(function, {}).values())
        if of is None or not kept:
            return 0.0
        budget = self._budget(function, kept, "derivative")
        nb_alike = 0
        with self._calls.replacing([function]):
            for one in kept:
                gives = self._asked_again(
                    function, one, budget, False, {function}
                )
                nb_alike += gives == "same"
        return nb_alike / len(kept)

    def _with_standins(
        self, function: str, kept: Iterable[_Kept]
    ) -> list[_Kept]:
        """The calls of a function as they are with the present stand-ins, without those that raise."""
        budget = self._budget(function, kept, "stand-ins")
        made = []
        for one in kept:
            try:
                rows = _copied_rows(one.rows)
                with budget.spent():
                    gave = self._calls.ask_anew(function, rows, budget.left)
            except Exception:
                # a reply is a claim, and may be of any form
                continue
            if not any(reply.error for reply in gave):
                made.append(_Kept(one.rows, gave, one.seconds))
        return made

    # -- the trial -------------------------------------------------------------------------------------

    def _budget(
        self, function: str, kept: Iterable[_Kept], way: str
    ) -> _Budget:
        """The time for calls to be made once more in some way, whatever the submission has left.

        It is what they took, and once for the function the longest that a call may take, and loading.
        """
        key = function, way
        if key not in self._budgets:
            limit = self._calls.limit_of(function)
            load = self._exercise.limits.load_seconds
            self._budgets[key] = _Budget(limit + load)
        self._budgets[key].left += sum(one.seconds for one in kept)
        return self._budgets[key]

    def _gives_the_same_unaided(
        self, function: str, kept: Sequence[_Kept]
    ) -> bool:
        """Whether calls give the same in workers whose torch has no autograd.

        It is asked where code that only computes is not all that there is: what hides in a worker that torch
        differentiates cannot do without it. What gives something else each time shows nothing, and then no
        call of the function does: another one may have given the same by chance.
        """
        unaided = self._budget(function, kept, "unaided")
        aided = self._budget(function, kept, "aided")
        is_same = True
        for one in kept:
            gives = self._asked_again(function, one, unaided, autograd=False)
            if gives == "same":
                continue
            again = self._asked_again(function, one, aided)
            if gives == again == "other":
                return True
            if (gives, again) not in _SHOWS_NOTHING:
                is_same = False
        return is_same

    def _asked_again(
        self,
        function: str,
        kept: _Kept,
        budget: _Budget,
        autograd: bool = True,
        derived: Collection[str] = (),
    ) -> Gave:
        """What a call gives in a fresh worker; `autograd` and `derived` as in `Calls.ask_anew`."""
        if not budget.left:
            return "no end"
        try:
            rows = _copied_rows(kept.rows)
            with budget.spent():
                gave = self._calls.ask_anew(
                    function, rows, budget.left, autograd, derived
                )
        except Ended as ended:
            return "no end" if ended.kind == "time" else "nothing"
        except Exception:
            # a reply is a claim, and may be of any form
            return "nothing"
        if any(reply.error is not None for reply in gave):
            return "nothing"
        return "same" if alike(_held(kept.gave), _held(gave)) else "other"


def _shapes(rows: Rows) -> tuple[Any, ...]:
    """The shape and the dtype of each tensor of a call, and how many rows there are."""
    tensors = protocol.distinct_tensors(rows)
    return len(rows), *((one.shape, one.dtype) for one in tensors)


def _copied_rows(rows: Rows) -> list[list[Any]]:
    """The rows with copies of their tensors; one that stands in several of them still does."""
    copies: dict[int, Tensor] = {}
    for tensor in protocol.distinct_tensors(rows):
        copies[id(tensor)] = tensor.detach().clone()
    copied = []
    for row in rows:
        copied.append([copies.get(id(one), one) for one in row])
    return copied


def _numbers(value: Any) -> list[Tensor]:
    """The numbers of a value, whatever holds them: a float, a tensor, a tuple of such."""
    if isinstance(value, list | tuple):
        return [one for part in value for one in _numbers(part)]
    return [torch.as_tensor(value).detach().double().reshape(-1)]


def _held(gave: Iterable[Reply]) -> list[Any]:
    """What calls gave: their values, and their arguments afterwards."""
    return [[reply.value, reply.arguments] for reply in gave]
