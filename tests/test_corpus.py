"""The grader against the labelled corpus: what README.md claims, held."""

import shutil
from pathlib import Path

import pytest

from grader import evaluation
from grader.exercise.exercise import Exercise
from grader.grading import batch, pools
from grader.intake import submission

CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> evaluation.Evaluation:
    exercise = without_search(tmp_path_factory.mktemp("exercise"))
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


def without_search(folder: Path) -> Exercise:
    """The exercise without the search for places, which decides no mark.

    `benchmarks/slips.py` measures what it finds.
    """
    own = folder / "practical3"
    shutil.copytree(Exercise.load("practical3").folder, own)
    path = own / "exercise.toml"
    text = path.read_text(encoding="utf-8")
    assert "search_seconds = 20" in text
    path.write_text(
        text.replace("search_seconds = 20", "search_seconds = 0"),
        encoding="utf-8",
    )
    return Exercise.load(str(own))


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
