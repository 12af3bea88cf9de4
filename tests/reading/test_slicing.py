"""Which statements of a submission run, and that they then give the right values.

A case is a small file, the lines of the statements that must run, and what `f()` then returns.
"""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from texts import NAME_ERROR, notebook, sliced, value_of_f

from grader.notices import Notice, to_plain
from grader.reading.cells import read
from grader.reading.slicing import slice_functions

SLICES = [
    # what a function reads when it is called: the last binding
    pytest.param(
        "a = 1\nb = 2\ndef f():\n    return a",
        [1, 3],
        1,
        id="only what is needed",
    ),
    pytest.param(
        "a = 1\ndef f():\n    return a\na = 2",
        [2, 4],
        2,
        id="the last binding, also below",
    ),
    pytest.param(
        "def f():\n    return 1\ndef f():\n    return 2",
        [3],
        2,
        id="the last definition stands",
    ),
    pytest.param(
        "def f():\n    return g()\ndef g():\n    return h()\ndef h():\n    return 3",
        [1, 3, 5],
        3,
        id="chains",
    ),
    pytest.param("def f(n=1):\n    return n and f(0)", [1], 0, id="recursion"),
    pytest.param(
        "def f():\n    return g\ng = 1\ndef g():\n    return f",
        [1, 4],
        ...,
        id="mutual recursion",
    ),
    pytest.param(
        "import math\ndef f():\n    return math.pi > 3",
        [1, 2],
        True,
        id="imports",
    ),
    pytest.param(
        "import os\nimport os.path\ndef f():\n    return os.sep == '/'",
        [1, 2, 3],
        True,
        id="both imports",
    ),
    pytest.param(
        "import xml.dom\nimport xml.sax\ndef f():\n    return xml.dom and 1",
        [1, 2, 3],
        1,
        id="submodules add",
    ),
    pytest.param(
        "from math import pi as p, e\ndef f():\n    return p > e",
        [1, 1, 2],
        True,
        id="aliases",
    ),
    pytest.param(
        "a, (b, *c) = 1, (2, 3)\ndef f():\n    return c",
        [1, 2],
        [3],
        id="tuple targets",
    ),
    pytest.param(
        "(a := 1)\nb = (c := 5)\ndef f():\n    return c",
        [2, 3],
        5,
        id="a walrus binds",
    ),
    pytest.param(
        "a: int = 4\ndef f():\n    return a",
        [1, 2],
        4,
        id="an annotated assignment",
    ),
    pytest.param(
        "a = b = 3\ndef f():\n    return b",
        [1, 2],
        3,
        id="a chained assignment",
    ),
    pytest.param(
        "f = lambda: a\na = 2", [1, 2], 2, id="a lambda's body is deferred"
    ),
    # what a statement reads as it runs: the binding that reaches it
    pytest.param(
        "a = 1\nb = a\na = 2\ndef f():\n    return b",
        [1, 2, 4],
        1,
        id="the binding above",
    ),
    pytest.param(
        "a = 1\na = a + 1\na = a * 5\ndef f():\n    return a",
        [1, 2, 3, 4],
        10,
        id="through each rebinding",
    ),
    pytest.param(
        "a = 1\na += 1\na += 3\ndef f():\n    return a",
        [1, 2, 3, 4],
        5,
        id="augmented assignments",
    ),
    pytest.param(
        "a = 1\ndef f(x=a):\n    return x\na = 2",
        [1, 2],
        1,
        id="a default is read at once",
    ),
    pytest.param(
        "def d(g):\n    return lambda: g() + k\nk = 1\n@d\ndef f():\n    return 1",
        [1, 3, 4],
        2,
        id="decorators",
    ),
    pytest.param(
        "a = 9\nclass A:\n    a = 1\n    b = a\ndef f():\n    return A.b",
        [2, 5],
        1,
        id="a class's own names",
    ),
    pytest.param(
        "k = 2\nclass A:\n    b = k\nk = 3\ndef f():\n    return A.b",
        [1, 2, 5],
        2,
        id="a class body runs at once",
    ),
    pytest.param(
        "def g():\n    return k\nk = 1\na = g()\nk = 2\ndef f():\n    return a",
        [1, 3, 4, 5, 6],
        1,
        id="a call at once needs the body's names there",
    ),
    pytest.param(
        "def g():\n    return 1\na = g()\ndef g():\n    return 2\ndef f():\n    return a + g()",
        [1, 3, 4, 6],
        3,
        id="two definitions, both needed",
    ),
    pytest.param(
        "def f():\n    return 1\ndef deco(g):\n    return lambda: g() + 1\nf = deco(f)",
        [1, 3, 5],
        2,
        id="decorated by hand",
    ),
    pytest.param(
        "class Net:\n    def forward(self):\n        return k\nnet = Net()\nk = 7\nf = net.forward",
        [1, 4, 5, 6],
        7,
        id="a method used as the function",
    ),
    pytest.param(
        "def g():\n    return 1\nf = g\ndef g():\n    return 2",
        [1, 3],
        1,
        id="an alias keeps what it was given",
    ),
    # scopes
    pytest.param(
        "x = 1\ny = [x for x in (5, 6)]\ndef f():\n    return x",
        [1, 3],
        1,
        id="a comprehension has its own names",
    ),
    pytest.param(
        "n = 2\ny = [n * x for x in (5, 6)]\ndef f():\n    return y",
        [1, 2, 3],
        [10, 12],
        id="but reads the others at once",
    ),
    pytest.param(
        "a = 1\ndef f():\n    def a():\n        return 2\n    return a()",
        [2],
        2,
        id="a nested function hides a global",
    ),
    pytest.param(
        "a = 1\ndef f(a=3):\n    return (lambda: a)()", [2], 3, id="a closure"
    ),
    pytest.param(
        "a = 1\nclass B: pass\nB.a = 2\ndef f():\n    return B.a",
        [2, 3, 4],
        2,
        id="attributes are not names",
    ),
    pytest.param(
        "a = 1\ndef f():\n    return dict(a=2)['a']",
        [2],
        2,
        id="keywords are not names",
    ),
    pytest.param(
        "e = 1\ndef f():\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        return 3",
        [2],
        3,
        id="an exception's name is local",
    ),
    pytest.param(
        "a = 1\ndef f():\n    import math as a\n    return a.floor(2.5)",
        [2],
        2,
        id="a local import is local",
    ),
    # functions that bind globals
    pytest.param(
        "def init():\n    global w\n    w = 3\ninit()\ndef f():\n    return w",
        [1, 4, 5],
        3,
        id="global in a function that is called",
    ),
    pytest.param(
        "def init():\n    global w\n    w = 3\ndef f():\n    return w",
        [4],
        NAME_ERROR,
        id="global in a function that is not",
    ),
    pytest.param(
        "def a():\n    b()\ndef b():\n    global w\n    w = 3\na()\ndef f():\n    return w",
        [1, 3, 6, 7],
        3,
        id="global through a helper",
    ),
    pytest.param(
        "p = {}\ndef init():\n    p['a'] = 1\ninit()\ndef f():\n    return p",
        [1, 2, 4, 5],
        {"a": 1},
        id="a helper that fills a global",
    ),
    # changes in place
    pytest.param(
        "c = {}\nc['lr'] = 1\nprint(c)\ndef f():\n    return c",
        [1, 2, 4],
        {"lr": 1},
        id="an item is set",
    ),
    pytest.param(
        "class A: pass\na = A()\na.lr = 3\ndef f():\n    return a.lr",
        [1, 2, 3, 4],
        3,
        id="an attribute is set",
    ),
    pytest.param(
        "h = []\nh.append(1)\nlen(h)\ndef f():\n    return h",
        [1, 2, 4],
        [1],
        id="a bare method call",
    ),
    pytest.param(
        "h = [1, 2]\nh[0] += 5\ndel h[1]\ndef f():\n    return h",
        [1, 2, 3, 4],
        [6],
        id="augmented and deleted items",
    ),
    pytest.param(
        "h = []\nh.append(1)\nh = []\ndef f():\n    return h",
        [3, 4],
        [],
        id="not what was changed before a rebinding",
    ),
    pytest.param(
        "import random\nrandom.seed(1)\ndef f():\n    return random and 1",
        [1, 3],
        1,
        id="a module is not a variable",
    ),
    pytest.param(
        "class A:\n    n = 0\nA.n = 2\nA.mro()\ndef f():\n    return A.n",
        [1, 3, 5],
        2,
        id="a class's attributes, not its methods",
    ),
    pytest.param(
        "def f():\n    return f.k\nf.k = 2",
        [1, 3],
        2,
        id="a function's own attribute",
    ),
    pytest.param(
        "h = [2]\nk = 1\nh.append(k)\nh.extend_(k)\ndef f():\n    return k",
        [2, 5],
        1,
        id="an argument of a method is not changed",
    ),
    pytest.param(
        "import heapq\nk = 1\nh = []\nheapq.push_(h, k)\ndef f():\n    return h",
        [1, 2, 3, 4, 5],
        [],
        id="a module's function in place, like nn.init.normal_",
    ),
    pytest.param(
        "import heapq\nk = 1\nh = []\nheapq.push_(h, k)\ndef f():\n    return k",
        [2, 5],
        1,
        id="which changes its first argument only",
    ),
    pytest.param(
        "def g():\n    return []\ng().append(1)\ndef f():\n    return g()",
        [1, 4],
        [],
        id="what a call returns is not the function",
    ),
    pytest.param(
        "class A: pass\na = A()\nsetattr(a, 'k', 2)\ndef f():\n    return a.k",
        [1, 2, 3, 4],
        2,
        id="setattr",
    ),
    # deleted
    pytest.param(
        "a = 1\ndel a\ndef f():\n    return a",
        [1, 2, 3],
        NAME_ERROR,
        id="a deleted name",
    ),
    pytest.param(
        "a = 1\nb = a\ndel a\ndef f():\n    return b",
        [1, 2, 4],
        1,
        id="deleted after its use",
    ),
    pytest.param(
        "a = 1\ndel a\na = 2\ndef f():\n    return a",
        [3, 4],
        2,
        id="deleted and bound again",
    ),
    # star imports
    pytest.param(
        "from math import *\ndef f():\n    return floor(2.5)",
        [1, 2],
        2,
        id="a star import for an unbound name",
    ),
    pytest.param(
        "from math import *\nfloor = int\ndef f():\n    return floor(2.5)",
        [2, 3],
        2,
        id="not for a bound name",
    ),
    pytest.param(
        "from math import *\ndef f():\n    return len('abc')",
        [2],
        3,
        id="not for a builtin",
    ),
    pytest.param(
        "from math import *\ndef f():\n    return pow(2, 3)",
        [1, 2],
        8.0,
        id="but for one that modules replace",
    ),
    # other
    pytest.param(
        "from __future__ import annotations\ndef f(x: Missing = 1):\n    return x",
        [1, 2],
        1,
        id="future flags",
    ),
    pytest.param(
        "a = 1; b = 2; c = 3\ndef f():\n    return b",
        [1, 2],
        2,
        id="statements that share a line",
    ),
    pytest.param(
        "def f():\n    return 1\nf()\nprint(f())",
        [1],
        1,
        id="trying a function out is left out",
    ),
    pytest.param(
        "a = undefined\nb = 1\ndef f():\n    return b",
        [2, 3],
        1,
        id="what raises and is not needed",
    ),
    # conditional bindings are weak
    pytest.param(
        "a = 1\nif a > 1:\n    a = 2\ndef f():\n    return a",
        [1, 2, 4],
        1,
        id="an if may not bind",
    ),
    pytest.param(
        "try:\n    import nowhere as m\nexcept ImportError:\n    m = None\ndef f():\n    return m",
        [1, 5],
        None,
        id="try",
    ),
    pytest.param(
        "if True:\n    a = 1\nelse:\n    a = 2\ndef f():\n    return a",
        [2, 5],
        1,
        id="a constant test is decided",
    ),
    pytest.param(
        "import contextlib\nwith contextlib.nullcontext():\n    a = 1\n    print(a)\ndef f():\n    return a",
        [1, 2, 5],
        1,
        id="with",
    ),
    pytest.param(
        "a = 1\nif a:\n    def f():\n        return 1\nelse:\n    def f():\n        return 2",
        [1, 2],
        1,
        id="a conditional function",
    ),
    pytest.param(
        "def f():\n    return 3\nif __name__ == '__main__':\n    def f():\n        return 4",
        [1],
        3,
        id="the main guard is not run",
    ),
    pytest.param(
        "if '__main__' == __name__:\n    a = 1\nelse:\n    a = 2\ndef f():\n    return a",
        [4, 5],
        2,
        id="but its else is",
    ),
    pytest.param(
        "match 3:\n    case a:\n        pass\ndef f():\n    return a",
        [1, 4],
        3,
        id="match binds",
    ),
]


