"""Reading locale/<lang>.toml: only what exists can be translated."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import NEW, Faults, Spoil, added, assert_told, replaced

FAULTS: Faults = {
    "a translation of nothing": (
        added("locale/fr.toml", NEW.replace("new", "loss-men")),
        "fr.toml: [loss-men]: there is no misconception 'loss-men'; did you mean 'loss-mean'?",
    ),
    "a title of nothing": (
        replaced("locale/fr.toml", "[checks]", "[checks]\n'loss is a vector.' = 'x'"),
        "fr.toml: [checks]: there is no title 'loss is a vector.'",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(folder: Path, spoil: Spoil, says: str) -> None:
    assert_told(folder, spoil, says)
