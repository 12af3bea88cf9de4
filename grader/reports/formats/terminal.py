"""One result, and a class's summary, in a terminal: the page's content, compact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from grader.reports.text import language, neutral, prose
from grader.reports.views import cohort
from grader.reports.views.content import Explanation, Notes, explain, grouped, is_unexplained, next_steps
from grader.reports.views.overrides import Manual, Overrides, apply_overrides
from grader.results import CheckResult, FunctionResult, Mismatch, Note, Result

STYLES = {
    "right": "green", "passed": "green", "partial": "yellow", "wrong": "red", "failed": "red",
    "missing": "red", "blocked": "dim",
}  # fmt: skip
SIGNS = {
    "right": "✓", "passed": "✓", "partial": "◐", "wrong": "✗", "failed": "✗", "missing": "∅", "blocked": "‖",
}  # fmt: skip
AROUND = 2  # lines of source shown before and after the marked one


class Words:
    """The report's words in one language, for a terminal and for Markdown."""

    def __init__(self, lang: str, exercise: str = "") -> None:
        self.lang = lang
        self.exercise = exercise
        self._translations = language.translations(lang)

    def __call__(self, sentence: str, **values: object) -> str:
        translated = self._translations.gettext(sentence)
        return translated % values if values else translated

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        return self._translations.ngettext(one, many, number) % {"num": number, **values}

    def title(self, check: CheckResult) -> str:
        """A check's title, translated where the exercise has it in this language."""
        return language.fixed(check.title, self.lang, self.exercise)

    def points(self, value: float) -> str:
        return language.number(value, self.lang)

    def state(self, status: str) -> str:
        names = {
            "right": self("right"),
            "partial": self("partly right"),
            "wrong": self("wrong"),
            "missing": self("missing"),
            "blocked": self("not judged"),
            "passed": self("passed"),
            "failed": self("failed"),
        }
        return names[status]

    def difference(self, found: Mismatch) -> str:
        """A mismatch as one sentence."""
        values = {"quantity": found.quantity, "actual": found.actual, "expected": found.expected}
        kinds = {"shape": self("shape"), "dtype": self("data type"), "type": self("type")}
        if found.kind != "values":
            return self(
                "%(quantity)s: %(kind)s %(actual)s, expected %(expected)s", kind=kinds[found.kind], **values
            )
        where = f"[{', '.join(map(str, found.where))}]" if found.where else ""
        sentence = self("%(quantity)s%(where)s is %(actual)s, expected %(expected)s", where=where, **values)
        off = self.count(
            "%(wrong)s of %(num)s entry is off",
            "%(wrong)s of %(num)s entries are off",
            found.total,
            wrong=found.wrong,
        )
        return f"{sentence}; {off}"


def render(result: Result, notes: Notes, lang: str = "en", manual: Manual | None = None) -> RenderableType:
    """One result for a terminal. Raises UsageError as `student_report` does."""
    result = neutral.clean(apply_overrides(result, manual), limit=1_000)
    words = Words(lang, result.exercise)
    parts: list[RenderableType] = [_head(result, words), Text()]
    for name, function in result.functions.items():
        comment = (manual or {}).get(name)
        parts += _function(name, function, explain(name, function, notes), words)
        if comment and comment.comment:
            said = f"{words('From your instructor')}: {neutral.terminal(comment.comment)}"
            parts.append(_indented(Text(said, style="blue")))
    steps = next_steps(result, notes)
    first = steps[0].function if steps else ""
    closing = (
        words("Begin with %(name)s.", name=first)
        if steps
        else words("Nothing: everything is right. Well done.")
    )
    parts += [Text(), Text(closing, style="bold")]
    parts += [Text(f"· {neutral.one_line(str(notice))}", style="dim") for notice in result.notices[:10]]
    unavailable = [f"{layer} {kept}" for layer, kept in result.isolation.items() if kept != "enforced"]
    parts += [
        Text(f"· {words('Isolation')}: {neutral.one_line(layer)}", style="yellow") for layer in unavailable
    ]
    return Group(*parts)


def summary(
    results: Sequence[Result], notes: Notes, lang: str = "en", overrides: Overrides | None = None
) -> RenderableType:
    """A class for a terminal: a row a submission, the most frequent misconceptions, and whom to look at."""
    words, overrides = Words(lang), overrides or {}
    marked = [apply_overrides(result, overrides.get(result.submission.id)) for result in results]
    shown = sorted((neutral.clean(result, limit=200) for result in marked), key=lambda one: one.submission.id)
    parts: list[RenderableType] = [_table(shown, words)]
    frequent = cohort.misconceptions(shown, notes)[:5]
    if frequent:
        parts += [Text(), Text(words("For the next lecture"), style="bold")]
        parts += [
            Text(f"{len(shared.submissions):4}  {prose.to_text(shared.note.title)}  ").append(
                shared.note.id, style="dim"
            )
            for shared in frequent
        ]
    looks = cohort.needing_a_look(shown)
    if looks:
        names = ", ".join(neutral.one_line(look.result.submission.id) for look in looks[:20])
        more = f" … ({len(looks)})" if len(looks) > 20 else ""
        parts += [
            Text(),
            Text(f"{words('To look at')}: ", style="bold").append(names + more, style="not bold"),
        ]
    return Group(*parts)


