"""From a submission's bytes to its cells: decoding, notebooks, IPython's `%` and `!` lines.

Runs in the worker on hostile bytes, before any of the student's code, and executes nothing. Line numbers
stay those that the student sees: of the file, or of the notebook's cell.
"""

from __future__ import annotations

import ast
import codecs
import io
import json
import re
import tokenize
import warnings
from dataclasses import dataclass
from typing import Any

import nbformat
from IPython.core.inputtransformer2 import EscapedCommand, TransformerManager
from nbformat.v4.convert import upgrade_cell

MAX_BYTES = 64 * 2**20
_MAX_MAGIC_CHARACTERS = 50_000  # of a cell: IPython tokenises all of it again for each magic line
_NESTED_MAGICS = 5

# cell magics whose body IPython runs in the user's own namespace: what they define exists
_PYTHON_MAGICS = {"time", "capture", "prun", "wandb", "ipytest", "pycodestyle", "flake8"}
_BOMS = (  # utf-32 first: its little-endian mark begins with utf-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# loaded here, because a confined process can open no file: a codec is a module of its own
for _encoding in ("utf-8-sig", "utf-16", "utf-32", "latin-1", "cp1252", "iso8859-15", "mac-roman", "gbk"):
    codecs.lookup(_encoding)


class Unreadable(Exception):
    """Nothing of the file can be read; the text is one sentence for the student: what, where, what to do."""


@dataclass(frozen=True)
class Cell:
    """One piece of Python. `number` counts all of a notebook's cells from 1; it is None for a .py file."""

    number: int | None
    source: str
    execution_count: int | None


@dataclass(frozen=True)
class Text:
    """A submission as Python source, cell by cell, and sentences on what was changed or skipped."""

    cells: tuple[Cell, ...]
    notices: tuple[str, ...]


def read(data: bytes, filename: str) -> Text:
    """The cells of a .py or .ipynb file. Raises Unreadable where there is nothing to grade."""
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise Unreadable(
            f"{filename} is larger than {limit} MB: clear the notebook's outputs or take data out of it."
        )
    if not data.strip():
        raise Unreadable(f"{filename} is empty: save your work and hand it in again.")
    notices: list[str] = []
    is_notebook = filename.lower().endswith(".ipynb")
    if not is_notebook and _looks_like_notebook(data):
        notices.append(f"{filename} holds a Jupyter notebook, and was read as one.")
        is_notebook = True
    text = _decode(data, filename, notices, cookie=not is_notebook)
    del data
    if not text.strip():
        raise Unreadable(f"{filename} is empty: save your work and hand it in again.")
    if is_notebook:
        return _notebook(text, filename, notices)
    if "\0" in text:
        raise _null_bytes(filename)
    return Text((Cell(None, _python(text), None),), tuple(notices))


def _null_bytes(filename: str) -> Unreadable:
    return Unreadable(
        f"{filename} contains null bytes, so it is not text: save it as UTF-8 and hand it in again."
    )


def _looks_like_notebook(data: bytes) -> bool:
    return data[:1] == b"{" and b'"cells"' in data and b'"nbformat"' in data


def _decode(data: bytes, filename: str, notices: list[str], *, cookie: bool) -> str:
    """Text by its byte-order mark, its PEP 263 cookie, as UTF-8, or else as Latin-1 with a notice."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                break
    if b"\0" in data[:4096] or (cookie and b"\0" in data):
        raise _null_bytes(filename)
    declared = _declared_encoding(data) if cookie else "utf-8-sig"
    try:
        return data.decode(declared)
    except (UnicodeError, LookupError, ValueError, ImportError, OSError):
        pass  # a cookie that lies, or names what is no encoding here
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        notices.append(
            f"Line {line} of {filename} is not UTF-8, so the file was read as Latin-1; save it as UTF-8."
        )
        return data.decode("latin-1")


def _declared_encoding(data: bytes) -> str:
    try:
        return tokenize.detect_encoding(io.BytesIO(data[:4096]).readline)[0]
    except (SyntaxError, ImportError, OSError):  # unknown, not loaded here, or contradicted by the mark
        return "utf-8-sig"


def _python(text: str) -> str:
    """Newlines as Python counts them, and nothing that the parser or a UTF-8 report would choke on."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode("utf-8")


# --- notebooks


def _notebook(text: str, filename: str, notices: list[str]) -> Text:
    cells = []
    for number, node in enumerate(_nodes(_parse(text, filename), filename), start=1):
        if node.get("cell_type") != "code":
            continue
        count = node.get("execution_count")
        source = _plain_python(_python(_joined(node.get("source"))), number, notices)
        cells.append(Cell(number, source, count if type(count) is int else None))
    if not cells:
        raise Unreadable(f"{filename} has no code cell: hand in the notebook that holds your functions.")
    return Text(tuple(cells), tuple(notices))


def _parse(text: str, filename: str) -> Any:
    """The notebook's JSON without its outputs and attachments, each dropped as soon as it is parsed."""

    def lean(pairs: dict[str, Any]) -> dict[str, Any]:
        if "cell_type" in pairs:
            pairs["outputs"] = []
            pairs.pop("attachments", None)
        elif "output_type" in pairs:  # before the list of a cell's outputs is complete
            return {}
        return pairs

    try:
        return json.loads(text, object_hook=lean)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"{filename} is not a notebook: it stops being JSON in line {error.lineno} ({error.msg}); "
            "save it in Jupyter and hand it in again."
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise Unreadable(
            f"{filename} cannot be read as JSON: it is nested too deeply, or holds a number too long; "
            "save it in Jupyter and hand it in again."
        ) from None


def _nodes(notebook: Any, filename: str) -> list[dict[str, Any]]:
    """All cells as nbformat's version 4 has them. What does not validate is still read, as far as it goes."""
    cells: Any = None
    if isinstance(notebook, dict):
        cells = notebook.get("cells")
        if cells is None and isinstance(notebook.get("worksheets"), list):
            sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
            cells = [_upgraded(cell) for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        raise Unreadable(
            f"{filename} is JSON, but no notebook (it has no cells): hand in the .ipynb that Jupyter saved."
        )
    return [cell if isinstance(cell, dict) else {} for cell in cells]


def _upgraded(cell: Any) -> Any:
    """A cell of nbformat 3 (or 2: the same keys) as one of version 4."""
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        return cell  # only code is read
    cell["input"] = _joined(cell.get("input"))
    cell["metadata"] = {}
    return upgrade_cell(nbformat.from_dict(cell))  # type: ignore[no-untyped-call]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _joined(source: Any) -> str:
    """A cell's text: a string, or a list of lines."""
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


# --- IPython's own syntax


class _TimeMagic(EscapedCommand):
    """`%time statement` runs the statement in the user's namespace: keep the statement, drop the magic."""

    priority = 1
    pattern = re.compile(r"%time[ \t]+(?=\S)")

    @classmethod
    def find(cls, tokens_by_line: list[Any]) -> Any:
        for line in tokens_by_line:
            start = next((t for t in line if t.type not in (tokenize.INDENT, tokenize.DEDENT)), None)
            if start and start.string == "%" and cls.pattern.match(start.line[start.start[1] :]):
                return cls(start.start)
        return None

    def transform(self, lines: list[str]) -> list[str]:
        line = lines[self.start_line]
        statement = self.pattern.sub("", line[self.start_col :])
        return [*lines[: self.start_line], line[: self.start_col] + statement, *lines[self.start_line + 1 :]]


class _LineKeeper(TransformerManager):
    """IPython's transformer, with an empty line for every line that a transformation swallows."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.line_transforms = []  # cell magics are this module's own business
        self.token_transformers = [_TimeMagic, *self.token_transformers]

    def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
        changed, after = super().do_one_token_transform(lines)  # type: ignore[no-untyped-call]
        swallowed = len(lines) - len(after)
        if swallowed > 0:
            pairs = enumerate(zip(lines, after, strict=False))
            first = next((i for i, (old, new) in pairs if old != new), len(after) - 1)
            after = [*after[: first + 1], *["\n"] * swallowed, *after[first + 1 :]]
        return changed, after


def _plain_python(source: str, number: int, notices: list[str]) -> str:
    """A cell as Python, line for line. What IPython does not run as Python becomes empty, with a notice."""
    if _compiles(source):
        return source
    above = ""
    for _ in range(_NESTED_MAGICS):
        body = source.lstrip()
        blank = source[: len(source) - len(body)].count("\n")
        magic = re.match(r"%%([\w.]+)(?!\w*\?)", body)
        if magic is None:
            return above + _transformed(source, number, notices)
        rest = body.partition("\n")[2]
        if magic[1] not in _PYTHON_MAGICS:
            notices.append(
                f"Cell {number} was skipped: `%%{magic[1]}` does not run it as Python that defines anything."
            )
            return ""
        above += "\n" * (blank + 1)
        source = rest
        if _compiles(source):
            return above + source
    return above + source


def _transformed(source: str, number: int, notices: list[str]) -> str:
    """What IPython makes of `source`, with its empty lines on top kept; `source` itself where it fails."""
    if len(source) > _MAX_MAGIC_CHARACTERS:
        return source
    body = source.lstrip()
    start = source.rfind("\n", 0, len(source) - len(body)) + 1  # the first line keeps its indentation
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            python: str = _LineKeeper().transform_cell(source[start:])
    except (SyntaxError, RecursionError, RuntimeError, ValueError, IndexError, AssertionError):
        return source  # the parser says what is wrong
    for line, text in enumerate(source.split("\n"), start=1):
        if found := re.match(r"\s*%(run|load|pylab|store)\b", text):
            notices.append(
                f"`%{found[1]}` in cell {number}, line {line}, was not run: what it defines is not known."
            )
    return "\n" * source.count("\n", 0, start) + python


def _compiles(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "<cell>", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