@pytest.mark.parametrize(("source", "lines", "value"), SLICES)
def test_slices(source, lines, value):
    found = sliced(source)
    assert [statement.line for statement in found.statements] == lines
    if value is not ...:
        assert (
            value_of_f(found) is value
            if value is NAME_ERROR
            else value_of_f(found) == value
        )


def test_statement_on_a_shared_line_is_taken_alone():
    found = sliced("a = 1; b = 2; c = 3\ndef f():\n    return b")
    assert [sorted(statement.binds) for statement in found.statements] == [
        ["b"],
        ["f"],
    ]


def test_lines_and_cells_of_a_notebook():
    found = sliced(notebook("x = 1", "\n\ndef f():\n    return x"))
    assert [(s.cell, s.line, s.tree.end_lineno) for s in found.statements] == [
        (1, 1, 1),
        (2, 3, 4),
    ]
    assert (
        found.definitions["f"].cell,
        found.definitions["f"].first_line,
    ) == (2, 3)
    assert found.definitions["f"].text == "def f():\n    return x"


NOTICES = [
    pytest.param(
        "for i in x:\n    w = 1\ndef f():\n    return w",
        "Line 1 has a loop",
        id="a loop that was needed",
    ),
    pytest.param(
        "w = train()\ndef f():\n    return w",
        "Line 1 starts a training",
        id="a training",
    ),
    pytest.param(
        "def f():\n    return eval('a')",
        "Line 2 uses `eval`",
        id="eval cannot be followed",
    ),
    pytest.param(
        "exec('a = 1')\ndef f():\n    return a",
        "Line 1 uses `exec`",
        id="nor exec",
    ),
]


