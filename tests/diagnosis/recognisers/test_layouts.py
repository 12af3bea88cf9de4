"""Where in the source it shows that vectors are laid out as columns or rows."""

import pytest

from grader.checking.conventions import Convention, Vectors
from grader.diagnosis.observation import Evidence
from grader.diagnosis.recognisers.layouts import line_of_call, line_of_layout
from grader.errors import Frame

VECTORS = Vectors(groups=((0,), (1,)))  # x and b of f(x, b)
ROW_AND_COLUMN = Convention(VECTORS, ("row", "column"))
COLUMNS = Convention(VECTORS, ("column", "column"))


def evidence(*body, first_line=1):
    lines = ["def f(x, b):", *("    " + line for line in body)]
    return Evidence(source="\n".join(lines) + "\n", first_line=first_line)


def test_a_row_and_a_column_meet_where_both_are_used():
    source = evidence("y = 2", "s = x.t() * y", "return s + b")
    assert line_of_layout(source, ROW_AND_COLUMN, "f") == 4
    source = evidence("y = 2", "s = x.t() * y", "b = s + b", "return b")
    assert line_of_layout(source, COLUMNS, "f") == 5


def test_lines_are_those_of_the_file():
    source = evidence("return x + b", first_line=10)
    assert line_of_layout(source, ROW_AND_COLUMN, "f") == 11


@pytest.mark.parametrize(
    "made",
    [
        "x.view(-1, 1)",
        "x[:, None]",
        "torch.unsqueeze(x, 0)",
        "torch.zeros(n, 1)",
        "torch.randn((1, n))",
    ],
)
def test_a_second_dimension_is_found(made):
    assert (
        line_of_layout(evidence("n = len(x)", f"y = {made}"), COLUMNS, "f")
        == 3
    )


@pytest.mark.parametrize(
    "other", ["x.sum(1)", "x.normal_(0, 1)", "x[1:]", "torch.zeros(n)"]
)
def test_what_makes_none_is_not_taken_for_it(other):
    assert (
        line_of_layout(evidence("n = 3", f"y = {other}"), COLUMNS, "f") is None
    )


def test_a_line_on_which_vectors_raise_shows_it_before_others():
    source = evidence("y = x.view(-1, 1)", "return g(y) + b")
    raised_in = [Frame("h", 20), Frame("f", 3), Frame("g", 9)]
    assert line_of_layout(source, COLUMNS, "f", raised_in) == 3
    assert line_of_layout(source, COLUMNS, "f", [Frame("g", 9)]) == 2
    assert (
        line_of_layout(
            evidence("return x + b"), ROW_AND_COLUMN, "f", raised_in
        )
        == 2
    )


def test_where_a_helper_makes_it_the_first_product_is_shown():
    source = evidence("n = len(x)", "y = col(x)", "return w.mm(y)")
    assert line_of_layout(source, COLUMNS, "f") == 4


def test_where_nothing_else_shows_it_the_return_does():
    source = evidence("y = flat(x)", "return y, col(y)")
    assert line_of_layout(source, COLUMNS, "f") == 3


def test_a_source_that_cannot_be_parsed_shows_nothing():
    assert line_of_layout(Evidence(source="def f(x:"), COLUMNS, "f") is None
    assert line_of_call(Evidence(source="def f(x:"), "g") is None


def test_the_first_call_of_a_function_is_found():
    source = evidence("y = x", "y = g(y)", "return g(y)")
    assert line_of_call(source, "g") == 3
    assert line_of_call(source, "h") is None
