"""Reading the files of checks without running them."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import Faults, Spoil, added, assert_told, removed

FAULTS: Faults = {
    "a function without a check": (
        removed("checks/test_loss.py"),
        "checks/test_loss.py: loss is graded and has no check; write one in this file",
    ),
    "checks of nothing": (
        added("checks/test_lose.py", ""),
        "checks/test_lose.py: there is no graded function 'lose'; did you mean 'loss'?",
    ),
    "a check that requires nobody": (
        added(
            "checks/test_loss.py",
            "\n@requires('vales')\ndef test_more(student):\n    '''More.'''\n",
        ),
        "checks/test_loss.py: test_more: there is no check 'vales'; did you mean 'values'?",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(
    folder: Path, spoil: Spoil, says: str
) -> None:
    assert_told(folder, spoil, says)
