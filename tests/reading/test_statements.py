"""The statements of a submission, and what each of them does."""

import __future__

import ast

import pytest
from texts import notebook, python

from grader.reading.statements import read_statements


def unparsed(source):
    return [
        ast.unparse(statement.tree)
        for statement in read_statements(python(source)).statements
    ]


UNFOLDED = [
    pytest.param(
        "if True:\n    a\n    b\nelse:\n    c", ["a", "b"], id="true"
    ),
    pytest.param("if 0:\n    a\nelif 1:\n    b\nd", ["b", "d"], id="elif"),
    pytest.param(
        "if 1:\n    a\n    if 1:\n        b\n    c",
        ["a", "b", "c"],
        id="nested, in order",
    ),
    pytest.param(
        "if __name__ == '__main__':\n    a\nb", ["b"], id="the main guard"
    ),
    pytest.param(
        "if '__main__' != __name__:\n    a", ["a"], id="the opposite of it"
    ),
    pytest.param(
        "if __name__ > '__main__':\n    a", None, id="another comparison"
    ),
    pytest.param("if __name__ == 'a':\n    a", None, id="another name"),
    pytest.param(
        "if x:\n    if 1:\n        a",
        None,
        id="not within what is not decided",
    ),
]


@pytest.mark.parametrize(("source", "parts"), UNFOLDED)
def test_ifs_that_can_be_decided(source, parts):
    assert unparsed(source) == ([source] if parts is None else parts)


def test_long_chains_of_ifs():
    source = "if 0:\n    a\n" + "elif 0:\n    a\n" * 500 + "else:\n    b"
    assert unparsed(source) == ["b"]


def test_a_broken_cell_takes_its_statements_along():
    file = read_statements(notebook("a = 1\nreturn 2", "b = 1"))
    assert [statement.cell for statement in file.statements] == [2]
    assert [(piece.cell, piece.line, piece.text) for piece in file.broken] == [
        (1, 2, "return 2")
    ]


def test_a_broken_part_of_a_file_does_not():
    file = read_statements(python("a = 1\nreturn 2\nb = 1"))
    assert [statement.line for statement in file.statements] == [1, 3]


def test_future_imports_count_for_what_stands_below():
    file = read_statements(
        notebook("from __future__ import generator_stop", "def f(a): pass")
    )
    flag = __future__.generator_stop.compiler_flag
    assert file.flags & flag
    own = read_statements(python("from .__future__ import generator_stop"))
    assert not own.flags & flag


def test_annotations_are_not_read():
    file = read_statements(python("def f(a: b) -> c:\n    d: e = 1"))
    assert not file.statements[0].names.now


def test_calls_and_changes_are_of_globals():
    (statement,) = read_statements(
        python("def f(g, v):\n    g(); h()\n    v[0] = w[0] = 1")
    ).statements
    assert statement.later.calls == {"g", "h"} and statement.calls_later == {
        "h"
    }
    assert statement.later.changes == {
        "v",
        "w",
    } and statement.changes_later == {"w"}
    (statement,) = read_statements(
        python("x = [f(g) for f in h(y)]; ")
    ).statements
    assert statement.calls_now == {"h"} and statement.changes_now == set()


NEVER_RUN = [
    ("for a in b: pass", "loop"),
    ("while a: pass", "loop"),
    ("await a", "await"),
    ("if a: b()", None),
]


@pytest.mark.parametrize(("source", "why"), NEVER_RUN)
def test_never_run(source, why):
    (statement,) = read_statements(python(source)).statements
    assert statement.never_run == why
