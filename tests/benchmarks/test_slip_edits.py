"""The edits that make a slip: each is a small one, and its lines are those of the text that it gives."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import pytest
from slip_edits import Edit, Unit, slips_of, units_of

CORPUS = Path(__file__).parents[1] / "corpus"
GRADED = ("loss", "backward_pass")
TEXT = '''\
import torch

ZETA = 0.9


def loss(v, t):
    """A text."""
    d = v - t
    # é
    return (d ** 2).sum(0)


def backward_pass(w2, g, x1, dl_dw2, dl_db2):
    dl_dx1 = w2.t().mv(g)
    dl_dw2.add_(torch.outer(g, x1))
    dl_db2 += g
    for i in range(len(g)):
        dl_db2[i] += 1e-6
'''


def edits(kind: str, text: str = TEXT) -> list[Edit]:
    return [e for e in slips_of(Unit(text), GRADED) if e.kind == kind]


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("name", "d = t - t"),
        ("function", "return (d ** 2).mean(0)"),
        ("factor", "return (d).sum(0)"),
        ("term", "d = v"),
        ("statement", "(dropped)"),
        ("axis or index", "return (d ** 2).sum(1)"),
        ("constant", "return (d ** 3).sum(0)"),
        ("constant", "ZETA = 0.09"),
        ("constant", "dl_db2[i] += 0.01"),
        ("transposition", "dl_dx1 = w2.mv(g)"),
        ("off by one", "for i in range(len(g) - 1):"),
        ("off by one", "dl_db2[i - 1] += 1e-6"),
        ("operator", "d = v + t"),
        ("operator", "dl_db2 -= g"),
        ("arguments", "dl_dw2.add_(torch.outer(x1, g))"),
        ("accumulator", "dl_db2.add_(torch.outer(g, x1))"),
    ],
)
def test_each_kind_of_slip_is_made(kind: str, after: str) -> None:
    assert after in [edit.after for edit in edits(kind) if edit.changes]


def test_nothing_is_edited_but_what_computes() -> None:
    made = list(slips_of(Unit(TEXT), GRADED))
    assert made
    for edit in made:
        assert edit.before not in ("import torch", '"""A text."""', "# é")
        assert not edit.before.startswith("def ")


def test_what_stands_outside_of_the_graded_functions_belongs_to_none() -> None:
    owners = {e.before: e.function for e in slips_of(Unit(TEXT), GRADED)}
    assert owners["ZETA = 0.9"] == ""
    assert owners["d = v - t"] == "loss"
    assert owners["dl_db2 += g"] == "backward_pass"


def test_a_dropped_statement_is_told_at_its_neighbours_and_its_reader() -> (
    None
):
    lines = {e.before: e.lines for e in edits("statement")}
    # in the text without it: the docstring, and the line that reads d
    assert lines["d = v - t"] == {7, 9}
    assert lines["dl_dw2.add_(torch.outer(g, x1))"] == {14, 15}


def test_who_reads_an_attribute_is_found_and_a_return_is_told_at_the_head() -> (
    None
):
    text = textwrap.dedent("""\
        class A:
            def f(self):
                self.lr = 1
                self.n = 2
            def g(self):
                a = self.lr
                return a
    """)
    lines = {e.before: e.lines for e in edits("statement", text)}
    assert lines["self.lr = 1"] == {2, 3, 5}
    assert lines["return a"] == {5, 6}


def test_the_only_statement_of_a_loop_leaves_a_pass() -> None:
    (edit,) = (e for e in edits("statement") if "1e-6" in e.before)
    assert edit.text.endswith("range(len(g)):\n        pass\n")
    assert edit.lines == {17, 18}


def test_a_function_keeps_its_only_statement() -> None:
    assert not edits("statement", "def loss(v, t):\n    return v - t\n")


def test_what_is_no_python_or_the_same_does_not_count() -> None:
    same = Edit("name", "", b"a = 1\n", 0, 1, "a", frozenset({1}))
    assert not same.changes
    assert not Edit("name", "", b"a = 1\n", 0, 1, "(", frozenset({1})).changes


@pytest.mark.parametrize(
    "name",
    [
        "016-raised-cells.ipynb",
        "034-tabs-crlf.py",
        "182-loops-over-entries.py",
        "006-classes.py",
    ],
)
def test_the_slip_stands_in_its_lines(name: str) -> None:
    """In any style, an edit that drops nothing leaves all other lines as they are."""
    for unit in units_of(CORPUS / name):
        whole = unit.text.split("\n")
        made = [e for e in slips_of(unit, GRADED) if e.kind != "statement"]
        for edit in made[::25]:
            text = edit.text.split("\n")
            differing = {
                number
                for number, (a, b) in enumerate(
                    zip(whole, text, strict=True), start=1
                )
                if a != b
            }
            assert differing <= edit.lines
            if edit.changes:
                assert differing


def test_a_notebooks_cell_is_edited_in_its_place() -> None:
    path = CORPUS / "016-raised-cells.ipynb"
    units = list(units_of(path))
    unit = next(u for u in units if "def loss" in u.text)
    edited = unit.file_with(unit.text + "\nmarker = 1")
    assert edited.count(b"marker = 1") == 1
    module = unit.module_with(unit.text + "\nmarker = 1")
    ast.parse(module)
    assert "def sigma" in module
    assert "marker = 1" in module
