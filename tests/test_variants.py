"""Edits on syntax trees, their combination, and the table of variants that is kept."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch

from grader.diagnosis import Catalogue, variants
from grader.diagnosis.observation import Evidence
from grader.diagnosis.student_source import Wording
from grader.errors import ExerciseError
from grader.exercise.patterns import Edit, functions

FOLDER = Path(__file__).parents[1] / "reference" / "practical3"
CATALOGUE = Catalogue.load(FOLDER)

SOURCE = '''
def f(a, b, c):
    """A docstring."""
    x = g(a) * b
    c.add_(h(x, a))
    c.add_(x)
    return x
'''


def edited(*edits):
    tree = functions(SOURCE)["f"]
    for replace, by in edits:
        tree = Edit(replace, by).apply(tree)
        if tree is None:
            return None
    return ast.unparse(tree)


@pytest.mark.parametrize(
    ("replace", "by", "line"),
    [
        ("g(a)", "g(b)", "x = g(b) * b"),  # an expression
        ("_E * b", "_E", "x = g(a)"),  # a placeholder keeps what it stands for
        ("g(a) * b", "b", "x = b"),
        ("h(_A, _B)", "h(_B, _A)", "c.add_(h(a, x))"),  # an exchange
        ("c.add_(x)", "c = c + x", "c = c + x"),  # an expression becomes a statement
        ("c.add_(x)", "c.zero_()\nc.add_(x)", "c.zero_()\n    c.add_(x)"),  # and several
        ("return _E", "return _E / 2", "return x / 2"),
        ("_C.add_(_E)", "_C.sub_(_E)", "c.sub_(h(x, a))\n    c.sub_(x)"),  # at every place
    ],
)
def test_an_edit(replace, by, line):
    assert line in edited((replace, by))


@pytest.mark.parametrize("replace", ["g(b)", "_E + _F", "h(_A, _A)"])
def test_what_does_not_match_is_not_edited(replace):
    assert edited((replace, "0")) is None


@pytest.mark.parametrize("order", [1, -1])
def test_edits_combine_in_any_order(order):
    edits = [("c.add_(h(_A, _B))", "c = c + h(_A, _B)"), ("h(_A, _B)", "_A * _B")][::order]
    outer_first = edited(*edits)
    if order == 1:
        assert outer_first is None, "what an edit has put in is not edited again"
    edits = [("c.add_(_E)", "c = c + _E"), ("h(_A, _B)", "_A * _B")][::order]
    assert "c = c + x * a" in edited(*edits)


def test_edits_of_the_same_place_exclude_one_another():
    assert edited(("g(a)", "g(b)"), ("g(a)", "a")) is None


def test_what_is_not_python_is_refused():
    with pytest.raises(ExerciseError, match="neither an expression nor a statement"):
        Edit("g(a", "a").apply(functions(SOURCE)["f"])


def test_a_table_that_does_not_apply_is_refused(tmp_path):
    for name in ("solution.py", "probes.py"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "misconceptions").mkdir()
    path = tmp_path / "misconceptions" / "loss.toml"
    table = '[x]\ntitle = "t"\nnote = "n"\nhint = "h"\nreplace = "{}"\nwith = "v"\n'
    path.write_text(table.format("v * t"))
    with pytest.raises(ExerciseError, match="is not all in loss"):
        Catalogue.load(tmp_path)
    path.write_text(table.format("v - t") + 'colour = "red"\n')
    with pytest.raises(ExerciseError, match="colour"):
        Catalogue.load(tmp_path)
    path.write_text(table.format("v - t"))
    assert [m.id for m in Catalogue.load(tmp_path)] == ["x"]


def test_a_variant_that_equals_the_reference_is_not_kept():
    """Two mistakes of `dsigma` that undo one another would accuse whoever is right."""
    bench = variants.Bench(CATALOGUE, "dsigma")
    kept = variants.table(CATALOGUE, "dsigma")
    whole = torch.cat(bench.reference.numbers)
    for block in kept.blocks.values():
        assert not any(torch.allclose(row, whole, rtol=1e-4, atol=1e-5) for row in block.numbers)


@pytest.fixture
def small(monkeypatch):
    """A cache that nothing has been loaded from yet."""
    monkeypatch.setattr(variants, "_loaded", {})
    return lambda folder, jobs=1: variants.table(CATALOGUE, "dloss", folder, jobs)


def same(a, b):
    return a.messages == b.messages and all(
        torch.equal(a.blocks[group].numbers, b.blocks[group].numbers)
        and torch.equal(a.blocks[group].sets, b.blocks[group].sets)
        and torch.equal(a.blocks[group].errors, b.blocks[group].errors)
        for group in {*a.blocks, *b.blocks}
    )


def test_the_table_comes_back_from_disk_as_it_was(small, tmp_path):
    built = small(tmp_path)
    (path,) = tmp_path.iterdir()
    variants._loaded.clear()
    assert same(small(tmp_path), built)
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_a_cache_that_cannot_be_read_is_made_again(small, tmp_path, content):
    built = small(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    variants._loaded.clear()
    assert same(small(tmp_path), built)
    assert path.stat().st_size > 1000


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(small, tmp_path):
    (tmp_path / "file").write_text("")
    assert len(small(tmp_path / "file" / "cache")) > 10


def test_several_processes_find_what_one_finds():
    one = variants.tabulated(variants._run(CATALOGUE, "forward_pass", 1))
    two = variants.tabulated(variants._run(CATALOGUE, "forward_pass", 2))
    assert same(one, two)


def test_a_far_function_is_called_once_for_the_same_numbers():
    seen = []

    def add(x, y):
        seen.append(1)
        x.add_(y)
        return x * 2

    add = variants.remembered(add)
    for _ in range(2):
        x = torch.ones(2)
        assert torch.equal(add(x, torch.ones(2)), torch.full((2,), 4.0))
        assert torch.equal(x, torch.full((2,), 2.0)), "what it changes is changed again"
    assert len(seen) == 1
    add(torch.ones(2, 1), torch.ones(2, 1))
    assert len(seen) == 2


WORDS = """
def back(W, a, target, out):
    err = dloss(target, out)  # line 12
    delta = dsigma(out).t() * err
    back_err = torch.mm(W.T, delta)
    W -= torch.outer(delta, a)
"""


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("dloss(t, x2)", 12),  # arguments by position
        ("dsigma(x2) * dl_dx2", 13),  # a local name of any name; factors in any order; views of a vector
        ("w2.t().mv(dl_ds2)", 14),  # products by any method
        ("w2.mv(dl_ds2)", None),  # but a matrix's transposition counts
        ("w2.sub_(_E)", 15),  # in place, one way or the other
        ("dloss(x2, t)", None),
    ],
)
def test_where_an_expression_stands_in_the_students_words(pattern, line):
    evidence = Evidence(source=WORDS.strip(), first_line=11)
    names = ("w2", "x1", "t", "x2")
    words = Wording(evidence, names, [*names, "dloss", "dsigma", "torch"], matrices=["w2"])
    assert words.line_of(pattern) == line
