"""Runs in the student's process: a function with right values in the places of its expressions.

The text of this module is sent there, so it needs nothing of grader's. What it reports is a claim of that
process; the marks are final by then.
"""

from __future__ import annotations

import itertools
import math
import operator
import time
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch

PERCENT = 100
MOST_TURNS = 100_000  # of all loops in one run

Function = Callable[..., Any]
Parts = list[bool]  # which parts of what a function gives are right
Candidate = tuple[int, int, int]  # a place, what is put there, and how
Best = tuple[tuple[int, ...], Candidate, Parts]


def _power(base: Any, exponent: Any) -> Any:
    """A power; that of whole numbers is no whole number, which could have millions of digits."""
    if isinstance(base, int):
        base = float(base)
    return base**exponent


# What may have been meant in the place of an operator, of a comparison, or of a function; None: nothing.
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "Pow": _power,
    "MatMult": operator.matmul,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "left": lambda left, _: left,
    "right": lambda _, right: right,
}
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
}
_OPERATIONS = {**OPERATORS, **COMPARISONS}
FUNCTIONS: Sequence[Sequence[str]] = (
    ("tanh", "sin", "cos", "exp", "expm1", "abs", "neg", "sigmoid", "relu", "sqrt", "square", "sinh", "cosh"),
    ("sum", "mean", "max", "min", "norm", "prod"),
    ("argmax", "argmin"),
    ("add", "sub", "mul", "div", "pow", "add_", "sub_", "mul_", "div_"),
)  # fmt: skip
NOTHING = ""
WRITTEN = (
    "operator",
    "sign",
    "comparison",
    "function",
    "target",
)  # kinds of places

INSERT = -1  # in the place of a place: what is added to an argument that a function changes

# how a right value stands in an expression's place
AS_IT_IS, COLUMN, ROW, TRANSPOSED, NUMBER, STACKED, STACKED_COLUMNS, SUMMED = (
    range(8)
)
WRITTEN_OTHERWISE = 8  # another operator, function or variable stands there


def alternatives(name: str) -> list[str]:
    """The functions that may have been meant in the place of one of this name, and none; empty: unknown."""
    for names in FUNCTIONS:
        if name in names:
            return [*(other for other in names if other != name), NOTHING]
    return []


class Endless(BaseException):
    """An edited loop goes on and on. Not an Exception, which the student's function might catch."""


