"""Where the product's own folders lie: in a checkout beside `grader/`, in a wheel inside it."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder `name` ("reference", "templates") of the checkout or of the installed package."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def outside(exercise: Path) -> str | None:
    """The path of an exercise's folder; None for one of grader's own, which its name finds anywhere."""
    included = exercise.resolve().parent == folder("reference").resolve()
    return None if included else str(exercise)
