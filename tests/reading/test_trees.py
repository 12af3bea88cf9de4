"""What a piece of a syntax tree shows by itself."""

import ast

import pytest

from grader.reading import trees


def statement(source):
    return ast.parse(source).body[0]


KINDS = [
    pytest.param("def f(): pass", "def", id="def"),
    pytest.param("async def f(): pass", "def", id="async def"),
    pytest.param("class F: pass", "class", id="class"),
    pytest.param("import f", "import", id="import"),
    pytest.param("from f import f", "import", id="from"),
    pytest.param("f = lambda: 1", "lambda", id="lambda"),
    pytest.param("f: object = lambda: 1", "lambda", id="an annotated lambda"),
    pytest.param("f = 1", "assignment", id="assignment"),
    pytest.param("f += lambda: 1", "assignment", id="augmented"),
]


@pytest.mark.parametrize(("source", "kind"), KINDS)
def test_kind_of(source, kind):
    assert trees.kind_of(statement(source)) == kind


BINDERS = [
    pytest.param("f = 1", 1, id="itself"),
    pytest.param(
        "if x:\n    f = 1\nelse:\n    f = 2", 4, id="the last one within"
    ),
    pytest.param(
        "try:\n    def f():\n        f = 1\nexcept E:\n    g = 1",
        2,
        id="a function, not its body",
    ),
    pytest.param(
        "with x:\n    if y:\n        a, f = 1, 2", 3, id="nested, in a tuple"
    ),
    pytest.param(
        "with x as f:\n    y = f", 1, id="the compound statement itself"
    ),
    pytest.param("if x:\n    (f := 3)", 2, id="a walrus"),
]


@pytest.mark.parametrize(("source", "line"), BINDERS)
def test_binder_of(source, line):
    assert trees.binder_of(statement(source), "f").lineno == line


def test_nodes_tell_what_runs_later():
    tree = statement("def f(a=now):\n    later\n    g = lambda b=later: later")
    found = {
        (n.id, later)
        for n, later in trees.nodes(tree)
        if isinstance(n, ast.Name) and n.id != "g"
    }
    assert found == {("now", False), ("later", True)}
    tree = statement("lambda b=now: later")
    found = {
        (n.id, later)
        for n, later in trees.nodes(tree)
        if isinstance(n, ast.Name)
    }
    assert found == {("now", False), ("later", True)}


def test_nodes_take_any_depth():
    tree = ast.Module(body=[], type_ignores=[])
    value = ast.Name("x", ast.Load())
    for _ in range(20_000):
        value = ast.Attribute(value, "a", ast.Load())
    tree.body.append(ast.Expr(value))
    assert (
        sum(isinstance(node, ast.Attribute) for node, _ in trees.nodes(tree))
        == 20_000
    )
    while isinstance(
        value, ast.Attribute
    ):  # freed step by step, as the interpreter would recurse
        value = value.value


def test_first_line_includes_decorators():
    assert trees.first_line(statement("@d\n@e\ndef f(): pass")) == 1
    assert trees.first_line(statement("\n\nx = 1")) == 3


TRUTHS = [
    ("True", True),
    ("0", False),
    ("'a'", True),
    ("None", False),
    ("x", None),
    ("not 1", None),
]


@pytest.mark.parametrize(("source", "truth"), TRUTHS)
def test_constant_truth(source, truth):
    assert trees.constant_truth(ast.parse(source, mode="eval").body) is truth


def test_imports():
    assert trees.is_star_import(statement("from a import *"))
    assert not trees.is_star_import(statement("from a import b"))
    assert trees.is_future_import(
        statement("from __future__ import annotations")
    )
    assert not trees.is_future_import(statement("import __future__"))
