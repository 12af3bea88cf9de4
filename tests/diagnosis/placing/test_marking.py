"""Marks in a diagnosis."""

from __future__ import annotations

import pytest

from grader.diagnosis.observation import Evidence
from grader.diagnosis.placing import marking
from grader.diagnosis.placing.search import Placed, Task
from grader.diagnosis.verdict import Diagnosis
from grader.results import Mark

MARK = Mark("value", 3, 4, 3, 9)
MISSING = Mark("missing", 9, 0, 9, 0)
CALLS = Task([], [], [])
TRAINING = Task([], [], [], reads="run")
START = Task([], [], [], reads="start")


def marked(monkeypatch, found, *placed, evidence=None):
    """The diagnosis with what each search finds."""
    results = iter([one for _, one in placed])
    monkeypatch.setattr(marking, "place", lambda *_: next(results))
    tasks = [task for task, _ in placed]
    return marking.with_marks(
        found, None, "f", evidence or Evidence(), tasks, 1.0
    )


NAMED = Diagnosis(("a",), lines={"a": 3}, line=3)
ELSEWHERE = Diagnosis(("a",), lines={"a": 8}, line=8)
WITHOUT_A_LINE = Diagnosis(("a",))
MENDED, BETTER = Placed((MARK,), True), Placed((MARK,), False)


@pytest.mark.parametrize(
    ("found", "placed", "marks"),
    [
        pytest.param(Diagnosis(), [(CALLS, MENDED)], (MARK,), id="mended"),
        pytest.param(Diagnosis(), [(CALLS, BETTER)], (MARK,), id="better"),
        pytest.param(NAMED, [(CALLS, MENDED)], (MARK,), id="named there"),
        pytest.param(NAMED, [(CALLS, BETTER)], (), id="named, only better"),
        pytest.param(ELSEWHERE, [(CALLS, MENDED)], (), id="named elsewhere"),
        pytest.param(
            WITHOUT_A_LINE,
            [(CALLS, BETTER)],
            (MARK,),
            id="named without a line",
        ),
        pytest.param(
            Diagnosis(), [(TRAINING, BETTER)], (), id="a training, only better"
        ),
        pytest.param(
            WITHOUT_A_LINE,
            [(START, MENDED), (TRAINING, BETTER)],
            (),
            id="a named training, half mended",
        ),
        pytest.param(
            Diagnosis(),
            [(START, MENDED), (TRAINING, Placed((), True))],
            (MARK,),
            id="a start",
        ),
        pytest.param(
            Diagnosis(),
            [(CALLS, Placed((MARK, MISSING), False))],
            (MARK,),
            id="what is missing does not help",
        ),
    ],
)
def test_when_marks_count(monkeypatch, found, placed, marks):
    assert marked(monkeypatch, found, *placed).marks == marks


def test_a_start_alone_says_nothing_of_the_rest(monkeypatch):
    found = marked(monkeypatch, Diagnosis(), (START, MENDED))
    assert found.marks == (MARK,) and not found.mended


def test_what_autograd_computes_is_not_searched(monkeypatch):
    evidence = Evidence(autograd=True)
    found = marked(monkeypatch, NAMED, (CALLS, MENDED), evidence=evidence)
    assert found == NAMED


def test_the_line_is_that_of_the_first_mark(monkeypatch):
    found = marked(monkeypatch, Diagnosis(), (CALLS, MENDED))
    assert (found.line, found.mended) == (3, True)
