"""One iterating function under diagnosis: the runs, the source, and what has been claimed so far."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from grader.diagnosis.closeness import MOVED
from grader.diagnosis.iterating import history, start, update
from grader.diagnosis.iterating.runs import (
    Forms,
    ReferenceRuns,
    Runs,
    StudentRuns,
    ids_of,
)
from grader.diagnosis.observation import Evidence, Outcome, Plugged, Prober
from grader.diagnosis.recognisers import (
    ONE_STEP,
    Observation,
    Steps,
    StepSign,
    claim_signs,
    claim_step_sign,
)
from grader.diagnosis.student_source import StudentSource
from grader.diagnosis.verdict import Claims, Clue, Diagnosis
from grader.exercise import Exercise, Form
from grader.exercise.probes import Parameters


class IteratingCase:
    """The student's function beside the reference's; every `claim_...` adds to the claims."""

    def __init__(
        self,
        exercise: Exercise,
        function: str,
        prober: Prober,
        evidence: Evidence,
        earlier: Plugged,
    ) -> None:
        self.function = function
        self.evidence = evidence
        self.order = exercise.mistakes_of(function)
        self.trees = exercise.solution.trees
        self.misconceptions = exercise.misconceptions
        # In the exercise's order.
        self.by_id = {}
        for known in self.misconceptions.of(function):
            self.by_id[known.id] = known
        self.reference = ReferenceRuns(exercise, function, earlier)
        self.student = StudentRuns(self.reference, prober, evidence.source)
        self.student.is_lifted = evidence.is_lifted
        parameters = self.reference.parameters
        names = [*parameters, *self.trees, "torch", "math"]
        self.source = StudentSource(evidence, parameters, names)
        self.claims = Claims()

    def observation(self, outcomes: Sequence[Outcome]) -> Observation:
        """Calls with the arguments of now, as a recogniser looks at them."""
        calls = self.misconceptions.recognised_by(self.function, "calls")
        return Observation(
            outcomes=outcomes,
            arguments=[self.student.arguments] * len(outcomes),
            parameters=self.reference.parameters,
            functions=self.trees.keys(),
            evidence=self.evidence,
            source=self.source,
            listed_calls=calls.calls if calls is not None else (),
            iterates=True,
        )

    def claim_signs(
        self, outcomes: Sequence[Outcome], *, conclusive: bool
    ) -> bool:
        """Claim what calls and source show by themselves. Returns whether that was anything."""
        seen = self.observation(outcomes)
        return claim_signs(
            self.misconceptions, self.function, seen, self.claims, conclusive
        )

    def claim_step_sign(self, sign: StepSign, seen: Steps) -> bool:
        """Claim what the steps show, if the exercise knows that mistake. Returns whether it was claimed."""
        return claim_step_sign(
            sign, self.misconceptions, self.function, seen, self.claims
        )

    def claim_form(self, form: Form) -> None:
        """Claim the mistake that is made in this way."""
        clue = Clue(self.line_of(form))
        self.claims.add(self.by_id[form.id], clue)

    def claim_start(self, *, always_steps: bool = False) -> None:
        """Claim what is wrong with the initial parameters."""
        form = start.wrong_start(self.student, always_steps=always_steps)
        if form is not None and self._is_the_students(form):
            self.claim_form(form)

    def claim_history(
        self,
        runs: Runs,
        initial: Parameters,
        forms: Forms,
    ) -> None:
        """Claim what is wrong with the history, given the mistakes that explain the parameters."""
        found = history.explanation(self.student, runs, initial, forms)
        for form in found.values():
            if self._is_the_students(form):
                self.claim_form(form)

    def claim_what_the_source_says(self) -> None:
        """Claim mistakes whose wrong expression stands in the source, where numbers are not to be had."""
        self._claim_seen("initial")
        # What depends on the rest is only claimed where something else is known to be wrong.
        if self.claims.ids:
            self._claim_single_pass()
            self._claim_seen("update")
            self._claim_seen("history")

    def _claim_seen(self, stage: str) -> None:
        for misconception in self.by_id.values():
            line = self.source.line_of_seen(misconception)
            if line is not None and misconception.stage == stage:
                self.claims.add(misconception, Clue(line))

    def _claim_single_pass(self) -> None:
        one_step = self.misconceptions.recognised_by(
            self.function, ONE_STEP.name
        )
        line = self.evidence.passes_once
        if one_step is not None and line is not None:
            self.claims.add(one_step, Clue(line))

    def updates(
        self,
        runs: Runs,
        initial: Parameters,
        tolerance: float = MOVED,
    ) -> list[Forms]:
        """The sets of mistakes that explain the parameters, as far as the source does not decide."""
        arguments = self.student.arguments
        found = update.explanations(
            self.reference, runs, initial, arguments, tolerance
        )

        def support(id_: str) -> int:
            return self.source.support(self.by_id[id_])

        possible = []
        for forms in found:
            if all(self.source.allows(self.by_id[form.id]) for form in forms):
                possible.append(forms)
        return update.preferred(possible, support)

    def line_of(self, form: Form) -> int | None:
        """The line of the student's source that shows a form, None where none does."""
        tree = self.trees[form.function]
        line = self.source.line_of_form(form, tree)
        if line is None:
            line = self.source.line_of_seen(self.by_id[form.id])
        if line is None:
            line = self.source.line_of_act(self.by_id[form.id])
        return line

    def conclude(self, sets: Sequence[Forms] = ()) -> Diagnosis:
        """The diagnosis: the claims, and the first of `sets`, which explain the parameters equally well."""
        if not sets:
            return self.claims.diagnosis(self.order)
        kept = []
        for forms in sets:
            kept.append(tuple(filter(self._is_the_students, forms)))
        first, *others = dict.fromkeys(kept)
        for form in first:
            self.claims.place(form.id, self.line_of(form))
        alternatives = [ids_of(other) for other in others]
        return self.claims.diagnosis(self.order, ids_of(first), alternatives)

    def _is_the_students(self, form: Form) -> bool:
        """Whether the student made this mistake, which explains numbers, and no statement that raised did.

        A loop runs without the statements before it that raised. What only changes a value, as `t *= 0.9`,
        explains mistakes in what the solution prepares before its loop; what gives a new value explains any.
        """
        if not self.evidence.raised_before or self.line_of(form) is not None:
            return True
        if self.evidence.unbound_before:
            return False
        known = self.by_id[form.id]
        return not any(map(self._is_made_before_the_loop, known.forms))

    def _is_made_before_the_loop(self, form: Form) -> bool:
        edited = form.apply(self.trees)
        if form.function != self.function or edited is None:
            return True
        before = _before_loops(self.trees[self.function])
        return _before_loops(edited[self.function]) != before


def _before_loops(tree: ast.FunctionDef) -> list[str]:
    """The statements of a function before its first loop."""
    before = []
    for statement in tree.body:
        if isinstance(statement, ast.For | ast.While):
            break
        before.append(ast.dump(statement))
    return before
