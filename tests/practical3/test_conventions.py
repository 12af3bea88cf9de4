"""A right submission in other conventions: it loses the checks on shapes, and is told so once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shared
from exercises import without_search

from grader.exercise import Exercise
from grader.intake.submission import Submission
from grader.results import Result

ROOT = Path(__file__).parents[2]
EXERCISE = Exercise.load("practical3")
OF_SHAPES = {
    "forward_pass/shapes",
    "backward_pass/shapes",
    "train/initial[b1]",
    "train/initial[b2]",
}

# How each group of vectors is laid out: x, the states, the target, the biases. "v": as a vector, "c": as a
# column, "r": as a row. Then what is said, and of which function.
CONVENTIONS = {
    "cccc": ("forward_pass", "forward-column-vectors"),
    "rrrr": ("forward_pass", "row-vectors"),
    "rrrv": ("forward_pass", "row-vectors"),
    "ccvv": ("forward_pass", "forward-column-vectors"),
    "cvvv": ("forward_pass", "forward-column-vectors"),
    "vvcv": ("backward_pass", "backward-column-vectors"),
    "vvvc": ("forward_pass", "forward-column-vectors"),
    "vcvv": ("forward_pass", "forward-column-vectors"),
    "rccc": ("forward_pass", "mixed-vectors"),
}

# The submission's own functions are called `vectors_...` here, and those with the exercise's names insist on
# the layouts. `call_...` is what the submission's training calls.
CONVERTED = """

def laid(vector, layout):
    return {"v": vector, "c": vector.reshape(-1, 1), "r": vector.reshape(1, -1)}[layout]

def flat(vector, layout):
    if vector.shape != laid(vector.reshape(-1), layout).shape:
        raise ValueError("another shape is expected")
    return vector.reshape(-1)

def forward_pass(w1, b1, w2, b2, x):
    result = vectors_forward_pass(w1, flat(b1, "B"), w2, flat(b2, "B"), flat(x, "X"))
    return tuple(laid(part, "S") for part in result)

def call_forward_pass(w1, b1, w2, b2, x):
    result = forward_pass(w1, laid(b1, "B"), w2, laid(b2, "B"), laid(x, "X"))
    return tuple(flat(part, "S") for part in result)

def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    vectors_backward_pass(
        w1, flat(b1, "B"), w2, flat(b2, "B"), flat(t, "T"), flat(x, "X"),
        flat(s1, "S"), flat(x1, "S"), flat(s2, "S"), flat(x2, "S"),
        dl_dw1, flat(dl_db1, "B"), dl_dw2, flat(dl_db2, "B"),
    )

def call_backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, dl_dw1, dl_db1, dl_dw2, dl_db2):
    backward_pass(
        w1, laid(b1, "B"), w2, laid(b2, "B"), laid(t, "T"), laid(x, "X"),
        laid(s1, "S"), laid(x1, "S"), laid(s2, "S"), laid(x2, "S"),
        dl_dw1, laid(dl_db1, "B"), dl_dw2, laid(dl_db2, "B"),
    )

def train(train_input, train_target, test_input, test_target, nb_hidden=50, nb_steps=1000):
    (w1, b1, w2, b2), history = vectors_train(
        train_input, train_target, test_input, test_target, nb_hidden, nb_steps
    )
    return (w1, laid(b1, "B"), w2, laid(b2, "B")), history
"""


class Renamed(ast.NodeTransformer):
    """The submission's own functions under another name; what they call converts."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        if node.name in ("forward_pass", "backward_pass", "train"):
            node.name = f"vectors_{node.name}"
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in ("forward_pass", "backward_pass"):
            node.id = f"call_{node.id}"
        return node


def converted(source: str, layouts: str) -> str:
    """A submission in the convention of these layouts."""
    text = CONVERTED
    for group, layout in zip("XSTB", layouts, strict=True):
        text = text.replace(f'"{group}"', f'"{layout}"')
    return ast.unparse(Renamed().visit(ast.parse(source))) + text


Grade = Callable[[str], Result]


@pytest.fixture(scope="module")
def grade() -> Iterator[Grade]:
    with shared.session(without_search(EXERCISE), seed=7) as session:

        def grade(source: str) -> Result:
            of = Submission(
                "one", "One", "one.py", source.encode(), ("one.py",)
            )
            return session.grade(of)

        yield grade


def told(result: Result) -> list[tuple[str, str]]:
    """(function, misconception) for all that is named."""
    named = []
    for name, function in result.functions.items():
        named += [(name, id_) for id_ in function.misconceptions]
    return named


def failed(result: Result) -> set[str]:
    checks = [
        c for function in result.functions.values() for c in function.checks
    ]
    return {check.id for check in checks if check.outcome != "passed"}


@pytest.mark.parametrize("layouts", CONVENTIONS)
def test_what_is_right_within_a_convention_loses_the_shapes_and_is_told_once(
    grade: Grade, layouts: str
) -> None:
    source = (ROOT / "submissions/practical3/right-per-sample.py").read_text(
        "utf-8"
    )
    result = grade(converted(source, layouts))
    assert failed(result) <= OF_SHAPES
    assert told(result) == [CONVENTIONS[layouts]]
    assert result.functions[CONVENTIONS[layouts][0]].line is not None


def test_converted_to_vectors_nothing_is_lost(grade: Grade) -> None:
    source = (ROOT / "submissions/practical3/right-per-sample.py").read_text(
        "utf-8"
    )
    assert grade(converted(source, "vvvv")).score == 20


@pytest.mark.parametrize("layouts", ["cccc", "rrrv"])
def test_another_mistake_is_named_within_a_convention(
    grade: Grade, layouts: str
) -> None:
    source = (ROOT / "submissions/practical3/right-per-sample.py").read_text(
        "utf-8"
    )
    wrong = source.replace("dsigma(s1)", "dsigma(x1)")
    assert wrong != source
    plain, result = grade(wrong), grade(converted(wrong, layouts))
    mistakes = told(plain)
    assert mistakes
    assert told(result) == [CONVENTIONS[layouts], *mistakes]
    name = "backward_pass"
    assert result.functions[name].score == plain.functions[name].score


CASES = ROOT / "tests" / "cases" / "fair"


def test_vectors_that_meet_are_named_where_they_are_called(
    grade: Grade,
) -> None:
    for file, line in (
        ("08_rows_meet_column_biases.py", 49),
        ("08_columns_meet_vectors.py", 50),
    ):
        result = grade((CASES / file).read_text("utf-8"))
        assert result.functions["forward_pass"].status == "right"
        train = result.functions["train"]
        assert (train.misconceptions, train.line) == (("mixed-vectors",), line)


def test_broadcasting_to_a_matrix_is_no_convention(grade: Grade) -> None:
    file = "08_bias_broadcast_is_no_convention.py"
    result = grade((CASES / file).read_text("utf-8"))
    assert told(result) == [("forward_pass", "forward-bias-column")]
    assert "forward_pass/value[s1]" in failed(result)


def test_a_mistake_in_the_source_explains_more_than_a_convention_of_no_call(
    grade: Grade,
) -> None:
    text = (ROOT / "submissions/practical3/right-per-sample.py").read_text()
    right = "s1 = w1.mv(x) + b1"
    assert right in text
    wrong = text.replace(right, "s1 = w1.mv(x) + b1.view(-1, 1)")
    function = grade(wrong).functions["forward_pass"]
    assert function.misconceptions == ("forward-bias-column",)
    assert "forward-bias-column" in function.lines
