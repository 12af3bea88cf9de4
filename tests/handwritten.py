"""Hand-written functions of practical3 for the tests of the diagnosis, and their diagnoses."""

from exercises import without_search
from inprocess import Here, base, evidence

from grader.diagnosis import diagnose
from grader.diagnosis.case import open_case
from grader.exercise import Exercise

SEARCHED = Exercise.load("practical3")
EXERCISE = without_search(SEARCHED)  # for what is named, not where

STATES = "t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2"


HEADS = {
    "backward_pass": f"def backward_pass(w1, b1, w2, b2, {STATES}):",
    "forward_pass": "def forward_pass(w1, b1, w2, b2, x):",
    "sigma": "def sigma(x):",
    "dsigma": "def dsigma(x):",
    "loss": "def loss(v, t):",
    "dloss": "def dloss(v, t):",
}


BACKWARD = """
g2 = dloss(x2, t) * dsigma(s2)
g1 = (w2.t() @ g2) * dsigma(s1)
dl_dw2 += g2[:, None] * x1[None, :]
dl_db2 += g2
dl_dw1 += g1[:, None] * x[None, :]
dl_db1 += g1
"""


FORWARD = """
s1 = w1 @ x + b1
x1 = sigma(s1)
s2 = w2 @ x1 + b2
x2 = sigma(s2)
return x, s1, x1, s2, x2
"""


def written(function, body, *edits):
    """A function's source from its body, with edits of the text that must apply."""
    for old, new in edits:
        assert old in body
        body = body.replace(old, new)
    lines = body.strip().splitlines()
    return (
        "\n".join([HEADS[function], *("    " + line for line in lines)]) + "\n"
    )


def _student(function, source, names=None):
    names = {**base(EXERCISE), **(names or {})}
    return Here(source, names), evidence(source, function, names)


def case_of(function, source, plugged=None, names=None):
    """A function under diagnosis, its first calls made. plugged: earlier functions that are the student's."""
    return open_case(
        EXERCISE,
        function,
        *_student(function, source, {**(plugged or {}), **(names or {})}),
        plugged or {},
    )


def diagnosed(function, source, plugged=None, names=None, exercise=EXERCISE):
    """The diagnosis of a function. names: more variables of its module; exercise: SEARCHED for places too."""
    prober, evident = _student(
        function, source, {**(plugged or {}), **(names or {})}
    )
    return diagnose(exercise, function, prober, evident, plugged)


def backward(*edits, **kwargs):
    """The diagnosis of a right backward pass with edits of its text."""
    return diagnosed(
        "backward_pass", written("backward_pass", BACKWARD, *edits), **kwargs
    )


def forward(*edits, **kwargs):
    """The same for the forward pass."""
    return diagnosed(
        "forward_pass", written("forward_pass", FORWARD, *edits), **kwargs
    )
