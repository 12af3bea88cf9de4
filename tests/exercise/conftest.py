"""A copy of the exercise for each test that spoils one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grader import paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of practical3 without its data."""
    made = tmp_path / "copied"
    own = paths.folder("reference") / "practical3"
    shutil.copytree(
        own, made, ignore=shutil.ignore_patterns("__pycache__", "data")
    )
    return made
