# ruff: noqa: RUF001 - shapes are written with a multiplication sign
"""What the reports say, and that no student's text gets out of its place in any of them."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import report_samples as samples
from markdown_it import MarkdownIt
from rich.console import Console

from grader.errors import UsageError
from grader.reports import FORMATS
from grader.reports.formats import terminal
from grader.reports.formats.class_page import address, class_page
from grader.reports.formats.gradebook import gradebook
from grader.reports.formats.html import student_report
from grader.reports.text import neutral
from grader.reports.views import cohort, content, listing, overrides
from grader.reports.views.overrides import Override
from grader.results import FunctionResult, Source

ALL = [samples.right, samples.wrong, samples.unfinished, samples.hostile, samples.large]
VOID = {"meta", "rect", "line", "polyline", "path", "br", "input", "mspace", "hr"}


class Page(HTMLParser):
    """A page's tags, attributes and text; fails on a tag that is closed out of order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def page_of(sample: Callable[[], object], **options: object) -> Page:
    return Page(student_report(sample(), samples.NOTES, **options))


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.__name__)
def test_a_report_is_well_formed_runs_nothing_and_fetches_nothing(sample):
    page = page_of(sample)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "video", "use"}
    for _tag, attributes in page.tags:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset")
        ]
        assert (attributes.get("href") or "#").startswith("#")


@pytest.mark.parametrize("sample", ALL, ids=lambda sample: sample.__name__)
def test_a_report_stays_under_300_kb(sample):
    assert len(student_report(sample(), samples.NOTES).encode()) < 300_000


def test_identifiers_are_unique_and_headings_descend_one_by_one():
    page = page_of(samples.wrong)
    identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_report_says_what_to_do_why_and_where():
    text = page_of(samples.wrong).text
    assert "9 / 20" in text
    assert "loss : The differences are summed before they are squared. (line 13)" in text.replace(
        "loss:", "loss :"
    )
    assert "Follow the arrows back from loss to s1." in text
    assert "Look here: dl_ds1 = dl_dx2 * dsigma(s1).t()" in text
    assert "x0 is read from the notebook" in text  # a fact in the place of {name}
    assert "3 × 5" in text and "[2, 0]" in text and "15 of 15 entries are off" in text
    assert "The first quantity that is off is dl_dx2" in text
    assert "right, given your own functions that it builds on" in text
    assert "it needs backward_pass" in text
    assert "Lines 80 to 97 were not run" in text


def test_a_right_submission_has_nothing_left_to_do():
    text = page_of(samples.right).text
    assert "Nothing: everything is right." in text and "7 of 7 functions are right" in text


def test_what_is_unexplained_accuses_of_nothing():
    text = page_of(samples.unfinished).text
    assert "No known mistake explains these results, so none is named." in text
    assert "One of these explains your results exactly" in text
    assert "landlock ✗ unavailable: the kernel is older than 5.13" in text


def test_each_graph_marks_one_first_wrong_quantity_and_what_depends_on_it():
    page = page_of(samples.wrong)
    classes = [attributes.get("class", "") for tag, attributes in page.tags if tag == "g"]
    assert classes.count("node wrong") == 1
    assert classes.count("node after") == 7


def test_source_is_shown_around_its_marked_line_however_long_it_is():
    text = "\n".join(f"x = {index}" for index in range(9_000))
    function = FunctionResult("wrong", 0, 1, line=5_010, source=Source(text, 10))
    shown = listing.listing(function)
    assert [line.text for line in shown.lines if line.marked] == ["x = 5000"]
    assert shown.before + len(shown.lines) + shown.after == 9_000
    assert sum(len(line.text) for line in shown.lines) <= listing.MAX_CHARACTERS


def test_a_string_over_many_lines_is_highlighted_line_by_line():
    function = FunctionResult(
        "wrong", 0, 1, line=2, source=Source('def f():\n    """a\n    <b>\n    """\n', 1)
    )
    lines = listing.listing(function).lines
    assert [line.number for line in lines] == [1, 2, 3, 4]
    for line in lines:
        Page(str(line.html))
        assert "<b>" not in line.html


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_format_renders_every_sample(name, lang):
    for sample in ALL:
        text = FORMATS[name].render(sample(), samples.NOTES, lang, None)
        assert not neutral._UNSEEN.search(text.replace("\u2060", ""))  # the word joiner is our own
        text.encode("utf-8")


# --- hostile text ---------------------------------------------------------------------------------------


def test_unseen_characters_are_shown_and_the_rest_is_left_alone():
    assert neutral.visible("a\x1b[2J\u202e\ud800\x00") == "a\\x1b[2J\\u202e\\ud800\\x00"
    assert neutral.visible("é ∂ 😀\tτ\n") == "é ∂ 😀\tτ\n"
    assert neutral.visible("\U000e0041") == "\\U000e0041"


