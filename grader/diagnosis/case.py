"""One function under diagnosis: what was seen of it, what it is compared with, and what is claimed so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor

from grader.diagnosis.observation import Evidence, Outcome, Plugged, Prober
from grader.diagnosis.recognisers import RECOGNISERS, Observation
from grader.diagnosis.reference_runner import ReferenceRunner, shared_runner
from grader.diagnosis.student_source import StudentSource
from grader.diagnosis.verdict import Claims
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

    def in_order(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Ids in the order in which the exercise lists them, each once."""
        wanted = set(ids)
        listed = (known.id for known in self.exercise.misconceptions.of(self.function))
        return tuple(id_ for id_ in listed if id_ in wanted)

    def line_of(self, form: Form) -> int | None:
        """The line where what a form makes of the reference stands in the student's source."""
        return self.source.line_of_form(
            form, self.exercise.solution.trees[form.function]
        )

    def line_that_shows(self, misconception: Misconception) -> int | None:
        """The line where the recogniser of a misconception sees it in the source."""
        recogniser = RECOGNISERS.get(misconception.recognise)
        return recogniser.line_in_source(self.seen) if recogniser is not None else None


def open_case(
    exercise: Exercise,
    function: str,
    prober: Prober,
    evidence: Evidence,
    earlier: Plugged,
) -> Case:
    """A function with its first calls made. Raises StudentFailure where it hangs or dies."""
    plain = shared_runner(exercise, function)
    plugged = ReferenceRunner(exercise, function, earlier) if earlier else plain
    listed = exercise.misconceptions.recognised_by(function, "calls")
    # `call` below asks the case's prober as it is by then: it may have been repaired.
    case = Case(
        exercise=exercise,
        function=function,
        prober=prober,
        seen=Observation(
            outcomes=prober.calls(function, plain.probes),
            arguments=plain.probes,
            parameters=plain.parameters,
            functions=exercise.solution.trees.keys(),
            evidence=evidence,
            source=_source_of(exercise, plain, evidence),
            accumulators=plain.accumulators,
            expected=plugged.outcomes,
            call=lambda rows: case.prober.calls(function, rows),
            listed_calls=listed.calls if listed is not None else (),
        ),
        plain=plain,
        plugged=plugged,
        earlier=earlier,
    )
    return case


def _source_of(
    exercise: Exercise, runner: ReferenceRunner, evidence: Evidence
) -> StudentSource:
    """The student's source in the names of the reference's function."""
    known = {*runner.parameters, *exercise.solution.trees, "torch", "pass"}
    pairs = zip(runner.parameters, runner.probes[0], strict=False)
    matrices = [name for name, value in pairs if _is_matrix(value)]
    return StudentSource(evidence, runner.parameters, sorted(known), matrices)


def _is_matrix(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dim() > 1
