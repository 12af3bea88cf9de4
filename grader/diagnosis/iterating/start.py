"""What the function starts from: the spread of its initial parameters.

Two random draws cannot be compared entry by entry. What tells them apart is the standard deviation of each
tensor, after no steps at all.
"""

from __future__ import annotations

from grader.diagnosis.closeness import drawn_alike, spread_agrees
from grader.diagnosis.iterating.runs import Run, StudentRuns
from grader.exercise import Form
from grader.exercise.probes import Parameters

# Of a function that always takes four steps: for an initial spread of 0.1 this many leave an error of 7e-3 of
# the parameters' move, for smaller spreads 2e-4.
ESTIMATES = 6


def wrong_start(student: StudentRuns, *, always_steps: bool) -> Form | None:
    """The mistake that explains the spread of the student's initial parameters.

    None where the spread is right or no mistake explains it. A function that `always_steps` is asked on
    arguments on which a step changes nearly nothing.
    """
    reference, trajectory = student.reference, student.reference.trajectory
    wide = student.inputs.wide
    if always_steps:
        wide = trajectory.still(wide, None)
    run = student.run(0, wide)
    if run is None:
        return None
    right = reference.initial_spreads((), wide)
    if spread_agrees(run.parameters, right):
        return None
    # Another spread may serve as well: the exercise lists those that count as right.
    for spread in trajectory.accepted_spreads:
        if spread_agrees(run.parameters, [spread] * len(right)):
            return None
    for forms in reference.combinations("initial", 1):
        wrong = reference.initial_spreads(forms, wide)
        if spread_agrees(run.parameters, wrong):
            return forms[0]
    # what is not drawn around 0 has no spread to compare
    for forms in reference.combinations("initial", 1):
        if drawn_alike(run.parameters, reference.initial(forms, wide)):
            return forms[0]
    return None


def estimated_start(student: StudentRuns, run: Run) -> Parameters | None:
    """The initial parameters of a function that always steps, None where they are not to be had.

    They are what it returns where a step changes nearly nothing; the better they are known, the less a step
    can be made to change. run: any run of the function's, for the parameters' shapes.
    """
    estimate: Parameters | None = None
    for _ in range(ESTIMATES):
        try:
            arguments = student.reference.trajectory.still(
                student.arguments, estimate
            )
        except (
            RuntimeError,
            TypeError,
        ):  # the estimate does not fit the network
            return None
        found = student.run(0, arguments)
        if found is None or found.shapes != run.shapes:
            return None
        estimate = found.parameters
    return estimate