@pytest.mark.parametrize(("source", "says"), NOTICES)
def test_notices(source, says):
    assert any(says in str(notice) for notice in sliced(source).notices)


def test_quiet_where_nothing_is_skipped_that_matters():
    assert (
        sliced(
            "print(1)\nfor i in range(3):\n    print(i)\ndef f():\n    return 1"
        ).notices
        == ()
    )


def test_notices_of_reading_are_kept():
    text = read(b"x = '\xe9'\ndef f(): return 1", "a.py")
    assert slice_functions(text, ["f"]).notices == text.notices != ()


HOSTILE = [
    pytest.param("x = " + "(" * 10_000, id="brackets"),
    pytest.param("x = " + "-" * 10_000 + "1", id="signs"),
    pytest.param("x = 1" + "+1" * 50_000, id="a long sum"),
    pytest.param("x = a" + ".a" * 50_000, id="a long chain"),
    pytest.param("x = a" + "()" * 50_000, id="a chain of calls"),
    pytest.param("x = " + "lambda: " * 5_000 + "1", id="lambdas"),
    pytest.param(
        "if a:\n    x = 1\n" + "elif a:\n    x = 1\n" * 3_000, id="elif"
    ),
    pytest.param(
        "\n".join(" " * n + "if x:" for n in range(90))
        + "\n"
        + " " * 90
        + "y = 1",
        id="blocks",
    ),
    pytest.param("x = " * 5_000 + "1", id="targets"),
    pytest.param("x = '''" * 300, id="open strings"),
    pytest.param("x = (\n" * 1_000, id="open brackets, line after line"),
    pytest.param("\ud800 = 1", id="a surrogate"),
]


