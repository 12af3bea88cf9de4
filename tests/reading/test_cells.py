"""Bytes in, cells out: encodings and notebooks; every unreadable file is one sentence."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.notices import Notice
from grader.reading.cells import MAX_BYTES, Unreadable, label_of, read


def notebook(*cells, **more):
    """The bytes of an nbformat 4 notebook of code cells; a (source, execution count) pair sets the count."""
    nodes = []
    for cell in cells:
        source, count = cell if isinstance(cell, tuple) else (cell, None)
        node = {
            "cell_type": "code",
            "source": source,
            "execution_count": count,
            "metadata": {},
            "outputs": [],
        }
        nodes.append(node)
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": nodes,
            **more,
        }
    ).encode()


def only_cell(data, filename="a.ipynb"):
    (cell,) = read(data, filename).cells
    return cell


DECODED = [
    pytest.param(b"x = 1\n", "x = 1\n", False, id="plain ascii"),
    pytest.param("x = 'é'".encode(), "x = 'é'", False, id="utf-8"),
    pytest.param(
        "\ufeffx = 'é'".encode(),
        "x = 'é'",
        False,
        id="a byte-order mark is not part of the text",
    ),
    pytest.param(
        "x = 'é'".encode("utf-16"),
        "x = 'é'",
        False,
        id="utf-16, as Windows tools save",
    ),
    pytest.param(
        "x = 'é'".encode("utf-32"),
        "x = 'é'",
        False,
        id="utf-32's mark begins like utf-16's",
    ),
    pytest.param(
        b"# coding: cp1252\nx = '\x80'",
        "# coding: cp1252\nx = '€'",
        False,
        id="PEP 263 cookie",
    ),
    pytest.param(
        b"# coding: cp1252\r\nx = '\x80'",
        "# coding: cp1252\nx = '€'",
        False,
        id="cookie before CRLF",
    ),
    pytest.param(
        b"x = '\xe9'\n",
        "x = 'é'\n",
        True,
        id="no encoding fits: latin-1, with a notice",
    ),
    pytest.param(
        b"# coding: utf-8\nx = '\xe9'",
        "# coding: utf-8\nx = 'é'",
        True,
        id="a cookie that lies",
    ),
    pytest.param(
        b"# coding: klingon\nx = 1",
        "# coding: klingon\nx = 1",
        False,
        id="an unknown cookie",
    ),
    pytest.param(
        b"# coding: hex\nx = 1",
        "# coding: hex\nx = 1",
        False,
        id="a cookie that is no text encoding",
    ),
    pytest.param(
        b"x = 1\r\ny = 2\rz = 3",
        "x = 1\ny = 2\nz = 3",
        False,
        id="CRLF and CR are newlines",
    ),
    pytest.param(
        b"\xef\xbb\xbf\nx = 1",
        "\nx = 1",
        False,
        id="an empty first line still counts",
    ),
]


@pytest.mark.parametrize(("data", "source", "noticed"), DECODED)
def test_decodes(data, source, noticed):
    text = read(data, "a.py")
    assert [cell.source for cell in text.cells] == [source]
    assert text.cells[0].number is None
    assert bool(text.notices) is noticed


def test_latin1_notice_names_the_line():
    (notice,) = read(b"\n\nx = '\xe9'\n", "a.py").notices
    assert notice == Notice("not-utf-8", {"file": "a.py"}, line=3)
    assert "a.py is not UTF-8 (line 3)" in str(notice)


UNREADABLE = [
    pytest.param(b"", "a.py", "empty", id="no bytes"),
    pytest.param(b" \n\t\n", "a.py", "empty", id="only white space"),
    pytest.param(
        "\ufeff".encode(), "a.py", "empty", id="only a byte-order mark"
    ),
    pytest.param(b"x = 1\0", "a.py", "null bytes", id="a null byte in Python"),
    pytest.param(
        b"\x7fELF\0\0", "a.py", "null bytes", id="a program, not a text"
    ),
    pytest.param(
        "x = '\0'".encode("utf-16"),
        "a.py",
        "null bytes",
        id="a null character in utf-16",
    ),
    pytest.param(
        b"def sigma(x):",
        "a.ipynb",
        "line 1",
        id="Python under a notebook's name",
    ),
    pytest.param(
        b'{"cells": [',
        "a.ipynb",
        "stops being JSON",
        id="a notebook cut short",
    ),
    pytest.param(b"[1]", "a.ipynb", "not a notebook", id="JSON, a list"),
    pytest.param(
        b'{"a": 1}', "a.ipynb", "not a notebook", id="JSON, another object"
    ),
    pytest.param(
        b'{"cells": {}}',
        "a.ipynb",
        "not a notebook",
        id="cells that are no list",
    ),
    pytest.param(b'{"cells": []}', "a.ipynb", "no code cell", id="no cells"),
    pytest.param(
        b'{"cells": [{"cell_type": "markdown", "source": "a"}]}',
        "a.ipynb",
        "no code",
        id="prose only",
    ),
    pytest.param(
        b"[" * 100_000,
        "a.ipynb",
        "nested too deeply",
        id="nesting that would overflow the stack",
    ),
    pytest.param(
        b"1" * 10_000,
        "a.ipynb",
        "number that is too long",
        id="a number slow to convert",
    ),
    pytest.param(
        b"#" * (MAX_BYTES + 1), "a.py", "larger than 64 MB", id="too large"
    ),
]


@pytest.mark.parametrize(("data", "filename", "says"), UNREADABLE)
def test_unreadable_is_one_sentence(data, filename, says):
    with pytest.raises(Unreadable) as caught:
        read(data, filename)
    sentence = str(caught.value)
    assert (
        says in sentence
        and sentence.startswith(filename)
        and sentence.endswith(".")
    )
    assert "\n" not in sentence


NOTEBOOKS = [
    pytest.param(notebook(("x = 1", 7)), [(1, "x = 1", 7)], id="one cell"),
    pytest.param(
        notebook(["x = 1\n", "y = 2"]),
        [(1, "x = 1\ny = 2", None)],
        id="source as a list of lines",
    ),
    pytest.param(
        b'{"cells": [{"cell_type": "markdown"}, {"cell_type": "code", "source": "x"}]}',
        [(2, "x", None)],
        id="cells of prose count; nbformat, metadata and outputs may be missing",
    ),
    pytest.param(
        b'{"nbformat": 3, "worksheets": [{"cells": [{"cell_type": "heading", "level": 1, "source": "a"},'
        b'{"cell_type": "code", "input": ["x = 1\\n"], "prompt_number": 3, "outputs": []}]}]}',
        [(2, "x = 1\n", 3)],
        id="nbformat 3 is upgraded",
    ),
    pytest.param(
        b'{"cells": [1, {"cell_type": "code", "source": 3}]}',
        [(2, "", None)],
        id="cells of nonsense",
    ),
    pytest.param(
        b'{"cells": [{"cell_type": "code", "source": "x", "execution_count": "1"}]}',
        [(1, "x", None)],
        id="an execution count that is no number",
    ),
    pytest.param(
        b'{"cells": [{"cell_type": "code", "source": "\'\\ud800\'"}]}',
        [(1, "'?'", None)],
        id="surrogate",
    ),
]


@pytest.mark.parametrize(("data", "cells"), NOTEBOOKS)
def test_notebooks(data, cells):
    assert [
        (cell.number, cell.source, cell.execution_count)
        for cell in read(data, "a.ipynb").cells
    ] == cells


def test_notebook_under_the_name_of_a_python_file():
    text = read(notebook("x = 1"), "a.py")
    assert text.cells[0].number == 1 and text.notices == (
        Notice("notebook-in-py", {"file": "a.py"}),
    )


def test_notices_of_magics_name_the_notebooks_cell():
    data = b'{"cells": [{"cell_type": "markdown"}, {"cell_type": "code", "source": "%%bash\\nls"}]}'
    assert read(data, "a.ipynb").notices == (
        Notice("cell-magic", {"magic": "bash"}, cell=2),
    )


def test_cell_with_a_syntax_error_is_kept_as_it_is():
    assert only_cell(notebook("print 'a'")).source.strip() == "print 'a'"


def test_50_mb_of_outputs_take_little_memory():
    """Less than the outputs themselves: each is dropped as soon as it is parsed."""
    script = """
