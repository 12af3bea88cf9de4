"""Notes in light Markdown: `code`, *emphasis*, lists, $formulas$, and {facts} of the submission at hand.

A `{name}` is replaced by the function's fact of that name, in running text and in code. If there is no such
fact, as in a note that is shown to a class, it is replaced by an ellipsis. A fact is the student's own text:
it is put in after parsing, so that it is never read as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from grader.reports.text.formula import displayed, plain
from grader.results import Note

Facts = Mapping[str, str]
UNKNOWN = "…"

_FACT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CODE = re.compile(r"`([^`\n]+)`")


def to_html(text: str, facts: Facts | None = None) -> Markup:
    """A note's paragraphs as HTML."""
    html = _parser().render(text.strip(), _env(facts))
    return Markup(html)


def line_to_html(text: str, facts: Facts | None = None) -> Markup:
    """A note's title as HTML, without a paragraph of its own."""
    html = _parser().renderInline(text.strip(), _env(facts))
    return Markup(html)


def to_text(text: str, facts: Facts | None = None) -> str:
    """A note as plain text, with an empty line between paragraphs; formulas are in plain characters."""
    facts = facts or {}
    paragraphs: list[str] = []
    for token in _parser().parse(text.strip(), _env(facts)):
        if token.type != "inline":
            continue
        paragraph = _plain(token.children or (), facts)
        # A paragraph is at level 1, one in a list's item at level 3.
        if token.level >= 3:
            paragraph = f"- {paragraph}"
        paragraphs.append(paragraph)
    # A list's items follow each other without an empty line.
    return "\n\n".join(paragraphs).replace("\n\n- ", "\n- ")


def titles(notes: Iterable[Note], facts: Facts) -> list[str]:
    """The notes' titles as plain text."""
    return [to_text(note.title, facts) for note in notes]


def sentence_to_html(sentence: str) -> Markup:
    """A check's sentence, which may quote a student: it is escaped, and `code` is set as code."""
    escaped = str(escape(sentence))
    return Markup(_CODE.sub(r"<code>\1</code>", escaped))


def _env(facts: Facts | None) -> dict[str, Facts]:
    """What markdown-it hands to the rules below, beside the text."""
    return {"facts": facts or {}}


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    parser.disable(["link", "image", "autolink", "html_inline"])
    # Before "escape": a formula's backslashes are its own.
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("escape", "fact", _fact)
    parser.add_render_rule("formula", _render_formula)
    parser.add_render_rule("fact", _render_fact)
    parser.add_render_rule("code_inline", _render_code)
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    """The rule of markdown-it for $...$; `silent` when it only asks whether there is one."""
    if state.src[state.pos] != "$":
        return False
    end = state.src.find("$", state.pos + 1)
    if end <= state.pos + 1:
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = state.src[state.pos + 1 : end]
    state.pos = end + 1
    return True


def _fact(state: StateInline, silent: bool) -> bool:
    """The rule of markdown-it for {name}."""
    match = _FACT.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        token = state.push("fact", "code", 0)
        facts = state.env["facts"]
        token.content = facts.get(match[1], UNKNOWN)
    state.pos = match.end()
    return True


def _render_formula(
    _renderer: object, tokens: Sequence[Token], index: int, *_: object
) -> str:
    latex = tokens[index].content
    return str(displayed(latex))


def _render_fact(
    _renderer: object, tokens: Sequence[Token], index: int, *_: object
) -> str:
    fact = tokens[index].content
    return f"<code>{escape(fact)}</code>"


def _render_code(
    _renderer: object,
    tokens: Sequence[Token],
    index: int,
    _options: object,
    env: Mapping[str, Facts],
) -> str:
    code = _filled(tokens[index].content, env["facts"])
    return f"<code>{escape(code)}</code>"


def _filled(text: str, facts: Facts) -> str:
    def fact(match: re.Match[str]) -> str:
        return facts.get(match[1], UNKNOWN)

    return _FACT.sub(fact, text)


def _plain(tokens: Sequence[Token], facts: Facts) -> str:
    text = ""
    for token in tokens:
        text += _plain_token(token, facts)
    return text


def _plain_token(token: Token, facts: Facts) -> str:
    match token.type:
        case "formula":
            return plain(token.content)
        case "code_inline":
            return f"`{_filled(token.content, facts)}`"
        case "fact":
            return f"`{token.content}`"
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case _:
            return token.content
