"""The columns of numbers that a loop's turns print, or append to what they fill."""

from __future__ import annotations

import math
import types
from typing import Any

import numpy as np
import pytest
import torch

from grader.sandbox.inside.outputs import Outputs, printed_numbers

# label, value, half a unit of its last digit, whether a percent sign follows
PRINTED = [
    pytest.param(
        "loss 0.50", [("loss", 0.5, 0.005, False)], id="words before it"
    ),
    pytest.param("step 3", [("step", 3, 0, False)], id="a count is exact"),
    pytest.param("err 12.5%", [("err", 12.5, 0.05, True)], id="percent"),
    pytest.param("err 12 %", [("err", 12, 0, True)], id="percent, apart"),
    pytest.param(
        "e=-1.5e-03", [("e=", -1.5e-3, 5e-5, False)], id="an exponent"
    ),
    pytest.param(
        "e: 1e-3", [("e:", 1e-3, 5e-4, False)], id="an exponent only"
    ),
    pytest.param(
        ".5", [("", 0.5, 0.05, False)], id="no digit before the point"
    ),
    pytest.param("loss nan", [("loss", math.nan, 0, False)], id="nan"),
    pytest.param("loss -inf", [("loss", -math.inf, 0, False)], id="infinite"),
    pytest.param(
        "1e400", [("", math.inf, math.inf, False)], id="beyond all numbers"
    ),
    pytest.param(
        "1: 2 / 3",
        [("", 1, 0, False), (":", 2, 0, False), ("/", 3, 0, False)],
        id="several",
    ),
    pytest.param(
        "loss\n  total: 1\n2",
        [("loss total:", 1, 0, False), ("", 2, 0, False)],
        id="lines",
    ),
    pytest.param(
        "{'loss': 0.5}", [("{'loss':", 0.5, 0.05, False)], id="a dict"
    ),
    pytest.param(
        "w1 loss 3", [("w0 loss", 3, 0, False)], id="digits in a name"
    ),
    pytest.param(
        "12s 3", [("0s", 3, 0, False)], id="a time is part of the words"
    ),
    pytest.param(
        "loss tensor(0.1234)", [("loss", 0.1234, 5e-5, False)], id="tensor"
    ),
    pytest.param(
        "tensor(0.5, dtype=torch.float64)",
        [("", 0.5, 0.05, False)],
        id="its dtype",
    ),
    pytest.param(
        "tensor([0.5, 1.5], grad_fn=<MulBackward0>)",
        [("[", 0.5, 0.05, False), (",", 1.5, 0.05, False)],
        id="a vector",
    ),
    pytest.param("no number: a1, 2b, v1.2.3", [], id="none"),
]


@pytest.mark.parametrize(("text", "expected"), PRINTED)
def test_printed_numbers(text: str, expected: list[Any]) -> None:
    found = []
    for label, (value, half), is_percent in printed_numbers(text):
        found.append((label, value, half, is_percent))
    plain = [
        (label, float(a), float(b), percent)
        for label, a, b, percent in expected
    ]
    assert str(found) == str(plain)  # nan is nan


@pytest.mark.parametrize(
    "form", ["{}", "{:.3f}", "{:.2e}", "{:g}", "{:8.1f}", "{:+.0f}."]
)
def test_a_number_is_within_half_a_unit_of_what_was_printed(form: str) -> None:
    for value in (0.0, 1 / 3, 2.0, 97.12345, 1234.5678, 3e-7):
        ((label, (read, half), _),) = printed_numbers(
            "loss: " + form.format(value)
        )
        assert label == "loss:"
        assert abs(read - value) <= half * 1.0001


VALUES = 0.5, 0.0, 0.0, 0.25


def columns(before: str, turn: str, nb_turns: int = 4) -> list[Any]:
    """What a loop tells: `turn` runs with its number n and a value v; what it prints goes to `out`."""
    names: dict[str, Any] = {"np": np, "torch": torch, "Own": OWN}
    exec(before, names)
    outputs = Outputs()
    outputs.begin(names)
    for number in range(nb_turns):
        names |= {"out": "", "n": number, "v": VALUES[number % len(VALUES)]}
        exec(turn, names)
        outputs.end_turn(number, names["out"], names)
    return outputs.as_plain(nb_turns)


OWN = type("Own", (types.SimpleNamespace,), {"__module__": "submission"})

