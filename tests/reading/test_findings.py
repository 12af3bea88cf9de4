"""What the source of a function shows: globals, shadowed functions, stubs, calls."""

import pytest

from grader.reading.cells import Cell, Text, read
from grader.reading.findings import find
from grader.reading.slicing import slice_functions


def findings(source, names=("f", "loss", "train")):
    return find(
        slice_functions(read(source.encode(), "a.py"), names, ("train",)),
        names,
    )["f"]


GLOBALS = [
    pytest.param("a = 1\ndef f(x):\n    return x\n", {}, id="arguments only"),
    pytest.param(
        "a = 1\ndef f(x):\n    y = x\n    return a + a",
        {"a": 4},
        id="a variable of the file",
    ),
    pytest.param(
        "def f(x):\n    return (x +\n      x0)",
        {"x0": 3},
        id="a name bound nowhere",
    ),
    pytest.param(
        "import torch\nfrom m import *\ndef g(): pass\ndef f(x):\n    return torch.g(g)",
        {},
        id="modules, functions",
    ),
    pytest.param("class A: pass\ndef f(x):\n    return A", {}, id="classes"),
    pytest.param(
        "def f(x):\n    return len(x) + f(__name__)", {}, id="builtins, itself"
    ),
    pytest.param(
        "sum = 3\ndef f(x):\n    return sum",
        {"sum": 3},
        id="a builtin that the file rebinds",
    ),
    pytest.param(
        "def f(x):\n    return [y for y in x for z in w if (lambda q: q + v)(y)]",
        {"w": 2, "v": 2},
        id="nested scopes",
    ),
    pytest.param(
        "def f(x):\n    def g():\n        return x + w\n    return g()",
        {"w": 3},
        id="a nested function",
    ),
    pytest.param("def f(x):\n    return x\n    return w", {}, id="dead code"),
    pytest.param(
        "def f(x):\n    if False:\n        return w",
        {},
        id="a branch never taken",
    ),
    pytest.param(
        "def f(x=w):\n    return x", {}, id="a default is no use within"
    ),
    pytest.param(
        "for w in y: pass\ndef f(x):\n    return w",
        {"w": 3},
        id="bound by a loop that is not run",
    ),
    pytest.param(
        "def f(x):\n    global w\n    w = x", {}, id="writing is not reading"
    ),
    pytest.param("f = lambda x: x + w", {"w": 1}, id="a lambda"),
    pytest.param(
        "import m\ng = m.partial(max)\ndef f(x):\n    return g(x)",
        {},
        id="only called",
    ),
    pytest.param(
        "def f(x):\n    return g(x)", {"g": 2}, id="called, but bound nowhere"
    ),
    pytest.param(
        "import torch\nloss = torch.dist\ndef f(x):\n    return [loss]",
        {},
        id="a graded function",
    ),
    pytest.param(
        "from math import *\ndef f(x):\n    return pi * x0",
        {"x0": 3},
        id="a star import",
    ),
    pytest.param(
        "from nowhere import *\ndef f(x):\n    return x0",
        {},
        id="a star import, unknown",
    ),
]


@pytest.mark.parametrize(("source", "expected"), GLOBALS)
def test_reads_globals(source, expected):
    assert findings(source)["reads_globals"] == expected


SHADOWS = [
    pytest.param(
        "def f(x):\n    loss = loss(x)", {"loss": 2}, id="the classic"
    ),
    pytest.param(
        "def f(x):\n    loss = 0\n    loss += x", {}, id="assigned first"
    ),
    pytest.param(
        "def f(x):\n    loss += loss(x)", {"loss": 2}, id="augmented"
    ),
    pytest.param("def f(x, loss):\n    loss = loss(x)", {}, id="an argument"),
    pytest.param(
        "def f(x, *, k=1, **loss):\n    loss = loss(x)", {}, id="keywords"
    ),
    pytest.param(
        "def f(x):\n    return loss(x)", {}, id="only read: the function"
    ),
    pytest.param(
        "def f(x):\n    for i in x:\n        l = loss(i)\n    loss = l",
        {"loss": 3},
        id="assigned further down",
    ),
    pytest.param("def f(x):\n    y = y(x)", {}, id="no function of the file"),
    pytest.param(
        "def f(x):\n    return [loss for loss in x]",
        {},
        id="a comprehension's variable",
    ),
    pytest.param(
        "def f(x):\n    def g():\n        loss = loss(x)\n    g()",
        {"loss": 3},
        id="in a nested function",
    ),
]


