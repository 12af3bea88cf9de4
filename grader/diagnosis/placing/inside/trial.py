"""Runs in the student's process: a function with right values in the places of its expressions.

The text of this module is sent there, so it needs nothing of grader's but what is sent before it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from grader.diagnosis.placing.inside.layouts import (
    SUMMED,
    WRITTEN_OTHERWISE,
    laid_out,
)
from grader.diagnosis.placing.inside.parts import (
    comes_out,
    is_multiple,
    looks_drawn,
)
from grader.diagnosis.placing.inside.runs import Parts, Runs
from grader.diagnosis.placing.inside.switches import (
    COMPARISONS,
    NOTHING,
    OPERATORS,
    WRITTEN,
    alternatives,
    form,
)

Candidate = tuple[int, int, int]  # a place, what is put there, and how
Best = tuple[tuple[int, ...], Candidate, Parts]
INSERT = -1  # in the place of a place: what is added to an argument that a function changes


class Search(Runs):
    """Tries edits of one function, one after the other, and keeps what makes more of it right."""

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

    @property
    def _is_training(self) -> bool:
        return bool(self._task["reads"] != "values")

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
            if not self._is_training:
                self._nb_runs = 0
            best = self._best(mask)
            if best is None:
                break
            candidate, mask = best
            self._make(candidate)
            rows.append((*candidate, _bits(mask)))
            self._record()
        return rows

    def _best(self, mask: Parts) -> tuple[Candidate, Parts] | None:
        """The edit that makes most right, of equal ones the earliest and smallest; None where none helps."""
        # where nothing is right, or what follows never ran, nothing can be said to be missing
        is_told = any(mask) and not self._has_raised
        unchanged = sorted(self._unchanged) if is_told else []
        best = self._best_of(self._inserts(unchanged), mask, None)
        # what has a right value already comes later, and what says little last
        self._says_little = False
        best = self._best_of(self._rearranged(), mask, best)
        if self._is_training:
            # where most slips stand, which are to be found before the time is over
            best = self._best_of(self._updates(alike=True), mask, best)
        if not self._is_whole(best):
            best = self._best_of(self._alike(is_right=False), mask, best)
        if self._is_training and not self._is_whole(best):
            best = self._best_of(self._renamed(), mask, best)
        if not self._is_whole(best):
            best = self._best_of(self._alike(is_right=True), mask, best)
        # what is written a little differently needs no value that is known
        best = self._best_of(self._different(), mask, best)
        if not self._is_training:
            best = self._best_of(self._renamed(), mask, best)
        self._says_little = not self._is_training
        for is_right in (False, True):
            if self._says_little and not self._is_whole(best):
                best = self._best_of(self._alike(is_right), mask, best)
        # a variable that is assigned before may have got a value of another form
        self._says_little = False
        if self._is_training and not self._is_whole(best):
            # it is too long to try these first
            best = self._best_of(self._updates(alike=False), mask, best)
        best = self._best_of(self._others(assigned=True), mask, best)
        if not self._is_whole(best):
            best = self._best_of(self._others(assigned=False), mask, best)
        if best is None and not self._is_training:
            self._says_little = True
            for assigned in (True, False):
                best = self._best_of(self._others(assigned), mask, best)
        return best[1:] if best is not None else None

    @staticmethod
    def _is_whole(best: Best | None) -> bool:
        return best is not None and all(best[2])

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
            if self._is_over():
                break
            now = self._with(candidate, mask)
            if now is None:
                continue
            rank = self._rank(candidate, now)
            if best is None or rank < best[0]:
                best = rank, candidate, now
        return best

    def _is_over(self) -> bool:
        """Whether the time is over."""
        is_over = time.process_time() > self._ends
        return bool(is_over or time.monotonic() > self._ends_at)

    def _is_settled(self, best: Best | None, statement: int) -> bool:
        """Whether no edit of this statement, nor of a later one, is preferred to the best so far."""
        if best is None or not all(best[2]):
            return False
        _, is_right, is_odd, is_known, line, *_ = best[0]
        is_doubtful = is_right or is_odd or is_known
        return not is_doubtful and statement > line

    def _rank(self, candidate: Candidate, now: Parts) -> tuple[int, ...]:
        place, value, layout = candidate
        statement = size = 0
        kind = "value"
        if place >= 0:
            kind, statement, size, *_ = self._task["places"][place]
        # what is assigned may be right, and the assignment not
        is_right = kind in ("value", *WRITTEN) and statement in self._acquitted
        is_known = place in self._known
        if kind in ("drop", "add"):
            size = 0
        is_value = kind == "value" and layout != WRITTEN_OTHERWISE
        is_odd = (
            is_value
            and place >= 0
            and (self._changes_form(place) or self._begins(place))
        )
        whole = -sum(now)
        doubts = (is_right, is_odd, is_known)
        return (whole, *doubts, statement, size, place, value, layout)

    def _begins(self, place: int) -> bool:
        """Whether a variable of a training begins with this constant: what is lost later can be put there."""
        _, _, size, is_assigned, reads, is_whole = self._task["places"][place]
        is_name = is_assigned or reads
        return self._is_training and is_whole and size == 1 and not is_name

    def _changes_form(self, place: int) -> bool:
        """Whether the edit that is made puts another form in the middle of a statement.

        Or one value where there were several.
        """
        *_, is_whole = self._task["places"][place]
        if place in self._varying and self._put_once:
            return True
        stands = self._last_forms.get(str(place))
        if is_whole:
            # several variables are assigned from it
            return bool((stands == "tuple") != (self._put_form == "tuple"))
        # where it has raised, a value may well have the wrong form, but not one that is right
        if self._has_raised and place not in self._right:
            return False
        return bool(self._put_form != stands)

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
        if now is not None and self._is_entry_of_several(candidate, mask, now):
            return None
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
        if self._is_training and (
            self._reads_right(place) or self._has_wrong_unit(place)
        ):
            return False
        given = self._task["values"][value][0]
        if self._task["reads"] == "start":
            return self._is_drawn(given[0], mask)
        parts = zip(self._task["expected"][0], mask, strict=True)
        for acceptable, is_right in parts:
            if is_right:
                continue
            for part, _ in acceptable:
                if comes_out(given, part):
                    return True
        return False

    def _is_drawn(self, given: Any, mask: Parts) -> bool:
        """Whether a value holds what is to be drawn and is not drawn right."""
        if isinstance(given, tuple):
            return any(self._is_drawn(one, mask) for one in given)
        parts = zip(self._task["expected"][0], mask, strict=True)
        return any(
            not is_right and looks_drawn(given, *acceptable)
            for (acceptable, *_), is_right in parts
        )

    def _has_wrong_unit(self, place: int) -> bool:
        """Whether what stands in a place is what is put there, but for a factor: it was right until then."""
        given = self._given.get(str(place), ())
        return is_multiple(given, self._switches.on[str(place)][0])

    def _is_entry_of_several(
        self, candidate: Candidate, mask: Parts, now: Parts
    ) -> bool:
        """Whether a whole entry of a history was put in: that says not where its wrong parts come from."""
        place, value, layout = candidate
        kind = self._task["places"][place][0]
        is_put_in = kind == "value" and layout != WRITTEN_OTHERWISE
        if not self._is_training or not is_put_in:
            return False
        first = self._task["values"][value][0][0]
        return isinstance(first, tuple) and sum(now) - sum(mask) > 1

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
                    # of a training's calls there are few
                    is_tried = self._has_raised or self._is_training
                    if is_tried or forms[one] == forms[other]:
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
        return self._written_otherwise(names=False)

    def _renamed(self) -> Iterator[tuple[int, Candidate]]:
        """Candidates in which a variable is another one that is there."""
        return self._written_otherwise(names=True)

    def _written_otherwise(
        self, names: bool
    ) -> Iterator[tuple[int, Candidate]]:
        for place, (kind, statement, *_) in self._searched:
            if (kind in ("value", "target")) != names:
                continue
            for choice in range(len(self._choices(place, kind))):
                yield statement, (place, choice, WRITTEN_OTHERWISE)

    def _choices(self, place: int, kind: str) -> list[str]:
        """What may stand there instead."""
        if kind in ("value", "target"):
            return self._switches.scopes.get(str(place), [])
        name = self._switches.named.get(str(place))
        if name is None:
            return []
        if kind == "operator":
            return [other for other in OPERATORS if other != name]
        if kind == "comparison":
            return [other for other in COMPARISONS if other != name]
        return alternatives(name) if kind == "function" else [NOTHING]

    def _updates(self, alike: bool) -> Iterator[tuple[int, Candidate]]:
        """Candidates in the place of all that a variable is moved by, of its form or of any other."""
        for place, description in self._searched:
            kind, statement, _, is_assigned, _, is_whole = description
            if kind == "value" and is_whole and not is_assigned:
                for value, layout in self._fitting(place, alike):
                    yield statement, (place, value, layout)

    def _others(self, assigned: bool) -> Iterator[tuple[int, Candidate]]:
        """Candidates of another form than what they replace: all that is assigned, or anything else."""
        for place, (kind, statement, _, is_assigned, *_) in self._searched:
            if kind == "value" and is_assigned == assigned:
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


def _bits(mask: Parts) -> int:
    return sum(1 << part for part, is_right in enumerate(mask) if is_right)
