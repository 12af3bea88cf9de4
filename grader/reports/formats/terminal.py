"""One result, and a class's summary, in a terminal: the page's content in a compact form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.exercise import Exercise
from grader.reports.text import neutral, prose
from grader.reports.text.lead import lead
from grader.reports.text.words import SIGNS, Words
from grader.reports.views import cohort
from grader.reports.views.content import (
    Explanation,
    Notes,
    grouped,
    message_of,
    worth_telling,
)
from grader.reports.views.listing import of_helpers, spans_of, wrong_parts
from grader.reports.views.overrides import (
    Manual,
    Overrides,
    apply_overrides,
    comment_on,
    marked,
)
from grader.reports.views.review import review
from grader.results import CheckResult, FunctionResult, Note, Result

STYLES = {
    "right": "green",
    "passed": "green",
    "partial": "yellow",
    "wrong": "red",
    "failed": "red",
    "missing": "red",
    "blocked": "dim",
    "void": "yellow",
}
AROUND = 2  # lines of source shown before and after the marked one
MAX_NOTICES = 10
MAX_SHARED = 5  # misconceptions in a class's summary
MAX_LOOKS = 20


def show(
    result: Result,
    exercise: Exercise,
    console: Console,
    lang: str = "en",
    manual: Manual | None = None,
) -> None:
    """Print one result on `console`. Raises UsageError as `student_report` does."""
    result = neutral.clean(apply_overrides(result, manual))
    words = Words(exercise, lang)
    notes = exercise.notes(lang)
    told = review(result, notes)
    parts: list[RenderableType] = [_head(result, words), Text()]
    for sentence in lead(result, told, words):
        parts.append(Text(str(sentence), style="bold"))
    parts.append(Text())
    for section in told.sections:
        name = section.name
        parts += _function(name, section.function, section.explanation, words)
        comment = neutral.terminal(comment_on(name, manual))
        if comment:
            said = words.labelled(words("From your instructor"), comment)
            parts.append(_text(said, "blue"))
    parts += _closing(result, words)
    _print(parts, console)


def _print(parts: Sequence[RenderableType], console: Console) -> None:
    # only where lines are broken is it known what each begins with
    with console.capture() as captured:
        # Rich reads "[red]" as markup, which a student's text may hold: it must not.
        console.print(Group(*parts), markup=False, highlight=False)
    console.file.write(neutral.without_commands(captured.get()))


def show_summary(
    results: Sequence[Result],
    exercise: Exercise,
    console: Console,
    lang: str = "en",
    overrides: Overrides | None = None,
) -> None:
    """Print a class's summary: one row per submission, the most frequent misconceptions, what to look at.

    Raises UsageError as `class_page` does.
    """
    words = Words(exercise, lang)
    shown = []
    for result in marked(results, overrides):
        shown.append(neutral.clean(result, limit=200))
    parts: list[RenderableType] = [_table(shown, words)]
    parts += _frequent(shown, exercise.notes(lang), words)
    parts += _looks(shown, words)
    _print(parts, console)


# -- one result ------------------------------------------------------------------------------------------


def _head(result: Result, words: Words) -> Text:
    score = words.points(result.score)
    full = words.points(result.max_score)
    submission = result.submission
    name = neutral.one_line(submission.name or submission.id)
    line = Text(f"{score} / {full}", style="bold")
    line.append(f"  {name[:80]}", style="not bold")
    if result.incomplete:
        line.append(f"  ({words.incomplete(result)})", style="yellow")
    return line


def _function(
    name: str, function: FunctionResult, explanation: Explanation, words: Words
) -> Iterator[RenderableType]:
    line = Text(f"{SIGNS[function.status]} ", style=STYLES[function.status])
    line.append(f"{name:<16}", style="bold default")
    line.append(f"{words.state(function.status):<14}")
    line.append(words.mark(function), style="default")
    yield line
    if function.follow_through:
        yield _text(words.follow_through(function), "dim")
    if function.status == "right":
        return
    for shown in [function, *of_helpers(function)]:
        yield from _source(shown, words)
    before = words.before_notes(explanation)
    if before:
        yield _text(before, "dim" if explanation.unexplained else "")
    for number, together in enumerate(explanation.sets):
        if number > 0:
            yield _text(words("or"), "italic")
        for note in together:
            yield from _note(note, function.facts, words)
    observed = words.observed(explanation)
    if observed:
        yield _text(neutral.one_line(observed))
    located = words.located(explanation, function.source)
    if located:
        yield _text(neutral.one_line(located))
        for part in wrong_parts(function):
            yield _text(neutral.one_line(part), "underline", by=4)
    yield from _checks(function.checks, words)


def _checks(
    checks: Sequence[CheckResult], words: Words
) -> Iterator[RenderableType]:
    for group in grouped(worth_telling(checks)):
        for check in group:
            line = Text(
                f"{SIGNS[check.outcome]} ", style=STYLES[check.outcome]
            )
            line.append(words.title(check.title), style="default")
            yield _indented(line)
        # The checks of a group say the same, so the first one speaks for all.
        first = group[0]
        message = neutral.terminal(message_of(first))
        if message:
            yield _text(message, by=4)
        if first.mismatch:
            difference = neutral.one_line(words.difference(first.mismatch))
            yield _text(difference, "dim", by=4)


def _source(
    function: FunctionResult, words: Words
) -> Iterator[RenderableType]:
    """The marked line with those around it; of a notebook, its cell as well."""
    if function.source is None or function.line is None:
        return
    first, texts = function.source.written()
    # those of the marked line's own cell
    line, cell, _ = function.source.place_of(function.line)
    if cell is not None:
        place = words.place(function.line, function.source)
        yield _text(neutral.one_line(place), "dim")
    around = []
    for number in range(function.line - AROUND, function.line + AROUND + 1):
        is_shown = first <= number < first + len(texts)
        if is_shown and function.source.place_of(number)[1] == cell:
            around.append(number)
    if not around:
        # a long text is cut
        return
    start_line, _, _ = function.source.place_of(around[0])
    shown = [texts[number - first] for number in around]
    code = Syntax(
        neutral.terminal("\n".join(shown)),
        "python",
        theme="ansi_dark",
        background_color="default",
        line_numbers=True,
        start_line=start_line,
        highlight_lines={line},
    )
    for number, spans in spans_of(function).items():
        if number in around:
            for start, stop in spans:
                at = number - around[0] + 1
                code.stylize_range("underline red", (at, start), (at, stop))
    yield _indented(code)


def _note(
    note: Note, facts: Mapping[str, str], words: Words
) -> Iterator[RenderableType]:
    yield _text(prose.to_text(note.title, facts), "bold red")
    if note.note:
        text = prose.to_text(note.note, facts)
        yield _text(text, by=4)
    if note.hint:
        hint = prose.to_text(note.hint, facts)
        labelled = words.labelled(words("Hint"), hint)
        yield _text(labelled, "italic", by=4)


def _closing(result: Result, words: Words) -> Iterator[RenderableType]:
    """The notices, and what was not isolated."""
    yield Text()
    for notice in result.notices[:MAX_NOTICES]:
        sentence = neutral.one_line(words.notice(notice))
        yield Text(f"· {sentence}", style="dim")
    for layer, state in result.isolation.items():
        # Only what is missing is said: that all walls stand is nothing to tell a student.
        if state != "enforced":
            missing = neutral.one_line(f"{layer} {state}")
            sentence = words.labelled(words("Isolation"), missing)
            yield Text(f"· {sentence}", style="yellow")


def _text(text: str, style: str = "", by: int = 2) -> Padding:
    """One indented text, without markup."""
    return _indented(Text(text, style=style), by)


def _indented(what: RenderableType, by: int = 2) -> Padding:
    return Padding(what, (0, 0, 0, by))


# -- a class ---------------------------------------------------------------------------------------------


def _table(results: Sequence[Result], words: Words) -> Table:
    """One row per submission. Functions have numbers for names, so that a narrow terminal holds them."""
    names = cohort.function_names(results)
    legend = []
    for number, name in enumerate(names, 1):
        # A no-break space, so that no line ends between a number and its name.
        legend.append(f"{number}\u00a0{neutral.one_line(name)}")
    table = Table(
        box=None, pad_edge=False, header_style="dim", show_edge=False
    )
    table.caption = "  ".join(legend)
    table.caption_justify = "left"
    table.add_column(words("Submission"), max_width=40, no_wrap=True)
    table.add_column(words("Mark"), justify="right", no_wrap=True)
    for number, _ in enumerate(names, 1):
        table.add_column(str(number), no_wrap=True)
    for result in results:
        submission = Text(neutral.one_line(result.submission.id))
        points = words.points(result.score)
        if result.incomplete:
            points += " ?"
        signs = []
        for name in names:
            function = result.functions.get(name)
            signs.append(_sign(function))
        table.add_row(submission, points, *signs)
    return table


def _sign(function: FunctionResult | None) -> Text:
    if function is None:
        return Text("-")
    return Text(SIGNS[function.status], style=STYLES[function.status])


def _frequent(
    results: Sequence[Result], notes: Notes, words: Words
) -> Iterator[RenderableType]:
    frequent = cohort.misconceptions(results, notes)[:MAX_SHARED]
    if not frequent:
        return
    yield Text()
    yield Text(words("For the next lecture"), style="bold")
    for shared in frequent:
        title = prose.to_text(shared.note.title)
        line = Text(f"{len(shared.submissions):4}  {title}  ")
        line.append(shared.note.id, style="dim")
        yield line


def _looks(
    results: Sequence[Result], words: Words
) -> Iterator[RenderableType]:
    looks = cohort.needing_a_look(results)
    if not looks:
        return
    ids = []
    for look in looks[:MAX_LOOKS]:
        id_ = neutral.one_line(look.result.submission.id)
        ids.append(id_)
    names = ", ".join(ids)
    if len(looks) > MAX_LOOKS:
        names += f" … ({len(looks)})"
    yield Text()
    line = Text(words.labelled(words("To look at"), names))
    label_end = len(line) - len(names)
    line.stylize("bold", 0, label_end)
    yield line
