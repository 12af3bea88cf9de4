"""Submissions that are bombs for whoever reads them, made here because they are large."""

import json

_HONEST = "def before(x):\n    return x + 1\n\n\ndef after(x):\n    return x * 2\n\n\n"
_CELLS = [
    {
        "cell_type": "code",
        "metadata": {},
        "source": _HONEST,
        "outputs": [],
        "execution_count": None,
    }
]
_BOOK = {"cells": _CELLS, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
_MANY = (
    _CELLS + [{"cell_type": "code", "metadata": {}, "source": "1"}] * 20_000
)
_ATTACK = "def attack(x):\n    return "

BOMBS = {
    "nested.py": _HONEST + _ATTACK + "(" * 3_000 + "x" + ")" * 3_000,
    "signs.py": _HONEST + _ATTACK + "-" * 100_000 + "x",
    "chain.py": _HONEST + _ATTACK + "x" + " + 1" * 50_000,
    "definitions.py": _HONEST + f"{_ATTACK}x\n\n\n" * 20_000,
    "one_line.py": _HONEST
    + "x = '"
    + "x" * 20_000_000
    + "'\n"
    + _ATTACK
    + "len(x)",
    "nulls.py": _HONEST + "\0" * 1_000_000,
    "encoding.py": "# -*- coding: unicode_escape -*-\n" + _HONEST,
    "brackets.ipynb": json.dumps(_BOOK)[:-1]
    + ', "bomb": '
    + "[" * 50_000
    + "]" * 50_000
    + "}",
    "cells.ipynb": json.dumps(_BOOK | {"cells": _MANY}),
    "source.ipynb": json.dumps(
        _BOOK
        | {
            "cells": [
                {"cell_type": "code", "source": [["x"] * 100_000]},
                *_CELLS,
            ]
        }
    ),
    "numbers.ipynb": json.dumps(_BOOK)[:-1]
    + ', "n": '
    + "9" * 1_000_000
    + "}",
    "list.ipynb": "[" + "0," * 5_000_000 + "0]",
}
