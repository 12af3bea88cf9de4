"""Reading locale/<lang>.toml: only what exists can be translated."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import NEW, Faults, Spoil, added, assert_told, faults, replaced

FAULTS: Faults = {
    "a translation of nothing": (
        added("locale/fr.toml", NEW.replace("new", "loss-men")),
        "fr.toml: [loss-men]: there is no misconception 'loss-men'; did you mean 'loss-mean'?",
    ),
    "a title of nothing": (
        replaced(
            "locale/fr.toml", "[checks]", "[checks]\n'loss is a vector.' = 'x'"
        ),
        "fr.toml: [checks]: there is no title 'loss is a vector.'",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(
    folder: Path, spoil: Spoil, says: str
) -> None:
    assert_told(folder, spoil, says)


def test_a_translation_is_not_blamed_for_a_faulty_misconception(
    folder: Path,
) -> None:
    replaced(
        "misconceptions/any.toml", 'recognise = "stub"', 'recognise = "stubb"'
    )(folder)
    (line,) = faults(folder)
    assert "any.toml" in line