FILLED = [
    pytest.param("h = []", "h.append(v)", ["h"], id="a list"),
    pytest.param(
        "h = [7, 8]", "h += [v]", ["h"], id="which holds other entries"
    ),
    pytest.param("h = []", "h = h + [v]", ["h"], id="a new list each turn"),
    pytest.param("h = []", "h.append(torch.tensor(v))", ["h"], id="tensors"),
    pytest.param(
        "h = []", "h.append(np.float32(v))", ["h"], id="numpy scalars"
    ),
    pytest.param("h = []", "h.append((v, n))", ["h", "h"], id="pairs"),
    pytest.param(
        "h = []", "h.append(torch.tensor([v, n]))", ["h", "h"], id="vectors"
    ),
    pytest.param(
        "h = []", "h.append([n, (v, 'a')])", ["h", "h"], id="nested, with text"
    ),
    pytest.param(
        "h = []", "h.append({'a': v, 'b': n})", ["a", "b"], id="dicts"
    ),
    pytest.param(
        "h = {'a': []}", "h['a'].append(v)", ["a"], id="a dict of lists"
    ),
    pytest.param(
        "h = {}",
        "h.setdefault('a', []).append(v)",
        ["a"],
        id="made on the way",
    ),
    pytest.param("h = {}", "h[n] = v", ["h"], id="a dict of numbers"),
    pytest.param(
        "h = Own(a=[])", "h.a.append(v)", ["a"], id="an own object's list"
    ),
    pytest.param("h = torch.zeros(9)", "h[n] = v", ["h"], id="a tensor"),
    pytest.param(
        "h = torch.full((9,), float('nan'))", "h[n] = v", ["h"], id="of nan"
    ),
    pytest.param("h = np.zeros(9)", "h[n] = v", ["h"], id="an array"),
    pytest.param(
        "h = np.zeros((9, 2))", "h[n] = v, n", ["h", "h"], id="with rows"
    ),
    pytest.param(
        "h = torch.zeros(2, 9)",
        "h[:, n] = torch.tensor([v, n])",
        ["h", "h"],
        id="with columns",
    ),
    pytest.param(
        "h = Own(a=torch.zeros(9))", "h.a[n] = v", ["a"], id="an own object's"
    ),
    pytest.param("", "out = f'loss {v:.2f}'", ["loss"], id="printed"),
    pytest.param(
        "", "out = f'a {v} a {n}'", ["a", "a"], id="the same words twice"
    ),
    pytest.param(
        "",
        "out = f'{10 + n}:3{n}s a {v}'",
        ["", ":0s a"],
        id="a time before it",
    ),
    pytest.param(
        "h = []", "h.append(v); out = f'a {v}'", ["h", "a"], id="both"
    ),
    pytest.param(
        "",
        "out = 'x2 0.25\\n' * 50 + f'loss {v}'",
        ["loss"],
        id="beside each sample's",
    ),
    pytest.param(
        "", "out = '0.25 0.5\\n' * 50 + f'{v}'", [""], id="below each sample's"
    ),
]


@pytest.mark.parametrize(("before", "turn", "labels"), FILLED)
def test_columns(before: str, turn: str, labels: list[str]) -> None:
    found = columns(before, turn)
    assert [label for label, *_ in found] == labels
    assert any(values.tolist() == list(VALUES) for _, _, values, _ in found)


NOTHING = [
    pytest.param("h = []", "h.extend([v, n])", id="several entries a turn"),
    pytest.param("h = [1, 2]", "h[0] = v", id="a list that does not grow"),
    pytest.param("h = []", "h.append('a')", id="texts"),
    pytest.param("h = []", "h.append(None)", id="nothing"),
    pytest.param("h = []", "h.append([0.5] * 9)", id="too many together"),
    pytest.param("h = []", "h.append(torch.zeros(2, 2))", id="matrices"),
    pytest.param("_h = []", "_h.append(v)", id="hidden"),
    pytest.param("w = torch.ones(9)", "w -= 1", id="parameters"),
    pytest.param("w = torch.zeros(9, 9)", "w[0] = v", id="a matrix"),
    pytest.param(
        "w = torch.zeros(30_000)", "w[n] = v", id="too long an array"
    ),
    pytest.param(
        "h = np.array(['a', 'b'])", "h[0] = str(n)", id="an array of texts"
    ),
    pytest.param("", "h = torch.rand(n + 1)", id="of another size each turn"),
    pytest.param("", "out = str(list(range(41)))", id="too many numbers"),
]


@pytest.mark.parametrize(("before", "turn"), NOTHING)
def test_no_columns(before: str, turn: str) -> None:
    assert columns(before, turn) == []


def test_a_turn_without_a_number() -> None:
    ((label, _, values, halves),) = columns("", "if n % 2: out = 'a 0.5'")
    assert (label, str(values.tolist())) == ("a", "[nan, 0.5, nan, 0.5]")
    assert halves.tolist() == [0, 0.05, 0, 0.05]


def test_percent_is_told_of_the_column() -> None:
    found = columns("", "out = f'a {v}% b {v}'")
    assert [percent for _, percent, *_ in found] == [True, False]


def test_no_more_columns_than_anybody_reads() -> None:
    assert (
        len(
            columns(
                "",
                "out = '\\n'.join(f'{chr(n + 65)}{chr(k + 65)} 1' for k in range(30))",
            )
        )
        == 60
    )


def test_no_turns() -> None:
    outputs = Outputs()
    outputs.end_turn(0, "a 1", {})
    ((_, _, values, halves),) = outputs.as_plain(0)
    assert values.shape == halves.shape == (0,)
