# ruff: noqa: RUF001, RUF002, RUF003 - formulas are made of these characters
"""The LaTeX that notes are written in, as MathML for a page and as plain characters for a terminal.

Only a subset of LaTeX: names, numbers, `_`, `^`, primes, groups, `\\frac`, `\\sqrt`, `\\left`, `\\right`, and
the commands in `templates/formulas.toml`. Anything else is refused, so that the author of a note sees it in
the tests, and no student in a report.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from grader import paths

_TOKEN = re.compile(
    r"\\([A-Za-z]+|.)|([0-9]+(?:\.[0-9]+)?)|\s+|(.)", re.DOTALL
)
# Operators with a space on both sides in plain text.
_SPACED = frozenset("=+−·×⊙⊗≤≥≠≈≡∼∝∈→←↦⇒<>")
# What a keyboard has for a sign, and the sign.
_TYPED_SIGNS = {"-": "−", "*": "∗"}
# A minus after one of these is a sign: "a · −b", but "a − b".
_BEFORE_A_SIGN = ("(", "=", ",", "[", "·", "×", "⊙")


class FormulaError(ValueError):
    """The formula uses something outside the subset."""


@dataclass(frozen=True)
class Node:
    """A piece of a formula in both forms."""

    mathml: Markup
    text: str


MINUS = Node(Markup("<mo>−</mo>"), " − ")
SIGN = Node(Markup('<mo form="prefix">−</mo>'), "−")
_BRACKET = Markup('<mo stretchy="false">{}</mo>')
_BRACKETS = ("(", ")", "[", "]", "|")
PRIME = Node(Markup("<mo>′</mo>"), "′")


def to_mathml(latex: str) -> Markup:
    """`latex` as a `<math>` element. Raises FormulaError outside the subset."""
    return _element("math", _parse(latex).mathml)


def to_text(latex: str) -> str:
    """`latex` in plain characters, such as "∂ℓ/∂s₂ = σ'(s₂)". Raises FormulaError outside the subset."""
    # Each piece brings its own spaces, so that two may meet, or one may stand inside a bracket.
    text = _parse(latex).text
    text = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"(?<=[(⟨]) | (?=[)⟩,])", "", text)


def displayed(latex: str) -> Markup:
    """`to_mathml`, or the source itself as code if the formula is outside the subset."""
    try:
        return to_mathml(latex)
    except FormulaError:
        return _element("code", latex)


def faults(text: str) -> Iterator[str]:
    """What is wrong with the $formulas$ of a text, a sentence each."""
    for latex in re.findall(r"\$([^$]+)\$", text):
        try:
            _parse(latex)
        except FormulaError as error:
            yield f"${latex}$ cannot be set: {error}"


def plain(latex: str) -> str:
    """`to_text`, or the source itself if the formula is outside the subset."""
    try:
        return to_text(latex)
    except FormulaError:
        return latex


@cache
def _tables() -> Mapping[str, Mapping[str, Any]]:
    """The tables of `templates/formulas.toml`."""
    path = paths.folder("templates") / "formulas.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _parse(latex: str) -> Node:
    tokens = _Tokens(latex)
    row = _row(tokens, end=None)
    if tokens.peek() is not None:
        raise FormulaError(f"unexpected {tokens.peek()!r} in {latex!r}")
    return row


class _Tokens:
    """The formula's tokens: "\\name" for a command, a number, or one character."""

    def __init__(self, latex: str) -> None:
        self._tokens: list[str] = []
        self._next = 0
        for match in _TOKEN.finditer(latex):
            is_command = match[1] is not None
            token = match[0].strip()
            if is_command and token == "\\":
                # `strip` took away the space of the command "\\ "
                self._tokens.append("\\ ")
            elif token:
                self._tokens.append(token)

    def peek(self) -> str | None:
        """The next token, which is not taken; None at the formula's end."""
        if self._next == len(self._tokens):
            return None
        return self._tokens[self._next]

    def take(self) -> str:
        """The next token. Raises FormulaError at the formula's end."""
        token = self.peek()
        if token is None:
            raise FormulaError("the formula ends too early")
        self._next += 1
        return token

    def until(self, end: str) -> Iterator[str]:
        """The tokens up to `end`, which is taken too."""
        token = self.take()
        while token != end:
            yield token
            token = self.take()


