"""A loop is short where its own text says so."""

import ast

import pytest
from texts import sliced, value_of_f

from grader.reading.short_loops import is_short, sizes_of


def short(source):
    trees = ast.parse(source).body
    return is_short(trees[-1], sizes_of(trees[:-1]))


SHORT = [
    "for n in ('tanh', 'cosh'): T[n] = n",
    "for n in [1, 2]: T.append(n)",
    "for i in range(10): T[i] = i",
    "for i in range(0, 100, 5): T[i] = i",
    "for k, v in {'a': 1}.items(): T[k] = v",
    "for k, v in zip('ab', [1, 2]): T[k] = v",
    "for i, n in enumerate(sorted({1, 2})): T[i] = n",
    "NAMES = ['a', 'b']\nfor n in NAMES: T[n] = n",
    "for i in range(10):\n    for j in range(100): T[i, j] = 0",
]
LONG = [
    "while True: pass",
    "for i in range(n): pass",
    "for i in range(10 ** 9): pass",
    "for i in range(2000): pass",
    "for i in range(10, 'x'): pass",
    "for i in range(100):\n    for j in range(100): pass",
    "for i in range(3):\n    while x: pass",
    "for x in data: pass",
    "for x in [*data]: pass",
    "for x in enumerate(data): pass",
    "for x in zip('ab', data): pass",
    "for x in iter(int, 1): pass",
    "for e in range(3): l.backward()",
    "for e in range(3): opt.step()",
    "for e in range(3):\n    def f(): pass",
    "NAMES = ['a']\nNAMES = load()\nfor n in NAMES: pass",
    "NAMES = ['a']\nNAMES += load()\nfor n in NAMES: pass",
    "async def g():\n    async for n in [1]: pass",
]


@pytest.mark.parametrize("source", SHORT)
def test_short(source):
    assert short(source)


@pytest.mark.parametrize("source", LONG)
def test_not_short(source):
    assert not short(source)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("T = {}\nfor n in 'ab':\n    T[n] = n\ndef f():\n    return len(T)", 2),
        ("if True:\n    T = []\n    for n in 'ab': T.append(n)\ndef f():\n    return len(T)", 2),
        ("try:\n    T = []\n    for n in 'ab': T.append(n)\nexcept E: pass\ndef f():\n    return len(T)", 2),
        ("T = 0\nfor n in [1, 2]:\n    T += n\ndef f():\n    return T", 3),
        ("T = []\nfor n in load():\n    T.append(n)\ndef f():\n    return len(T)", 0),
    ],
)  # fmt: skip
def test_one_that_a_function_needs_is_run(source, value):
    assert value_of_f(sliced(source)) == value


def test_one_that_computes_with_a_graded_function_is_not_run():
    for call in ("f()", "train()", "helper()"):
        source = (
            f"T = []\ndef helper():\n    f()\nfor n in 'ab':\n    T.append({call})\n"
            "def f():\n    return len(T)"
        )
        assert value_of_f(sliced(source)) == 0


def test_one_that_nothing_needs_is_not_run():
    found = sliced("for n in 'ab': print(n)\ndef f():\n    return 1")
    assert [statement.line for statement in found.statements] == [2]
