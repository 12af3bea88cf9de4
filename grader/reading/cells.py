"""From a submission's bytes to its cells of Python: encodings, notebooks.

Runs in the worker on hostile bytes, before any of the student's code, and executes nothing. Line numbers
stay those that the student sees: of the file, or of the notebook's cell.
"""

from __future__ import annotations

import codecs
import io
import json
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat.v4.convert import upgrade_cell

from grader.notices import Notice
from grader.reading.magics import plain_python, written_module
from grader.reading.syntax_errors import merge_marks

Node = dict[str, Any]  # an object of a notebook's JSON

MAX_BYTES = 64 * 2**20
_LONGEST_LABEL = 40  # characters of a cell's first line

_BYTE_ORDER_MARKS = (  # utf-32 first: its little-endian mark begins with utf-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# loaded here, because a confined process can open no file: a codec is a module of its own
for _encoding in (
    "utf-8-sig",
    "utf-16",
    "utf-32",
    "latin-1",
    "cp1252",
    "iso8859-15",
    "mac-roman",
    "gbk",
):
    codecs.lookup(_encoding)


class Unreadable(Exception):
    """Nothing of the file can be read; the text is one sentence for the student: what, where, what to do."""


@dataclass(frozen=True)
class Cell:
    """One piece of Python. `number` counts all of a notebook's cells from 1; it is None for a .py file.

    label: what the cell is called in reports (see `label_of`); empty for a .py file.
    """

    number: int | None
    source: str
    execution_count: int | None
    label: str = ""


@dataclass(frozen=True)
class Text:
    """A submission as Python source, cell by cell, and notices on what was changed or skipped.

    written: the name of each Python file that cells write by `%%writefile` -> these cells.
    """

    cells: tuple[Cell, ...]
    notices: tuple[Notice, ...]
    written: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)


def read(data: bytes, filename: str) -> Text:
    """The cells of a .py or .ipynb file. Raises Unreadable where there is nothing to grade."""
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 2**20
        raise Unreadable(
            f"{filename} is larger than {limit} MB: clear the notebook's outputs or take data out of it."
        )
    if not data.strip():
        raise _empty(filename)
    notices: list[Notice] = []
    is_notebook = filename.lower().endswith(".ipynb")
    if not is_notebook and _looks_like_notebook(data):
        is_notebook = True
        notices.append(Notice("notebook-in-py", {"file": filename}))
    text, more = _decode(data, filename, is_notebook)
    notices += more
    # the text is enough from here on, and parsing a notebook takes a lot of memory
    del data
    if not text.strip():
        raise _empty(filename)
    if is_notebook:
        notebook = _notebook_text(text, filename)
        return replace(notebook, notices=(*notices, *notebook.notices))
    if "\0" in text:
        raise _null_bytes(filename)
    whole = Cell(number=None, source=_python(text), execution_count=None)
    return Text((whole,), tuple(notices))


def _empty(filename: str) -> Unreadable:
    return Unreadable(
        f"{filename} is empty: save your work and hand it in again."
    )


def _null_bytes(filename: str) -> Unreadable:
    return Unreadable(
        f"{filename} contains null bytes, so it is not text: save it as UTF-8 and hand it in again."
    )


def _looks_like_notebook(data: bytes) -> bool:
    return data[:1] == b"{" and b'"cells"' in data and b'"nbformat"' in data


# --- encodings


def _decode(
    data: bytes, filename: str, is_notebook: bool
) -> tuple[str, list[Notice]]:
    """Text by its byte-order mark, its PEP 263 cookie, as UTF-8, or else as Latin-1 with a notice.

    A notebook has no cookie, and is not searched for null bytes as a whole: JSON refuses them.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), []
            except UnicodeDecodeError:
                # the mark was there by chance: go on as if it were none
                break
    searched = data[:4096] if is_notebook else data
    if b"\0" in searched:
        raise _null_bytes(filename)
    declared = "utf-8-sig" if is_notebook else _declared_encoding(data)
    try:
        return data.decode(declared), []
    except (UnicodeError, LookupError, ValueError, ImportError, OSError):
        # the cookie is wrong, or names an encoding that is unknown or not loaded here
        pass
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        notice = Notice("not-utf-8", {"file": filename}, line=line)
        # Latin-1 never fails: each byte is a character
        return data.decode("latin-1"), [notice]


def _declared_encoding(data: bytes) -> str:
    try:
        start = io.BytesIO(data[:4096])
        encoding, _ = tokenize.detect_encoding(start.readline)
        return encoding
    except (SyntaxError, ImportError, OSError):
        # unknown, not loaded here, or contradicted by the mark
        return "utf-8-sig"


def _python(text: str) -> str:
    """Newlines as Python counts them, and nothing that the parser or a UTF-8 report would choke on."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode("utf-8")


# --- notebooks


