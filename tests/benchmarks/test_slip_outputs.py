"""Whether a slip is one of the catalogue's: told by what it computes."""

from __future__ import annotations

import pytest
from slip_outputs import Catalogued, loaded

from grader.exercise import Exercise

HEAD = "import torch\nimport dlc_practical_prologue\n"
BACKWARD = (
    "def backward_pass(w1, b1, w2, b2, t, x, s1, x1, s2, x2, a, b, c, d):"
)


@pytest.fixture(scope="module")
def catalogued() -> Catalogued:
    return Catalogued(Exercise.load("practical3"))


@pytest.mark.parametrize(
    ("function", "source", "same"),
    [
        ("loss", "def loss(v, t): return ((v - t) ** 2).mean()", True),
        ("loss", "def loss(v, t): return ((v - t) ** 3).sum()", False),
        ("loss", "def loss(v, t): return nowhere", False),
        ("loss", "def loss(v, t):\n while True: pass", False),
        ("loss", "lost = 1", False),
        ("dloss", "dloss = lambda v, t: v - t", True),
        # two mistakes: half of the mean
        ("loss", "def loss(v, t): return ((v - t) ** 2).mean() / 2", True),
        ("train", "def train(*_): pass", None),
    ],
)
def test_same_outputs(
    catalogued: Catalogued,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    source: str,
    same: bool | None,
) -> None:
    monkeypatch.setattr("slip_outputs.SECONDS", 0.3)
    assert catalogued.same(function, HEAD + source) is same


def test_a_file_is_loaded_without_what_raises_or_loops() -> None:
    names = loaded("a = 1\nb = a / 0\nwhile True: pass\ndef f(): return a\n")
    assert names["f"]() == 1
    assert "b" not in names
