"""The worker's answers to "read", "load" and "call", with no process between."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from grader.sandbox.inside.watch import Watch
from grader.sandbox.inside.worker import MODULE, Worker

SOURCE = """
from __future__ import annotations
import torch

SCALE = 2
broken = torch.no_such_thing

def f(x: Undefined):
    return SCALE * x

def g(x):
    return broken(x)
"""


@pytest.fixture
def worker() -> Iterator[Worker]:
    kept = {name: sys.modules.get(name) for name in ("grader", MODULE)}
    made = Worker(Watch())
    made.answer(read(SOURCE))
    yield made
    sys.modules.update(
        {name: module for name, module in kept.items() if module is not None}
    )
    if kept[MODULE] is None:
        sys.modules.pop(MODULE, None)


def read(source: str, filename: str = "x.py") -> dict[str, Any]:
    data = torch.frombuffer(bytearray(source.encode()), dtype=torch.uint8)
    return {
        "do": "read",
        "folder": "",
        "modules": {},
        "data": data,
        "filename": filename,
        "names": ["f", "g", "h"],
        "slow": [],
        "loops": {},
        "expected": {},
    }


def call(
    worker: Worker, function: str, *arguments: Any, **fields: Any
) -> dict[str, Any]:
    request = {
        "do": "call",
        "function": function,
        "rows": [list(arguments)],
        "seed": 0,
    }
    plain = {
        "supply": {},
        "edits": {},
        "standins": {"texts": {}, "everywhere": False},
    }
    (row,) = worker.answer({**request, **plain, **fields})["rows"]
    return dict(row)


def test_reading_runs_nothing() -> None:
    answer = Worker(Watch()).answer(
        read("raise SystemExit\n\ndef f(x):\n    return 1 / 0\n")
    )
    assert answer["unreadable"] is None
    assert set(answer["definitions"]) == {"f"}
    assert set(answer["missing"]) == {"g", "h"}


def test_what_cannot_be_read() -> None:
    assert "unreadable" in Worker(Watch()).answer(read("{", "x.ipynb"))


def test_a_statement_that_raises_costs_only_what_it_binds(
    worker: Worker,
) -> None:
    (failed,) = worker.answer({"do": "load", "seed": 0})["failed"]
    assert (failed["line"], failed["cell"], failed["binds"]) == (
        6,
        None,
        ["broken"],
    )
    assert failed["error"]["kind"] == "AttributeError"
    assert call(worker, "f", 3)["value"] == 6
    assert call(worker, "g", 3)["error"]["kind"] == "NameError"


def test_edits_supplies_and_standins_last_for_one_call(worker: Worker) -> None:
    worker.answer({"do": "load", "seed": 0})
    assert call(worker, "f", 3, supply={"SCALE": 5})["value"] == 15
    # under the file's own `from __future__ import annotations`
    assert (
        call(
            worker,
            "f",
            3,
            edits={"f": "def f(x: Undefined):\n    return SCALE + x\n"},
        )["value"]
        == 5
    )
    texts = {"f": "def f(x):\n    return -x\n"}
    standins = {"texts": texts, "everywhere": False}
    assert call(worker, "f", 3, standins=standins)["value"] == -3
    assert call(worker, "f", 3)["value"] == 6
    assert "h" not in worker.module.__dict__


def test_an_edit_that_cannot_be_run_is_the_calls_error(worker: Worker) -> None:
    worker.answer({"do": "load", "seed": 0})
    assert (
        call(worker, "f", 3, edits={"f": "def f(:\n"})["error"]["kind"]
        == "SyntaxError"
    )
    assert call(worker, "f", 3)["value"] == 6
