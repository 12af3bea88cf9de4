"""Exercises as tests want them."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

from grader.exercise import Exercise


def without_search(exercise: Exercise) -> Exercise:
    """The exercise without the search for places, which decides no mark and takes the longest."""
    limits = exercise.limits.model_copy(update={"search_seconds": 0.0})
    return dataclasses.replace(exercise, limits=limits)


def copied_without_search(exercise: Exercise, folder: Path) -> Exercise:
    """The same as a folder of its own, for processes that load it themselves."""
    own = folder / exercise.name
    shutil.copytree(exercise.folder, own)
    path = own / "exercise.toml"
    text = path.read_text(encoding="utf-8")
    assert "search_seconds = 20" in text
    path.write_text(
        text.replace("search_seconds = 20", "search_seconds = 0"),
        encoding="utf-8",
    )
    return Exercise.load(str(own))