@pytest.mark.parametrize(("source", "expected"), SHADOWS)
def test_shadows(source, expected):
    assert (
        findings(source + "\ndef loss(v):\n    return v\n")["shadows"]
        == expected
    )


def test_stubs():
    assert findings("def f(x): pass")["is_stub"] is True
    assert findings("def f(x): return x")["is_stub"] is False


CALLS = [
    pytest.param(
        "def f(x):\n    x.sum().backward()",
        {".backward": 2, "x.sum": 2},
        id="methods",
    ),
    pytest.param(
        "def f(l):\n    return 1 + l.backward()",
        {"l.backward": 2},
        id="of a variable",
    ),
    pytest.param(
        "import torch as th\ndef f(x):\n    th.autograd.grad(x)",
        {"torch.autograd.grad": 3},
        id="import as",
    ),
    pytest.param(
        "import torch.nn as n\ndef f(x):\n    n.Linear(x)",
        {"torch.nn.Linear": 3},
        id="a submodule",
    ),
    pytest.param(
        "import torch.nn\ndef f(x):\n    torch.nn.Linear(x)",
        {"torch.nn.Linear": 3},
        id="its package",
    ),
    pytest.param(
        "from torch import nn\ndef f(x):\n    nn.Linear(x)",
        {"torch.nn.Linear": 3},
        id="from import",
    ),
    pytest.param(
        "from torch.autograd import grad as g\ndef f(x):\n    g(x)",
        {"torch.autograd.grad": 3},
        id="bare name",
    ),
    pytest.param(
        "def f(x):\n    from torch import optim\n    optim.SGD(x)",
        {"torch.optim.SGD": 3},
        id="a local import",
    ),
    pytest.param(
        "def f(x):\n    return x\n    x.backward()",
        {},
        id="dead: behind a return",
    ),
    pytest.param(
        "def f(x):\n    if 0:\n        x.backward()\n    else:\n        x.sum()",
        {"x.sum": 5},
        id="dead: if 0",
    ),
    pytest.param(
        "def f(x):\n    while False:\n        x.backward()",
        {},
        id="dead: while False",
    ),
    pytest.param(
        "def f(x):\n    for i in x:\n        continue\n        i.backward()",
        {},
        id="dead: behind a continue",
    ),
    pytest.param(
        "def h(x):\n    x.backward()\ndef f(x):\n    x = 1\n    h(x)",
        {"x.backward": 5},
        id="a helper, where it is used",
    ),
    pytest.param(
        "def h(x):\n    x.backward()\ndef g(x):\n    h(x)\ndef f(x):\n    g(x)",
        {"x.backward": 6},
        id="a helper's helper",
    ),
    pytest.param(
        "def h(x):\n    x.backward()\ndef f(x):\n    return x",
        {},
        id="a helper that is not used",
    ),
    pytest.param(
        "import torch\nnet = torch.nn.Linear(3, 4)\ndef f(x):\n    return net(x)",
        {"torch.nn.Linear": 4},
        id="a layer made above",
    ),
    pytest.param(
        "def train(x):\n    x.backward()\ndef f(x):\n    train(x)",
        {},
        id="another graded function answers for itself",
    ),
    pytest.param(
        "class N:\n    def backward(self): pass\nnet = N()\ndef f(x):\n    net.backward()",
        {},
        id="the student's own method",
    ),
    pytest.param(
        "def g(x):\n    x.backward()\nf = g",
        {"x.backward": 2},
        id="past an alias",
    ),
    pytest.param(
        "def f(x):\n    return print(x)", {}, id="plain names are not dotted"
    ),
]


@pytest.mark.parametrize(("source", "expected"), CALLS)
def test_calls(source, expected):
    assert findings(source, ("f", "train"))["calls"] == expected


def test_only_graded_functions_that_are_there():
    assert set(
        find(
            slice_functions(read(b"def f(): pass", "a.py"), ["f", "g"]),
            ["f", "g"],
        )
    ) == {"f"}


def test_lines_are_the_cells_own():
    cells = (
        Cell(1, "y = 1\n\n", None),
        Cell(2, "\ndef f(x):\n    return y", None),
    )
    found = slice_functions(Text(cells, ()), ["f"])
    assert find(found, ["f"])["f"]["reads_globals"] == {"y": 3}