@pytest.mark.parametrize("source", HOSTILE)
def test_hostile_source_costs_only_itself(source):
    source += "\n\ndef f():\n    return 1\n"
    found = sliced(read(source.encode("utf-8", "surrogatepass"), "a.py"))
    assert "f" in found.missing or value_of_f(found) == 1
    notices = [to_plain(notice) for notice in found.notices]
    json.dumps([found.missing, notices], ensure_ascii=False).encode()
    assert all(len(str(notice)) < 500 for notice in found.notices)


def test_many_notices_are_capped():
    notices = [
        Notice("cell-magic", {"magic": f"m{n}"}, cell=1) for n in range(100)
    ]
    text = notebook("def f():\n    return 1")
    found = sliced(replace(text, notices=tuple(notices)))
    assert len(found.notices) < 100 and value_of_f(found) == 1
    assert found.notices[-1] == Notice("more", {"count": "40"})


def test_notices_of_one_kind_are_one():
    found = sliced("x = = 1\n" * 500 + "def f():\n    return 1")
    assert value_of_f(found) == 1
    broken, whole = found.notices
    assert (broken.line, broken.more) == (1, 499)
    assert whole == Notice("broken-file")


def test_opens_no_file_once_imported():
    """A confined worker cannot: everything is loaded with the modules."""
    script = r"""
import json, sys
from grader.reading import findings
from grader.reading import slicing
from grader.reading import cells

cell = {"cell_type": "code", "input": "%time x = 1", "outputs": []}
files = {
    "a.py": b"# coding: cp1252\nx = '\x80\\N{BULLET}'",
    "b.py": "from math import *\nη = 1\ndef f():\n    return η, floor, eval\nprint 1".encode(),
    "c.py": "def g(): pass".encode("utf-16"),
    "d.py": b"# coding: cp037\ndef f(): pass",
    "e.ipynb": json.dumps({"nbformat": 3, "worksheets": [{"cells": [cell]}]}).encode(),
    "f.ipynb": b"[",
}
refused = []

def refuse(event, arguments):
    if event in ("open", "import"):
        refused.append(str(arguments[0]))
        raise PermissionError(event)

sys.addaudithook(refuse)
for name, data in files.items():
    try:
        findings.find(slicing.slice_functions(cells.read(data, name), ["f"]), ["f"])
    except cells.Unreadable:
        pass
# the codec that only d.py names; and the parser looks for a file to quote in a syntax error
print([path for path in refused if "cp037" not in path and path not in ("<unknown>", "<cell>")])
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True
    )
    assert run.stdout == "[]\n", run.stderr


def test_each_notice_once():
    found = sliced("a = eval('1'); b = eval('2')\ndef f():\n    return a + b")
    assert found.notices == (
        Notice("hidden-names", {"function": "eval"}, line=1),
    )


def test_top_level_names_and_their_last_kind():
    found = sliced(
        "a = 1\nimport b\nif a:\n    def c(): pass\na = lambda: 1\nclass D: pass"
    )
    assert found.top_level == {
        "a": "lambda",
        "b": "import",
        "c": "def",
        "D": "class",
    }
