"""A batch's progress: a bar in a terminal; elsewhere one plain line per submission."""

from __future__ import annotations

import statistics
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from grader.grading.batch import Watcher
from grader.intake.submission import Submission
from grader.reports.text.neutral import one_line
from grader.results import Result

_LONGEST_ID = 40  # letters
_LONGEST_REASON = 200
_RATE_WINDOW = 120  # seconds over which the rate is measured


def watcher(console: Console) -> Watcher:
    """What shows the progress on this console."""
    if console.is_terminal:
        return Bar(console)
    return Lines(console)


class Lines(Watcher):
    """One line per submission, as it gets its result."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._done = 0
        self._total = 0

    def begin(self, total: int) -> None:
        """Remember how many there are."""
        self._total = total

    def finished(self, result: Result, kept: bool) -> None:
        """Say its mark, and that it was kept or how long it took."""
        self._done += 1
        took = "kept" if kept else f"{result.duration_s:.1f} s"
        # as wide as the last count will be, so that the marks stand below one another
        width = len(str(self._total))
        count = f"{self._done:{width}}/{self._total}"
        self._say(
            f"{count}  {_mark(result)}  {_short(result.submission.id)}  ({took})"
        )

    def again(self, submission: Submission, why: str) -> None:
        """Say what was lost, and why."""
        self._say(_lost_line(submission, why))

    def _say(self, text: str) -> None:
        self._console.print(
            text, markup=False, highlight=False, soft_wrap=True
        )


class Bar(Watcher):
    """A bar with rate and time left, what is running, and the marks so far."""

    def __init__(self, console: Console) -> None:
        self._running: dict[str, str] = {}
        self._marks: list[float] = []
        self._full = 0.0
        self._kept = 0
        self._progress = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            speed_estimate_period=_RATE_WINDOW,
        )
        self._task = self._progress.add_task("", total=None)
        # last: it may ask at once what to show
        self._live = Live(
            console=console,
            get_renderable=self._shown,
            refresh_per_second=4,
            transient=True,
        )

    def begin(self, total: int) -> None:
        """Show the bar."""
        self._progress.update(self._task, total=total)
        self._live.start()

    def started(self, submission: Submission) -> None:
        """Show that it is running."""
        if len(self._marks) == self._kept:
            # nothing was graded yet: what was kept took no time, and would falsify the rate
            self._progress.reset(self._task, completed=self._kept)
        self._running[submission.id] = _short(submission.id)

    def finished(self, result: Result, kept: bool) -> None:
        """Count its mark."""
        self._running.pop(result.submission.id, None)
        self._marks.append(result.score)
        self._full = result.max_score
        self._kept += kept
        self._progress.advance(self._task)

    def again(self, submission: Submission, why: str) -> None:
        """Say what was lost, above the bar."""
        self._running.pop(submission.id, None)
        self._live.console.print(
            _lost_line(submission, why), markup=False, highlight=False
        )

    def end(self) -> None:
        """Take the bar away."""
        self._live.stop()

    def _shown(self) -> RenderableType:
        lines: list[RenderableType] = [self._progress.get_renderable()]
        if self._running:
            running = ", ".join(self._running.values())
            lines.append(
                Text(f"running  {running}", overflow="ellipsis", no_wrap=True)
            )
        if self._marks:
            mean = statistics.fmean(self._marks)
            median = statistics.median(self._marks)
            lines.append(
                Text(
                    f"marks    mean {mean:.1f}, median {median:.1f} of {self._full:g}"
                )
            )
        return Group(*lines)


class _Rate(ProgressColumn):
    """Submissions per minute."""

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        speed: Any = task.finished_speed or task.speed
        text = ""
        if speed:
            text = f"{speed * 60:.0f}/min"
        return Text(text, style="progress.data.speed")


def _mark(result: Result) -> str:
    mark = f"{result.score:5.2f} / {result.max_score:g}"
    return mark + " incomplete" * result.incomplete


def _lost_line(submission: Submission, why: str) -> str:
    reason = one_line(why)[:_LONGEST_REASON]
    return f"{_short(submission.id)} is graded again: {reason}"


def _short(id_: str) -> str:
    return one_line(id_)[:_LONGEST_ID]
