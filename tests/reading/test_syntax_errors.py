"""Python's syntax errors in a student's words."""

import ast

import pytest

from grader.reading.syntax_errors import UNCOMPILABLE, reason

REASONS = [
    pytest.param(
        "print 'a'", "print without parentheses is Python 2", id="print"
    ),
    pytest.param(
        "print 'a' % b, c",
        "print without parentheses is Python 2",
        id="print of more",
    ),
    pytest.param("if a <> b: pass", "`<>` is Python 2", id="<>"),
    pytest.param("%matplotlib inline", "belong in a notebook", id="a magic"),
    pytest.param("!ls", "belong in a notebook", id="a shell line"),
    pytest.param(
        "import = 3", "`import` is a word of the language", id="a keyword"
    ),
    pytest.param(
        "<<<<<<< HEAD", "the marks of an unresolved merge", id="a merge"
    ),
    pytest.param("raise A, 'b'", "`raise A, message` is Python 2", id="raise"),
    pytest.param(
        "try: pass\nexcept A, e: pass",
        "`except A, e` is Python 2",
        id="except",
    ),
    pytest.param("if a\n    pass", "a colon is missing", id="colon"),
    pytest.param(
        "x = (1", "the bracket `(` is never closed", id="open bracket"
    ),
    pytest.param("x = (1]", "`(` is closed by `]`", id="the wrong bracket"),
    pytest.param(
        "x = 010", "a number with a leading zero is Python 2", id="octal"
    ),
    pytest.param(
        "x = 3y", "a number is followed by letters", id="digits first"
    ),
    pytest.param(
        "x = '''a",
        "a triple-quoted string is never closed",
        id="triple quotes",
    ),
    pytest.param(
        "x = “a”", "`“` is not a character of Python code", id="curly quotes"
    ),
    pytest.param("x = [1 2]", "a comma or an operator is missing", id="comma"),
    pytest.param(
        "x = 1\n  y = 2", "the line is indented further", id="indented"
    ),
    pytest.param(
        "f() = 3",
        "Python says: cannot assign to function call",
        id="any other",
    ),
    pytest.param("x y z", "invalid syntax", id="nothing to say"),
]


@pytest.mark.parametrize(("source", "says"), REASONS)
def test_reasons(source, says):
    with pytest.raises(UNCOMPILABLE) as caught:
        ast.parse(source)
    assert says in reason(caught.value, source)


@pytest.mark.parametrize(
    "error", [RecursionError(), MemoryError(), OverflowError()]
)
def test_nested_too_deeply(error):
    assert reason(error) == "it is nested too deeply"


def test_a_message_of_pythons_is_cut():
    assert len(reason(SyntaxError("a" * 10_000))) < 250


BY_LINE = [
    pytest.param(
        "exec code in names", "exec without parentheses is Python 2", id="exec"
    ),
    pytest.param(
        "  print a, b",
        "print without parentheses is Python 2",
        id="print, indented",
    ),
    pytest.param("print(a b)", "invalid syntax", id="with parentheses"),
]


@pytest.mark.parametrize(("line", "says"), BY_LINE)
def test_a_plain_invalid_syntax_by_its_line(line, says):
    """Some versions of Python say no more."""
    error = SyntaxError("invalid syntax")
    error.lineno = 2
    assert reason(error, f"x = 1\n{line}\n") == says
