"""One function under diagnosis: what was seen of it, what it is compared with, and what is claimed so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from grader.diagnosis.observation import (
    Evidence,
    Outcome,
    Plugged,
    Prober,
    Rows,
)
from grader.diagnosis.recognisers import RECOGNISERS, Observation
from grader.diagnosis.reference_runner import ReferenceRunner, shared_runner
from grader.diagnosis.student_source import StudentSource
from grader.diagnosis.verdict import Claims, in_order
from grader.exercise import Exercise, Form, Misconception


@dataclass
class Case:
    """What the questions of `diagnose` share.

    seen, prober: the calls as they are now, and what makes further ones; both change where an exception has
    been repaired.
    plain: the reference by itself. plugged: the same with `earlier` in it; it is `plain` where that is empty.
    earlier: the student's own functions that take the place of the reference's, by name.
    """

    exercise: Exercise
    function: str
    prober: Prober
    seen: Observation
    plain: ReferenceRunner
    plugged: ReferenceRunner
    earlier: Plugged
    claims: Claims = field(default_factory=Claims)

    @property
    def source(self) -> StudentSource:
        """The student's source in the reference's names."""
        return self.seen.source

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """What the student's function gave on each probe."""
        return self.seen.outcomes

    def see(self, outcomes: Sequence[Outcome]) -> None:
        """Go on with other outcomes of the same calls."""
        self.seen = replace(self.seen, outcomes=outcomes)

    def misconception(self, id_: str) -> Misconception:
        """A misconception of this function by its id."""
        for known in self.exercise.misconceptions.of(self.function):
            if known.id == id_:
                return known
        raise KeyError(id_)

    @property
    def order(self) -> list[str]:
        """The ids of all mistakes of this function, as the exercise lists them."""
        return self.exercise.mistakes_of(self.function)

    def in_order(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Ids in the order in which the exercise lists them, each once."""
        return in_order(ids, self.order)

    def line_of(self, form: Form) -> int | None:
        """The line where what a form makes of the reference stands in the student's source."""
        tree = self.exercise.solution.trees[form.function]
        return self.source.line_of_form(form, tree)

    def line_that_shows(self, misconception: Misconception) -> int | None:
        """The line where the recogniser of a misconception sees it in the source."""
        recogniser = RECOGNISERS.get(misconception.recognise)
        if recogniser is None:
            return None
        return recogniser.line_in_source(self.seen)


def open_case(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged,
) -> Case:
    """A function with its first calls made. Raises StudentFailure where it hangs or dies."""
    plain = shared_runner(exercise, function)
    plugged = (
        ReferenceRunner(exercise, function, earlier) if earlier else plain
    )
    listed = exercise.misconceptions.recognised_by(function, "calls")

    def call(rows: Rows) -> Sequence[Outcome]:
        # by the prober that the case has at that time: it may call a repaired source
        return case.prober.calls(function, rows)

    seen = Observation(
        outcomes=prober.calls(function, plain.probes),
        arguments=plain.probes,
        parameters=plain.parameters,
        functions=exercise.solution.trees.keys(),
        evidence=evidence,
        source=_source_of(exercise, plain, evidence),
        accumulators=plain.accumulators,
        expected=plugged.outcomes,
        call=call,
        listed_calls=listed.calls if listed is not None else (),
    )
    case = Case(
        exercise=exercise,
        function=function,
        prober=prober,
        seen=seen,
        plain=plain,
        plugged=plugged,
        earlier=earlier,
    )
    return case


def _source_of(
    exercise: Exercise,
    runner: ReferenceRunner,
    evidence: Evidence,
) -> StudentSource:
    """The student's source in the names of the reference's function."""
    known = {*runner.parameters, *exercise.solution.trees, "torch", "pass"}
    # The first probe shows which parameters are matrices: the number of dimensions is the same in all.
    matrices = []
    pairs = zip(runner.parameters, runner.probes[0], strict=False)
    for name, value in pairs:
        if isinstance(value, Tensor) and value.dim() > 1:
            matrices.append(name)
    return StudentSource(evidence, runner.parameters, sorted(known), matrices)
