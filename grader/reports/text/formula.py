# ruff: noqa: RUF001, RUF002 - formulas are made of these characters
"""The LaTeX that notes are written in, as MathML for a page and as plain characters for a terminal.

A subset: names, numbers, `_`, `^`, primes, groups, `\\frac`, `\\sqrt`, `\\text` and its kin, and the symbols
below. Anything else is refused, so that a note's author sees it in the tests, not a student in a report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

IDENTIFIERS = {
    "alpha": "α", "beta": "β", "delta": "δ", "epsilon": "ϵ", "varepsilon": "ε", "eta": "η", "theta": "θ",
    "lambda": "λ", "mu": "μ", "sigma": "σ", "zeta": "ζ", "phi": "φ", "pi": "π", "ell": "ℓ", "partial": "∂",
    "nabla": "∇", "infty": "∞", "Delta": "Δ", "Sigma": "Σ", "top": "⊤", "intercal": "⊤",
}  # fmt: skip
OPERATORS = {
    "cdot": "·", "times": "×", "odot": "⊙", "otimes": "⊗", "circ": "∘", "pm": "±", "mp": "∓", "sum": "∑",
    "prod": "∏", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈",
    "equiv": "≡", "sim": "∼", "propto": "∝", "in": "∈", "to": "→", "rightarrow": "→", "leftarrow": "←",
    "mapsto": "↦", "Rightarrow": "⇒", "ldots": "…", "dots": "…", "cdots": "⋯", "mid": "∣", "|": "‖",
    "Vert": "‖", "lVert": "‖", "rVert": "‖", "{": "{", "}": "}", "langle": "⟨",
    "rangle": "⟩", "gets": "←", "neg": "¬",
}  # fmt: skip
FUNCTIONS = {"tanh", "exp", "log", "ln", "max", "min", "cosh", "sinh", "sin", "cos", "arg", "argmax", "det"}
SPACES = {",": " ", ";": " ", ":": " ", " ": " ", "quad": " ", "qquad": "  ", "!": ""}
TEXTS = {"text", "mathrm", "mathtt", "texttt", "operatorname", "mathit", "textrm", "mathbf", "boldsymbol"}
ALPHABETS = {("mathcal", "N"): "𝒩", ("mathcal", "L"): "ℒ", ("mathbb", "R"): "ℝ", ("mathbb", "E"): "𝔼"}
ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "vec": "→"}
_SUBSCRIPTS = str.maketrans("0123456789+-aeijkmnt", "₀₁₂₃₄₅₆₇₈₉₊₋ₐₑᵢⱼₖₘₙₜ")
_SUPERSCRIPTS = str.maketrans("0123456789+-nit⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱᵗᵀ")
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|([0-9]+(?:\.[0-9]+)?)|\s+|(.)", re.DOTALL)


class FormulaError(ValueError):
    """The formula uses something outside the subset."""


@dataclass(frozen=True)
class Node:
    """A piece of a formula in both forms."""

    mathml: Markup
    text: str


MINUS = Node(Markup("<mo>−</mo>"), " − ")
SIGN = Node(Markup('<mo form="prefix">−</mo>'), "−")


def to_mathml(latex: str) -> Markup:
    """`latex` as a `<math>` element. Raises FormulaError outside the subset."""
    return Markup("<math>{}</math>").format(_parse(latex).mathml)


def to_text(latex: str) -> str:
    """`latex` in plain characters, such as "∂ℓ/∂s₂ = σ'(s₂)". Raises FormulaError outside the subset."""
    text = re.sub(r"\s+", " ", _parse(latex).text).strip()
    return re.sub(r"(?<=[(⟨]) | (?=[)⟩,])", "", text)


def _parse(latex: str) -> Node:
    tokens = _Tokens(latex)
    row = _row(tokens, end=None)
    if tokens.peek() is not None:
        raise FormulaError(f"unexpected {tokens.peek()!r} in {latex!r}")
    return row


class _Tokens:
    """The formula's tokens: "\\name" for a command, a number, or one character."""

    def __init__(self, latex: str) -> None:
        self._tokens = [
            match[0].strip() or "\\ " if match[1] else match[0]
            for match in _TOKEN.finditer(latex)
            if match[0].strip() or match[1]
        ]
        self._next = 0

    def peek(self) -> str | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise FormulaError("the formula ends too early")
        self._next += 1
        return token

    def until(self, end: str) -> Iterator[str]:
        while (token := self.take()) != end:
            yield token


def _row(tokens: _Tokens, end: str | None) -> Node:
    """The pieces up to `end`, or to the formula's end where it is None."""
    pieces: list[Node] = []
    while (token := tokens.peek()) is not None and token != end:
        piece = _scripted(tokens)
        if piece == MINUS and _opens(pieces):
            piece = SIGN
        elif pieces and pieces[-1] is SIGN:
            piece = Node(piece.mathml, piece.text.lstrip())
        pieces.append(piece)
    if end is not None:
        if tokens.peek() is None:
            raise FormulaError(f"{end!r} is missing")
        tokens.take()
    if len(pieces) == 1:
        return pieces[0]
    mathml = Markup("<mrow>{}</mrow>").format(Markup().join(piece.mathml for piece in pieces))
    return Node(mathml, "".join(piece.text for piece in pieces))


