"""Notes in light Markdown: `code`, *emphasis*, lists, $formulas$, and {facts} of the submission at hand.

A `{name}` is replaced by the function's fact of that name, in running text and in code. If there is no such
fact, as in a note that is shown to a class, it is replaced by an ellipsis. A fact is the student's own text:
it is put in after parsing, so that it is never read as Markdown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

from grader.reports.text.formula import displayed, plain

Facts = Mapping[str, str]
UNKNOWN = "…"

_FACT = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_CODE = re.compile(r"`([^`\n]+)`")


def to_html(text: str, facts: Facts | None = None) -> Markup:
    """A note's paragraphs as HTML."""
    return Markup(_parser().render(text.strip(), {"facts": facts or {}}))


def line_to_html(text: str, facts: Facts | None = None) -> Markup:
    """A note's title as HTML, without a paragraph of its own."""
    return Markup(_parser().renderInline(text.strip(), {"facts": facts or {}}))


def to_text(text: str, facts: Facts | None = None) -> str:
    """A note as plain text, with an empty line between paragraphs; formulas are in plain characters."""
    paragraphs: list[str] = []
    for token in _parser().parse(text.strip(), {"facts": facts or {}}):
        if token.type == "inline":
            bullet = "- " if token.level >= 3 else ""
            paragraphs.append(bullet + _plain(token.children or (), facts or {}))
    return "\n\n".join(paragraphs).replace("\n\n- ", "\n- ")


def sentence_to_html(sentence: str) -> Markup:
    """A check's sentence, which may quote a student: it is escaped, and `code` is set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(sentence))))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).disable(
        ["link", "image", "autolink", "html_inline"]
    )
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("escape", "fact", _fact)
    parser.add_render_rule("formula", _render_formula)
    parser.add_render_rule("fact", _render_fact)
    parser.add_render_rule("code_inline", _render_code)
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "$":
        return False
    end = state.src.find("$", state.pos + 1)
    if end <= state.pos + 1:
        return False
    if not silent:
        state.push("formula", "math", 0).content = state.src[state.pos + 1 : end]
    state.pos = end + 1
    return True


def _fact(state: StateInline, silent: bool) -> bool:
    match = _FACT.match(state.src, state.pos)
    if not match:
        return False
    if not silent:
        state.push("fact", "code", 0).content = state.env["facts"].get(
            match[1], UNKNOWN
        )
    state.pos = match.end()
    return True


def _render_formula(
    _renderer: object, tokens: Sequence[Token], index: int, *_: object
) -> str:
    return str(displayed(tokens[index].content))


def _render_fact(
    _renderer: object, tokens: Sequence[Token], index: int, *_: object
) -> str:
    return f"<code>{escape(tokens[index].content)}</code>"


def _render_code(
    _renderer: object,
    tokens: Sequence[Token],
    index: int,
    _options: object,
    env: Mapping[str, Facts],
) -> str:
    return f"<code>{escape(_filled(tokens[index].content, env['facts']))}</code>"


def _filled(text: str, facts: Facts) -> str:
    return _FACT.sub(lambda match: facts.get(match[1], UNKNOWN), text)


def _plain(tokens: Sequence[Token], facts: Facts) -> str:
    return "".join(_plain_token(token, facts) for token in tokens)


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
