"""What a lifted loop needs, and whether a definition needs none in its place."""

import ast

import pytest
from lifted_loops import BACK, lifted, lines
from texts import notebook, sliced

from grader.reading.lifting import is_usable

LOOP = "\nfor i in range(3):\n    for x in (1, 2):\n        back(w, x)"
NEEDS = [
    pytest.param(
        "w = [1]\nunused = 3\nprint(w)", [2, 5], id="only what it reads"
    ),
    pytest.param(
        "v = 1\nw = [v]\nv = 2", [2, 3, 5], id="through other variables"
    ),
    pytest.param("w = [1]\nw.append(1)", [2, 3, 4], id="changed in place"),
    pytest.param(
        "w = [1]\nps = [w]\nfor p in ps: p.append(2)",
        [2, 3, 4, 5],
        id="a list of it",
    ),
    pytest.param(
        "w = [1]\nfor p in (w, []): p.append(2)",
        [2, 3, 4],
        id="a loop over it",
    ),
    pytest.param(
        "w = [1]\nps = [w]\n[p.append(2) for p in ps]",
        [2, 3, 4, 5],
        id="in brackets",
    ),
    pytest.param(
        "w = [1]\nps = {'w': w}\nps['w'].append(2)",
        [2, 3, 4, 5],
        id="a dict of it",
    ),
    pytest.param(
        "def init(p): p.append(1)\nw = [1]\ninit(w)",
        [2, 3, 4, 5],
        id="own function",
    ),
    pytest.param(
        "import m\nw = [1]\nm.init_(w)", [2, 3, 4, 5], id="a module's"
    ),
    pytest.param(
        "w = [1]\nshow(w)", [2, 4], id="but not any call that reads it"
    ),
    pytest.param(
        "w = [1]\nfor i in range(9):\n    back(w, i)",
        [2, 5],
        id="no other training",
    ),
    pytest.param(
        "def learn():\n    for i in range(9):\n        back(w, i)\nw = [1]\nlearn()",
        [5, 7],
        id="nor one in a function",
    ),
]


@pytest.mark.parametrize(("above", "run"), NEEDS)
def test_what_it_needs(above, run):
    assert lines(lifted(BACK + above + LOOP)) == run


def test_definitions_that_are_there_are_not_run_again_but_variables_are():
    source = "import math\nw = math.pi\ndef back(v, x):\n    return w\n"
    assert lines(lifted(source + LOOP)) == [2, 6]


def test_a_function_is_called_with_what_its_variables_hold_then():
    source = (
        "w = 1\ndef learn(n):\n    for i in range(n):\n        back(w, i)\n"
    )
    assert lines(lifted(BACK + source + "n = 3\nlearn(n)\nw = 2")) == [
        2,
        3,
        6,
        7,
    ]


def test_cells_may_stand_in_another_order():
    cells = "for i in range(n):\n    back(w, i)", "w = 1", "n = len([w])", BACK
    found = lifted(notebook(*cells))
    assert [statement.cell for statement in found.statements] == [2, 3, 1]
    assert (found.cell, found.line) == (1, 1)


BELOW = [
    pytest.param("w = 1", [3, 1], id="read"),
    pytest.param("v = 1", [1], id="bound before it is read"),
    pytest.param("u = 1", [3, 1], id="read before it is bound"),
]


@pytest.mark.parametrize(("below", "run"), BELOW)
def test_what_stands_below_gives_what_is_bound_nowhere_else(below, run):
    loop = "for i in (1, 2):\n    v = back(w, u)\n    u = v"
    found = lifted(notebook(loop, BACK, below))
    assert [statement.cell for statement in found.statements] == run


PASSES = [
    pytest.param(
        "for x in data:\n    back(g, x)", True, id="over the samples"
    ),
    pytest.param(
        "for n, x in enumerate(data):\n    back(g, x)", True, id="counted"
    ),
    pytest.param(
        "for n in range(len(data)):\n    back(g, n)", True, id="by number"
    ),
    pytest.param(
        "for n in range(5):\n    back(g, n)", False, id="perhaps steps"
    ),
    pytest.param("while data:\n    back(g, data)", False, id="while"),
    pytest.param(
        "for e in data:\n    for x in data:\n        back(g, x)",
        False,
        id="two loops",
    ),
]


@pytest.mark.parametrize(("loop", "is_single_pass"), PASSES)
def test_what_follows_a_single_pass_belongs_to_it(loop, is_single_pass):
    above, below = "data = [1, 2]; g = []\n", "\nprint(g)\ng.append(w)\nk = 1"
    found = lifted(above + loop + below)
    after = found.statements[found.number + 1 :]
    assert found.is_single_pass is is_single_pass
    assert [ast.unparse(s.tree) for s in after] == [
        "g.append(w)"
    ] * is_single_pass


def test_what_the_statements_bind():
    assert lifted("w = 1\nfor i in (1, 2):\n    v = back(w, i)").binds() == {
        "w",
        "i",
        "v",
    }


USABLE = [
    pytest.param("def f(a, b): return a", True, id="takes them"),
    pytest.param("def f(a, b, c=1): return a", True, id="a default more"),
    pytest.param("def f(a, b=1): return a", True, id="a default of them"),
    pytest.param("def f(*all): return all", True, id="any number"),
    pytest.param("def f(a, /, b): return a", True, id="by place only"),
    pytest.param("f = lambda a, b: a", True, id="a lambda"),
    pytest.param("f = make()", True, id="made elsewhere"),
    pytest.param("def f(a): return a", False, id="too few"),
    pytest.param("def f(a, b, c): return a", False, id="too many"),
    pytest.param("def f(a, b): pass", False, id="a stub"),
    pytest.param("g = 1", False, id="not there"),
]


@pytest.mark.parametrize(("source", "expected"), USABLE)
def test_is_usable(source, expected):
    definition = sliced(source).definitions.get("f")
    assert is_usable(definition, 2) is expected
