"""The Landlock ruleset: what each version of the interface can deny. What it stops is in test_confinement."""

from __future__ import annotations

import itertools
import struct

import pytest

from grader.sandbox.walls import landlock


@pytest.mark.parametrize(
    ("version", "words"), [(1, 1), (3, 1), (4, 2), (5, 2), (6, 3), (99, 3)]
)
def test_a_ruleset_has_the_words_that_its_version_knows(
    version: int, words: int
) -> None:
    assert len(landlock.ruleset(version)) == 8 * words


def test_a_newer_version_denies_all_that_an_older_one_does() -> None:
    files = [
        struct.unpack_from("=Q", landlock.ruleset(version))[0]
        for version in range(1, 8)
    ]
    for older, newer in itertools.pairwise(files):
        assert older & newer == older


def test_reading_and_writing_files_is_denied_from_the_first_version_on() -> (
    None
):
    (files,) = struct.unpack("=Q", landlock.ruleset(1))
    assert files & (1 << 1)
    assert files & (1 << 2)
    assert files & (1 << 3)


def test_the_kernel_says_which_version_it_offers() -> None:
    assert landlock.abi() >= 0
