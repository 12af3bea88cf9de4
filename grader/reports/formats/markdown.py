"""Markdown: a result for a merge request, a forum or a job's summary page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grader.reports.formats.terminal import SIGNS, Words
from grader.reports.text import neutral, prose
from grader.reports.views.content import Notes, explain, grouped, is_unexplained
from grader.reports.views.listing import listing
from grader.reports.views.overrides import Manual, apply_overrides
from grader.results import CheckResult, FunctionResult, Note, Result


def markdown_report(result: Result, notes: Notes, lang: str = "en", manual: Manual | None = None) -> str:
    """One result as GitHub's Markdown. Raises UsageError as `student_report` does."""
    result = neutral.clean(apply_overrides(result, manual), limit=1_000)
    words = Words(lang, result.exercise)
    name = neutral.markdown(result.submission.name or result.submission.id)
    lines = [f"# {name}: {words.points(result.score)} / {words.points(result.max_score)}", ""]
    lines += [f"| {words('Function')} | {words('Verdict')} | {words('Points')} |", "| --- | --- | ---: |"]
    for key, function in result.functions.items():
        mark = f"{words.points(function.score)} / {words.points(function.max_score)}"
        code = neutral.markdown_code(key, cell=True)
        lines.append(f"| {code} | {SIGNS[function.status]} {words.state(function.status)} | {mark} |")
    for key, function in result.functions.items():
        lines += function_section(key, function, notes, words)
        if manual and key in manual and manual[key].comment:
            lines += ["", f"> **{words('From your instructor')}**: {neutral.markdown(manual[key].comment)}"]
    if result.notices:
        lines += ["", f"## {words('Notices')}", ""]
        lines += [f"- {neutral.markdown(str(notice))}" for notice in result.notices[:40]]
    return "\n".join(lines) + "\n"


def function_section(name: str, function: FunctionResult, notes: Notes, words: Words) -> Iterator[str]:
    """The lines on one function of a cleaned result; none where it is simply right."""
    if function.status == "right" and not function.follow_through:
        return
    yield from ("", f"## {neutral.markdown_code(name)}: {words.state(function.status)}", "")
    if function.follow_through:
        yield words("right, given your own functions that it builds on")
    for group in grouped([check for check in function.checks if check.outcome != "passed"]):
        yield from (_title(check, words) for check in group[:-1])
        yield _check(group[-1], words)
    yield from _source(function)
    told = explain(name, function, notes)
    if told.others:
        yield words("One of these explains your results exactly; your results alone cannot tell which.")
    for index, together in enumerate((told.notes, *told.others)):
        if index:
            yield from ("", f"*{words('or')}*")
        for note in together:
            yield from _note(note, function.facts, words)
    if is_unexplained(function):
        yield from ("", words("No known mistake explains these results, so none is named."))
    elif function.first_wrong and not told.notes:
        first = neutral.markdown(function.first_wrong)
        yield from ("", words("The first quantity that is off is %(name)s.", name=first))


def _title(check: CheckResult, words: Words) -> str:
    return f"- {SIGNS[check.outcome]} {neutral.markdown(words.title(check))}"


def _check(check: CheckResult, words: Words) -> str:
    line = _title(check, words)
    if check.message:
        line += f": {neutral.markdown(check.message)}"
    return line + (f" ({neutral.markdown_code(words.difference(check.mismatch))})" if check.mismatch else "")


def _source(function: FunctionResult) -> Iterator[str]:
    shown = listing(function)
    if shown is None:
        return
    marks = ((">" if line.marked else " ", line) for line in shown.lines)
    text = "\n".join(f"{mark}{line.number:4}  {line.text}" for mark, line in marks)
    yield from ("", neutral.markdown_block(text))


def _note(note: Note, facts: Mapping[str, str], words: Words) -> Iterator[str]:
    # Formulas are in plain characters and facts are quoted: neither needs the reader's Markdown to know them.
    yield from ("", f"> **{words('Correction')}**: {neutral.markdown(prose.to_text(note.title, facts))}")
    for paragraph in prose.to_text(note.note, facts).split("\n\n"):
        yield from (">", f"> {neutral.markdown(paragraph)}")
    if note.hint:
        yield from (">", f"> **{words('Look at')}**: {neutral.markdown(prose.to_text(note.hint, facts))}")
