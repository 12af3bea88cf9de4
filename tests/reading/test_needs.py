"""Where a name has its value from, and what the required functions need."""

import pytest
from texts import python

from grader.notices import Notice
from grader.reading.call_graph import call_graph
from grader.reading.needs import Bindings, Sources, hidden_names, needs_of
from grader.reading.never_run import without_never_run
from grader.reading.statements import read_statements


def bindings(source):
    file = read_statements(python(source))
    graph = call_graph(file.statements, ["train"])
    return Bindings(without_never_run(file, graph), graph)


# a file of one statement per line, and the statements (from 0) that give `a` its value at the end
REACHING = [
    pytest.param("a = 1\nb = 2", [0], [], id="bound once"),
    pytest.param("a = 1\na = 2", [1], [], id="bound again"),
    pytest.param("a = 1\na[0] = 2", [1, 0], [], id="changed in place"),
    pytest.param("a = 1\nif b: a = 2", [1, 0], [], id="bound perhaps"),
    pytest.param("a = 1\ndel a", [1], [], id="deleted"),
    pytest.param("a = 1\nif b: del a", [1, 0], [], id="deleted perhaps"),
    pytest.param(
        "import a.b\nimport a.c", [1, 0], [], id="imports of submodules add up"
    ),
    pytest.param("a = 1\nfor a in b: pass", [0], [1], id="a loop"),
    pytest.param("a = 1\na = train()", [], [1], id="a training"),
    pytest.param("a = 1\na[0] = train()", [0], [1], id="a part of it"),
    pytest.param("from m import *\nb = 1", [0], [], id="a star import"),
    pytest.param(
        "from m import *\na = 1", [1], [], id="not where it is bound"
    ),
    pytest.param(
        "from m import *\ndel a", [1, 0], [], id="but where it is deleted"
    ),
    pytest.param("b = 1", [], [], id="bound nowhere"),
]


@pytest.mark.parametrize(("source", "statements", "never_run"), REACHING)
def test_reaching(source, statements, never_run):
    found = bindings(source)
    assert found.reaching("a", found.end) == Sources(
        tuple(statements), tuple(never_run)
    )


def test_reaching_a_place_in_the_middle():
    found = bindings("a = 1\nb = a\na = 2")
    assert found.reaching("a", 1) == Sources((0,), ())
    assert found.reaching("a", 0) == Sources((), ())


def test_a_star_import_below_binds_nothing():
    found = bindings("b = a\nfrom m import *")
    assert found.reaching("a", 0) == Sources((), ())
    assert found.reaching("a", 2) == Sources((1,), ())


def test_builtins_do_not_come_from_a_star():
    found = bindings("from m import *")
    assert found.reaching("len", 1).statements == ()
    assert found.reaching("sum", 1).statements == (0,)


NEVER_RUN = [
    pytest.param(
        "for i in range(n):\n    w = 2\ndef f():\n    return w",
        {0},
        id="by a loop",
    ),
    pytest.param(
        "x = 1\nw = train()\ndef f():\n    return w", {1}, id="by a training"
    ),
    pytest.param(
        "w = 1\nfor i in x:\n    w = 2\ndef f():\n    return w",
        {1},
        id="after another binding",
    ),
    pytest.param(
        "def f():\n    return w", set(), id="bound nowhere is another matter"
    ),
    pytest.param(
        "for w in x: pass\nw = 1\ndef f():\n    return w",
        set(),
        id="bound again below",
    ),
]


@pytest.mark.parametrize(("source", "never_run"), NEVER_RUN)
def test_what_is_needed_and_never_runs(source, never_run):
    assert needs_of(["f"], bindings(source)).never_run == never_run


def test_needs_of_several_functions():
    found = bindings(
        "a = 1\nb = 2\nc = 3\ndef f():\n    return a\ndef g():\n    return c"
    )
    assert needs_of(["f", "g"], found).statements == {0, 2, 3, 4}
    assert needs_of(["g"], found).statements == {2, 4}


def test_future_imports_are_always_needed():
    assert needs_of(
        [], bindings("from __future__ import annotations\na = 1")
    ).statements == {0}


HIDDEN = [
    pytest.param("def f():\n    return eval('a')", [("eval", 2)], id="eval"),
    pytest.param(
        "x = globals()\ndef f():\n    return x", [("globals", 1)], id="globals"
    ),
    pytest.param(
        "exec('a = 1')\ndef f():\n    return a",
        [("exec", 1)],
        id="exec that is not needed",
    ),
    pytest.param(
        "eval('a')\ndef f():\n    return a", [], id="eval that is not"
    ),
    pytest.param(
        "def eval(x): pass\ndef f():\n    return eval('a')",
        [],
        id="the file's own",
    ),
]


@pytest.mark.parametrize(("source", "found"), HIDDEN)
def test_hidden_names(source, found):
    places = bindings(source)
    notices = [
        Notice("hidden-names", {"function": name}, line)
        for name, line in found
    ]
    assert hidden_names(places, needs_of(["f"], places)) == notices
