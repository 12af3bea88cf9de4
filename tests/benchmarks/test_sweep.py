"""The sweep over the catalogue's mistakes: its programs, its styles and its verdicts."""

from __future__ import annotations

import ast
from itertools import islice

import pytest
import sweep
from sweep import Case, Programs
from sweep_styles import STYLES

from grader.exercise import Exercise
from grader.results import FunctionResult

EXERCISE = Exercise.load("practical3")
MISTAKES = sweep.all_mistakes(EXERCISE)


@pytest.fixture(scope="module")
def programs() -> Programs:
    return Programs(EXERCISE)


def forms(*ids: str) -> list[sweep.Form]:
    """The first form of each."""
    return [next(f for _, f in MISTAKES if f.id == id_) for id_ in ids]


@pytest.mark.parametrize("style", STYLES)
def test_a_style_computes_what_the_solution_does(
    programs: Programs, style: str
) -> None:
    source = programs.program([], style)
    assert source is not None
    defined = {
        s.name
        for s in ast.parse(source).body
        if isinstance(s, ast.FunctionDef)
    }
    assert set(EXERCISE.functions) <= defined


def test_the_styles_differ(programs: Programs) -> None:
    right = {style: programs.program([], style) or "" for style in STYLES}
    assert ".mv(" in right["reference"]
    assert "w1 @ inp" in right["renamed"]
    assert "[:, None]" in right["renamed"]
    assert "sigma(w2 @ sigma(w1 @ x + b1) + b2)" in right["inlined"]


@pytest.mark.parametrize("style", STYLES)
def test_nearly_every_mistake_can_be_written_in_every_style(
    programs: Programs, style: str
) -> None:
    chosen = MISTAKES[::9]
    written = [programs.program([form], style) for _, form in chosen]
    assert written.count(None) <= 2


def test_every_single_and_every_pair_is_drawn_once() -> None:
    few = MISTAKES[:12]
    found = list(sweep.cases(few, STYLES, 0))
    assert len(set(found)) == len(found)
    singles = {case for case in found if len(case.mistakes) == 1}
    assert len(singles) == len(few) * len(STYLES)
    first = list(islice(sweep.cases(MISTAKES, STYLES, 0), 3))
    kinds = [
        sweep.kind_of(tuple(MISTAKES[i] for i in case.mistakes))
        for case in first
    ]
    assert kinds == ["single", "pair", "two functions"]


@pytest.mark.parametrize(
    ("wanted", "named", "others", "verdict"),
    [
        (("loss-mean",), ("loss-mean",), (), "exact"),
        (("loss-mean",), ("loss-half",), (("loss-mean",),), "exact"),
        (("loss-mean",), ("loss-half",), (), "false"),
        (("loss-mean", "loss-half"), ("loss-mean",), (), "subset"),
        (("loss-half",), ("loss-mean",), (), "same"),
        (("loss-mean",), (), (), "nothing"),
        ((), ("loss-mean",), (), "accused"),
        ((), (), (), ""),
    ],
)
def test_verdicts(
    programs: Programs,
    wanted: tuple[str, ...],
    named: tuple[str, ...],
    others: tuple[tuple[str, ...], ...],
    verdict: str,
) -> None:
    # what is called "same" computes what is named, whatever was put in
    put_in = named if verdict == "same" else wanted
    source = programs.program(forms(*put_in), "reference")
    assert source is not None
    said = FunctionResult(
        "wrong", 0.0, 1.0, misconceptions=named, alternatives=others
    )
    assert sweep.verdict_of(programs, source, "loss", wanted, said) == verdict


def test_a_program_is_graded_and_judged() -> None:
    (single,) = (
        i for i, (_, f) in enumerate(MISTAKES) if f in forms("loss-mean")
    )
    found, counts = sweep.judged([Case((single,), "renamed")], seed=0)
    assert [(one.function, one.verdict) for one in found] == [
        ("loss", "exact")
    ]
    assert counts["graded"] == 1
    assert counts["right functions"] == len(EXERCISE.functions) - 1
