"""The figures of `grader evaluate`, on made-up labels and results."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import tiny
from hypothesis import example, given
from hypothesis.strategies import integers
from rich.console import Console

from grader import evaluation
from grader.errors import UsageError
from grader.evaluation import Evaluation, Label, LabelledFunction
from grader.exercise import Exercise
from grader.intake.submission import find
from grader.results import FunctionResult, Source


def case(
    label: Label, status: str = "wrong", **graded: object
) -> LabelledFunction:
    return LabelledFunction(
        "a.py", "f", label, FunctionResult(status, 0.0, 1.0, **graded)
    )  # type: ignore[arg-type]


WRONG = Label(
    verdict="wrong",
    misconceptions=("a",),
    may_name=("b",),
    alternatives=(("c", "d"),),
)
NOVEL = Label(verdict="wrong", first_wrong="x1")


@pytest.mark.parametrize(
    ("named", "alternatives", "exact", "accused"),
    [
        (("a",), (), True, False),
        (("a", "b"), (), True, False),
        (("d", "c"), (), True, False),
        (("c",), (), False, False),
        (("e",), (("a",),), True, False),
        (("e",), (), False, True),
        (("a", "e"), (), False, True),
        ((), (), False, False),
    ],
)
def test_a_named_set_is_exact_or_an_accusation(
    named: tuple[str, ...],
    alternatives: tuple[tuple[str, ...], ...],
    exact: bool,
    accused: bool,
) -> None:
    one = case(WRONG, misconceptions=named, alternatives=alternatives)
    assert (one.exact, one.falsely_accused) == (exact, accused)


def test_a_right_function_may_not_be_accused() -> None:
    assert case(Label(), misconceptions=("a",)).falsely_accused
    assert not case(Label(), "right").falsely_accused


def test_the_figures() -> None:
    found = Evaluation(
        [
            case(WRONG, "partial", misconceptions=("a",)),
            case(WRONG, misconceptions=("e",)),
            case(NOVEL, first_wrong="x1"),
            case(NOVEL, first_wrong="s1"),
            case(Label(follow_through=True), "right", follow_through=True),
            case(Label(follow_through=True), "right"),
            case(Label(verdict="missing"), "wrong"),
            case(Label(contested=True), "wrong", misconceptions=("a",)),
        ]
    )
    lengths = {
        "counted": 7, "wrong_verdicts": 1, "false_accusations": 1, "catalogued": 2, "inexact": 1, "novel": 2,
        "mislocated": 1, "with_follow_through": 2, "wrong_follow_through": 1, "wrong": 4, "with_name": 2,
        "with_line": 0, "with_nothing": 2, "right": 2, "accused": 0,
    }  # fmt: skip
    assert {name: len(getattr(found, name)) for name in lengths} == lengths
    assert found.by_id() == {"a": (1, 0, 1), "e": (0, 1, 0)}
    text = io.StringIO()
    evaluation.show(found, Console(file=text, width=100))
    assert "6/7" in text.getvalue()
    assert (
        "a.py f: wrong, e, first wrong None; labelled wrong, a, first wrong None"
        in text.getvalue()
    )


def test_the_lines() -> None:
    labelled = Label(verdict="wrong", line=3)
    source = Source("", 1, places={9: (3, 2, "In [2]")})
    found = Evaluation(
        [
            case(labelled, line=3),
            case(labelled, misconceptions=("a",), line=4),
            case(labelled),
            case(labelled, line=9, source=source),
            case(WRONG, line=4),
        ]
    )
    lengths = {
        "lines": 4,
        "unmarked": 1,
        "mismarked": 1,
        "with_name": 1,
        "with_line": 3,
        "with_nothing": 1,
    }
    assert {name: len(getattr(found, name)) for name in lengths} == lengths


def test_precision_and_recall_are_those_of_all_names() -> None:
    found = Evaluation(
        [
            case(WRONG, misconceptions=("a",)),
            case(WRONG, misconceptions=("e",)),
            case(WRONG),
        ]
    )
    assert found.names() == (1, 1, 2)


@given(total=integers(1, 3000), number=integers(0, 20))
@example(total=1, number=1)
def test_the_upper_bound_is_clopper_and_pearsons(
    total: int, number: int
) -> None:
    bound = evaluation.upper_bound(number, total)
    if number >= total:
        assert bound == 1
        return
    if number == 0:
        assert bound == pytest.approx(1 - 0.05 ** (1 / total))
    assert number / total < bound < 1
    # more of as many, or as many of fewer, is a higher share
    assert evaluation.upper_bound(number + 1, total) > bound
    assert evaluation.upper_bound(number, total + 1) < bound


def test_the_upper_bound_is_that_of_the_tables() -> None:
    assert evaluation.upper_bound(1, 20) == pytest.approx(0.2161, abs=1e-4)
    assert evaluation.upper_bound(5, 100) == pytest.approx(0.1022, abs=1e-4)


def test_the_time_is_told() -> None:
    text = io.StringIO()
    found = Evaluation([], [0.5, 1.0, 9.0])
    evaluation.show(found, Console(file=text, width=100))
    assert "1.00 s in the median, 9.0 s at most" in text.getvalue()


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("= 1", "this is not TOML"),
        ('["b.py"]\ndouble = {}', "there is no submission 'b.py'"),
        ('"a.py" = 1', "a table is expected here"),
        (
            '["a.py"]\ntriple = {}',
            "there is no function 'triple'; known are double",
        ),
        ('["a.py"]\ndouble = 1', "a table is expected here"),
        (
            '["a.py"]\ndouble = { verdict = "rihgt" }',
            "verdict: 'rihgt' is not known; did you mean 'right'?",
        ),
        (
            '["a.py"]\ndouble = { mistakes = [] }',
            "mistakes: this key is not known",
        ),
        ('["a.py"]\ndouble = { misconceptions = "a" }', "misconceptions: "),
        (
            '["a.py"]\ndouble = { alternatives = [["no-such"]] }',
            "there is no misconception 'no-such'",
        ),
    ],
)
def test_labels_that_fit_nothing_are_told(
    tmp_path: Path, labels: str, said: str
) -> None:
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    folder = tiny.submissions(tmp_path / "labelled", {"a": tiny.RIGHT})
    (folder / evaluation.LABELS).write_text(labels)
    with pytest.raises(UsageError) as raised:
        evaluation.read_labels(
            folder, exercise, find([folder], exercise.functions)
        )
    assert said in str(raised.value)
