"""Progress: a line for each result where there is no terminal, a bar where there is one."""

from __future__ import annotations

import io

import pytest
import report_samples as samples
from rich.console import Console

from grader.grading import progress
from grader.intake.submission import Submission

ONE = Submission("ada\x1b[31m", "Ada", "ada.py", b"", ("ada.py",))


@pytest.mark.parametrize(
    ("terminal", "kind"), [(False, progress.Lines), (True, progress.Bar)]
)
def test_what_happens_is_shown(terminal: bool, kind: type) -> None:
    text = io.StringIO()
    watcher = progress.watcher(
        Console(file=text, force_terminal=terminal, width=100)
    )
    assert isinstance(watcher, kind)
    watcher.begin(12)
    watcher.finished(samples.right("bruno"), kept=True)
    watcher.started(ONE)
    watcher.again(ONE, "the grading process was killed\nor crashed")
    watcher.started(ONE)
    watcher.finished(samples.wrong("ada"), kept=False)
    watcher.end()
    shown = text.getvalue()
    assert (
        "is graded again: the grading process was killed or crashed" in shown
    )
    assert "ada\x1b" not in shown
    if not terminal:
        assert " 1/12  20.00 / 20  bruno  (kept)" in shown
        assert " 2/12   9.00 / 20  ada  (" in shown
