"""Every slip's examples do what the slip says, and its texts can be read in each language."""

from __future__ import annotations

import re
import warnings

import pytest
import torch

from grader.exercise.slips import Slip, notes_of_slips, slips

SLIPS = list(slips().values())
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# facts that the source gives, and not the exception
OF_THE_SOURCE = {"meant", "method", "called", "callee"}
# no exception of every machine, or one that the line alone does not raise
NOT_RAISED_HERE = {"cuda-device", "caret-for-power", "missing-import"}
WITHOUT_EXCEPTION = {
    "missing-return",
    "print-for-return",
    "endless-loop",
    "call-order",
}


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.id)
def test_texts_of_all_languages_name_the_same_facts(slip: Slip) -> None:
    known = set(OF_THE_SOURCE)
    for pattern in slip.raises:
        known |= set(pattern.groupindex)
    named = set()
    for note in slip.notes.values():
        texts = f"{note.title} {note.note} {note.hint}"
        assert note.title and note.note and note.hint
        named.add(frozenset(PLACEHOLDER.findall(texts)))
    assert len(named) == 1
    assert named.pop() <= known


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.id)
def test_the_right_example_runs(slip: Slip) -> None:
    run(slip.right)


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.id)
def test_the_wrong_example_raises_what_the_slip_lists(slip: Slip) -> None:
    if slip.id in NOT_RAISED_HERE | WITHOUT_EXCEPTION:
        compile(slip.wrong, slip.id, "exec")
        return
    with pytest.raises(Exception) as raised:
        run(slip.wrong)
    facts = slip.facts(f"{raised.type.__name__}: {raised.value}")
    assert facts is not None


def test_an_unknown_language_is_english() -> None:
    assert notes_of_slips("xx") == notes_of_slips("en")
    assert notes_of_slips("fr") != notes_of_slips("en")


def run(text: str) -> None:
    """Run an example with a few values, and call the functions that it defines."""
    import numpy as np

    # Python warns of what is called and cannot be
    warnings.simplefilter("ignore", SyntaxWarning)
    given = {
        "torch": torch,
        "np": np,
        "x": torch.ones(3),
        "a": 2.0,
        "b": 1.0,
        "whole": 0.0,
        "part": 0.0,
    }
    before = set(given)
    given["part"], given["whole"] = 1.0, 2.0
    exec(compile(text, "example", "exec"), given)
    for name in set(given) - before:
        made = given[name]
        if name == "count" or not callable(made):
            continue
        count = made.__code__.co_argcount
        if name == "total":
            made([1.0, 2.0])
        elif text.count("def ") == 1 and "= " + name not in text:
            made(*[1.0, 2.0][: max(count, 2 if name == "distance" else count)])