def test_nothing_hostile_reaches_a_terminal_even_in_colour():
    file = io.StringIO()
    terminal.show(samples.hostile(), samples.NOTES, Console(file=file, force_terminal=True, width=80))
    sequences = set(re.findall(r"\x1b[^m]*m", file.getvalue()))
    bare = file.getvalue()
    for sequence in sequences:
        assert re.fullmatch(r"\x1b\[[0-9;]*m", sequence)
        bare = bare.replace(sequence, "")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", bare)


def test_nothing_hostile_becomes_markdown():
    text = FORMATS["markdown"].render(samples.hostile(), samples.NOTES)
    html = MarkdownIt("commonmark").enable("table").render(text)
    for tag in ("<script", "<img", "<a ", "<b>", "javascript:1)</a"):
        assert tag not in html
    assert "everyone" in html and "@everyone" not in re.sub(r"<code>.*?</code>", "", html, flags=re.S)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", " =1", "a;=1", "a,@x", "a\n=1", "\r=1", "%0A", "\uff1d1"]
)
def test_no_cell_is_a_formula_whatever_the_separator(text):
    cell = neutral.csv(text)
    for part in re.split(r"[;,\t\n]", cell):
        assert not re.match(r"\s*[=+\-@%\uff1d]", part)


def test_ordinary_names_stay_as_they_are_in_csv():
    assert neutral.csv("O'Neil, Chloé-Anne (2nd)") == "O'Neil, Chloé-Anne (2nd)"


def test_workflow_commands_stay_on_one_line():
    assert neutral.workflow("50%\r\n::error::x\r") == "50%25%0A::error::x\\x0d"
    assert neutral.workflow_property("a:b,c") == "a%3Ab%2Cc"


def test_an_id_never_becomes_another_address():
    result = samples.right("javascript:alert(1)//../../etc")
    assert address(result) == "./javascript%3Aalert%281%29%2F%2F..%2F..%2Fetc/report.html"


# --- the class ------------------------------------------------------------------------------------------


def test_the_class_page_of_1000_submissions_stays_under_3_mb():
    page = class_page(samples.a_class(1_000), samples.NOTES)
    assert len(page.encode()) < 3_000_000
    assert Page(page).text.count("student-0999") >= 1


