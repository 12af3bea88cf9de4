"""Which required functions a function leads to."""

from __future__ import annotations

import pytest

from grader.reading.cells import read
from grader.reading.lifting import LoopWanted
from grader.reading.own_files import OwnFiles
from grader.reading.own_modules import OwnModules
from grader.reading.reaching import Reaching
from grader.reading.slicing import slice_functions

NAMES = ("loss", "dloss", "backward", "train")
LOSS = "def loss(v, t): return v\ndef dloss(v, t): return v\n"


def reached(
    source: str, name: str = "train", **more: object
) -> list[str] | None:
    text = read((LOSS + source).encode(), "a.py")
    found = slice_functions(text, NAMES, ("train",), **more)  # type: ignore[arg-type]
    return Reaching(found, NAMES).reached_by(name)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("def train(x): return x", [], id="none"),
        pytest.param("def train(x): return loss(x, x)", ["loss"], id="a call"),
        pytest.param(
            "def train(x): return map(dloss, x)", ["dloss"], id="as a value"
        ),
        pytest.param(
            "def train(x):\n    def inner(): return dloss(x, x)\n    return inner",
            ["dloss"],
            id="within a function of its own",
        ),
        pytest.param(
            "def step(x): return dloss(x, x)\ndef train(x): return step(x)",
            ["dloss"],
            id="through a helper",
        ),
        pytest.param(
            "class Net:\n    def back(self, x): return dloss(x, x)\nnet = Net()\n"
            "def train(x): return net.back(x)",
            ["dloss"],
            id="through a method",
        ),
        pytest.param(
            "gradient = dloss\ndef train(x): return gradient(x, x)",
            ["dloss"],
            id="through another name",
        ),
        pytest.param(
            "def backward(x): return dloss(x, x)\ndef train(x): return backward(x)",
            ["backward", "dloss"],
            id="through a graded function",
        ),
        pytest.param(
            "def train(loss): return loss", [], id="a parameter of that name"
        ),
        pytest.param(
            "def train(x): return globals()['dloss'](x, x)",
            None,
            id="by a text",
        ),
    ],
)
def test_reached(source: str, expected: list[str] | None) -> None:
    assert reached(source) == expected


def test_a_lifted_loop_reaches_what_its_statements_do() -> None:
    source = """
def gradient(v, t): return dloss(v, t)
def backward(w, x): return gradient(w, x)
w = loss(1, 2)
for step in range(10):
    for x in range(3):
        backward(w, x)
"""
    wanted = LoopWanted(["backward"], ["w"], ["x"])
    assert reached(source, loops={"train": wanted}) == [
        "backward",
        "dloss",
        "loss",
    ]


def test_what_other_files_reach_is_not_known() -> None:
    other = {("util",): read(b"def step(x): return x", "util.py")}
    own = OwnModules(OwnFiles(texts=other), NAMES, ("train",))
    source = "from util import step\ndef train(x): return step(x)"
    assert reached(source, own=own) is None
