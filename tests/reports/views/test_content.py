"""What to do next, and what explains a mistake."""

from __future__ import annotations

from dataclasses import replace

import report_samples as samples

from grader.notices import Notice
from grader.reports.views import content


def test_neighbours_that_say_the_same_form_one_group():
    check = samples.wrong().functions["train"].checks[0]
    measured = samples.wrong().functions["loss"].checks[1]
    groups = content.grouped(
        (check, check, replace(check, message="other"), measured, measured)
    )
    assert [len(group) for group in groups] == [2, 1, 1, 1]


def explained(**changes: object) -> content.Explanation:
    function = replace(samples.unfinished().functions["dsigma"], **changes)
    return content.explain("dsigma", function, samples.NOTES)


def test_an_explanation_is_a_misconception_or_the_first_wrong_quantity_or_neither():
    assert explained() == content.Explanation(unexplained=True)
    assert explained(first_wrong="s1") == content.Explanation(first_wrong="s1")
    named = explained(misconceptions=("dsigma-not-squared",), first_wrong="s1")
    assert [note.id for note in named.notes] == ["dsigma-not-squared"]
    assert not named.first_wrong and not named.unexplained
    assert explained(checks=()) == content.Explanation()
    # an earlier function's note says it
    assert explained(told_before=True) == content.Explanation()


def test_sets_that_explain_as_well_are_told_once_each():
    sets = (("dsigma-not-squared",), ("uses-global", "train-ascends"))
    named = explained(misconceptions=sets[0], alternatives=sets)
    assert [tuple(note.id for note in notes) for notes in named.sets] == list(
        sets
    )


def test_a_misconception_without_a_note_shows_its_id():
    assert (
        content.note_of("no-such-note", samples.NOTES, "f").title
        == "no such note"
    )


def test_an_instructor_looks_at_notices_of_kinds_that_say_so():
    result = replace(
        samples.right(),
        notices=(Notice("late"), Notice("no-result"), Notice("called-again")),
    )
    assert [notice.kind for notice in content.to_look_at(result)] == [
        "no-result",
        "called-again",
    ]


def test_a_message_that_only_repeats_the_mismatch_is_left_out():
    check = samples.wrong().functions["loss"].checks[1]
    assert content.message_of(check) == check.message
    assert (
        content.message_of(
            replace(check, message="loss is 0.1296; expected 7.4409.")
        )
        == ""
    )