def _row(tokens: _Tokens, end: str | None) -> Node:
    """The pieces up to `end`, or up to the end of the formula if it is None."""
    pieces: list[Node] = []
    while tokens.peek() not in (None, end):
        piece = _scripted(tokens)
        if piece == MINUS and _opens(pieces):
            piece = SIGN
        elif pieces and pieces[-1] is SIGN:
            # A sign stands close to its term: "−x", not "− x".
            piece = Node(piece.mathml, piece.text.lstrip())
        pieces.append(piece)
    if end is not None:
        if tokens.peek() is None:
            raise FormulaError(f"{end!r} is missing")
        tokens.take()
    if len(pieces) == 1:
        return pieces[0]
    return _joined(*pieces)


def _scripted(tokens: _Tokens) -> Node:
    """A piece with its primes, subscript and superscript."""
    base = _piece(tokens)
    lower: Node | None = None
    upper: Node | None = None
    while tokens.peek() in ("_", "^", "'"):
        mark = tokens.take()
        if mark == "_":
            lower = _piece(tokens)
            continue
        # A prime is a superscript in MathML, and may stand before another: f'^2.
        raised = PRIME if mark == "'" else _piece(tokens)
        upper = raised if upper is None else _joined(upper, raised)
    return _with_scripts(base, lower, upper)


def _with_scripts(base: Node, lower: Node | None, upper: Node | None) -> Node:
    if lower is None and upper is None:
        return base
    mathml = base.mathml
    text = base.text
    # MathML has one element for each case: <msub>, <msup> and <msubsup>.
    tag = "m"
    if lower is not None:
        mathml += lower.mathml
        text += _script(lower, "_", "subscript")
        tag += "sub"
    if upper is not None:
        mathml += upper.mathml
        text += _script(upper, "^", "superscript")
        tag += "sup"
    return Node(_element(tag, mathml), text)


def _piece(tokens: _Tokens) -> Node:
    token = tokens.take()
    if token == "{":
        return _row(tokens, end="}")
    if token.startswith("\\"):
        return _command(token[1:], tokens)
    if token in "}_^&%$#~":
        raise FormulaError(f"unexpected {token!r}")
    if token[0].isdigit():
        return Node(_element("mn", token), token)
    if token.isalpha():
        return _identifier(token)
    return _operator(_TYPED_SIGNS.get(token, token))


def _command(name: str, tokens: _Tokens) -> Node:
    tables = _tables()
    if name in _STRUCTURES:
        return _STRUCTURES[name](tokens)
    if name in tables["identifiers"]:
        return _identifier(tables["identifiers"][name])
    if name in tables["functions"]:
        return _identifier(tables["functions"][name])
    if name in tables["operators"]:
        return _operator(tables["operators"][name])
    if name in tables["spaces"]:
        return _space(tables["spaces"][name])
    if name in tables["accents"]:
        return _accented(tables["accents"][name], tokens)
    if name in tables["alphabets"]:
        return _letter(name, tokens)
    if name in tables["texts"]:
        return _words(name, tokens)
    raise FormulaError(f"\\{name} is not among the formulas' commands")


def _fraction(tokens: _Tokens) -> Node:
    over = _piece(tokens)
    under = _piece(tokens)
    mathml = Markup("<mfrac>{}{}</mfrac>").format(over.mathml, under.mathml)
    # On one line, a/b·c would be read as (a/b)·c: what holds an operator gets brackets.
    numerator = _bracketed(over, "+−·⊙ ")
    denominator = _bracketed(under, "+−·⊙ /")
    return Node(mathml, f" {numerator}/{denominator} ")


