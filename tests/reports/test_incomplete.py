"""A mark that grader could not complete says so wherever it is shown, and is no platform's final mark."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
import report_samples as samples
from rich.console import Console

from grader.exercise import Exercise
from grader.notices import Notice
from grader.reports import FORMATS
from grader.reports.formats import terminal
from grader.reports.formats.class_page import class_page
from grader.reports.formats.gradebook import gradebook
from grader.reports.formats.lms import canvas, nbgrader
from grader.reports.text.lead import lead
from grader.reports.text.words import Words
from grader.reports.views import cohort
from grader.reports.views.overrides import Override, apply_overrides
from grader.reports.views.review import review
from grader.results import Fault, Result, from_json, to_json

EXERCISE = Exercise.load("practical3")
SECRET = "only for the instructor"


def incomplete() -> Result:
    """A right submission, of whose `dloss` no check could be judged."""
    result = samples.right()
    dloss = result.functions["dloss"]
    checks = []
    for check in dloss.checks:
        message = "grader itself failed on this check."
        checks.append(
            replace(check, outcome="void", points=0.0, message=message)
        )
    void = replace(
        dloss,
        status="void",
        score=0.0,
        unjudged=dloss.max_score,
        checks=tuple(checks),
    )
    points = f"{dloss.max_score:g}"
    notice = Notice("void-checks", {"function": "dloss", "points": points})
    return replace(
        result,
        functions={**result.functions, "dloss": void},
        score=result.score - dloss.max_score,
        unjudged=dloss.max_score,
        notices=(notice,),
        faults=(Fault("dloss/values", SECRET),),
    )


def test_it_is_written_and_read() -> None:
    result = incomplete()
    assert from_json(to_json(result)) == result
    assert result.functions["dloss"].lost == 0


@pytest.mark.parametrize("name", FORMATS)
def test_no_report_shows_how_grader_failed(name: str) -> None:
    text = FORMATS[name].render(incomplete(), EXERCISE, "en", None)
    assert SECRET not in text


@pytest.mark.parametrize("name", ["html", "markdown", "text", "github"])
def test_the_student_reads_that_it_is_incomplete(name: str) -> None:
    text = FORMATS[name].render(incomplete(), EXERCISE, "en", None)
    assert "ncomplete" in text
    assert "Everything is right" not in text


def test_the_terminal_says_so() -> None:
    console = Console(file=io.StringIO(), width=100)
    terminal.show(incomplete(), EXERCISE, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "incomplete: 2 points are not judged yet" in text
    assert "? dloss" in text
    assert "Nothing is known to be wrong." in text


def test_the_instructor_is_asked_to_look() -> None:
    (look,) = cohort.needing_a_look([incomplete(), samples.right("b")])
    assert look.notices[0].kind == "void-checks"
    page = class_page([incomplete()], EXERCISE)
    assert "neither given nor lost" in page
    (row,) = csv.DictReader(io.StringIO(gradebook([incomplete()])))
    assert row["unjudged"] == "2"
    assert row["dloss_status"] == "void"
    assert "neither given nor lost" in row["look"]


def test_no_platform_gets_it() -> None:
    sample = incomplete()
    named = replace(sample.submission, id="amelie_1_2_tp.py")
    in_canvas = replace(sample, submission=named)
    (_, row) = csv.DictReader(io.StringIO(canvas([in_canvas])))
    assert list(row.values())[-1] == ""
    (graded,) = csv.DictReader(io.StringIO(nbgrader([incomplete()])))
    assert (graded["score"], graded["raw_score"]) == ("", "")


def test_a_manual_mark_completes_it() -> None:
    marked = apply_overrides(incomplete(), {"dloss": Override(points=1.5)})
    assert not marked.incomplete
    assert marked.score == samples.right().score - 0.5
    assert marked.functions["dloss"].lost == 0.5


def test_there_is_nothing_to_do_for_the_student() -> None:
    words = Words(EXERCISE, "en")
    told = review(incomplete(), EXERCISE.notes())
    (sentence,) = lead(incomplete(), told, words)
    assert str(sentence) == "Nothing is known to be wrong."


def test_a_check_that_is_void_counts_in_neither_share() -> None:
    found = cohort.check_statistics([incomplete()])
    of_dloss = [one for one in found if one.function == "dloss"]
    assert {one.pass_rate for one in of_dloss} == {None}
    assert {one.unjudged for one in of_dloss} == {1}