def _scripted(tokens: _Tokens) -> Node:
    """A piece with its primes, subscript and superscript."""
    base = _piece(tokens)
    lower: Node | None = None
    upper: Node | None = None
    while (token := tokens.peek()) in ("_", "^", "'"):
        tokens.take()
        if token == "'":
            prime = Node(Markup("<mo>′</mo>"), "′")
            upper = prime if upper is None else _join(upper, prime)
        elif token == "_":
            lower = _piece(tokens)
        else:
            upper = _piece(tokens) if upper is None else _join(upper, _piece(tokens))
    if lower is None and upper is None:
        return base
    tag = "msubsup" if lower and upper else "msub" if lower else "msup"
    inside = Markup().join(part.mathml for part in (base, lower, upper) if part)
    text = base.text + (_script(lower, "_", _SUBSCRIPTS) if lower else "")
    text += _script(upper, "^", _SUPERSCRIPTS) if upper else ""
    return Node(Markup("<{0}>{1}</{0}>").format(Markup(tag), inside), text)


def _piece(tokens: _Tokens) -> Node:
    token = tokens.take()
    if token == "{":
        return _row(tokens, end="}")
    if token.startswith("\\"):
        return _command(token[1:], tokens)
    if token in "}_^&%$#~":
        raise FormulaError(f"unexpected {token!r}")
    if token[0].isdigit():
        return Node(Markup("<mn>{}</mn>").format(token), token)
    if token.isalpha():
        return Node(Markup("<mi>{}</mi>").format(token), token)
    return _operator({"-": "−", "*": "∗"}.get(token, token))


def _command(name: str, tokens: _Tokens) -> Node:
    if name in IDENTIFIERS:
        return Node(Markup("<mi>{}</mi>").format(IDENTIFIERS[name]), IDENTIFIERS[name])
    if name in OPERATORS:
        return _operator(OPERATORS[name])
    if name in FUNCTIONS:
        return Node(Markup("<mi>{}</mi>").format(name), name)
    if name in SPACES:
        return Node(Markup('<mspace width="0.25em"/>') if SPACES[name] else Markup(), SPACES[name])
    if name in _COMMANDS:
        return _COMMANDS[name](name, tokens)
    raise FormulaError(f"\\{name} is not among the formulas' commands")


def _fraction(_name: str, tokens: _Tokens) -> Node:
    over, under = _piece(tokens), _piece(tokens)
    text = f"{_bracketed(over, '+−·⊙ ')}/{_bracketed(under, '+−·⊙ /')}"
    return Node(Markup("<mfrac>{}{}</mfrac>").format(over.mathml, under.mathml), f" {text} ")


def _root(_name: str, tokens: _Tokens) -> Node:
    inside = _piece(tokens)
    return Node(Markup("<msqrt>{}</msqrt>").format(inside.mathml), f"√({inside.text})")


def _words(name: str, tokens: _Tokens) -> Node:
    if tokens.take() != "{":
        raise FormulaError(f"\\{name} needs braces")
    words = "".join("_" if token == "\\_" else token.lstrip("\\") for token in tokens.until("}"))
    tag = "mtext" if name.startswith("text") else "mi"
    return Node(Markup("<{0}>{1}</{0}>").format(Markup(tag), words), words)


def _alphabet(name: str, tokens: _Tokens) -> Node:
    letter = "".join(tokens.until("}")) if tokens.take() == "{" else ""
    if (name, letter) not in ALPHABETS:
        raise FormulaError(f"\\{name}{{{letter}}} is not among the formulas' letters")
    return Node(Markup("<mi>{}</mi>").format(ALPHABETS[name, letter]), ALPHABETS[name, letter])


def _accent(name: str, tokens: _Tokens) -> Node:
    inside = _piece(tokens)
    mathml = Markup('<mover accent="true">{}<mo>{}</mo></mover>').format(inside.mathml, ACCENTS[name])
    return Node(mathml, f"{inside.text}{ACCENTS[name]}")


def _fence(_name: str, tokens: _Tokens) -> Node:
    token = tokens.take()
    return _operator(OPERATORS.get(token[1:], token.lstrip("\\"))) if token != "." else Node(Markup(), "")


_COMMANDS: dict[str, Callable[[str, _Tokens], Node]] = {
    "frac": _fraction, "tfrac": _fraction, "dfrac": _fraction, "sqrt": _root, "left": _fence, "right": _fence,
    **dict.fromkeys(TEXTS, _words), **dict.fromkeys(("mathcal", "mathbb"), _alphabet),
    **dict.fromkeys(ACCENTS, _accent),
}  # fmt: skip


def _opens(pieces: list[Node]) -> bool:
    """Whether what comes next begins a term, so that a minus is its sign."""
    return not pieces or pieces[-1].text.strip() in ("(", "=", ",", "[", "·", "×", "⊙")


def _operator(sign: str) -> Node:
    spaced = f" {sign} " if sign in "=+−·×⊙⊗≤≥≠≈≡∼∝∈→←↦⇒<>" else f"{sign} " if sign == "," else sign
    return Node(Markup("<mo>{}</mo>").format(sign), spaced)


def _join(first: Node, second: Node) -> Node:
    return Node(Markup("<mrow>{}{}</mrow>").format(first.mathml, second.mathml), first.text + second.text)


def _script(node: Node, mark: str, table: dict[int, int]) -> str:
    text = node.text.replace(" ", "").replace("−", "-")
    if text.strip("′") == "":
        return text
    raised = text.translate(table)
    if all(character not in text for character in raised if character != "′"):
        return raised
    return f"{mark}{text}" if len(text) == 1 or text.startswith("(") else f"{mark}({text})"


def _bracketed(node: Node, signs: str) -> str:
    return f"({node.text.strip()})" if any(sign in node.text for sign in signs) else node.text


def plain(latex: str) -> str:
    """`to_text`, or the source itself where the formula is outside the subset."""
    try:
        return to_text(latex)
    except FormulaError:
        return latex


def displayed(latex: str) -> Markup:
    """`to_mathml`, or the source itself as code where the formula is outside the subset."""
    try:
        return to_mathml(latex)
    except FormulaError:
        return Markup("<code>{}</code>").format(escape(latex))