def _notebook_text(text: str, filename: str) -> Text:
    """The code cells of a notebook's JSON. Raises Unreadable where there is none."""
    cells: list[Cell] = []
    notices: list[Notice] = []
    written: dict[str, tuple[Cell, ...]] = {}
    notebook = _parse(text, filename)
    nodes = _nodes(notebook, filename)
    for number, node in enumerate(nodes, start=1):
        if node.get("cell_type") != "code":
            continue
        count = node.get("execution_count")
        if type(count) is not int:
            count = None
        raw = _joined(node.get("source"))
        label = label_of(raw, count)
        module = written_module(_python(raw))
        if module is not None:
            above = written.get(module.file, ()) if module.appends else ()
            own_cell = Cell(number, module.source, count, label)
            written[module.file] = (*above, own_cell)
            cells.append(Cell(number, "", count, label))
            continue
        source, more = plain_python(_python(raw), number)
        notices += more
        cells.append(Cell(number, source, count, label))
    if not cells:
        raise Unreadable(
            f"{filename} has no code cell: hand in the notebook that holds your functions."
        )
    return Text(tuple(cells), tuple(notices), written)


def label_of(written: str, execution_count: int | None) -> str:
    """What a cell is called: how it begins, and its number as Jupyter shows it: "`def f(x):` (In [12])"."""
    begins = written.strip().partition("\n")[0].strip()
    if len(begins) > _LONGEST_LABEL:
        begins = begins[:_LONGEST_LABEL].rstrip() + "…"
    # a backtick would end the code that the label is set as
    begins = begins.replace("`", "'")
    if execution_count is None:
        return f"`{begins}`"
    return f"`{begins}` (In [{execution_count}])"


def _parse(text: str, filename: str) -> Any:
    """The notebook's JSON without its outputs and attachments. Raises Unreadable."""
    try:
        return json.loads(text, object_hook=_without_outputs)
    except json.JSONDecodeError as error:
        marks = merge_marks(text.split("\n"))
        if marks:
            raise Unreadable(
                f"{filename} holds the marks of an unresolved merge, the first in line {marks[0] + 1}: "
                "keep one of the two sides, save the notebook in Jupyter and hand it in again."
            ) from None
        raise Unreadable(
            f"{filename} is not a notebook: it stops being JSON in line {error.lineno} ({error.msg}); "
            "save it in Jupyter and hand it in again."
        ) from None
    except (RecursionError, MemoryError, ValueError):
        raise Unreadable(
            f"{filename} cannot be read as JSON: it is nested too deeply, or it holds a number that is too "
            "long; save it in Jupyter and hand it in again."
        ) from None


def _without_outputs(pairs: Node) -> Node:
    """A JSON object as it is kept: outputs are dropped as soon as they are parsed, as they may be huge."""
    if "cell_type" in pairs:
        pairs["outputs"] = []
        pairs.pop("attachments", None)
    elif "output_type" in pairs:
        # dropped here, before the list of a cell's outputs is complete
        return {}
    return pairs


def _nodes(notebook: Any, filename: str) -> list[Node]:
    """All cells as nbformat's version 4 has them. What does not validate is still read, as far as it goes."""
    cells = _cells_of(notebook)
    if not isinstance(cells, list):
        raise Unreadable(
            f"{filename} is JSON but not a notebook (it has no cells): hand in the .ipynb that Jupyter saved."
        )
    # what is no cell becomes an empty one: the cells below keep their numbers
    return [_as_dict(cell) for cell in cells]


def _cells_of(notebook: Any) -> Any:
    """What the notebook holds in the place of its cells; None where there is nothing."""
    if not isinstance(notebook, dict):
        return None
    cells = notebook.get("cells")
    if cells is not None:
        return cells
    worksheets = notebook.get("worksheets")
    if isinstance(worksheets, list):
        return _cells_of_worksheets(worksheets)
    return None


def _as_dict(value: Any) -> Node:
    if isinstance(value, dict):
        return value
    return {}


def _cells_of_worksheets(worksheets: list[Any]) -> list[Any]:
    """The cells of a notebook in nbformat 3 (or 2: the same keys), as version 4 has them."""
    cells: list[Any] = []
    for sheet in worksheets:
        found = _as_dict(sheet).get("cells")
        if isinstance(found, list):
            cells += [_upgraded(cell) for cell in found]
    return cells


def _upgraded(cell: Any) -> Any:
    if not isinstance(cell, dict) or cell.get("cell_type") != "code":
        # only code is read
        return cell
    cell["input"] = _joined(cell.get("input"))
    cell["metadata"] = {}
    return upgrade_cell(nbformat.from_dict(cell))  # type: ignore[no-untyped-call]


def _joined(source: Any) -> str:
    """A cell's text: a string, or a list of lines."""
    if isinstance(source, str):
        return source
    if not isinstance(source, list):
        return ""
    lines = [line for line in source if isinstance(line, str)]
    return "".join(lines)
