"""The folder of a batch: a grade.json a submission, and the reports, which are views of these files."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from grader.errors import UsageError
from grader.exercise import Exercise
from grader.reports import FORMATS
from grader.reports.formats.class_page import class_page
from grader.reports.formats.gradebook import gradebook
from grader.reports.views.overrides import Overrides, load_overrides
from grader.results import Result, from_json, to_json, write_atomically

OVERRIDES = "overrides.toml"


def save(folder: Path, result: Result) -> None:
    """Write one submission's `grade.json`, whole or not at all."""
    own = folder / result.submission.id
    own.mkdir(parents=True, exist_ok=True)
    write_atomically(own / "grade.json", to_json(result))


def load(folder: Path) -> list[Result]:
    """The results of a batch's folder. Raises UsageError where there are none or one cannot be read."""
    results = []
    for path in sorted(folder.glob("*/grade.json")):
        try:
            results.append(from_json(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} cannot be read: {error}; grade that submission again.") from error
    if not results:
        raise UsageError(f"{folder} holds no grade.json; give the folder that `grader grade --out` wrote.")
    return results


def render(
    folder: Path,
    results: Sequence[Result],
    exercise: Exercise,
    lang: str = "en",
    formats: Collection[str] = (),
    progress: tuple[int, int] | None = None,
) -> None:
    """Write each submission's reports, the class page and the gradebook. Raises UsageError."""
    overrides = manual_marks(folder)
    for result in results:
        render_one(folder, result, exercise, lang, formats, overrides)
    render_class(folder, results, exercise, lang, progress)


def render_one(
    folder: Path,
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    formats: Collection[str] = (),
    overrides: Overrides | None = None,
) -> None:
    """Write the reports of one submission: HTML, and each further format."""
    manual = (overrides or {}).get(result.submission.id)
    for name in dict.fromkeys(("html", *formats)):
        if name not in FORMATS:
            raise UsageError(f"there is no format {name!r}; there are {', '.join(FORMATS)}.")
        form = FORMATS[name]
        text = form.render(result, exercise, lang, manual)
        write_atomically(folder / result.submission.id / form.filename, text)


def render_class(
    folder: Path,
    results: Sequence[Result],
    exercise: Exercise,
    lang: str = "en",
    progress: tuple[int, int] | None = None,
) -> None:
    """Write `index.html` and `gradebook.csv`."""
    overrides = manual_marks(folder)
    page = class_page(results, exercise, lang, progress, overrides)
    write_atomically(folder / "index.html", page)
    write_atomically(folder / "gradebook.csv", gradebook(results, overrides))


def manual_marks(folder: Path) -> Overrides:
    """The instructor's own marks and comments in the folder's `overrides.toml`, if there are any."""
    path = folder / OVERRIDES
    return load_overrides(path) if path.is_file() else {}
