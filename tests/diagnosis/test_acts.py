"""What the source must show before a note says that a student does it."""

from __future__ import annotations

import ast

import pytest

from grader.diagnosis.acts import line_of, shows

ACCUMULATORS = ("g", "h")

SHOWN = [
    ("subtracts", "g -= d"),
    ("subtracts", "g.sub_(d)"),
    ("subtracts", "g.add_(-d)"),
    ("subtracts", "g.add_(d, alpha=-1)"),
    ("subtracts", "g += -1 * d"),
    ("subtracts", "g[:] = g[:] - d"),
    ("assigns", "g = d"),
    ("assigns", "g = g + d"),
    ("assigns", "a, h = d, d"),
    ("assigns", "for a in (g, h):\n    a = a + d"),
    ("assigns", "g.add(d)"),
    ("replaces", "g.copy_(d)"),
    ("replaces", "g[:] = d"),
    ("replaces", "torch.outer(a, b, out=g)"),
    ("replaces", "g.zero_()"),
    ("replaces", "g *= 0"),
    ("discards", "w.sub(eta * d)"),
    ("discards", "w.substract(eta * d)"),
    ("discards", "for p, d in zip(ps, ds):\n    p = p - eta * d"),
    ("discards", "new = w - eta * d"),
    ("ascends", "w += eta * d"),
    ("ascends", "w = w + eta * d"),
    ("ascends", "w.sub_(-eta * d)"),
]
NOT_SHOWN = [
    ("ascends", "w -= eta * d"),
    ("ascends", "step(w, b, eta)"),
    ("subtracts", "e = 2 * (t - x)\ng += e"),
    ("subtracts", "g += d.view(-1, 1)"),
    ("assigns", "g += d"),
    ("assigns", "g.add_(d)"),
    ("assigns", "g = ..."),
    ("replaces", "g.add_(d)"),
    ("replaces", "g = d"),
    ("discards", "w = w - eta * d\nreturn w"),
    ("discards", "w -= eta * d"),
    ("discards", "if n % 10 == 9:\n    w -= eta * d"),
]


@pytest.mark.parametrize(("act", "text"), SHOWN)
def test_what_the_source_shows(act, text):
    assert shows(act, ast.parse(text).body, ACCUMULATORS)


@pytest.mark.parametrize(("act", "text"), NOT_SHOWN)
def test_what_it_does_not_show(act, text):
    tree = ast.parse(f"def f():\n{indented(text)}").body[0]
    assert not shows(act, tree.body, ACCUMULATORS)


def indented(text):
    return "\n".join("    " + line for line in text.splitlines())


@pytest.mark.parametrize(("act", "text"), SHOWN)
def test_the_line_where_it_stands(act, text):
    body = ast.parse(f"d = 2\n{text}").body
    found = line_of(act, body, ACCUMULATORS)
    if act in ("replaces", "ascends"):
        assert found is None
    else:
        assert found is not None and found >= 2
