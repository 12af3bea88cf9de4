"""The reports' words."""

from __future__ import annotations

import pytest
import report_samples as samples

from grader.errors import UsageError
from grader.notices import Notice
from grader.reports.text.words import SIGNS, Words
from grader.reports.views.content import Explanation
from grader.results import Mismatch

WORDS = Words(samples.EXERCISE, "en")
FRENCH = Words(samples.EXERCISE, "fr")
NOTE = samples.NOTES["uses-global"]


@pytest.mark.parametrize(
    ("mismatch", "says"),
    [
        (
            Mismatch("x", "shape", "(3, 1)", "(3,)"),
            "x: shape (3, 1), expected (3,)",
        ),
        (Mismatch("x", "dtype", "a", "b"), "x: data type a, expected b"),
        (Mismatch("x", "values", "1", "2", 1, 1), "x is 1, expected 2"),
        (
            Mismatch("x", "values", "1", "2", 1, 12, where=(0, 3)),
            "x is 1 at index [0, 3], expected 2; 1 of 12 entries is wrong",
        ),
        (
            Mismatch("x", "values", "1", "2", 3, 12, where=(7,)),
            "x is 1 at index [7], expected 2; 3 of 12 entries are wrong",
        ),
    ],
    ids=["shape", "dtype", "one number", "one of several", "several"],
)
def test_a_mismatch_is_one_sentence(mismatch, says):
    assert WORDS.difference(mismatch) == says


def test_before_notes_stands_what_is_known():
    assert WORDS.before_notes(Explanation(((NOTE,),))) == ""
    assert WORDS.before_notes(Explanation(((NOTE,), (NOTE,)))).startswith(
        "Each of these explains"
    )
    assert (
        WORDS.before_notes(Explanation(first_wrong="s1"))
        == "First wrong quantity: s1."
    )
    assert "so none is named" in WORDS.before_notes(
        Explanation(unexplained=True)
    )


def test_every_state_has_a_sign_and_a_word_in_both_languages():
    for state in SIGNS:
        assert WORDS.state(state) and FRENCH.state(state) != WORDS.state(state)


def test_titles_notices_and_marks_are_in_the_language():
    assert FRENCH.title(samples.TITLE) == samples.FRENCH_TITLE
    notice = Notice(
        "cell-magic", {"magic": "bash"}, cell=2, label="`%%bash` (In [3])"
    )
    assert FRENCH.notice(notice).startswith(
        "Cellule qui commence par `%%bash` (In [3])\u00a0:"
    )
    assert FRENCH.mark(samples.wrong().functions["backward_pass"]) == "1 / 6"
    assert FRENCH.points(2.5) == "2,5"


def test_an_unknown_language_is_refused():
    with pytest.raises(UsageError, match="known are en, fr"):
        Words(samples.EXERCISE, "xx")
