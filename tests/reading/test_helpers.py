"""The student's own functions that a graded one uses."""

from __future__ import annotations

import pytest

from grader.reading.cells import read
from grader.reading.helpers import helpers_of
from grader.reading.reaching import Reaching
from grader.reading.slicing import slice_functions

NAMES = ("loss", "dloss", "train")
LOSS = "def half(v): return v / 2\n\ndef loss(v, t): return half(v)\n"


def helpers(source: str, name: str = "train") -> dict[str, str]:
    text = read((LOSS + source).encode(), "a.py")
    found = slice_functions(text, NAMES, ("train",))
    made = helpers_of(found, Reaching(found, NAMES), name)
    return {one["name"]: one["text"] for one in made}


STEP = "def step(x):\n    return x * RATE"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("def train(x): return x", [], id="none"),
        pytest.param("def train(x): return loss(x, x)", [], id="of a required one"),
        pytest.param(f"RATE = 1\n{STEP}\ndef train(x): return step(x)", ["step"], id="a function"),
        pytest.param("step = lambda x: x\ndef train(x): return step(x)", ["step"], id="a lambda"),
        pytest.param("class Net:\n    def go(self): pass\ndef train(x): return Net()", ["Net"], id="a class"),
        pytest.param(
            f"RATE = 1\n{STEP}\ndef steps(x): return step(x)\ndef train(x): return steps(x)",
            ["steps", "step"],
            id="through another",
        ),
        pytest.param(
            "def step(x): return x\ndef step(x): return 2\ndef train(x): return step(x)",
            ["step"],
            id="defined twice",
        ),
        pytest.param(
            "".join(f"def f{i}(x): return x\n" for i in range(9))
            + "def train(x): return "
            + " + ".join(f"f{i}(x)" for i in range(9)),
            [],
            id="too many",
        ),
    ],
)  # fmt: skip
def test_helpers(source: str, expected: list[str]) -> None:
    assert list(helpers(source)) == expected


def test_their_texts() -> None:
    found = helpers(f"RATE = 1\n{STEP}\ndef train(x): return step(x)")
    assert found == {"step": STEP}
    assert list(helpers("", "loss")) == ["half"]
