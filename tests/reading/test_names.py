"""Which names a statement reads and binds, in every scope of the language."""

import ast

import pytest

from grader.reading.names import AMBIENT, names_of


def names(source, flags=0):
    (tree,) = ast.parse(source).body
    return names_of(tree, flags)


# a statement, and the names it reads as it runs, reads later, and binds
NAMES = [
    pytest.param("a = b + c", "bc", "", "a", id="an assignment"),
    pytest.param("a = b = c", "c", "", "ab", id="a chained assignment"),
    pytest.param("a, (b, *c) = d", "d", "", "abc", id="a tuple"),
    pytest.param("a[b] = c.d", "abc", "", "", id="a part is read, not bound"),
    pytest.param("a += 1", "a", "", "a", id="augmented"),
    pytest.param("a: b = c", "bc", "", "a", id="annotated"),
    pytest.param("(a := b)", "b", "", "a", id="a walrus"),
    pytest.param("import a.b", "", "", "a", id="an import binds the package"),
    pytest.param("import a.b as c", "", "", "c", id="import as"),
    pytest.param("from a import b, c as d", "", "", "bd", id="from import"),
    pytest.param("for a in b:\n    c = d", "bd", "", "ac", id="a loop"),
    pytest.param("with a as b: pass", "a", "", "b", id="with"),
    pytest.param(
        "match a:\n    case [b, *c]: pass", "a", "", "bc", id="match"
    ),
    pytest.param(
        "def a(b, c=d): return b + e + f", "d", "ef", "a", id="a function"
    ),
    pytest.param(
        "def a(b: c) -> d: pass",
        "cd",
        "",
        "a",
        id="annotations are read at once",
    ),
    pytest.param("@a\ndef b(): return c", "a", "c", "b", id="a decorator"),
    pytest.param("a = lambda b: b + c", "", "c", "a", id="a lambda"),
    pytest.param(
        "def a():\n    def b(): return c + d\n    d = 1",
        "",
        "c",
        "a",
        id="a closure",
    ),
    pytest.param(
        "a = [b + c for b in d]",
        "cd",
        "",
        "a",
        id="a comprehension runs at once",
    ),
    pytest.param(
        "def a(): return [b + c for b in d]",
        "",
        "cd",
        "a",
        id="one in a function later",
    ),
    pytest.param(
        "class A(B):\n    c = d\n    e = c",
        "Bd",
        "",
        "A",
        id="a class body runs at once",
    ),
    pytest.param(
        "class A:\n    c = c",
        "c",
        "",
        "A",
        id="where it reads before it binds",
    ),
    pytest.param(
        "class A:\n    c = 1\n    def m(self): return c",
        "",
        "c",
        "A",
        id="methods do not see it",
    ),
]


@pytest.mark.parametrize(("source", "now", "later", "binds"), NAMES)
def test_names(source, now, later, binds):
    found = names(source)
    assert found.now.keys() - AMBIENT == set(
        now
    )  # a class body also reads __name__
    assert found.later.keys() == set(later)
    assert found.binds - AMBIENT == set(binds)


def test_global_binds_when_the_function_is_called():
    found = names("def f():\n    global a, b\n    a = 1\n    del b")
    assert (found.binds, found.rebinds, found.deletes) == (
        {"f"},
        {"a", "b"},
        set(),
    )


def test_del_at_the_top_level():
    assert names("del a, b[0]").deletes == {"a"}


def test_first_lines():
    found = names("def f(a=x):\n    y\n    return (x +\n            y + z)")
    assert (found.now, found.later) == ({"x": 1}, {"y": 2, "x": 3, "z": 4})


AWAITS = [
    ("await x", True),
    ("[y async for y in x]", True),
    ("async def f(): await x", False),
    ("x", False),
]


@pytest.mark.parametrize(("source", "awaits"), AWAITS)
def test_awaits(source, awaits):
    assert names(source).awaits is awaits


def test_flags_of_future_imports():
    import __future__

    source = "def f(a: b): pass"
    assert set(names(source).now) == {"b"}
    assert (
        set(names(source, __future__.annotations.compiler_flag).now) == set()
    )


@pytest.mark.parametrize("source", ["return 1", "def f(a, a): pass"])
def test_what_parses_and_does_not_compile(source):
    with pytest.raises(SyntaxError):
        names(source)
