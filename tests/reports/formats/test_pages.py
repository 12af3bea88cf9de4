"""What every page uses: tensors drawn to scale, and a policy that allows our own style and script only."""

from __future__ import annotations

import pytest

from grader.reports.formats import pages


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("()", ()),
        ("(3,)", (3,)),
        ("(3, 4)", (3, 4)),
        ("float32", None),
        ("(a, 4)", None),
        ("3", None),
    ],
)
def test_shapes_are_told_from_other_texts(text, sizes):
    assert pages.shape(text) == sizes


def test_tensors_differ_in_their_drawing_and_fit():
    assert pages.measure(()) == pages.measure((1,)) == (5, 5)
    column, row = pages.measure((7, 1)), pages.measure((1, 7))
    assert column == row[::-1]
    assert pages.measure((7,)) == column
    assert pages.measure((1_000, 784)) == (44, 44)
    assert pages.measure((0, 3))[1] == 0


def test_the_policy_allows_a_script_only_where_there_is_one():
    assert "script-src" not in pages.policy()
    assert "script-src 'sha256-" in pages.policy(script=True)
    assert pages.policy().startswith("default-src 'none'")