def test_the_class_page_survives_hostile_and_no_submissions():
    page = Page(class_page([samples.hostile(), *samples.a_class(3)], samples.NOTES))
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert all(not name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "Nothing graded yet" in Page(class_page([], samples.NOTES)).text


def test_progress_is_shown_while_a_batch_is_running_only():
    results = samples.a_class(3)
    assert "3 of 10 graded" in Page(class_page(results, samples.NOTES, progress=(3, 10))).text
    assert "of 3 graded" not in Page(class_page(results, samples.NOTES, progress=(3, 3))).text


def test_bins_hold_every_mark_once():
    results = samples.a_class(200)
    bins = cohort.bins(results)
    assert sum(one.count for one in bins) == 200
    full = [result for result in results if result.score == result.max_score]
    assert bins[-1].count >= len(full) > 0


def test_blocked_checks_count_in_neither_share():
    found = {one.id: one for one in cohort.check_statistics([samples.wrong()])}
    assert found["step"].pass_rate is None and found["step"].blocked == 1
    assert found["loss_values"].pass_rate == 0


def test_discrimination_tells_a_check_that_follows_the_mark_from_one_that_does_not():
    def sample(index: int, passed: bool, strong: bool):
        base = samples.right(f"s{index}")
        check = replace(base.functions["sigma"].checks[0], outcome="passed" if passed else "failed", points=0)
        function = replace(base.functions["sigma"], checks=(check,))
        return replace(base, functions={"sigma": function}, score=18.0 if strong else 4.0 + index % 2)

    following = [sample(index, index % 2 == 0, index % 2 == 0) for index in range(20)]
    against = [sample(index, index % 2 == 1, index % 2 == 0) for index in range(20)]
    assert cohort.check_statistics(following)[0].discrimination > 0.9
    assert cohort.check_statistics(against)[0].discrimination < -0.9
    assert cohort.check_statistics(following[:4])[0].discrimination is None


def test_a_blocked_check_says_nothing_of_who_is_strong():
    base = samples.right()
    outcomes = ["passed", "failed"] * 5 + ["blocked"] * 10  # the blocked ones are the weakest
    results = []
    for index, outcome in enumerate(outcomes):
        check = replace(base.functions["sigma"].checks[0], outcome=outcome, points=0)
        function = replace(base.functions["sigma"], checks=(check,))
        score = 1.0 if outcome == "blocked" else 10.0 + index // 2
        results.append(replace(base, functions={"sigma": function}, score=score))
    assert cohort.check_statistics(results)[0].discrimination == pytest.approx(0, abs=1e-9)


def test_misconceptions_come_by_frequency_and_count_a_submission_once():
    results = [samples.wrong("a"), samples.wrong("b"), samples.unfinished("c")]
    shared = cohort.misconceptions(results, samples.NOTES)
    assert [len(one.submissions) for one in shared] == sorted(
        (len(one.submissions) for one in shared), reverse=True
    )
    assert {one.note.id: len(one.submissions) for one in shared}["loss-sum-before-square"] == 2


def test_a_person_looks_at_the_unexplained_and_the_stopped():
    looks = cohort.needing_a_look([samples.right(), samples.wrong(), samples.unfinished()])
    assert [look.result.submission.id for look in looks] == ["chloe"]
    assert looks[0].unexplained == ("dsigma", "train")
    assert looks[0].notices == ("train was stopped: it ran out of time (20 s).",)


def test_the_gradebook_has_a_row_a_submission_and_plain_numbers():
    rows = list(csv.DictReader(io.StringIO(gradebook([samples.wrong(), samples.hostile(), samples.right()]))))
    assert [row["submission"] for row in rows[:2]] == ["amelie", "bruno"]
    assert rows[1]["score"] == "9" and rows[1]["max_score"] == "20"
    assert rows[1]["backward_pass"] == "1" and rows[1]["backward_pass_status"] == "partial"
    assert rows[1]["misconceptions"].split()[0] == "loss-sum-before-square"
    assert rows[2]["name"].startswith("'=cmd|")


def test_next_steps_come_in_the_exercise_s_order():
    steps = content.next_steps(samples.wrong(), samples.NOTES)
    assert [(step.kind, step.function) for step in steps] == [
        ("correct", "loss"), ("correct", "backward_pass"), ("rerun", "train"),
    ]  # fmt: skip


def test_what_is_wrong_stays_a_step_even_where_it_was_given_full_marks():
    result = overrides.apply_overrides(samples.wrong(), {"loss": Override(1.0)})
    assert ("loss", 0.0) in [
        (step.function, step.points) for step in content.next_steps(result, samples.NOTES)
    ]


def test_checks_that_say_the_same_are_told_once():
    check = samples.wrong().functions["train"].checks[0]
    measured = samples.wrong().functions["loss"].checks[1]
    groups = content.grouped((check, check, replace(check, message="other"), measured, measured))
    assert [len(group) for group in groups] == [2, 1, 1, 1]
    function = replace(samples.wrong().functions["train"], checks=(check, check))
    sample = replace(samples.wrong(), functions={"train": function})
    for name in ("html", "markdown", "text"):
        assert FORMATS[name].render(sample, samples.NOTES).count("Not judged: it needs") == 1


def test_the_command_to_rerun_can_be_pasted_whatever_the_file_is_called():
    assert "grader check practical-3.ipynb" in page_of(samples.wrong).text
    assert "grader check './-rf; $(reboot) " in page_of(samples.hostile).text


# --- manual marks ---------------------------------------------------------------------------------------


def written(folder: Path, text: str) -> Path:
    path = folder / "overrides.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_manual_marks_replace_points_and_show_as_the_instructor_s(tmp_path):
    table = '[bruno.backward_pass]\npoints = 4.5\ncomment = "Right idea <b>"\n'
    manual = overrides.load_overrides(written(tmp_path, table))["bruno"]
    assert overrides.apply_overrides(samples.wrong(), manual).score == 12.5
    page = page_of(samples.wrong, manual=manual)
    assert "Marked by hand: 4.5 points; the grader gave 1." in page.text
    assert "From your instructor" in page.text and "Right idea <b>" in page.text
    assert "12.5 / 20" in page.text
    for name in ("markdown", "text"):
        text = FORMATS[name].render(samples.wrong(), samples.NOTES, "en", manual)
        assert "12.5 / 20" in text and "From your instructor" in text
    rows = list(csv.DictReader(io.StringIO(gradebook([samples.wrong()], {"bruno": manual}))))
    assert rows[0]["score"] == "12.5" and rows[0]["manual"] == "backward_pass"


@pytest.mark.parametrize(
    "table",
    ["[a.b]\npoints = -1", "[a.b]\npoints = nan", "[a.b]\npoints = true", "[a.b]\nmarks = 1", "a = 1",
     "[a.b]\ncomment = 1", "[a"],
)  # fmt: skip
def test_a_manual_mark_that_cannot_be_is_refused(tmp_path, table):
    with pytest.raises(UsageError, match=r"overrides\.toml"):
        overrides.load_overrides(written(tmp_path, table))


def test_a_manual_mark_must_fit_the_result():
    with pytest.raises(UsageError, match="7 points of at most 6"):
        overrides.apply_overrides(samples.wrong(), {"backward_pass": Override(7.0)})
    with pytest.raises(UsageError, match="no function nonsense"):
        overrides.apply_overrides(samples.wrong(), {"nonsense": Override(1.0)})
    assert overrides.unused_overrides({"brno": {}}, [samples.wrong()]) == ("brno",)
