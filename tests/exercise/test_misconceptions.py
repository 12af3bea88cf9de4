"""Reading misconceptions/: every edit applies to the solution, every name is known, every id stands once."""

from __future__ import annotations

from pathlib import Path

import pytest
from spoilt import LOSS, NEW, Faults, Spoil, added, assert_told, replaced

FAULTS: Faults = {
    "a fact that nothing gives": (
        replaced(
            "misconceptions/any.toml", "`{argument}` no", "`{argumnt}` no"
        ),
        "any.toml: [mutates-argument] note: there is no fact 'argumnt'; did you mean 'argument'?",
    ),
    "nothing that tells it": (
        added(LOSS, NEW),
        "loss.toml: [new]: nothing tells this mistake",
    ),
    "an edit that changes nothing": (
        added(LOSS, NEW + "replace = '_E.prod()'\nwith = '_E'\n"),
        "loss.toml: [new] replace: '_E.prod()' does not stand in loss of solution.py",
    ),
    "an edit that is not Python": (
        added(LOSS, NEW + "replace = '_E.sum('\nwith = '_E'\n"),
        "loss.toml: [new] replace: '_E.sum(' is neither an expression nor a statement",
    ),
    "an edit without its other side": (
        added(LOSS, NEW + "replace = '_E.sum()'\n"),
        "loss.toml: [new] replace: replace and with go together",
    ),
    "a pattern of two statements": (
        added(
            LOSS,
            NEW
            + "replace = '_E.sum()'\nwith = '_E'\nseen = ['a = 1; b = 2']\n",
        ),
        "loss.toml: [new] seen: 'a = 1; b = 2' is not one expression or one statement",
    ),
    "a function that the solution has not": (
        added(
            LOSS,
            NEW + "replace = '_E.sum()'\nwith = '_E'\nfunctions = ['los']\n",
        ),
        "loss.toml: [new] functions: there is no function of solution.py 'los'; did you mean 'loss'?",
    ),
    "a form in another function": (
        added(
            LOSS,
            NEW
            + "forms = [{ replace = '_E.sum()', with = '_E', in = 'lossy' }]\n",
        ),
        "loss.toml: [new] in: there is no function of solution.py 'lossy'; did you mean 'loss'?",
    ),
    "calls without their recogniser": (
        added(
            LOSS,
            NEW + "replace = '_E.sum()'\nwith = '_E'\ncalls = ['torch.sum']\n",
        ),
        'loss.toml: [new] calls: patterns of calls go with recognise = "calls"',
    ),
    "alike to nobody": (
        added(
            LOSS,
            NEW + "replace = '_E.sum()'\nwith = '_E'\nalike = ['loss-men']\n",
        ),
        "loss.toml: [new] alike: there is no misconception 'loss-men'; did you mean 'loss-mean'?",
    ),
    "an id that stands twice": (
        added(
            "misconceptions/sigma.toml",
            NEW.replace("new", "loss-mean")
            + "replace = 'x.tanh()'\nwith = 'x'\n",
        ),
        "sigma.toml: [loss-mean]: the id stands in loss.toml as well",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_with_its_place(
    folder: Path, spoil: Spoil, says: str
) -> None:
    assert_told(folder, spoil, says)
