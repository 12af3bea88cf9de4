"""Reading TOML by models: what does not fit is told with the table and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import LOSS, NEW, Faults, Spoil, added, assert_told, replaced

FAULTS: Faults = {
    "a recogniser misspelt": (
        replaced(
            "misconceptions/any.toml",
            'recognise = "stub"',
            'recognise = "stubb"',
        ),
        r"any.toml: [not-implemented] recognise: 'stubb' is not known; did you mean 'stub'?",
    ),
    "a title that is missing": (
        replaced(
            "misconceptions/any.toml",
            'title = "The function is not written yet"\n',
            "",
        ),
        "any.toml: [not-implemented] title: this key is missing",
    ),
    "an empty hint": (
        added(
            LOSS,
            NEW.replace("'H'", "''") + "replace = '_E.sum()'\nwith = '_E'\n",
        ),
        "loss.toml: [new] hint: string should have at least 1 character",
    ),
    "an unknown key": (
        added(LOSS, NEW + "replaces = '_E.sum()'\nwith = '_E'\n"),
        "loss.toml: [new] replaces: this key is not known; did you mean 'replace'?",
    ),
    "an unknown stage": (
        added(
            LOSS,
            NEW + "replace = '_E.sum()'\nwith = '_E'\nstage = 'updates'\n",
        ),
        "loss.toml: [new] stage: 'updates' is not known; did you mean 'update'?",
    ),
    "not TOML": (added(LOSS, "[new"), "loss.toml: this is not TOML"),
    "points below zero": (
        replaced("exercise.toml", "points = 1.5", "points = -4"),
        "exercise.toml: [functions.dsigma] points: input should be greater than 0",
    ),
    "points as a text": (
        replaced("exercise.toml", "points = 1.5", "points = '1.5'"),
        "exercise.toml: [functions.dsigma] points: input should be a valid number",
    ),
    "an unknown key of a function": (
        replaced("exercise.toml", "slow = true", "slowly = true"),
        "exercise.toml: [functions.train] slowly: this key is not known; did you mean 'slow'?",
    ),
    "an unknown table": (
        added("exercise.toml", "\n[limit]\nmemory_mb = 1\n"),
        "exercise.toml: limit: this key is not known; did you mean 'limits'?",
    ),
    "an unknown limit": (
        replaced("exercise.toml", "memory_mb", "memory"),
        "exercise.toml: [limits] memory: this key is not known; did you mean 'memory_mb'?",
    ),
    "follow-through above one": (
        replaced(
            "exercise.toml", "follow_through = 1.0", "follow_through = 2"
        ),
        "exercise.toml: follow_through: input should be less than or equal to 1",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(
    folder: Path, spoil: Spoil, says: str
) -> None:
    assert_told(folder, spoil, says)
