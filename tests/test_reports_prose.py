# ruff: noqa: RUF001 - formulas are made of these characters
"""Notes and their formulas: what is read as markup, what is not, and how formulas are set."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from grader.reports.text import formula, prose
from grader.reports.views import curves
from grader.results import Curves


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{\partial \ell}{\partial s_2} = \sigma'(s_2)", "∂ℓ/∂s₂ = σ′(s₂)"),
        (r"w_2^\top \frac{\partial \ell}{\partial s_2}", "w₂ᵀ ∂ℓ/∂s₂"),
        (r"1 - \tanh^2(x)", "1 − tanh²(x)"),
        (r"\sum_i (v_i - t_i)^2", "∑ᵢ(vᵢ − tᵢ)²"),
        (r"\mathcal{N}(0, \varepsilon)", "𝒩(0, ε)"),
        (r"10^{-6}", "10⁻⁶"),
        (r"-\frac{a+b}{c}", "−(a + b)/c"),
        (r"a - (b)", "a − (b)"),
        (r"\exp(-6)", "exp(−6)"),
        (r"x^{(n)}", "x^(n)"),
        (r"\mathtt{dl\_dx1}", "dl_dx1"),
        (r"\left\| v - t \right\|^2", "‖v − t‖²"),
        (r"\sqrt{x}", "√(x)"),
        (r"(H, D)", "(H, D)"),
    ],
)
def test_formulas_in_plain_characters(latex, text):
    assert formula.to_text(latex) == text


def test_formulas_in_mathml():
    assert formula.to_mathml("s_2") == "<math><msub><mi>s</mi><mn>2</mn></msub></math>"
    assert formula.to_mathml("-x") == '<math><mrow><mo form="prefix">−</mo><mi>x</mi></mrow></math>'
    assert formula.to_mathml("a<b") == "<math><mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow></math>"
    assert formula.to_mathml(r"\text{<b>}") == "<math><mtext>&lt;b&gt;</mtext></math>"


@pytest.mark.parametrize(
    "latex", [r"\href{x}{y}", "{a", "a}", "x_", r"\frac{a}", r"\mathbb{Q}", "a & b", r"\left"]
)
def test_what_lies_outside_the_subset_is_refused_and_shown_as_code(latex):
    with pytest.raises(formula.FormulaError):
        formula.to_mathml(latex)
    assert formula.displayed(latex).startswith("<code>")
    assert formula.plain(latex) == latex


def test_light_markdown():
    html = prose.to_html("One `a < b`, *two*, $x_1$.\n\n- three")
    assert html == (
        "<p>One <code>a &lt; b</code>, <em>two</em>, <math><msub><mi>x</mi><mn>1</mn></msub></math>.</p>\n"
        "<ul>\n<li>three</li>\n</ul>\n"
    )


def test_no_html_link_or_image_comes_out_of_a_note():
    html = prose.to_html("<b>x</b> [a](javascript:1) ![i](http://x.invalid) <http://x.invalid>")
    assert "<b>" not in html and "<a" not in html and "<img" not in html
    assert "<div" not in prose.to_html("<div title=x>\n\n<!-- y -->")


def test_facts_are_put_in_as_text_and_only_where_there_are_any():
    facts = {"name": "*x0* <b> {other} $y$"}
    assert prose.line_to_html("{name} and `{name}` and {other} and $x_{i}$", facts) == (
        "<code>*x0* &lt;b&gt; {other} $y$</code> and "
        "<code>*x0* &lt;b&gt; {other} $y$</code> and <code>…</code> and "
        "<math><msub><mi>x</mi><mi>i</mi></msub></math>"
    )
    assert prose.to_text("`f({name})`", {"name": "x0"}) == "`f(x0)`"
    assert prose.to_text("`f({name})`: {n}") == "`f(…)`: `…`"


EXERCISES = sorted((Path(__file__).parent.parent / "reference").iterdir())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda folder: folder.name)
def test_every_formula_of_every_note_can_be_set(exercise):
    for path in sorted((exercise / "misconceptions").glob("*.toml")):
        for identifier, table in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for text in (table[key] for key in ("title", "note", "hint") if key in table):
                tokens = prose._parser().parse(text, {"facts": {}})
                inline = [child for token in tokens for child in token.children or ()]
                for child in inline:
                    if child.type == "formula":
                        formula.to_mathml(child.content)
                assert not [child for child in inline if child.type == "text" and "$" in child.content], (
                    identifier
                )


def test_curves_are_thinned_and_break_where_they_are_no_numbers():
    steps = [(float(step), 0.5, 0.5) for step in range(1_000)]
    broken = [*steps[:400], *[(float("nan"), 0.5, 0.5)] * 200, *steps[600:]]
    loss, error, _ = curves.panels(Curves(tuple(broken), tuple(steps)), ["a", "b", "c"])
    assert len(loss.student) == 2 and len(loss.reference) == 1
    assert loss.diverged and not error.diverged
    assert len(loss.reference[0].split()) <= curves.POINTS + 1


def test_a_curve_that_explodes_is_drawn_on_a_logarithmic_axis():
    entry = (1e12, 0.9, 0.9)
    loss, *_ = curves.panels(Curves((entry, entry), ((800.0, 0.9, 0.9), (30.0, 0.1, 0.1))), ["a", "b", "c"])
    assert loss.logarithmic
    heights = [
        float(point.split(",")[1]) for line in (*loss.student, *loss.reference) for point in line.split()
    ]
    assert all(0 <= height <= curves.HEIGHT for height in heights)


@pytest.mark.parametrize("value", [0.0, 1e-300, 1e300, -5.0])
def test_flat_and_extreme_curves_still_have_an_axis(value):
    one = ((value, value, value),)
    for panel in curves.panels(Curves(one, one), ["a", "b", "c"]):
        assert panel.ticks and panel.student
