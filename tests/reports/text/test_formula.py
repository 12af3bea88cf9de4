# ruff: noqa: RUF001 - formulas are made of these characters
"""How formulas are set, and which are refused."""

from __future__ import annotations

import pytest

from grader.reports.text import formula


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (
            r"\frac{\partial \ell}{\partial s_2} = \sigma'(s_2)",
            "∂ℓ/∂s₂ = σ′(s₂)",
        ),
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
    assert (
        formula.to_mathml("s_2")
        == "<math><msub><mi>s</mi><mn>2</mn></msub></math>"
    )
    assert (
        formula.to_mathml("-x")
        == '<math><mrow><mo form="prefix">−</mo><mi>x</mi></mrow></math>'
    )
    assert (
        formula.to_mathml("a<b")
        == "<math><mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow></math>"
    )
    assert (
        formula.to_mathml(r"\text{<b>}")
        == "<math><mtext>&lt;b&gt;</mtext></math>"
    )


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{x}{y}",
        "{a",
        "a}",
        "x_",
        r"\frac{a}",
        r"\mathbb{Q}",
        "a & b",
        r"\left",
    ],
)
def test_what_lies_outside_the_subset_is_refused_and_shown_as_code(latex):
    with pytest.raises(formula.FormulaError):
        formula.to_mathml(latex)
    assert formula.displayed(latex).startswith("<code>")
    assert formula.plain(latex) == latex


def test_the_faults_of_a_texts_formulas_are_told():
    assert list(formula.faults("$x_1$ and `code`, but no formula")) == []
    (fault,) = formula.faults("good: $x$; bad: $\\foo$")
    assert fault.startswith("$\\foo$ cannot be set: ")
