"""Notices as records: their sentences, their places, and what may arrive as one."""

from __future__ import annotations

import re
from typing import Any

import pytest

from grader.notices import KINDS, Notice, from_plain, place, to_plain


def test_the_sentence_has_the_values_and_the_place() -> None:
    values = {"error": "ValueError: no"}
    notice = Notice(
        "statement-raised", values, line=3, cell=2, label="`x = 1` (In [7])"
    )
    assert str(notice).startswith(
        "Line 3 of the cell that begins `x = 1` (In [7]) was run because"
    )
    assert str(notice).endswith("ValueError: no")


def test_a_name_at_the_beginning_stays_as_it_is() -> None:
    assert str(
        Notice("no-result", {"function": "sigma", "reason": "it hung"})
    ).startswith("sigma gave no result")


def test_a_value_is_never_read_as_part_of_the_sentence() -> None:
    assert (
        str(Notice("remark", {"text": "{where} {text} %s"}, line=1))
        == "{where} {text} %s"
    )


@pytest.mark.parametrize(
    ("line", "cell", "label", "words"),
    [
        (None, None, "", ""),
        (3, None, "", "line 3"),
        (3, 2, "`{line}`", "line 3 of the cell that begins `{line}`"),
        (None, 2, "`x` (In [4])", "the cell that begins `x` (In [4])"),
        (3, 2, "", "line 3 of a cell"),
        (None, 2, "", "a cell"),
    ],
)
def test_a_place_in_words(
    line: int | None, cell: int | None, label: str, words: str
) -> None:
    assert place(line, cell, label) == words


def test_what_is_true_of_many_places_is_said_once() -> None:
    notice = Notice("loop-not-run", line=3, more=41)
    assert str(notice).startswith("Line 3 has a loop")
    assert str(notice).endswith(
        "Further places of which the same is true: 41."
    )


def test_an_exception_without_a_full_stop_ends_before_more_is_said() -> None:
    notice = Notice(
        "statement-raised", {"error": "ValueError: no"}, line=3, more=2
    )
    assert str(notice).endswith(
        "ValueError: no. Further places of which the same is true: 2."
    )


def test_the_sentence_and_the_place_are_translated() -> None:
    french = {
        KINDS["line-magic"].sentence: "`%{magic}` ne tourne pas ({where}).",
        "line {line}": "ligne {line}",
    }
    notice = Notice("line-magic", {"magic": "run"}, line=7)
    assert (
        notice.sentence(lambda text: french.get(text, text))
        == "`%run` ne tourne pas (ligne 7)."
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_travels_as_plain_data(kind: str) -> None:
    names = re.findall(r"\{(\w+)\}", KINDS[kind].sentence)
    notice = Notice(
        kind, {name: "x" for name in names if name != "where"}, line=1, cell=2
    )
    assert from_plain(to_plain(notice)) == notice
    assert "…" not in str(notice)


@pytest.mark.parametrize(
    "claim",
    [
        {},
        {"kind": "no such kind", "values": {}},
        {"kind": ["remark"], "values": {}},
        {"kind": "remark", "values": None},
        {"kind": "remark", "values": {"text": 1}},
        {"kind": "remark", "values": {"text": "x"}, "line": "1"},
        {"kind": "remark", "values": {"text": "x"}, "line": True},
        {"kind": "remark", "values": {"text": "x"}, "cell": 1.5},
    ],
    ids=str,
)
def test_what_is_no_notice_is_refused(claim: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="notice"):
        from_plain(claim)


def test_a_long_value_is_cut() -> None:
    notice = from_plain({"kind": "remark", "values": {"text": "x" * 100_000}})
    assert len(str(notice)) == 2_000


def test_a_place_in_a_module_names_its_file() -> None:
    notice = Notice("loop-not-run", line=3).within("{line}.py")
    assert str(notice).startswith("Line 3 of {line}.py has a loop")
