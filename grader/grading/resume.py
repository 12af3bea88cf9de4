"""What an earlier run has left in a batch's folder, and whether it still holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

from grader.errors import UsageError
from grader.exercise import Exercise
from grader.grading import output
from grader.grading.process import Settings
from grader.grading.session import exercise_folder
from grader.intake.submission import Submission
from grader.results import Result

_TYPICAL_SECONDS = (
    0.5  # that a submission is expected to take which was never graded
)
_BYTES_PER_SECOND = 10 << 20  # a large file takes longer to read


class EarlierRun:
    """The results of an earlier run in the same folder."""

    def __init__(
        self,
        folder: Path,
        exercise: Exercise,
        settings: Settings,
        any_seed: bool,
    ) -> None:
        """The settings are those of this run; with `any_seed` a result may be of another seed than theirs."""
        self._folder = folder
        self._exercise = exercise
        self._settings = settings
        self._any_seed = any_seed
        self._seconds: dict[str, float] = {}

    def result_of(self, submission: Submission) -> Result | None:
        """The result of the earlier run, if grading again would give the same; else None."""
        result = output.load_one(self._folder, submission.id)
        if result is None:
            return None
        self._seconds[submission.id] = result.duration_s
        if not self._holds(result, submission):
            return None
        return self._updated(result, submission)

    def _holds(self, result: Result, submission: Submission) -> bool:
        try:
            digest = submission.sha256
        except UsageError:
            # the file cannot be read any more; grading tells why
            return False
        if result.incomplete:
            # what grader failed on is tried again
            return False
        graded = result.submission
        if graded.sha256 != digest or graded.files != submission.files:
            return False
        return self._has_same_settings(result)

    def _has_same_settings(self, result: Result) -> bool:
        settings = self._settings
        if result.exercise != self._exercise.name:
            return False
        if result.profile != settings.profile:
            return False
        if dict(result.versions) != dict(settings.versions):
            return False
        return self._any_seed or result.seed == settings.seed

    def _updated(self, result: Result, submission: Submission) -> Result:
        """The result with what may have come since: a name from a roster, another place of the exercise."""
        named = dataclasses.replace(result.submission, name=submission.name)
        return dataclasses.replace(
            result,
            submission=named,
            exercise_folder=exercise_folder(self._exercise),
        )

    def longest_first(
        self, submissions: Iterable[Submission]
    ) -> list[Submission]:
        """Those expected to take long before the others, so that none of them runs alone at the end."""
        return sorted(submissions, key=self._expected_seconds, reverse=True)

    def _expected_seconds(self, submission: Submission) -> float:
        """As long as the last time; by its size, where there was none."""
        by_size = _TYPICAL_SECONDS + submission.size / _BYTES_PER_SECOND
        return self._seconds.get(submission.id, by_size)