import json, resource, sys
from grader.reading.cells import read
picture = {"output_type": "display_data", "data": {"image/png": "A" * 500_000}}
printed = {"output_type": "stream", "text": ["A" * 100] * 5_000}
cell = {"cell_type": "code", "source": "x = 1", "outputs": [picture, printed] * 50}
data = json.dumps({"cells": [cell]}).encode()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(read(data, "a.ipynb").cells) == 1 and len(data) > 50_000_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    grown = int(
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
    )
    unit = 1 if sys.platform == "darwin" else 1024
    assert grown * unit < 40 * 2**20


@pytest.mark.parametrize(
    ("written", "count", "label"),
    [
        ("def f(x):\n    return x", 12, "`def f(x):` (In [12])"),
        ("\n\n  # the network \n", None, "`# the network`"),
        ("%%bash\nls", 3, "`%%bash` (In [3])"),
        ("x = `a`", None, "`x = 'a'`"),
        ("x" * 100, None, f"`{'x' * 40}…`"),
    ],
)
def test_a_cell_is_called_by_how_it_begins(written, count, label):
    assert label_of(written, count) == label


# -- anything --------------------------------------------------------------------------------------------

_KEYS = [
    "cells",
    "cell_type",
    "source",
    "input",
    "worksheets",
    "execution_count",
    "nbformat",
    "outputs",
]
_ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(
            ["code", "%%bash\nls", "%%writefile a.py\nx = 1", "%run a"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(_KEYS) | st.text(max_size=5), inner, max_size=5
        ),
    ),
    max_leaves=20,
)
_CELLS = st.lists(
    st.fixed_dictionaries(
        {"cell_type": st.just("code") | _ANYTHING, "source": _ANYTHING},
        optional={"execution_count": _ANYTHING, "input": _ANYTHING},
    )
    | _ANYTHING,
    max_size=5,
)


