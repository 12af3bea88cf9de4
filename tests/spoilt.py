"""What tests of reading an exercise share: ways to spoil a copy of one, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.errors import ExerciseError
from grader.exercise import Exercise

NEW = "\n[new]\ntitle = 'T'\nnote = 'N'\nhint = 'H'\n"
LOSS = "misconceptions/loss.toml"

Spoil = Callable[[Path], None]
Faults = dict[
    str, tuple[Spoil, str]
]  # what an author did -> how, and the line that says so


def replaced(file: str, old: str, new: str) -> Spoil:
    """Another text in the place of one that stands in a file."""

    def spoil(folder: Path) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def added(file: str, text: str) -> Spoil:
    """A text at the end of a file, which is made where it is not there."""

    def spoil(folder: Path) -> None:
        path = folder / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(before + text, encoding="utf-8")

    return spoil


def removed(file: str) -> Spoil:
    """A file taken away."""
    return lambda folder: (folder / file).unlink()


def faults(folder: Path) -> tuple[str, ...]:
    """What is told of a folder, a line each; every line begins with the file."""
    with pytest.raises(ExerciseError) as caught:
        Exercise.read(folder)
    assert all(line.startswith(f"{folder}/") for line in caught.value.problems)
    return caught.value.problems


def assert_told(folder: Path, spoil: Spoil, says: str) -> None:
    """The fault is told, by a line that says this."""
    spoil(folder)
    lines = faults(folder)
    assert any(says in line for line in lines), lines
