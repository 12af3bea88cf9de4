"""The measure of single slips: which are drawn, which are kept, what the report is worth."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import slips
from slip_edits import Edit, Unit
from slips import Grader, Reported, Slip, drawn, right_files

from grader.exercise import Exercise
from grader.results import FunctionResult, Source

FUNCTIONS = ("loss", "dloss", "train")
SAMPLE = slips.SAMPLES / "right-per-sample.py"


def slip(function: str, old: str, new: str) -> Slip:
    """A sample with one text in another's place."""
    text = SAMPLE.read_text(encoding="utf-8")
    begin = text.encode().index(old.encode())
    line = text[:begin].count("\n") + 1
    edit = Edit(
        "name", function, text.encode(), begin, begin + len(old.encode()), new, frozenset({line})
    )  # fmt: skip
    return Slip(SAMPLE, Unit(text), edit)


def said(line: int | None = None, *named: str, **more: object) -> Reported:
    source = Source("", 1, **more)  # type: ignore[arg-type]
    graded = FunctionResult(
        "wrong", 0.0, 1.0, misconceptions=named, line=line, source=source
    )
    edit = Edit("name", "loss", b"", 0, 0, "", frozenset({4, 5}))
    return Reported(
        Slip(Path("a.py"), Unit("", cell=more.get("cell")), edit),  # type: ignore[arg-type]
        "loss",
        graded,
        catalogued=False,
    )


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (said(4), "right line"),
        (said(5, "a"), "right line"),
        (said(6), "wrong line"),
        (said(6, "a"), "wrong line"),
        (said(None, "a"), "name only"),
        (said(), "nothing"),
        (said(4, cell=2), "right line"),
        (said(9, cell=2, places={9: (4, 2, "")}), "right line"),
        (said(4, cell=2, places={4: (4, 3, "")}), "wrong line"),
    ],
)
def test_what_a_report_is_worth(one: Reported, verdict: str) -> None:
    assert one.verdict == verdict


def test_the_files_are_right_ones_of_many_styles() -> None:
    names = {path.name for path in right_files()}
    assert "001-einsum.py" in names
    assert "185-loop-in-french.py" in names
    assert "right-notebook.ipynb" in names
    assert "048-square-forgotten.py" not in names


def test_the_same_seed_draws_the_same_of_each_kind() -> None:
    files = right_files()[::8]

    def first(seed: int) -> list[tuple[Path, str]]:
        found = drawn(files, "dloss", FUNCTIONS, seed)
        return [(s.path, s.edit.text) for s in islice(found, 30)]

    assert first(1) == first(1)
    assert first(1) != first(2)
    everything = list(drawn(files, "dloss", FUNCTIONS, 0))
    assert all(one.function == "dloss" for one in everything)
    assert len({one.edit.kind for one in everything}) > 4
    outside = list(drawn(files, "train", FUNCTIONS, 0))
    assert {one.function for one in outside} == {"train", ""}


def test_a_slip_is_kept_where_it_alone_is_wrong() -> None:
    grader = Grader(Exercise.load("practical3"))
    with grader.session:
        equivalent = slip("loss", "(d * d).sum()", "(d * d).sum(0)")
        assert grader.report(equivalent) is None
        spoils_two = slip("", "if __name__", "dloss = loss = abs\nif __name__")
        assert grader.report(spoils_two) is None
        kept = grader.report(slip("loss", "d * d", "d * d * d"))
        assert kept is not None
        assert (kept.function, kept.catalogued) == ("loss", False)
        known = grader.report(slip("loss", "(d * d).sum()", "(d * d).mean()"))
        assert known is not None
        assert known.catalogued
        assert known.named


def test_the_figures_leave_out_what_is_catalogued(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slips.show([said(4), said(6, "a"), said(None)], ["loss"])
    row = capsys.readouterr().out.splitlines()[1].split()
    assert row == ["loss", "3", *("1", "33%") * 4, "0"]
