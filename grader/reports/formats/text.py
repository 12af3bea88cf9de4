"""Plain text: what the terminal shows, without colour, for a file or a mail."""

from __future__ import annotations

import io

from rich.console import Console

from grader.exercise import Exercise
from grader.reports.formats import terminal
from grader.reports.views.overrides import Manual
from grader.results import Result

WIDTH = 100


def text_report(
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    manual: Manual | None = None,
) -> str:
    """One result as plain text, WIDTH columns wide. Raises UsageError as `student_report` does."""
    file = io.StringIO()
    # The same text everywhere: nothing depends on the terminal that grader runs in.
    console = Console(
        file=file,
        width=WIDTH,
        color_system=None,
        legacy_windows=False,
        force_terminal=False,
    )
    terminal.show(result, exercise, console, lang, manual)
    # Rich fills some lines with spaces to the full width.
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    return "\n".join(lines) + "\n"
