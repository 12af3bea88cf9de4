"""Which numbers of a source are sizes.

The sources are written for 784 inputs, 50 hidden units and 10 classes, 1000 samples to train on and 797 to
test on, and a step of 0.1 divided by the number of samples. The loop that is counted is the one over steps.
"""

from __future__ import annotations

import ast

import pytest

from grader.sandbox.inside.literals import WrittenFor, replace_sizes

SHAPES = ((50, 784), (50,), (10, 50), (10,))
NAMES = ("train", "test")
WRITTEN = WrittenFor(SHAPES, (1000, 797), NAMES, (0.1,))


def replaced(source: str) -> str:
    trees = ast.parse(source).body
    found = replace_sizes(trees, WRITTEN, loop_over_steps(trees))
    return "; ".join(map(ast.unparse, found))


def loop_over_steps(trees: list[ast.stmt]) -> ast.For | ast.While:
    elsewhere = ast.parse("while step: pass").body
    for tree in [*trees, *elsewhere]:
        for node in ast.walk(tree):
            if isinstance(node, ast.For | ast.While) and "step" in ast.unparse(
                node
            ):
                return node
    raise AssertionError


INIT = "def init(h, n):\n    return torch.empty(h, n)\n"
SIZES = [
    # what stands where shapes do
    pytest.param(
        "torch.empty(50, 784)", "torch.empty(_size_50, _size_784)", id="call"
    ),
    pytest.param(
        "empty((10, 50))", "empty((_size_10, _size_50))", id="a tuple"
    ),
    pytest.param("randn(size=[10])", "randn(size=[_size_10])", id="a keyword"),
    pytest.param("x.view(-1, 784)", "x.view(-1, _size_784)", id="a method"),
    pytest.param(
        "empty(50).normal_(0, 10)",
        "empty(_size_50).normal_(0, 10)",
        id="not what else",
    ),
    pytest.param("x[50]", "x[50]", id="a small number elsewhere"),
    pytest.param("k = 784", "k = _size_784", id="a large number anywhere"),
    # variables that shapes are written with
    pytest.param(
        "h = 50; empty(h)", "h = _size_50; empty(h)", id="a variable"
    ),
    pytest.param(
        "h = 50; k = h; empty(k)",
        "h = _size_50; k = h; empty(k)",
        id="through another",
    ),
    pytest.param(
        "h, k = 50, 50; empty(h)",
        "h, k = (_size_50, 50); empty(h)",
        id="of a tuple",
    ),
    pytest.param(
        "d = {'h': 50}; empty(d['h'])",
        "d = {'h': _size_50}; empty(d['h'])",
        id="dict",
    ),
    pytest.param(
        "h: int = 50; empty(h)", "h: int = _size_50; empty(h)", id="annotated"
    ),
    # the submission's own functions
    pytest.param(
        INIT + "init(50, 784)", "init(_size_50, _size_784)", id="an argument"
    ),
    pytest.param(
        INIT + "init(h=50, n=7)", "init(h=_size_50, n=7)", id="by keyword"
    ),
    pytest.param(
        INIT + "k = 50; init(k, 7)", "k = _size_50; init(k, 7)", id="given on"
    ),
    pytest.param(
        INIT + "def both(k):\n    init(k, 7)\nboth(50)",
        "both(_size_50)",
        id="and on",
    ),
    pytest.param(
        "def init(*shape):\n    empty(shape)\ninit(50, 10)",
        "init(_size_50, _size_10)",
        id="any number of them",
    ),
    pytest.param(
        "class Net:\n    def __init__(self, h):\n        empty(h)\nNet(50)",
        "Net(_size_50)",
        id="a class",
    ),
    pytest.param(
        "def init(h=50):\n    return empty(h)",
        "def init(h=_size_50):\n    return empty(h)",
        id="a default",
    ),
]


@pytest.mark.parametrize(("source", "end"), SIZES)
def test_sizes(source: str, end: str) -> None:
    assert replaced(source).endswith(end)


NO_SIZES = [
    pytest.param("x[50]", id="an index"),
    pytest.param(
        "for i in range(10):\n    f(i)", id="a small number of turns"
    ),
    pytest.param("empty(True, '50', 49)", id="other values"),
    pytest.param("h = 50; print(h)", id="a variable of no shape"),
    pytest.param("net.train(10)", id="a call of another kind"),
]


@pytest.mark.parametrize("source", NO_SIZES)
def test_what_is_no_size(source: str) -> None:
    assert replaced(source) == source


