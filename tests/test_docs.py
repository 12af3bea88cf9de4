"""The pages for people: what they name exists, and the two walks through the code are short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WALKS = ("how-a-grade-is-made.md", "how-a-mistake-is-named.md")
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *(ROOT / "docs").glob("*.md"),
]

_OWN = (
    "grader",
    "reference",
    "templates",
    "tests",
    "docs",
    "benchmarks",
    "submissions",
)
_PATH = re.compile(rf"`((?:{'|'.join(_OWN)})/[\w./-]*)`")
_LINK = re.compile(r"\]\(([\w./-]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [
        path for path in _PATH.findall(text) if not (ROOT / path).exists()
    ]
    missing += [
        link
        for link in _LINK.findall(text)
        if not (page.parent / link).exists()
    ]
    assert not missing


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_through_the_code_is_short(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    assert len(_PATH.findall(text)) > 15
