"""Notes: what is read as markup, and what is not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from grader.reports.text import formula, prose


def test_light_markdown():
    html = prose.to_html("One `a < b`, *two*, $x_1$.\n\n- three")
    assert html == (
        "<p>One <code>a &lt; b</code>, <em>two</em>, <math><msub><mi>x</mi><mn>1</mn></msub></math>.</p>\n"
        "<ul>\n<li>three</li>\n</ul>\n"
    )


def test_no_html_link_or_image_comes_out_of_a_note():
    html = prose.to_html(
        "<b>x</b> [a](javascript:1) ![i](http://x.invalid) <http://x.invalid>"
    )
    assert "<b>" not in html and "<a" not in html and "<img" not in html
    assert "<div" not in prose.to_html("<div title=x>\n\n<!-- y -->")


def test_facts_are_put_in_as_text_and_only_where_there_are_any():
    facts = {"name": "*x0* <b> {other} $y$"}
    assert prose.line_to_html(
        "{name} and `{name}` and {other} and $x_{i}$", facts
    ) == (
        "<code>*x0* &lt;b&gt; {other} $y$</code> and "
        "<code>*x0* &lt;b&gt; {other} $y$</code> and <code>…</code> and "
        "<math><msub><mi>x</mi><mi>i</mi></msub></math>"
    )
    assert prose.to_text("`f({name})`", {"name": "x0"}) == "`f(x0)`"
    assert prose.to_text("`f({name})`: {n}") == "`f(…)`: `…`"


EXERCISES = sorted((Path(__file__).parents[3] / "reference").iterdir())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda folder: folder.name)
def test_every_formula_of_every_note_can_be_set(exercise):
    for path in sorted((exercise / "misconceptions").glob("*.toml")):
        for identifier, table in tomllib.loads(
            path.read_text(encoding="utf-8")
        ).items():
            for text in (
                table[key] for key in ("title", "note", "hint") if key in table
            ):
                tokens = prose._parser().parse(text, {"facts": {}})
                inline = [
                    child for token in tokens for child in token.children or ()
                ]
                for child in inline:
                    if child.type == "formula":
                        formula.to_mathml(child.content)
                assert not [
                    child
                    for child in inline
                    if child.type == "text" and "$" in child.content
                ], identifier
