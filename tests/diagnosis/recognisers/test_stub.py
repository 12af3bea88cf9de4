"""`recognise = "stub"`."""

import pytest
import torch
from observed import observed, raised

from grader.diagnosis.observation import Outcome
from grader.diagnosis.recognisers.stub import Stub

SILENT = Outcome(None, ())
EMPTY = {"is_stub": True, "first_line": 7}
RAISES = "def f(x):\n    raise NotImplementedError('to do')\n"
BEGUN = "def f(x):\n    y = x * 2\n"


@pytest.mark.parametrize(
    ("outcomes", "more", "line"),
    [
        (
            [raised("NotImplementedError")] * 2,
            {"evidence": {"first_line": 7}, "source": RAISES},
            7,
        ),
        ([raised("NotImplementedError")] * 2, {}, None),  # torch raises it too
        ([SILENT, SILENT], {"evidence": EMPTY}, 7),
        ([SILENT, SILENT], {}, None),  # it may do all it does to its arguments
        ([SILENT, raised("NotImplementedError")], {"evidence": EMPTY}, None),
        ([Outcome(torch.ones(1), ())], {"evidence": EMPTY}, None),
        ([raised("ValueError")], {"evidence": EMPTY}, None),
        ([SILENT], {"source": BEGUN, "iterates": True}, 1),
        ([SILENT], {"source": BEGUN}, None),
        (
            [SILENT],
            {"source": BEGUN + "    g(y)\n", "iterates": True},
            None,
        ),  # it uses an earlier function
    ],
)
def test_a_function_that_is_not_written(outcomes, more, line):
    clue = Stub().clue(observed(outcomes, **more))
    assert (clue and clue.line) == line
