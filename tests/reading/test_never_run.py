"""Loops, trainings and statements that await never run; what is left of a compound statement does."""

import ast

import pytest
from texts import NAME_ERROR, python, sliced, value_of_f

from grader.notices import Notice
from grader.reading.call_graph import call_graph
from grader.reading.never_run import without_never_run
from grader.reading.statements import read_statements


def statements(source):
    file = read_statements(python(source))
    return without_never_run(file, call_graph(file.statements, ["train"]))


NEVER_RUN = [
    pytest.param(
        "w = 1\nfor i in range(n):\n    w = 2\ndef f():\n    return w",
        [1, 4],
        1,
        id="a loop at the top level",
    ),
    pytest.param(
        "while True:\n    w = 2\ndef f():\n    return w",
        [3],
        NAME_ERROR,
        id="an endless loop",
    ),
    pytest.param(
        "import contextlib\nwith contextlib.nullcontext():\n    w = 1\n    while True:\n        w = 2\n"
        "def f():\n    return w",
        [1, 2, 6],
        1,
        id="a loop within a with",
    ),
    pytest.param(
        "try:\n    w = 1\n    h = train()\nfinally:\n    pass\ndef f():\n    return w",
        [1, 6],
        1,
        id="a training within a try",
    ),
    pytest.param(
        "def train():\n    1 / 0\nw = train()\ndef f():\n    return w",
        [4],
        NAME_ERROR,
        id="a training",
    ),
    pytest.param(
        "def train():\n    1 / 0\ndef main():\n    return train()\nw = main()\ndef f():\n    return w",
        [6],
        NAME_ERROR,
        id="a training through a helper",
    ),
    pytest.param(
        "w = 1\nw, h = train()\ndef f():\n    return w",
        [3],
        NAME_ERROR,
        id="what a training rebinds is not its old self",
    ),
    pytest.param(
        "w = [train() for _ in range(3)]\ndef f():\n    return w",
        [2],
        NAME_ERROR,
        id="a training in a comprehension",
    ),
    pytest.param(
        "def train():\n    return 5\nf = train",
        [1, 3],
        5,
        id="naming a training is not calling it",
    ),
    pytest.param(
        "def train():\n    return 5\ndef f():\n    return train()",
        [1, 3],
        5,
        id="a function may call it",
    ),
    pytest.param(
        "exit()\nraise SystemExit\nassert False\nprint(1 / 0)\ndef f():\n    return 1",
        [5],
        1,
        id="what ends the file",
    ),
]


@pytest.mark.parametrize(("source", "lines", "value"), NEVER_RUN)
def test_never_run(source, lines, value):
    found = sliced(source)
    assert [statement.line for statement in found.statements] == lines
    if value is not ...:
        assert (
            value_of_f(found) is value
            if value is NAME_ERROR
            else value_of_f(found) == value
        )


NOTICES = [
    pytest.param("while 1:\n    w = 2", "loop-not-run", id="a loop"),
    pytest.param(
        "if x:\n    for w in y: pass", "loop-not-run", id="a loop within an if"
    ),
    pytest.param("w = train()", "training-not-run", id="a training"),
    pytest.param(
        "if x:\n    w = train()",
        "training-not-run",
        id="a training within an if",
    ),
    pytest.param("w = await x", "await-not-run", id="await"),
    pytest.param("async with x as w: pass", "await-not-run", id="async with"),
    pytest.param(
        "async for w in x: pass", "loop-not-run", id="an asynchronous loop"
    ),
]


@pytest.mark.parametrize(("source", "kind"), NOTICES)
def test_notices(source, kind):
    found = sliced("\n" + source + "\ndef f():\n    return w")
    assert found.notices == (Notice(kind, line=2),)


PRUNED = [
    pytest.param(
        "if x:\n    a = 1\n    b = train()",
        "if x:\n    a = 1\n    pass",
        {"b": "slow"},
        id="slow",
    ),
    pytest.param(
        "with x:\n    for a in y: pass",
        "with x:\n    pass",
        {"a": "loop"},
        id="loop",
    ),
    pytest.param(
        "if x:\n    print(1)\n    y.append(2)",
        "if x:\n    pass\n    y.append(2)",
        {},
        id="calls",
    ),
    pytest.param(
        "if x:\n    fill(y)\ndef fill(y):\n    global z\n    z = y",
        "if x:\n    fill(y)",
        {},
        id="a call of a function that binds a global stays",
    ),
    pytest.param(
        "try:\n    a = 1\nexcept E:\n    b = train()\nelse:\n    while a: pass",
        "try:\n    a = 1\nexcept E:\n    pass\nelse:\n    pass",
        {"b": "slow"},
        id="each branch of a try",
    ),
    pytest.param(
        "match x:\n    case 1:\n        a = train()",
        "match x:\n    case 1:\n        pass",
        {"a": "slow"},
        id="match",
    ),
    pytest.param(
        "if x:\n    def f():\n        for a in y: pass",
        "if x:\n\n    def f():\n        for a in y:\n            pass",
        {},
        id="functions stay as they are",
    ),
]


@pytest.mark.parametrize(("source", "left", "lost"), PRUNED)
def test_compound_statements_lose_parts(source, left, lost):
    statement = statements(source)[0]
    assert ast.unparse(statement.tree) == left
    assert (statement.lost, statement.never_run) == (lost, None)


def test_a_slow_test_keeps_the_whole_statement_from_running():
    assert statements("if train():\n    a = 1")[0].never_run == "slow"


def test_what_is_nested_too_deeply_never_runs():
    source = "if a:\n    x = 1\n" + "elif a:\n    x = 1\n" * 900
    assert statements(source)[0].never_run in ("loop", None)
