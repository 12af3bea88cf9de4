"""Reading solution.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import Faults, Spoil, added, assert_told, removed

FAULTS: Faults = {
    "no solution": (
        removed("solution.py"),
        "solution.py: the file is missing",
    ),
    "a solution that is not Python": (
        added("solution.py", "\ndef f(:\n"),
        "solution.py: line",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(
    folder: Path, spoil: Spoil, says: str
) -> None:
    assert_told(folder, spoil, says)
