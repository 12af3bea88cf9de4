"""Which sources could hide something: those that only compute cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.sandbox.inside.hiding import may_hide

CORPUS = Path(__file__).parents[2] / "corpus"
MOST = 0.2  # of the corpus: each such submission costs a trial

HIDING = [
    "import ctypes",
    "import torch, sys",
    "import torch as t, gc as g",
    "from os import dup2",
    "from os.path import join",
    "import \\\n  socket",
    "x.__class__",
    "torch.ctypes.CDLL(None)",
    "getattr(x, name)",
    "\uff47etattr(x, name)",
    "exec(text)",
    "string.Formatter().get_field('0.x', [f], {})",
    "# é" + "a" * 2_000_000,
    "g.gi_frame",
    "e.__traceback__",
    "torch.load(file)",
    "torch._C._autograd",
    "# -*- coding: utf-7 -*-",
    r'"source": ["imp\u006frt"]',
    "import helpers",
]
COMPUTING = [
    "import torch\nimport numpy as np\nfrom torch import nn, tanh",
    "from dlc_practical_prologue import load_data as data",
    "import dlc_practical_prologue as prologue\nprologue.load_data(True)",
    "if __name__ == '__main__':\n    train()",
    "class Net:\n    def __init__(self): ...",
    "# " + "a" * 2_000_000,
    "# -*- coding: utf-8 -*-\n# gradient of the loss, from the course",
    "from matplotlib import pyplot as plt",
]


@pytest.mark.parametrize("text", HIDING)
def test_what_reaches_further(text: str) -> None:
    assert may_hide(["import torch", text], ["dlc_practical_prologue"])


@pytest.mark.parametrize("text", COMPUTING)
def test_what_only_computes(text: str) -> None:
    assert not may_hide([text], ["dlc_practical_prologue"])


def test_honest_submissions_are_mostly_spared() -> None:
    files = [
        path for path in CORPUS.iterdir() if path.suffix in (".py", ".ipynb")
    ]
    own = ["dlc_practical_prologue", "practical_prologue"]
    hiding = [path for path in files if may_hide([path.read_text()], own)]
    assert len(hiding) <= MOST * len(files), hiding


@pytest.mark.parametrize(
    "worst",
    [
        "\n",
        " ",
        "a",
        "import ",
        "from a",
        "from a.",
        "é",
        "e\u0301\u0323",
        "_",
        "\\t",
    ],
)
def test_looking_takes_no_square_of_the_length(worst: str) -> None:
    """With one that did, this would not end."""
    may_hide([worst * 200_000, "from a" + worst * 200_000], [])
