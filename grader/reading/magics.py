"""IPython's own syntax: a notebook cell as plain Python, line for line."""

from __future__ import annotations

import ast
import re
import tokenize
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from IPython.core.inputtransformer2 import EscapedCommand, TransformerManager

from grader.notices import Notice

# of a cell: IPython tokenises all of it again for each magic line
_MAX_CHARACTERS = 50_000
_NESTED_MAGICS = 5

# Cell magics whose body IPython runs in the user's own namespace: what they define exists.
_PYTHON_MAGICS = {
    "time",
    "capture",
    "prun",
    "wandb",
    "ipytest",
    "pycodestyle",
    "flake8",
}
Token = tokenize.TokenInfo

_CELL_MAGIC = re.compile(r"%%([\w.]+)(?!\w*\?)")
# `%%file` is the older name of `%%writefile`
_WRITES_MODULE = re.compile(
    r"%%(?:write)?file[ \t]+(?P<append>(?:-a|--append)[ \t]+)?"
    r"[\"']?(?P<file>[^\s\"']+\.py)[\"']?[ \t]*(?:\n|$)"
)
# Line magics that define names nobody can know without running them.
_DEFINING_MAGIC = re.compile(r"\s*%(run|load|pylab|store)\b")


@dataclass(frozen=True)
class WrittenModule:
    """A Python file that a cell writes; every line of `source` has its number in the cell."""

    file: str
    appends: bool
    source: str


def written_module(source: str) -> WrittenModule | None:
    """What a cell writes by `%%writefile`; None where it writes no Python file."""
    body = source.lstrip()
    magic = _WRITES_MODULE.match(body)
    if magic is None:
        return None
    above = source[: len(source) - len(body)] + body[: magic.end()]
    empty_lines = "\n" * above.count("\n")
    file = magic["file"].removeprefix("./")
    appends = magic["append"] is not None
    return WrittenModule(file, appends, empty_lines + body[magic.end() :])


def plain_python(source: str, cell: int) -> tuple[str, list[Notice]]:
    """The source of notebook cell number `cell` as Python, and notices on what was skipped.

    What IPython does not run as Python becomes empty; every other line keeps its number.
    """
    above = ""  # an empty line for each line that was taken off the top
    for _ in range(_NESTED_MAGICS):
        if _compiles(source):
            return above + source, []
        body = source.lstrip()
        magic = _CELL_MAGIC.match(body)
        if magic is None:
            return _without_line_magics(above, source, cell)
        if magic[1] not in _PYTHON_MAGICS:
            notice = Notice("cell-magic", {"magic": magic[1]}, cell=cell)
            return "", [notice]
        blank = source[: len(source) - len(body)]
        blank_lines = blank.count("\n")
        above += "\n" * (blank_lines + 1)
        source = body.partition("\n")[2]
    return above + source, []


def _compiles(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(
                source,
                "<cell>",
                "exec",
                flags=ast.PyCF_ONLY_AST,
                dont_inherit=True,
            )
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _without_line_magics(
    above: str, source: str, cell: int
) -> tuple[str, list[Notice]]:
    """What IPython makes of `source`, below the lines `above`; `source` itself where IPython fails."""
    if len(source) > _MAX_CHARACTERS:
        return above + source, []
    body = source.lstrip()
    # the first line keeps its indentation
    indented = len(source) - len(body)
    start = source.rfind("\n", 0, indented) + 1
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            python: str = _LineKeeper().transform_cell(source[start:])
    except (
        SyntaxError,
        RecursionError,
        RuntimeError,
        ValueError,
        IndexError,
        AssertionError,
    ):
        # the parser will say what is wrong
        return above + source, []
    # IPython strips the empty lines at the top
    empty_lines = "\n" * source.count("\n", 0, start)
    return above + empty_lines + python, _unknown_definitions(source, cell)


def _unknown_definitions(source: str, cell: int) -> list[Notice]:
    notices = []
    lines = source.split("\n")
    for line, text in enumerate(lines, start=1):
        magic = _DEFINING_MAGIC.match(text)
        if magic:
            values = {"magic": magic[1]}
            notices.append(Notice("line-magic", values, line=line, cell=cell))
    return notices


class _TimeMagic(EscapedCommand):
    """`%time statement` runs the statement in the user's namespace: keep the statement, drop the magic."""

    priority = 1
    pattern = re.compile(r"%time[ \t]+(?=\S)")

    @classmethod
    def find(cls, tokens_by_line: list[list[Token]]) -> _TimeMagic | None:
        """The first `%time` with a statement behind it."""
        for tokens in tokens_by_line:
            first = _first_token(tokens)
            if first is None or first.string != "%":
                continue
            _, column = first.start
            if cls.pattern.match(first.line[column:]):
                return cls(first.start)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        """The lines without this `%time`."""
        line = lines[self.start_line]
        indentation = line[: self.start_col]
        magic = line[self.start_col :]
        plain = list(lines)
        plain[self.start_line] = indentation + self.pattern.sub("", magic)
        return plain


def _first_token(tokens: Sequence[Token]) -> Token | None:
    """The first token of a line that is not indentation."""
    for token in tokens:
        if token.type not in (tokenize.INDENT, tokenize.DEDENT):
            return token
    return None


class _LineKeeper(TransformerManager):
    """IPython's transformer, with an empty line for every line that a transformation swallows."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # `plain_python` has dealt with the cell magics
        self.line_transforms: list[Any] = []
        self.token_transformers = [_TimeMagic, *self.token_transformers]

    def do_one_token_transform(
        self, lines: list[str]
    ) -> tuple[bool, list[str]]:
        """One step of IPython's: whether it changed something, and the lines then."""
        changed, after = super().do_one_token_transform(lines)  # type: ignore[no-untyped-call]
        swallowed = len(lines) - len(after)
        if swallowed > 0:
            below = _first_difference(lines, after) + 1
            empty = ["\n"] * swallowed
            after = after[:below] + empty + after[below:]
        return changed, after


def _first_difference(before: Sequence[str], after: Sequence[str]) -> int:
    for i, (old, new) in enumerate(zip(before, after, strict=False)):
        if old != new:
            return i
    return len(after) - 1
