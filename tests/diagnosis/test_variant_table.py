"""The table of variants: kept in memory and on disk, and the same from wherever it comes."""

import numpy as np
import pytest
import torch
from handwritten import EXERCISE

from grader.diagnosis import variant_table as tables


@pytest.fixture
def small(monkeypatch):
    """A cache that nothing has been loaded from yet."""
    monkeypatch.setattr(tables, "_loaded", {})
    return lambda folder, jobs=1: tables.variant_table(
        EXERCISE, "dloss", folder, jobs
    )


def same(a, b):
    return a.messages == b.messages and all(
        torch.equal(a.blocks[group].numbers, b.blocks[group].numbers)
        and torch.equal(
            a.blocks[group].combinations, b.blocks[group].combinations
        )
        and torch.equal(a.blocks[group].errors, b.blocks[group].errors)
        for group in {*a.blocks, *b.blocks}
    )


def test_the_table_comes_back_from_disk_as_it_was(small, tmp_path):
    built = small(tmp_path)
    (path,) = tmp_path.iterdir()
    tables._loaded.clear()
    assert same(small(tmp_path), built)
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"]
)
def test_a_cache_that_cannot_be_read_is_made_again(small, tmp_path, content):
    built = small(tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    tables._loaded.clear()
    assert same(small(tmp_path), built)
    assert path.stat().st_size > 1000


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(
    small, tmp_path
):
    (tmp_path / "file").write_text("")
    assert len(small(tmp_path / "file" / "cache")) > 10


def test_several_processes_find_what_one_finds():
    one = tables.tabulated(tables._run_all(EXERCISE, "forward_pass", 1))
    two = tables.tabulated(tables._run_all(EXERCISE, "forward_pass", 2))
    assert same(one, two)


def test_a_combination_is_read_without_its_padding():
    block = tables.variant_table(EXERCISE, "dloss").blocks
    sizes = {
        len(found.combination(row))
        for found in block.values()
        for row in range(len(found.numbers))
    }
    assert {1, 2} <= sizes