@given(
    st.one_of(
        _ANYTHING,
        st.fixed_dictionaries({"cells": _CELLS, "nbformat": st.just(4)}),
        st.fixed_dictionaries(
            {"worksheets": st.lists(st.fixed_dictionaries({"cells": _CELLS}))}
        ),
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_any_json_is_a_notebook_or_one_sentence(data, encoding):
    text = json.dumps(data, ensure_ascii=encoding == "latin-1")
    try:
        found = read(text.encode(encoding, "replace"), "a.ipynb")
    except Unreadable as unreadable:
        assert str(unreadable).startswith("a.ipynb ")
        return
    for cell in found.cells:
        cell.source.encode("utf-8")
        assert type(cell.number) is int


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(str.encode),
    st.sampled_from(["a.py", "a.ipynb"]),
)
def test_any_bytes_are_read_or_one_sentence(data, filename):
    try:
        found = read(data, filename)
    except Unreadable:
        return
    for cell in found.cells:
        cell.source.encode("utf-8")
        assert "\r" not in cell.source or filename.endswith("ipynb")


def test_numbers_of_any_length_are_one_sentence():
    for number in ("9" * 100_000, "[" * 100_000):
        data = b'{"cells": [], "nbformat": ' + number.encode() + b"}"
        with pytest.raises(Unreadable, match="cannot be read as JSON"):
            read(data, "a.ipynb")
