"""The grader against the labelled corpus: what README.md claims, held."""

from pathlib import Path

import pytest
from exercises import copied_without_search

from grader import evaluation
from grader.exercise.exercise import Exercise
from grader.grading import batch, pools
from grader.intake import submission

CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> evaluation.Evaluation:
    # `benchmarks/slips.py` measures what the search for places finds
    folder = tmp_path_factory.mktemp("exercise")
    exercise = copied_without_search(Exercise.load("practical3"), folder)
    found = submission.find([CORPUS], exercise.functions)
    plan = batch.Plan(
        found,
        exercise,
        tmp_path_factory.mktemp("grades"),
        seed=0,
        jobs=pools.cores(),
    )
    graded = batch.run(plan)
    assert not graded.faults
    assert len(graded.results) == len(found)
    return evaluation.evaluate(
        evaluation.read_labels(CORPUS, exercise, found), graded.results
    )


def names(cases: list[evaluation.LabelledFunction]) -> list[str]:
    return [
        f"{case.file} {case.function}: {case.verdict} {case.graded.misconceptions}"
        for case in cases
    ]


def test_every_verdict_is_right(figures: evaluation.Evaluation) -> None:
    assert names(figures.wrong_verdicts) == []


def test_nobody_is_accused_wrongly(figures: evaluation.Evaluation) -> None:
    assert names(figures.false_accusations) == []


def test_follow_through_is_seen(figures: evaluation.Evaluation) -> None:
    assert names(figures.wrong_follow_through) == []


def test_the_exact_set_is_named(figures: evaluation.Evaluation) -> None:
    assert len(figures.catalogued) > 100
    assert len(figures.inexact) <= 0.05 * len(figures.catalogued), names(
        figures.inexact
    )


def test_the_first_wrong_step_is_found(figures: evaluation.Evaluation) -> None:
    assert len(figures.novel) > 10
    assert len(figures.mislocated) <= 0.05 * len(figures.novel), names(
        figures.mislocated
    )


def test_every_label_is_in_the_catalogue(
    figures: evaluation.Evaluation,
) -> None:
    labelled = {
        id_ for case in figures.counted for id_ in case.label.misconceptions
    }
    assert labelled <= set(Exercise.load("practical3").notes())