def show(
    result: Result, notes: Notes, console: Console, lang: str = "en", manual: Manual | None = None
) -> None:
    """Print one result on `console`."""
    console.print(render(result, notes, lang, manual), markup=False, highlight=False)


def show_summary(
    results: Sequence[Result],
    notes: Notes,
    console: Console,
    lang: str = "en",
    overrides: Overrides | None = None,
) -> None:
    """Print a class's summary on `console`."""
    console.print(summary(results, notes, lang, overrides), markup=False, highlight=False)


def _head(result: Result, words: Words) -> Text:
    mark = f"{words.points(result.score)} / {words.points(result.max_score)}"
    name = neutral.one_line(result.submission.name or result.submission.id)
    return Text(mark, style="bold").append(f"  {name[:80]}", style="not bold")


def _function(
    name: str, function: FunctionResult, told: Explanation, words: Words
) -> Iterator[RenderableType]:
    mark = f"{words.points(function.score)} / {words.points(function.max_score)}"
    style = STYLES[function.status]
    line = Text(f"{SIGNS[function.status]} ", style=style).append(f"{name:<16}", style="bold default")
    yield line.append(f"{words.state(function.status):<14}").append(mark, style="default")
    if function.follow_through:
        yield _indented(Text(words("right, given your own functions that it builds on"), style="dim"))
    if function.status == "right":
        return
    yield from _checks(function.checks, words)
    yield from _source(function)
    if told.others:
        yield _indented(
            Text(words("One of these explains your results exactly; your results alone cannot tell which."))
        )
    for index, notes in enumerate((told.notes, *told.others)):
        if index:
            yield _indented(Text(words("or"), style="italic"))
        for note in notes:
            yield from _note(note, function.facts, words)
    if is_unexplained(function):
        yield _indented(
            Text(words("No known mistake explains these results, so none is named."), style="dim")
        )
    elif function.first_wrong and not told.notes:
        yield _indented(Text(words("The first quantity that is off is %(name)s.", name=function.first_wrong)))


def _checks(checks: Sequence[CheckResult], words: Words) -> Iterator[RenderableType]:
    for group in grouped([check for check in checks if check.outcome != "passed"]):
        for check in group:
            line = Text(f"{SIGNS[check.outcome]} ", style=STYLES[check.outcome])
            yield _indented(line.append(words.title(check), style="default"))
        if group[0].message:
            yield _indented(Text(neutral.terminal(group[0].message)), by=4)
        if group[0].mismatch:
            yield _indented(Text(neutral.one_line(words.difference(group[0].mismatch)), style="dim"), by=4)


def _source(function: FunctionResult) -> Iterator[RenderableType]:
    """The marked line with those around it."""
    if function.source is None or function.line is None:
        return
    first = function.source.first_line
    text = neutral.terminal(function.source.text)
    window = (max(1, function.line - first + 1 - AROUND), function.line - first + 1 + AROUND)
    # Rich counts the lines to show from the text's own first line, and those to mark from `start_line`.
    yield _indented(
        Syntax(
            text,
            "python",
            theme="ansi_dark",
            background_color="default",
            line_numbers=True,
            start_line=first,
            line_range=window,
            highlight_lines={function.line},
        )
    )


def _note(note: Note, facts: Mapping[str, str], words: Words) -> Iterator[RenderableType]:
    yield _indented(Text(prose.to_text(note.title, facts), style="bold green"))
    if note.note:
        yield _indented(Text(prose.to_text(note.note, facts), style="green"), by=4)
    if note.hint:
        yield _indented(Text(f"{words('Look at')}: {prose.to_text(note.hint, facts)}", style="italic"), by=4)


def _table(results: Sequence[Result], words: Words) -> Table:
    """A row a submission; the functions are signs, by number, so that a narrow terminal holds them."""
    names = list(dict.fromkeys(name for result in results for name in result.functions))
    legend = "  ".join(f"{number}\u00a0{neutral.one_line(name)}" for number, name in enumerate(names, 1))
    table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False, caption=legend)
    table.caption_justify = "left"
    table.add_column(words("Submission"), max_width=40, no_wrap=True)
    table.add_column(words("Mark"), justify="right", no_wrap=True)
    for number, _ in enumerate(names, 1):
        table.add_column(str(number), no_wrap=True)
    for result in results:
        functions = (result.functions.get(name) for name in names)
        cells = (Text(SIGNS[one.status], style=STYLES[one.status]) if one else Text("-") for one in functions)
        table.add_row(Text(neutral.one_line(result.submission.id)), words.points(result.score), *cells)
    return table


def _indented(what: RenderableType, by: int = 2) -> Padding:
    return Padding(what, (0, 0, 0, by))
