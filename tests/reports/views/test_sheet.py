"""What is said beside which line of a function."""

from __future__ import annotations

import report_samples as samples

from grader.reports.views.content import explain
from grader.reports.views.sheet import Sheet, sheet
from grader.results import FunctionResult, Helper, Mark, Source

SOURCE = Source("def dsigma(x):\n    a = x\n    b = a\n    return b\n", 20)
MARK = Mark("value", 22, 8, 22, 9)
NAMED = "dsigma-not-squared"


def sheet_of(**fields: object) -> Sheet:
    given = {"status": "wrong", "score": 0.0, "max_score": 1.0}
    given["checks"] = (samples.wrong().functions["loss"].checks[1],)
    function = FunctionResult(**{"source": SOURCE, **given, **fields})
    return sheet(
        "dsigma", function, explain("dsigma", function, samples.NOTES)
    )


def beside(told: Sheet) -> dict[int, list[int]]:
    """Line -> the numbers of what is said beside it."""
    found = {}
    for row in told.parts[0].rows:
        if row.comments:
            found[row.line.number] = [one.number for one in row.comments]
    return found


def test_a_note_stands_beside_its_line() -> None:
    told = sheet_of(misconceptions=(NAMED,), lines={NAMED: 21})
    assert beside(told) == {21: [1]}


def test_a_place_on_a_note_s_line_is_the_note_s() -> None:
    told = sheet_of(misconceptions=(NAMED,), lines={NAMED: 22}, marks=(MARK,))
    (comment,) = told.comments
    assert comment.marks == (MARK,)
    assert comment.sets


def test_a_place_on_another_line_is_said_where_several_are_named() -> None:
    ids = (NAMED, "uses-global")
    lines = {NAMED: 21, "uses-global": 23}
    told = sheet_of(misconceptions=ids, lines=lines, marks=(MARK,))
    assert beside(told) == {21: [1], 22: [2], 23: [3]}


def test_every_place_is_the_only_note_s() -> None:
    told = sheet_of(misconceptions=(NAMED,), lines={NAMED: 23}, marks=(MARK,))
    assert beside(told) == {23: [1]}
    assert told.comments[0].marks == (MARK,)


def test_a_note_without_a_line_stands_at_the_only_place() -> None:
    ids = (NAMED, "uses-global")
    told = sheet_of(misconceptions=ids, marks=(MARK,))
    assert beside(told) == {22: [1, 2]}


def test_the_only_note_stands_at_the_helper_s_place() -> None:
    helper = Helper("square", SOURCE, (MARK,))
    told = sheet_of(misconceptions=(NAMED,), helpers=(helper,))
    (comment,) = told.comments
    assert comment.sets
    assert comment.line == 22
    assert not told.parts[1].has_comments


def test_what_has_no_line_comes_last_beside_what_has_one() -> None:
    ids = (NAMED, "uses-global")
    told = sheet_of(misconceptions=ids, lines={"uses-global": 21})
    assert beside(told) == {21: [1]}
    (unplaced,) = told.parts[0].below
    assert unplaced.sets[0][0].id == NAMED


def test_what_has_no_line_stands_above_where_nothing_has() -> None:
    told = sheet_of(misconceptions=(NAMED,))
    assert len(told.parts[0].above) == 1
    assert not told.parts[0].below


def test_sets_that_cannot_be_told_apart_are_one_comment() -> None:
    told = sheet_of(
        misconceptions=(NAMED,), alternatives=(("uses-global",),), line=21
    )
    (comment,) = told.comments
    assert len(comment.sets) == 2


def test_why_there_are_no_numbers_is_said_where_the_reader_looks_first() -> (
    None
):
    told = sheet_of(stop="exception", marks=(MARK,), line=21)
    (comment,) = told.comments
    assert comment.says_rest
    assert beside(told) == {22: [1]}


def test_a_helper_s_mistakes_stand_on_the_same_sheet() -> None:
    helper = Helper("square", SOURCE, (MARK,))
    told = sheet_of(helpers=(helper,), mended=True)
    # the place is in the helper, so that comes first
    assert [part.name for part in told.parts] == ["square", "dsigma"]
    (comment,) = told.comments
    assert comment.line == 22
    assert not told.parts[1].has_comments


def test_what_is_missing_is_a_gap_below_its_line() -> None:
    told = sheet_of(marks=(Mark("missing", 23, 0, 23, 0),))
    (comment,) = told.comments
    assert comment.is_gap
    assert beside(told) == {23: [1]}


def test_a_long_function_is_folded_above_what_is_marked() -> None:
    text = "\n".join(["def dsigma(x):", *(f"    x = {n}" for n in range(60))])
    line = 50
    told = sheet_of(
        misconceptions=(NAMED,),
        lines={NAMED: line},
        line=line,
        source=Source(text, 1),
    )
    part = told.parts[0]
    shown = [row for n, row in enumerate(part.rows) if n not in part.folded]
    numbers = [row.line.number for row in shown]
    assert numbers[0] == 1
    assert numbers.index(line) < 10
    assert not any(part.rows[n].is_marked for n in part.folded)


def test_each_part_of_a_line_has_the_number_of_what_is_said_of_it() -> None:
    ids = (NAMED, "uses-global")
    first = Mark("value", 21, 4, 21, 5)
    told = sheet_of(
        misconceptions=ids,
        lines={NAMED: 21, "uses-global": 22},
        marks=(first, MARK),
    )
    rows = {row.line.number: row for row in told.parts[0].rows}
    assert [numbers for _, numbers in rows[21].pieces] == [(1,), (), ()]
    assert [numbers for _, numbers in rows[22].pieces] == [(2,), (), ()]
    assert [numbers for _, numbers in rows[20].pieces] == [(), ()]


def test_what_is_about_no_part_has_its_number_at_the_end() -> None:
    ids = (NAMED, "uses-global")
    told = sheet_of(misconceptions=ids, lines={NAMED: 21, "uses-global": 22})
    rows = {row.line.number: row for row in told.parts[0].rows}
    *_, (_, numbers) = rows[21].pieces
    assert numbers == (1,)
