"""Reading graph.toml."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import Faults, Spoil, assert_told, replaced

FAULTS: Faults = {
    "a node that is not drawn": (
        replaced("graph.toml", 't = ["loss"]', 't = ["los"]'),
        "graph.toml: [forward] t: there is no node 'los'; did you mean 'loss'?",
    ),
    "a node without a place": (
        replaced("graph.toml", "[0.6, 0]", "[0.6]"),
        "graph.toml: nodes.w1.1: this key is missing",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(
    folder: Path, spoil: Spoil, says: str
) -> None:
    assert_told(folder, spoil, says)
