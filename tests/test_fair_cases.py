"""Small submissions that were once marked unfairly, each of which stands for a kind: what they get.

`cases/fair.toml` says what is right. A folder is what one student has handed in.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shared
from exercises import without_search

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake import submission
from grader.reports.views.content import unexplained

CASES = Path(__file__).parent / "cases" / "fair"
EXPECTED = tomllib.loads(
    (CASES.parent / "fair.toml").read_text(encoding="utf-8")
)
OF_THE_MACHINE = {"weak-isolation"}
SEED = 3


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    exercise = without_search(Exercise.load("practical3"))
    with shared.session(exercise, seed=SEED) as warm:
        yield warm


def test_every_case_has_its_row() -> None:
    assert {path.name for path in CASES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_case(session: Session, tmp_path: Path, name: str) -> None:
    result = session.grade(handed_in(session, CASES / name, tmp_path))
    points: dict[str, float] = {}
    named: dict[str, list[str]] = {}
    for function, found in result.functions.items():
        if found.score < found.max_score:
            points[function] = found.score
        if found.misconceptions:
            named[function] = list(found.misconceptions)
    kinds = {notice.kind for notice in result.notices} - OF_THE_MACHINE
    row = EXPECTED[name]
    assert named == row.get("named", {})
    assert points == pytest.approx(row.get("points", {}))
    assert result.score == pytest.approx(row["score"])
    assert sorted(kinds) == row.get("notices", [])


def test_what_an_earlier_function_explains_is_no_unknown_mistake(
    session: Session, tmp_path: Path
) -> None:
    case = CASES / "08_columns_throughout.py"
    result = session.grade(handed_in(session, case, tmp_path))
    told = {name: f.told_before for name, f in result.functions.items()}
    assert told["backward_pass"] and not told["forward_pass"]
    assert unexplained(result) == ()


def handed_in(session: Session, case: Path, folder: Path) -> Any:
    """The case as one student's submission."""
    if case.is_dir():
        shutil.copytree(case, folder / case.name)
    else:
        shutil.copy(case, folder)
    exercise = session.exercise
    found = submission.find(
        [folder], exercise.functions, support=exercise.prologues()
    )
    (one,) = found
    return one