def _root(tokens: _Tokens) -> Node:
    inside = _piece(tokens)
    mathml = _element("msqrt", inside.mathml)
    return Node(mathml, f"√({inside.text})")


def _fence(tokens: _Tokens) -> Node:
    """What stands after `\\left` or `\\right`; "." is a fence that is not shown."""
    token = tokens.take()
    if token == ".":
        return Node(Markup(), "")
    # A named fence, such as `\langle`, is an operator; "(" or `\{` is its own sign.
    named = _tables()["operators"].get(token[1:])
    fence = named or token.lstrip("\\")
    return Node(_element("mo", fence), fence)


_STRUCTURES: Mapping[str, Callable[[_Tokens], Node]] = {
    "frac": _fraction,
    "tfrac": _fraction,
    "dfrac": _fraction,
    "sqrt": _root,
    "left": _fence,
    "right": _fence,
}


def _identifier(name: str) -> Node:
    return Node(_element("mi", name), name)


def _operator(sign: str) -> Node:
    text = sign
    if sign in _SPACED:
        text = f" {sign} "
    elif sign == ",":
        text = ", "
    if sign in _BRACKETS:
        # as tall as what they enclose only after `left` and `right`
        return Node(_BRACKET.format(sign), text)
    return Node(_element("mo", sign), text)


def _space(text: str) -> Node:
    if not text:
        return Node(Markup(), "")
    return Node(Markup('<mspace width="0.25em"/>'), text)


def _accented(accent: str, tokens: _Tokens) -> Node:
    inside = _piece(tokens)
    element = Markup('<mover accent="true">{}<mo>{}</mo></mover>')
    mathml = element.format(inside.mathml, accent)
    # Plain text has no place above a letter: the accent stands after it, such as "x^".
    return Node(mathml, f"{inside.text}{accent}")


def _letter(alphabet: str, tokens: _Tokens) -> Node:
    letter = ""
    if tokens.take() == "{":
        letter = "".join(tokens.until("}"))
    letters = _tables()["alphabets"][alphabet]
    if letter not in letters:
        command = f"\\{alphabet}{{{letter}}}"
        raise FormulaError(f"{command} is not among the formulas' letters")
    return _identifier(letters[letter])


def _words(name: str, tokens: _Tokens) -> Node:
    if tokens.take() != "{":
        raise FormulaError(f"\\{name} needs braces")
    words = ""
    for token in tokens.until("}"):
        words += token.removeprefix("\\")
    tag = _tables()["texts"][name]
    return Node(_element(tag, words), words)


def _opens(pieces: list[Node]) -> bool:
    """Whether what comes next begins a term, so that a minus is its sign."""
    return not pieces or pieces[-1].text.strip() in _BEFORE_A_SIGN


def _joined(*pieces: Node) -> Node:
    mathml = Markup()
    text = ""
    for piece in pieces:
        mathml += piece.mathml
        text += piece.text
    return Node(_element("mrow", mathml), text)


def _element(tag: str, content: str) -> Markup:
    """`content` in an element; what is not markup already is escaped."""
    return Markup("<{0}>{1}</{0}>").format(tag, content)


def _script(node: Node, mark: str, kind: str) -> str:
    """A subscript or superscript in plain text: in raised characters if there are any, else "_(n+1)"."""
    text = node.text.replace(" ", "").replace("−", "-")
    if text.strip("′") == "":
        return text
    characters = _tables()["scripts"][kind]
    table = str.maketrans(characters["from"], characters["to"])
    raised = text.translate(table)
    # Unicode lacks many raised and lowered letters. Half of a script in them would mislead.
    untouched = set(raised) & set(text)
    untouched.discard("′")
    if not untouched:
        return raised
    if len(text) == 1 or text.startswith("("):
        return mark + text
    return f"{mark}({text})"


def _bracketed(node: Node, signs: str) -> str:
    for sign in signs:
        if sign in node.text:
            return f"({node.text.strip()})"
    return node.text