class Switches:
    """What the instrumented source asks: `on` has what is edited, place -> what is put there on each probe.

    counts: place -> how often it has been evaluated in this run. forms: place -> the form of its first value;
    all: place -> all of its values. recording: whether these are noted.
    named: place -> what stands there, of an operator or a function. scopes: place -> the variables there.
    turns: of all loops in this run; most_turns: how many of them there may be.
    """

    def __init__(self) -> None:
        self.on: dict[str, Any] = {}
        self.probe = 0
        self.counts: dict[str, int] = {}
        self.forms: dict[str, Any] = {}
        self.all: dict[str, list[Any]] = {}
        self.named: dict[str, str] = {}
        self.scopes: dict[str, list[str]] = {}
        self.turns = 0
        self.most_turns = MOST_TURNS
        self.recording = True
        self._served: dict[str, int] = {}

    def begin(self, probe: int) -> None:
        """Begin a run: every sequence of values from its start."""
        self.probe = probe
        self.counts, self.forms, self.all, self._served = {}, {}, {}, {}
        self.turns = 0

    def turn(self) -> None:
        """Count a turn of a loop. Raises Endless."""
        self.turns += 1
        if self.turns > self.most_turns:
            raise Endless

    def right(self, place: str, scope: Mapping[str, Any] = {}) -> Any:
        """The next value for a place. scope: the variables there, for another one in its place."""
        chosen = self.on[place]
        if isinstance(chosen, str):
            return scope[chosen]
        served = self._served.get(place, 0)
        self._served[place] = served + 1
        sequence = chosen[self.probe]
        value = sequence[served % len(sequence)]
        return value.clone() if isinstance(value, torch.Tensor) else value

    def seen(
        self, place: str, value: Any, scope: Mapping[str, Any] | None = None
    ) -> Any:
        """Note the value of a place, and give it back. scope: the variables there, where it is one."""
        if not self.recording:
            return value
        if scope is not None:
            self.in_scope(place, scope)
        self.counts[place] = self.counts.get(place, 0) + 1
        if place not in self.forms:
            self.forms[place] = form(value)
        is_tensor = isinstance(value, torch.Tensor)
        kept = self.all.setdefault(place, [])
        kept.append(value.detach().clone() if is_tensor else value)
        return value

    def in_scope(self, place: str, scope: Mapping[str, Any]) -> None:
        """Note which variables could stand in a place."""
        if place not in self.scopes:
            names = (name for name in scope if not name.startswith("_"))
            self.scopes[place] = sorted(names)

    def added(self, place: str, scope: Mapping[str, Any], value: Any) -> None:
        """Add a value in place to the variable that is chosen."""
        target = scope[self.on[place]]
        target += value

    def operated(self, place: str, name: str, left: Any, right: Any) -> Any:
        """What an operator or a comparison gives, or another one in its place."""
        self.named[place] = name
        return _OPERATIONS[self.on.get(place, name)](left, right)

    def signed(self, place: str, name: str, value: Any) -> Any:
        """A value with a minus, or without it."""
        self.named[place] = name
        return value if place in self.on else -value

    def function(self, place: str, name: str, owner: Any) -> Any:
        """A function of a module, a method of a value, or another one in its place."""
        self.named[place] = name
        chosen = self.on.get(place, name)
        if chosen != NOTHING:
            return getattr(owner, chosen)
        if isinstance(owner, types.ModuleType):
            return lambda first, *_, **__: first
        return lambda *_, **__: owner

    def arranged(self, place: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """The arguments of a call, two of them in each other's place where the place is edited."""
        if place not in self.on:
            self.forms.setdefault(place, list(map(form, arguments)))
            return arguments
        one, other = self.on[place]
        moved = list(arguments)
        if other < len(moved):
            moved[one], moved[other] = moved[other], moved[one]
        return moved


def form(value: Any) -> Any:
    """What two values have in common that can stand for each other: a shape, or a kind of number."""
    if isinstance(value, torch.Tensor):
        return tuple(value.shape)
    if isinstance(value, bool | int | float):
        return "number"
    return type(value).__name__


def laid_out(
    sequence: Sequence[Any], layout: int, count: int
) -> list[Any] | None:
    """A sequence of right values as an expression may have them that is evaluated `count` times."""
    first = sequence[0]
    if layout in (STACKED, STACKED_COLUMNS, SUMMED):
        return _gathered(sequence, layout, count)
    if layout == AS_IT_IS:
        return list(sequence)
    if layout == NUMBER:
        return _as_numbers(sequence)
    if not isinstance(first, torch.Tensor):
        return None
    wanted = 2 if layout == TRANSPOSED else 1
    if first.dim() != wanted:
        return None
    made = {COLUMN: (-1, 1), ROW: (1, -1)}
    laid = []
    for value in sequence:
        shape = made.get(layout)
        laid.append(value.t() if shape is None else value.reshape(shape))
    return laid


def _as_numbers(sequence: Sequence[Any]) -> list[Any] | None:
    """Tensors of one number as numbers, and numbers as tensors."""
    changed: list[Any] = []
    for value in sequence:
        if isinstance(value, torch.Tensor):
            if value.numel() != 1:
                return None
            changed.append(value.item())
        elif isinstance(value, bool | int | float):
            changed.append(torch.tensor(value))
        else:
            return None
    return changed


def _gathered(
    sequence: Sequence[Any], layout: int, count: int
) -> list[Any] | None:
    """The values of several samples together, for an expression that is evaluated once for all of them."""
    size = len(sequence) // max(count, 1)
    if size < 2 or size * count != len(sequence):
        return None
    forms = {form(one) for one in sequence}
    is_number = all(isinstance(one, bool | int | float) for one in sequence)
    is_tensor = all(isinstance(one, torch.Tensor) for one in sequence)
    if len(forms) > 1 or not (is_number or is_tensor):
        return None
    gathered = []
    for start in range(0, len(sequence), size):
        parts = [
            torch.as_tensor(one) for one in sequence[start : start + size]
        ]
        if layout == SUMMED:
            gathered.append(torch.stack(parts).sum(0))
        elif layout == STACKED:
            gathered.append(torch.stack(parts))
        elif parts[0].dim() == 1:
            gathered.append(torch.stack(parts, 1))
        else:
            return None
    return gathered


class Search:
    """Tries edits of one function, one after the other, and keeps what makes more of it right.

    task:
    rows: the arguments of each probe; on the first one most sizes are equal, so that little raises.
    expected: for each probe and part, its alternatives, each a value and how far an entry may be from it.
    values: right values, each with its sequence on each probe.
    places: kind, its statement's number, size, whether it is all that is assigned, which places in it are
    variables of the function's own, and whether it is all that its statement takes, of each. Statements have
    the order in which they are tried.
    reads: how parts are read from what a call gives. columns: how many a history has.
    accumulators: the positions of the arguments that are changed. added: what is added to them on each probe.
    focus: numbers of the places that are tried before all others, of a function whose mistakes are known.
    only: whether no others are tried.
    order: of the arguments. seed: of torch's generator. turns: of the loop whose first turn shows what is
    right. seconds: that it may take. most: runs, of a call for one edit, of a training in all.
    most_edits: made together.
    """

    def __init__(
        self,
        recorded: Function,
        student: Function,
        switches: Switches,
        task: Mapping[str, Any],
    ) -> None:
        self._recorded = recorded
        self._student = student
        self._switches = switches
        self._task = task
        self._nb_runs = 0
        self._ends = time.monotonic() + task["seconds"]
        self._has_raised = False
        self._inserted: list[int] = []
        self._unchanged: set[int] = set()
        self._counts: list[dict[str, int]] = []
        self._forms: dict[str, Any] = {}
        self._last_forms: dict[str, Any] = {}
        self._acquitted: set[int] = set()
        self._computed: set[int] = set()
        self._right: set[int] = set()
        self._known: set[int] = set()
        self._says_little = False
        self._put_form: Any = None
        self._put_once = False
        self._varying: set[int] = set()
        # by statement, the larger expressions last
        self._places = sorted(
            enumerate(task["places"]),
            key=lambda one: (one[1][1], one[1][2], one[0]),
        )
        self._searched = self._places

    def found(self) -> list[tuple[int, int, int, int]]:
        """The edits made, one after the other: (place, value, layout, parts that are right then).

        The first row is the function as it stands, with -2 for a place. Parts are the bits of a number.
        """
        focus = self._task["focus"]
        if focus:
            rows = self._edits(
                [one for one in self._places if one[0] in focus]
            )
            if self._task["only"] or self._is_all_right(rows):
                return rows
            self._switches.on.clear()
            self._inserted.clear()
        return self._edits(self._places)

    def _is_all_right(self, rows: Sequence[tuple[int, ...]]) -> bool:
        *_, right = rows[-1]
        return right == (1 << len(self._task["expected"][0])) - 1

    def _edits(
        self, places: list[tuple[int, Any]]
    ) -> list[tuple[int, int, int, int]]:
        """The same with edits of these places."""
        self._searched = places
        mask = self._record()
        rows = [(-2, 0, 0, _bits(mask))]
        while not all(mask) and len(rows) <= self._task["most_edits"]:
            # a training takes long: all of its edits share the runs
            if self._task["reads"] == "values":
                self._nb_runs = 0
            best = self._best(mask)
            if best is None:
                break
            candidate, mask = best
            self._make(candidate)
            rows.append((*candidate, _bits(mask)))
            self._record()
        return rows

    # -- one run ---------------------------------------------------------------------------------------

    def _run(self, function: Function, probe: int) -> Parts:
        """Which parts of what a run on a probe gives are right."""
        task = self._task
        row = task["rows"][probe]
        arguments = []
        for one in row:
            is_tensor = isinstance(one, torch.Tensor)
            arguments.append(one.clone() if is_tensor else one)
        self._nb_runs += 1
        self._switches.begin(probe)
        # torch.manual_seed takes longer than the run
        torch.default_generator.manual_seed(task["seed"])
        self._has_raised = False
        value = None
        try:
            value = function(*[arguments[i] for i in task["order"]])
        except (Exception, Endless):
            self._has_raised = True
        self._unchanged = self._as_before(row, arguments)
        for index in self._inserted:
            position = task["accumulators"][index]
            arguments[position] += task["added"][probe][index]
        return self._judged(_parts(task, value, arguments), probe)

    def _judged(self, parts: Sequence[Any] | None, probe: int) -> Parts:
        expected = self._task["expected"][probe]
        if parts is None or len(parts) != len(expected):
            return [False] * len(expected)
        if self._task["reads"] == "start":
            pairs = zip(parts, expected, strict=True)
            return [_looks_drawn(part, *one[0]) for part, one in pairs]
        right = []
        for part, alternatives in zip(parts, expected, strict=True):
            is_right = False
            for alternative, tolerance in alternatives:
                is_right = is_right or _is_close(part, alternative, tolerance)
            right.append(is_right)
        return right

    def _as_before(
        self, row: Sequence[Any], arguments: Sequence[Any]
    ) -> set[int]:
        """Which of the arguments that should be changed have not been."""
        found = set()
        for index, position in enumerate(self._task["accumulators"]):
            if torch.equal(row[position], arguments[position]):
                found.add(index)
        return found

    def _record(self) -> Parts:
        """Note how often each place is evaluated, and what it gives; which parts are right."""
        self._counts, self._acquitted = [], set()
        self._computed, self._right, self._known = set(), set(), set()
        mask: Parts = []
        self._forms = {}
        turns = 0
        self._switches.most_turns = MOST_TURNS
        self._switches.recording = True
        for probe in range(len(self._task["rows"])):
            right = self._run(self._recorded, probe)
            turns = max(turns, self._switches.turns)
            mask = right if not mask else _both(mask, right)
            self._counts.append(self._switches.counts)
            # on the last probe sizes differ that are equal on the first one
            self._last_forms = self._switches.forms
            for place, seen in self._switches.forms.items():
                self._forms.setdefault(place, seen)
            if probe == 0:
                self._acquit()
        self._varying = set(map(int, filter(self._varies, self._switches.all)))
        self._switches.most_turns = 4 * turns + 100
        self._switches.recording = False
        return mask

    def _varies(self, place: str) -> bool:
        """Whether an expression has values of several forms in one run."""
        return len(set(map(str, map(form, self._switches.all[place])))) > 1

    def _acquit(self) -> None:
        """Note the places that have right values already, as far as can be seen, and their statements."""
        for place, (kind, line, size, is_assigned, *_) in self._places:
            if kind != "value" or not self._is_right(place):
                continue
            self._right.add(place)
            # that a number is one of the right ones says little
            if self._forms[str(place)] == "number":
                self._known.add(place)
                continue
            if is_assigned:
                self._acquitted.add(line)
            if size > 1:
                self._computed.add(place)

    def _is_right(self, place: int) -> bool:
        """Whether an expression has right values, as far as the first turn has no effect yet."""
        given = self._switches.all.get(str(place))
        if not given:
            return False
        turns = self._task["turns"]
        until = len(given) // turns if len(given) >= turns else len(given)
        for sequences in self._task["values"]:
            right = sequences[0]
            if len(right) not in (1, len(given)):
                continue
            shown = [right[i % len(right)] for i in range(until)]
            if all(map(_is_same, given[:until], shown)):
                return True
        return False

    def _mask(self, wanted: Parts) -> Parts | None:
        """Which parts are right on all probes; None where one that is wanted is not, or no other one is."""
        mask = [True] * len(wanted)
        for probe in range(len(self._task["rows"])):
            mask = _both(mask, self._run(self._student, probe))
            if mask == wanted or _both(mask, wanted) != wanted:
                return None
        return mask

    # -- what is tried ---------------------------------------------------------------------------------

    def _best(self, mask: Parts) -> tuple[Candidate, Parts] | None:
        """The edit that makes most right, of equal ones the earliest and smallest; None where none helps."""
        # where nothing is right, nothing can be said to be missing
        unchanged = sorted(self._unchanged) if any(mask) else []
        best = self._best_of(self._inserts(unchanged), mask, None)
        # what has a right value already comes later, and what says little last
        self._says_little = False
        best = self._best_of(self._rearranged(), mask, best)
        for is_right in (False, True):
            if best is None or not all(best[2]):
                best = self._best_of(self._alike(is_right), mask, best)
        # what is written a little differently needs no value that is known
        best = self._best_of(self._different(), mask, best)
        self._says_little = self._task["reads"] == "values"
        for is_right in (False, True):
            if self._says_little and (best is None or not all(best[2])):
                best = self._best_of(self._alike(is_right), mask, best)
        # a variable that is assigned before may have got a value of another form
        self._says_little = False
        is_whole = best is not None and all(best[2])
        best = self._best_of(self._others(is_whole), mask, best)
        if best is None and self._task["reads"] == "values":
            self._says_little = True
            best = self._best_of(self._others(False), mask, best)
        return best[1:] if best is not None else None

    def _best_of(
        self,
        candidates: Iterable[tuple[int, Candidate]],
        mask: Parts,
        best: Best | None,
    ) -> Best | None:
        """The best of these candidates and of the best so far, statement by statement."""
        for statement, candidate in candidates:
            if self._is_settled(best, statement):
                break
            if self._nb_runs > self._task["most"]:
                break
            if time.monotonic() > self._ends:
                break
            now = self._with(candidate, mask)
            if now is None:
                continue
            rank = self._rank(candidate, now)
            if best is None or rank < best[0]:
                best = rank, candidate, now
        return best

    def _is_settled(self, best: Best | None, statement: int) -> bool:
        """Whether no edit of this statement, nor of a later one, is preferred to the best so far."""
        if best is None or not all(best[2]):
            return False
        _, is_right, is_odd, line, *_ = best[0]
        return not is_right and not is_odd and statement > line

    def _rank(self, candidate: Candidate, now: Parts) -> tuple[int, ...]:
        place, value, layout = candidate
        statement = size = 0
        kind = "value"
        if place >= 0:
            kind, statement, size, *_ = self._task["places"][place]
        # what is assigned may be right, and the assignment not
        is_right = place in self._known or (
            kind in ("value", *WRITTEN) and statement in self._acquitted
        )
        if kind in ("drop", "add"):
            size = 0
        is_value = kind == "value" and layout != WRITTEN_OTHERWISE
        is_odd = is_value and place >= 0 and self._changes_form(place)
        whole = -sum(now)
        return whole, is_right, is_odd, statement, size, place, value, layout

    def _changes_form(self, place: int) -> bool:
        """Whether the edit that is made puts another form in the middle of a statement.

        Or one value where there were several.
        """
        *_, is_whole = self._task["places"][place]
        if place in self._varying and self._put_once:
            return True
        if is_whole:
            return False
        # where it has raised, a value may well have the wrong form, but not one that is right
        if self._has_raised and place not in self._right:
            return False
        return bool(self._put_form != self._last_forms.get(str(place)))

    def _with(self, candidate: Candidate, mask: Parts) -> Parts | None:
        place, _, layout = candidate
        if str(place) in self._switches.on or not self._make(candidate):
            return None
        is_plain = self._is_plain(candidate, mask)
        if is_plain != self._says_little or (
            is_plain and not self._reads_right(place)
        ):
            self._unmake(place)
            return None
        now = self._mask(mask)
        self._unmake(place)
        if place == INSERT:
            return now
        kind = self._task["places"][place][0]
        if self._has_raised and kind == "drop":
            return None  # what is left out is missing then
        # of all that could be written, little is right by chance, but part of it may be
        if layout == WRITTEN_OTHERWISE and (now is None or not all(now)):
            return None
        return now

    def _unmake(self, place: int) -> None:
        """Take the latest edit back."""
        if place == INSERT:
            self._inserted.pop()
        else:
            del self._switches.on[str(place)]

    def _is_plain(self, candidate: Candidate, mask: Parts) -> bool:
        """Whether an edit puts in what is to come out and does not, and so says little of where it was lost.

        Where all variables before it are right it says something; in a training as much as any other.
        """
        place, value, layout = candidate
        if place == INSERT or self._task["places"][place][0] != "value":
            return False
        if layout == WRITTEN_OTHERWISE:
            return False
        if self._task["reads"] != "values" and self._reads_right(place):
            return False
        given = self._task["values"][value][0]
        parts = zip(self._task["expected"][0], mask, strict=True)
        for alternatives, is_right in parts:
            if is_right:
                continue
            for part, _ in alternatives:
                if _comes_out(given, part):
                    return True
        return False

    def _reads_right(self, place: int) -> bool:
        """Whether all variables in an expression have right values, as far as can be seen."""
        *_, reads, _ = self._task["places"][place]
        return self._right.issuperset(reads)

    def _make(self, candidate: Candidate) -> bool:
        """Make an edit; whether it can be made."""
        place, value, layout = candidate
        if place == INSERT:
            self._inserted.append(value)
            return True
        kind = self._task["places"][place][0]
        if kind == "swap":
            self._switches.on[str(place)] = value, layout
            return True
        if layout == WRITTEN_OTHERWISE:
            choices = self._choices(place, kind)
            self._switches.on[str(place)] = choices[value]
            return True
        if kind != "value":
            self._switches.on[str(place)] = True
            return True
        sequences = []
        for probe, sequence in enumerate(self._task["values"][value]):
            count = self._counts[probe].get(str(place), 0)
            made = laid_out(sequence, layout, count)
            if made is None:
                return False
            # where the function has raised before, it is not known how often
            if count and len(made) not in (1, count):
                return False
            sequences.append(made)
        self._put_form = form(sequences[-1][0])
        self._put_once = len(sequences[-1]) == 1
        self._switches.on[str(place)] = sequences
        return True

    def _rearranged(self) -> Iterator[tuple[int, Candidate]]:
        """Candidates in which a statement is left out or adds, or arguments change places."""
        for place, (kind, statement, size, *_) in self._searched:
            if kind == "swap":
                forms = self._forms.get(str(place), range(size))
                for one, other in itertools.combinations(range(size), 2):
                    if forms[one] == forms[other] or self._has_raised:
                        yield statement, (place, one, other)
            elif kind in ("drop", "add"):
                yield statement, (place, 0, 0)

    def _alike(self, is_right: bool) -> Iterator[tuple[int, Candidate]]:
        """Candidates in whose place stands something of the same form.

        is_right: only those in whose place, or statement, a right value stands already, which may be another
        one than it should be; or only the others.
        """
        for place, (kind, statement, *_) in self._searched:
            if kind != "value":
                continue
            if (
                place in self._computed or statement in self._acquitted
            ) != is_right:
                continue
            for value, layout in self._fitting(place, alike=True):
                yield statement, (place, value, layout)

    def _different(self) -> Iterator[tuple[int, Candidate]]:
        """Candidates in which an operator, a sign, a comparison or a function is another one."""
        for place, (kind, statement, *_) in self._searched:
            for choice in range(len(self._choices(place, kind))):
                yield statement, (place, choice, WRITTEN_OTHERWISE)

    def _choices(self, place: int, kind: str) -> list[str]:
        """What may stand there instead."""
        if kind in ("value", "target"):
            # a training is too long to try them all
            if self._task["reads"] != "values":
                return []
            return self._switches.scopes.get(str(place), [])
        name = self._switches.named.get(str(place))
        if name is None:
            return []
        if kind == "operator":
            return [other for other in OPERATORS if other != name]
        if kind == "comparison":
            return [other for other in COMPARISONS if other != name]
        return alternatives(name) if kind == "function" else [NOTHING]

    def _others(self, assigned: bool) -> Iterator[tuple[int, Candidate]]:
        """Candidates of another form than what they replace, perhaps only of all that is assigned."""
        for place, (kind, statement, _, is_assigned, *_) in self._searched:
            if assigned and not is_assigned:
                continue
            if kind == "value":
                for value, layout in self._fitting(place, alike=False):
                    yield statement, (place, value, layout)

    def _inserts(
        self, unchanged: Sequence[int]
    ) -> Iterator[tuple[int, Candidate]]:
        """What is added to an argument that the function does not change."""
        for index in unchanged:
            yield 0, (INSERT, index, 0)

    def _fitting(self, place: int, alike: bool) -> Iterator[tuple[int, int]]:
        """The values and layouts that may stand in a place, of its form or of any other."""
        count = self._counts[0].get(str(place), 0)
        if str(place) not in self._forms:
            return
        wanted = self._forms[str(place)]
        for value, sequences in enumerate(self._task["values"]):
            for layout in range(SUMMED + 1):
                made = laid_out(sequences[0], layout, count)
                if made is None or len(made) not in (1, count):
                    continue
                if (form(made[0]) == wanted) == alike:
                    yield value, layout


def _both(one: Parts, other: Parts) -> Parts:
    return [a and b for a, b in zip(one, other, strict=True)]


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same, but for rounding."""
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        if one.shape != other.shape or one.is_complex():
            return False
        return torch.allclose(
            one.double(), other.double(), 1e-4, 1e-12, equal_nan=True
        )
    if isinstance(one, tuple) and isinstance(other, tuple):
        pairs = list(zip(one, other, strict=False))
        return len(one) == len(other) and all(_is_same(*two) for two in pairs)
    if not isinstance(one, bool | int | float):
        return False
    return type(one) is type(other) and one == other


def _comes_out(given: Sequence[Any], part: torch.Tensor) -> bool:
    """Whether values are a part of what a function gives: that part, or all of its entries in turn."""
    first = given[0]
    if isinstance(first, tuple):
        return any(_comes_out([one], part) for one in first)
    if len(given) == 1 and isinstance(first, torch.Tensor):
        return _is_same(first, part)
    if not all(isinstance(one, bool | int | float) for one in given):
        return False
    return _is_same(torch.tensor(given, dtype=part.dtype), part)


def _bits(mask: Parts) -> int:
    return sum(1 << part for part, is_right in enumerate(mask) if is_right)


# -- what a run gives ----------------------------------------------------------------------------------


def _parts(
    task: Mapping[str, Any], value: Any, arguments: Sequence[Any]
) -> list[Any] | None:
    """The parts of what a run gives; None where it does not have them."""
    if task["accumulators"]:
        return [arguments[position] for position in task["accumulators"]]
    if task["reads"] in ("run", "start"):
        nb_columns = task["columns"]
        read = _parts_of_loop if _is_of_loop(value) else _parts_of_run
        parts = read(value, nb_columns)
        if parts is not None and task["reads"] == "start":
            return parts[: len(parts) - nb_columns]
        return parts
    leaves: list[Any] = []
    _collect(value, leaves)
    return leaves


def _collect(value: Any, parts: list[Any]) -> None:
    if isinstance(value, tuple | list):
        for one in value:
            _collect(one, parts)
    else:
        parts.append(value)


def _parts_of_run(value: Any, nb_columns: int) -> list[Any] | None:
    """The parameters, then the columns of the history; where there is none that is one, columns are empty."""
    if not isinstance(value, tuple | list) or len(value) < 2:
        return None
    *first, history = value
    parameters = first[0] if len(first) == 1 else first
    if not isinstance(parameters, tuple | list):
        return None
    columns = [torch.zeros(0)] * nb_columns
    try:
        rows = torch.tensor([[float(one) for one in row] for row in history])
        if rows.dim() == 2 and rows.shape[1] == nb_columns:
            columns = list(rows.t())
    except (TypeError, ValueError, RuntimeError):
        pass
    return [*parameters, *columns]


def _is_of_loop(value: Any) -> bool:
    """Whether a value is what a loop outside a function gives: see `inside.turns`."""
    if not isinstance(value, tuple) or len(value) != 4:
        return False
    final, _, nb_turns, _ = value
    return isinstance(nb_turns, int) and isinstance(final, list | tuple)


def _parts_of_loop(value: Any, nb_columns: int) -> list[Any] | None:
    """The same of a loop outside a function: the final parameters, and for each column all that it tells."""
    final, _, _, columns = value
    told = []
    for _, _, numbers, _ in columns:
        told += [numbers, numbers / PERCENT]
    return [*final, *[told] * nb_columns]


def _looks_drawn(value: Any, like: torch.Tensor, spread: float) -> bool:
    """Whether a tensor has a shape, and entries drawn around 0 with a standard deviation."""
    if not isinstance(value, torch.Tensor) or value.shape != like.shape:
        return False
    count = max(value.numel(), 1)
    entries = value.detach().double()
    found = float(entries.pow(2).mean().sqrt())
    mean = float(entries.mean())
    # five standard errors of each
    if abs(found - spread) > 5 * spread / math.sqrt(2 * count):
        return False
    return abs(mean) <= 5 * spread / math.sqrt(count)


def _is_close(value: Any, expected: torch.Tensor, tolerance: Any) -> bool:
    """Whether a part is the expected one: of its shape, and no entry further from it than the tolerance."""
    if isinstance(value, list):
        return any(_is_close(one, expected, tolerance) for one in value)
    if not isinstance(value, torch.Tensor):
        if not isinstance(value, bool | int | float):
            return False
        value = torch.tensor(float(value))
    if value.shape != expected.shape or value.is_complex():
        return False
    value = value.detach().double()
    difference = (value - expected.double()).abs()
    same = (value == expected) | (value.isnan() & expected.isnan())
    same |= difference <= tolerance
    return bool(same.all())
