"""Markdown: a result for a merge request, a forum or a job's summary page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grader.exercise import Exercise
from grader.reports.text import neutral, prose
from grader.reports.text.lead import lead
from grader.reports.text.words import SIGNS, Words
from grader.reports.views.content import (
    Notes,
    explain,
    grouped,
    message_of,
    worth_telling,
)
from grader.reports.views.listing import listing, of_helpers, wrong_parts
from grader.reports.views.overrides import Manual, apply_overrides, comment_on
from grader.reports.views.review import review
from grader.results import CheckResult, FunctionResult, Note, Result

MAX_NOTICES = 40


def markdown_report(
    result: Result,
    exercise: Exercise,
    lang: str = "en",
    manual: Manual | None = None,
) -> str:
    """One result as GitHub's Markdown. Raises UsageError as `student_report` does."""
    result = neutral.clean(apply_overrides(result, manual), limit=1_000)
    words = Words(exercise, lang)
    notes = exercise.notes(lang)
    told = review(result, notes)
    lines = list(_overview(result, words))
    said = " ".join(map(str, lead(result, told, words)))
    lines += ["", neutral.markdown(said)]
    for section in told.sections:
        name = section.name
        lines += function_section(name, section.function, notes, words)
        comment = comment_on(name, manual)
        if comment:
            label = words("From your instructor")
            lines += ["", _quoted(label, comment, words)]
    if result.notices:
        lines += ["", f"## {words('Notices')}", ""]
    for notice in result.notices[:MAX_NOTICES]:
        sentence = neutral.markdown(words.notice(notice))
        lines.append(f"- {sentence}")
    return neutral.without_commands("\n".join(lines) + "\n")


def function_section(
    name: str, function: FunctionResult, notes: Notes, words: Words
) -> Iterator[str]:
    """The lines on one function of a cleaned result; none if it is simply right."""
    if function.status == "right" and not function.follow_through:
        return
    code = neutral.markdown_code(name)
    yield ""
    yield f"## {code}: {words.state(function.status)}"
    yield ""
    if function.follow_through:
        yield words.follow_through(function)
    if function.status == "right":
        return
    for shown in [function, *of_helpers(function)]:
        yield from _source(shown, words)
    explanation = explain(name, function, notes)
    before = words.before_notes(explanation)
    if before:
        yield ""
        yield neutral.markdown(before)
    for number, together in enumerate(explanation.sets):
        if number > 0:
            yield ""
            yield f"*{words('or')}*"
        for note in together:
            yield from _note(note, function.facts, words)
    observed = words.observed(explanation)
    if observed:
        yield ""
        yield neutral.markdown(observed)
    located = words.located(explanation, function.source)
    if located:
        parts = map(neutral.markdown_code, wrong_parts(function))
        yield ""
        yield f"{neutral.markdown(located)} {', '.join(parts)}".rstrip()
    yield ""
    for group in grouped(worth_telling(function.checks)):
        # The checks of a group say the same: all titles, and the message once, after the last.
        *others, last = group
        for check in others:
            yield _title(check, words)
        yield _check(last, words)


def _overview(result: Result, words: Words) -> Iterator[str]:
    submission = result.submission
    name = neutral.markdown(submission.name or submission.id)
    score = words.points(result.score)
    full = words.points(result.max_score)
    yield f"# {name}: {score} / {full}"
    if result.incomplete:
        yield ""
        yield f"**{words.incomplete(result)}**"
    yield ""
    head = [words("Function"), words("Verdict"), words("Points")]
    yield f"| {' | '.join(head)} |"
    yield "| --- | --- | ---: |"
    for key, function in result.functions.items():
        code = neutral.markdown_code(key, cell=True)
        state = f"{SIGNS[function.status]} {words.state(function.status)}"
        yield f"| {code} | {state} | {words.mark(function)} |"


def _title(check: CheckResult, words: Words) -> str:
    title = neutral.markdown(words.title(check.title))
    return f"- {SIGNS[check.outcome]} {title}"


def _check(check: CheckResult, words: Words) -> str:
    title = _title(check, words)
    message = neutral.markdown(message_of(check))
    if check.mismatch:
        difference = neutral.markdown_code(words.difference(check.mismatch))
        message = f"{message} ({difference})" if message else difference
    if not message:
        return title
    return words.labelled(title, message)


def _source(function: FunctionResult, words: Words) -> Iterator[str]:
    shown = listing(function)
    if shown is None:
        return
    if shown.in_notebook:
        place = words.place(function.line, function.source)
        yield ""
        yield neutral.markdown(place) + ":"
    lines = []
    for line in shown.lines:
        mark = ">" if line.marked else " "
        lines.append(f"{mark}{line.number:4}  {line.text}")
    source = "\n".join(lines)
    yield ""
    yield neutral.markdown_block(source)


def _note(note: Note, facts: Mapping[str, str], words: Words) -> Iterator[str]:
    # Formulas are in plain characters and facts are quoted, so any Markdown reader can show them.
    title = prose.to_text(note.title, facts)
    yield ""
    yield _quoted(words("Correction"), title, words)
    text = prose.to_text(note.note, facts)
    for paragraph in text.split("\n\n"):
        yield ">"
        yield f"> {neutral.markdown(paragraph)}"
    if note.hint:
        hint = prose.to_text(note.hint, facts)
        yield ">"
        yield _quoted(words("Hint"), hint, words)


def _quoted(label: str, text: str, words: Words) -> str:
    """A line of a quotation: the label in bold, then the text."""
    line = words.labelled(f"**{label}**", neutral.markdown(text))
    return f"> {line}"
