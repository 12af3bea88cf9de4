"""What this machine enforces, as a confined child finds out."""

from __future__ import annotations

import sys

from grader.sandbox.walls import landlock, trials
from grader.sandbox.walls.confinement import LAYERS


def test_probe_says_what_holds() -> None:
    states = trials.probe()
    assert list(states) == list(LAYERS)
    assert all(
        state == "enforced" or state.startswith("unavailable: ")
        for state in states.values()
    )
    if sys.platform.startswith("linux"):
        assert (states["landlock"] == "enforced") == bool(landlock.abi())
        assert states["process"] == states["rlimits"] == "enforced"