SAMPLES = [
    pytest.param(
        "n = 1000", "n = _train_samples", id="said by nobody: to train on"
    ),
    pytest.param(
        "k = test[:1000]", "k = test[:_test_samples]", id="beside their name"
    ),
    pytest.param(
        "test_n = 1000", "test_n = _test_samples", id="what is given it"
    ),
    pytest.param(
        "e = test_wrong / 797", "e = test_wrong / _test_samples", id="divided"
    ),
    pytest.param(
        "train_n, test_n = 1000, 1000",
        "train_n, test_n = (_train_samples, _test_samples)",
        id="of a tuple",
    ),
    pytest.param(
        "for n in range(1000): f(test[n])",
        "for n in range(_test_samples):\n    f(test[n])",
        id="what its loop reads",
    ),
    pytest.param(
        "for n in range(1000): f(train[n], test[n])",
        "for n in range(_train_samples):\n    f(train[n], test[n])",
        id="both: to train on",
    ),
    pytest.param(
        "for t in test: bad = 1\nbad / 1000",
        "for t in test:\n    bad = 1; bad / _test_samples",
        id="computed in a loop over them",
    ),
    pytest.param("f(n=1000.0)", "f(n=_train_samples)", id="a float"),
    # the step size
    pytest.param(
        "eta = 0.1 / 1000", "eta = 0.1 / _train_samples", id="divided by it"
    ),
    pytest.param("eta = 1e-4", "eta = _per_sample_0", id="as a number"),
    pytest.param(
        "eta = 0.0001 * g", "eta = _per_sample_0 * g", id="in a product"
    ),
    pytest.param("eta = 1e-3", "eta = 0.001", id="another number"),
]


@pytest.mark.parametrize(("source", "expected"), SAMPLES)
def test_numbers_of_samples(source: str, expected: str) -> None:
    assert replaced(source) == expected


STEPS = [
    pytest.param("for step in range(1000): f(step)", id="for"),
    pytest.param(
        "for step in tqdm(range(1000), total=1000): f(step)", id="a bar"
    ),
    pytest.param("while step < 1000: step += 1", id="while"),
    pytest.param("n = 1000\nfor step in range(n): f(step)", id="a variable"),
    pytest.param(
        "n = 10\nx = zeros(n)\nfor step in range(n): f(x)", id="a small one"
    ),
    pytest.param(
        "x = zeros(1000)\nfor step in y: x[step] = 1", id="an array of them"
    ),
    pytest.param(
        "for step in y:\n    if step % 1000 == 0: f(step)", id="a remainder"
    ),
    pytest.param("for step in y:\n    if step == 1000: break", id="a test"),
    pytest.param(
        "def g(n=1000):\n    for step in range(n): f()", id="a default"
    ),
    pytest.param(
        "def g(n):\n    for step in range(n): f()\ng(1000)", id="an argument"
    ),
    pytest.param(
        "def g(n):\n    for step in range(n): f()\ng(n=1000)", id="a keyword"
    ),
    pytest.param(
        "def g(n):\n    for x in y: f()\nlist(map(g, range(1000)))", id="map"
    ),
    pytest.param(
        "def g(n):\n    for x in y: f()\nh = [g(n) for n in range(1000)]",
        id="in brackets",
    ),
]


@pytest.mark.parametrize("source", STEPS)
def test_numbers_of_steps_are_left_alone(source: str) -> None:
    assert "_size_" not in replaced(source) and "_samples" not in replaced(
        source
    )


MIXED = [
    pytest.param(
        "for step in range(1000):\n    for n in range(1000):\n        f(train[n])",
        "for step in range(1000):\n    for n in range(_train_samples):\n        f(train[n])",
        id="for",
    ),
    pytest.param(
        "while step < 1000:\n    while n < 1000:\n        n += 1",
        "while step < 1000:\n    while n < _train_samples:\n        n += 1",
        id="while",
    ),
    pytest.param(
        "k = 1000\nfor step, x in enumerate(train[:k]):\n    f(x)",
        "k = _train_samples; for step, x in enumerate(train[:k]):\n    f(x)",
        id="what is looped over",
    ),
    pytest.param(
        "k, n = 1000, 1000\nfor step in range(n):\n    f(train[:k])",
        "k, n = (_train_samples, 1000); for step in range(n):\n    f(train[:k])",
        id="a tuple",
    ),
]


@pytest.mark.parametrize(("source", "expected"), MIXED)
def test_steps_beside_samples(source: str, expected: str) -> None:
    assert replaced(source) == expected


def test_the_values_for_other_data() -> None:
    values = WRITTEN.values(((4, 6), (4,), (3, 4), (3,)), (20, 5))
    assert values == {
        "_size_50": 4,
        "_size_784": 6,
        "_size_10": 3,
        "_train_samples": 20,
        "_test_samples": 5,
        "_per_sample_0": 0.1 / 20,
    }


def test_two_sizes_that_are_equal_keep_their_number() -> None:
    written = WrittenFor(
        ((50, 784), (50,), (50, 50), (50,)), (1000, 797), NAMES
    )
    values = written.values(((4, 6), (4,), (3, 4), (3,)), (20, 5))
    assert (values["_size_50"], values["_size_784"]) == (50, 6)
