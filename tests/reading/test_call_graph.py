"""What a call of each function leads to."""

from texts import python

from grader.reading.call_graph import call_graph
from grader.reading.statements import read_statements


def graph(source, slow=("train",)):
    return call_graph(read_statements(python(source)).statements, slow)


def test_slow_functions_and_their_callers():
    found = graph(
        "def a():\n    train()\ndef b():\n    a()\ndef c():\n    d()\ndef d(): pass"
    )
    assert found.slow == {"train", "a", "b"}


def test_a_local_of_that_name_is_not_slow():
    assert graph("def a(train):\n    train()").slow == {"train"}


def test_changes_through_helpers():
    found = graph(
        "def a():\n    global x\n    x = 1\n"
        "def b():\n    y.append(1)\n    a()\n"
        "def c():\n    b()\n"
        "def d(y):\n    y.append(1)\n"
    )
    assert found.changes == {"a": {"x"}, "b": {"x", "y"}, "c": {"x", "y"}}


def test_recursion():
    found = graph(
        "def a():\n    b()\n    x[0] = 1\ndef b():\n    a()\n    y[0] = 1\n    train()"
    )
    assert found.changes == {"a": {"x", "y"}, "b": {"x", "y"}}
    assert found.slow == {"train", "a", "b"}


def test_long_chains():
    source = "def f0():\n    x[0] = 1\n" + "".join(
        f"def f{n + 1}():\n    f{n}()\n" for n in range(3_000)
    )
    assert graph(source, ["f0"]).changes["f3000"] == {"x"}
    assert "f3000" in graph(source, ["f0"]).slow
