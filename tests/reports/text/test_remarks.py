"""What wrong numbers show, in sentences."""

from typing import get_args

import pytest

from grader.reports.text.remarks import sentence
from grader.results import Remark, RemarkKind


def english(text, **values):
    return text % values if values else text


@pytest.mark.parametrize("kind", get_args(RemarkKind))
@pytest.mark.parametrize("about", ["", "w1"])
def test_every_remark_has_a_sentence_that_says_all_of_it(kind, about):
    said = sentence(Remark(kind, about, "0.4"), english)
    assert said.endswith(".") and "%" not in said
    # some need no value
    if kind in (
        "factor",
        "unused",
        "is",
        "shape",
        "samples-only",
        "samples-unused",
    ):
        assert "0.4" in said
    if about and kind not in ("never-moves", "unused", "step-opposite"):
        assert about in said


def test_what_the_function_gives_has_no_name():
    said = sentence(Remark("factor", "", "2"), english)
    assert said == "What the function gives is 2 times what it should be."
