"""Runs in the student's process: a function as it stands, and with edits, on all probes.

The text of this module is sent there, so it needs nothing of grader's but what is sent before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from grader.diagnosis.placing.inside.layouts import (
    AS_IT_IS,
    STACKED,
    STACKED_COLUMNS,
    laid_out,
)
from grader.diagnosis.placing.inside.parts import (
    is_close,
    is_same,
    looks_drawn,
    parts_of,
)
from grader.diagnosis.placing.inside.switches import (
    MOST_TURNS,
    Endless,
    Switches,
    form,
)

Function = Callable[..., Any]
Parts = list[bool]  # which parts of what a function gives are right


class Runs:
    """Runs a function with edits, and knows what it gives as it stands.

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
    order: of the arguments. seed: of the generators. turns: of the loop whose first turn shows what is
    right. seconds: of the processor's time that it may take. most: runs, for one edit of a call, for all of a
    training. most_edits: made together.
    """

    def __init__(
        self,
        recorded: Function,
        student: Function,
        switches: Switches,
        task: Mapping[str, Any],
        seed: Callable[[int], None],
    ) -> None:
        """seed: seeds all generators that a submission may draw from."""
        self._seed = seed
        self._recorded = recorded
        self._student = student
        self._switches = switches
        self._task = task
        self._nb_runs = 0
        # the processor's time, so that a busy machine finds the same; of any time no more than twice that
        self._ends = time.process_time() + task["seconds"]
        self._ends_at = time.monotonic() + 2 * task["seconds"]
        self._has_raised = False
        self._inserted: list[int] = []
        self._unchanged: set[int] = set()
        self._counts: list[dict[str, int]] = []
        self._forms: dict[str, Any] = {}
        self._last_forms: dict[str, Any] = {}
        self._given: dict[str, list[Any]] = {}
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
        self._seed(task["seed"])
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
        return self._judged(parts_of(task, value, arguments), probe)

    def _judged(self, parts: Sequence[Any] | None, probe: int) -> Parts:
        expected = self._task["expected"][probe]
        if parts is None or len(parts) != len(expected):
            return [False] * len(expected)
        if self._task["reads"] == "start":
            pairs = zip(parts, expected, strict=True)
            return [looks_drawn(part, *one[0]) for part, one in pairs]
        right = []
        for part, alternatives in zip(parts, expected, strict=True):
            is_right = False
            for alternative, tolerance in alternatives:
                is_right = is_right or is_close(part, alternative, tolerance)
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
                self._given = dict(self._switches.all)
                self._acquit()
        self._varying = set(map(int, filter(self._varies, self._switches.all)))
        # a run that raises has made few of them
        self._switches.most_turns = 4 * turns + 2_000
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
            for layout in (AS_IT_IS, STACKED, STACKED_COLUMNS):
                right = laid_out(sequences[0], layout, len(given))
                if right is None or len(right) not in (1, len(given)):
                    continue
                shown = [right[i % len(right)] for i in range(until)]
                if all(map(is_same, given[:until], shown)):
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


def _both(one: Parts, other: Parts) -> Parts:
    return [a and b for a, b in zip(one, other, strict=True)]
