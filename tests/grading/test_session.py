"""One submission's session: what it needs, and the data set where the instructor has one of their own.

GRADER_MNIST names a folder of real MNIST; with it, the full profile is tried too.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
import shared
import tiny
import torch

from grader.errors import ExerciseError, UsageError
from grader.exercise import Exercise
from grader.grading.session import Session, _finite_rows, _status
from grader.grading.versions import versions
from grader.intake import submission
from grader.intake.submission import Submission
from grader.results import CheckResult, Result

ROOT = Path(__file__).parents[2]
EXERCISE = Exercise.load("practical3")


def test_an_unknown_profile_or_level_is_told_before_anything_starts() -> None:
    with pytest.raises(
        ExerciseError, match="no profile 'fast'; it has quick, full"
    ):
        Session(EXERCISE, "fast")
    with pytest.raises(
        UsageError, match="choose one of none, limits, default, best"
    ):
        Session(EXERCISE, require_isolation="total")


def test_a_result_says_what_it_depends_on_and_where_the_exercise_lies(
    tmp_path: Path,
) -> None:
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    (tmp_path / "mine.py").write_text(tiny.RIGHT)
    with shared.session(exercise) as session:
        result = session.grade(submission.from_file(tmp_path / "mine.py"))
    assert result.score == 2
    assert result.versions == versions(exercise)
    assert result.exercise_folder == str(tmp_path / "tiny")


@pytest.mark.parametrize("right_one", ["a.py", "b.py"])
def test_of_several_versions_the_best_one_counts(
    tmp_path: Path, right_one: str
) -> None:
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    for file in ("a.py", "b.py"):
        (folder / file).write_text(
            tiny.RIGHT if file == right_one else tiny.WRONG
        )
    (ada,) = submission.find([folder.parent], exercise.functions)
    with shared.session(exercise) as session:
        result = session.grade(ada)
    assert result.score == 2
    assert result.submission.sha256 == ada.sha256
    (notice,) = [one for one in result.notices if one.look]
    assert notice.values["file"] == right_one


class Recording(Session):
    """Remembers the seconds that each version was given."""

    def _grade_version(self, submission: Submission, seconds: float) -> Result:
        given.append(seconds)
        return super()._grade_version(submission, seconds)


given: list[float] = []


def test_several_versions_share_the_time_of_one(tmp_path: Path) -> None:
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    for file in ("a.py", "b.py"):
        (folder / file).write_text(tiny.HANGS)
    (folder / "c.py").write_text(tiny.RIGHT)
    os.utime(folder / "c.py", (0, 0))  # the last one that is graded
    (ada,) = submission.find([folder.parent], exercise.functions)
    given.clear()
    with Recording(exercise) as session:
        assert session.grade(ada).score == 2
    limit = exercise.limits.submission_seconds
    assert given[0] == limit
    assert limit > given[1] > given[2] >= limit / 3


def check(outcome: str, points: float) -> CheckResult:
    return CheckResult("f/g", "g", outcome, points, 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("present", "checks", "status"),
    [
        (False, (), "missing"),
        (True, (check("passed", 1), check("passed", 1)), "right"),
        (True, (check("passed", 1), check("failed", 0)), "partial"),
        (True, (check("failed", 0.5), check("failed", 0)), "partial"),
        (True, (check("failed", 0), check("blocked", 0)), "wrong"),
        (True, (check("blocked", 0), check("blocked", 0)), "blocked"),
    ],
)
def test_the_status_of_a_function(
    present: bool, checks: tuple[CheckResult, ...], status: str
) -> None:
    assert _status(present, checks) == status


def test_the_curves_end_where_a_training_diverges() -> None:
    nan = float("nan")
    assert _finite_rows([(1, 2, 3), (4, 5, nan), (7, 8, 9)]) == ((1, 2, 3),)


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MNIST's own files where GRADER_MNIST says that they lie; else the embedded digits as such files."""
    if named := os.environ.get("GRADER_MNIST"):
        return Path(named)
    folder = tmp_path_factory.mktemp("data") / "MNIST" / "raw"
    folder.mkdir(parents=True)
    images, labels = EXERCISE.module("dataset").digits()
    count = len(images)
    pixels, classes = images.round().to(torch.uint8), labels.to(torch.uint8)
    (folder / "train-images-idx3-ubyte").write_bytes(
        struct.pack(">4I", 0x803, count, 28, 28) + pixels.numpy().tobytes()
    )
    (folder / "train-labels-idx1-ubyte").write_bytes(
        struct.pack(">2I", 0x801, count) + classes.numpy().tobytes()
    )
    return folder.parent.parent


@pytest.mark.parametrize(
    "profile",
    ["quick", "full"] if os.environ.get("GRADER_MNIST") else ["quick"],
)
def test_a_right_submission_is_right_on_mnist(
    mnist: Path, profile: str
) -> None:
    (right,) = submission.find(
        [ROOT / "submissions/practical3/right-batched.py"], EXERCISE.functions
    )
    with shared.session(EXERCISE, profile, seed=3, data=str(mnist)) as session:
        result = session.grade(right)
    assert result.score == result.max_score


def test_a_folder_without_mnist_is_named(tmp_path: Path) -> None:
    (right,) = submission.find(
        [ROOT / "submissions/practical3/right-batched.py"], EXERCISE.functions
    )
    with (
        pytest.raises(UsageError, match="holds no MNIST"),
        Session(EXERCISE, data=str(tmp_path)) as session,
    ):
        session.grade(right)


def test_a_diagnosis_that_fails_costs_nothing_but_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    (tmp_path / "mine.py").write_text(tiny.WRONG)

    def failing(*_: object) -> None:
        raise RuntimeError("of grader's own")

    monkeypatch.setattr("grader.grading.session.diagnose", failing)
    with shared.session(exercise) as session:
        result = session.grade(submission.from_file(tmp_path / "mine.py"))
    assert result.functions["double"].status == "wrong"
    assert not result.incomplete
    assert [notice.kind for notice in result.notices if notice.look] == [
        "not-diagnosed"
    ]
    (fault,) = result.faults
    assert fault.during == "the diagnosis of double"
    assert "RuntimeError: of grader's own" in fault.traceback
    told = " ".join(map(str, result.notices))
    assert "of grader's own" not in told


def test_what_is_nested_too_deeply_is_no_fault_of_graders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise = Exercise.load(str(tiny.exercise(tmp_path / "tiny")))
    (tmp_path / "mine.py").write_text(tiny.WRONG)

    def deeper(*arguments: object) -> None:
        deeper(*arguments)

    monkeypatch.setattr("grader.grading.session.diagnose", deeper)
    with shared.session(exercise) as session:
        result = session.grade(submission.from_file(tmp_path / "mine.py"))
    assert result.functions["double"].status == "wrong"
    assert result.faults == ()
    assert [notice.kind for notice in result.notices] == ["nested-too-deeply"]
