"""An observation for the tests of recognisers: a source, and what calls gave."""

from grader.diagnosis.observation import Evidence, Outcome
from grader.diagnosis.recognisers import Observation
from grader.diagnosis.student_source import StudentSource
from grader.errors import Frame


def observed(
    outcomes,
    arguments=None,
    source="def f(x):\n    pass\n",
    parameters=("x",),
    **more,
):
    """`more` is of Observation; what is of Evidence stands in `evidence`, as a dict."""
    evidence = Evidence(source=source, **more.pop("evidence", {}))
    functions = more.pop("functions", {"f", "g"})
    return Observation(
        outcomes=outcomes,
        arguments=arguments
        if arguments is not None
        else [outcome.arguments for outcome in outcomes],
        parameters=parameters,
        functions=functions,
        evidence=evidence,
        source=StudentSource(
            evidence, parameters, [*parameters, *functions, "torch"]
        ),
        **more,
    )


def raised(kind, text="", line=None):
    """A call that raised."""
    frames = [Frame("f", line)] if line is not None else []
    return Outcome(None, (), (kind, text), frames)
