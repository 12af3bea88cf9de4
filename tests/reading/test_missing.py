"""Why there is no definition of a function, in a sentence that a student understands."""

import pytest
from texts import notebook, python, sliced

from grader.reading.lifting import LoopWanted
from grader.reading.slicing import slice_functions

MISSING = [
    pytest.param("x = 1", "never defines `f`", id="not there"),
    pytest.param(
        "def forward():\n    pass", "never defines `f`", id="nothing alike"
    ),
    pytest.param(
        "def f():\n    print 'a'\n",
        "line 2 does not compile (print without parentheses",
        id="Python 2",
    ),
    pytest.param(
        "def f()\n    return 1\n",
        "line 1 does not compile (a colon is missing)",
        id="colon",
    ),
    pytest.param(
        "def f():\n    if x = 1:\n        pass\n",
        "`==`",
        id="= in a condition",
    ),
    pytest.param(
        "def f():\n    return (1\n\ndef g():\n    pass",
        "`(` is never closed",
        id="open bracket",
    ),
    pytest.param(
        "def f():\n    return 1)\n",
        "`)` was never opened",
        id="unmatched bracket",
    ),
    pytest.param(
        "def f():\n    a = 1\n      b = 2\n",
        "line 3 does not compile (the line is indented",
        id="indent",
    ),
    pytest.param(
        "def f():\n    a = 1\n  b = 2\n", "matches no line above", id="dedent"
    ),
    pytest.param(
        "def f():\nreturn 1\n", "is not indented", id="no indentation"
    ),
    pytest.param(
        "def f():\n    if a:\n\treturn 1\n        return 2\n",
        "tabs and spaces",
        id="tabs",
    ),
    pytest.param(
        "def f():\n    return 'a\n", "not closed on its line", id="string"
    ),
    pytest.param(
        "def f():\n    x\u00a0= 1\n",
        "invisible character, U+00A0",
        id="no-break space",
    ),
    pytest.param(
        "def f():\n    raise A, 'b'\n", "is Python 2", id="raise of Python 2"
    ),
    pytest.param(
        "def f():\n    lambda = 1\n",
        "`lambda` is a word of the language",
        id="keyword",
    ),
    pytest.param(
        "def f(a, a):\n    pass\nx = 1",
        "duplicate argument",
        id="an error that only compiling finds",
    ),
    pytest.param(
        "class A:\n    def f(self):\n        pass",
        "only inside `A` (line 2)",
        id="a method only",
    ),
    pytest.param(
        "def f():\n    pass\ndel f", "deleted in line 3", id="deleted"
    ),
    pytest.param(
        "for i in x:\n    def f():\n        pass",
        "in a loop at the top level (line 1)",
        id="in a loop",
    ),
    pytest.param(
        "f = train()", "starts a training (line 1)", id="made by a training"
    ),
    pytest.param(
        "f = await x", "a statement that awaits (line 1)", id="awaited"
    ),
    pytest.param(
        "if x:\n    f = train()",
        "starts a training (line 1)",
        id="made by a training in an if",
    ),
    pytest.param(
        "if x:\n    for f in y: pass",
        "in a loop at the top level",
        id="in a loop in an if",
    ),
]


@pytest.mark.parametrize(("source", "says"), MISSING)
def test_missing(source, says):
    found = sliced(source)
    assert says in found.missing["f"]
    assert "f" not in found.definitions
    assert found.missing["f"].endswith(".")


def test_missing_names_a_likely_misspelling():
    found = sliced("def backwards_pass():\n    pass", ["backward_pass"])
    assert "`backwards_pass`" in found.missing["backward_pass"]


def test_a_method_in_an_if_is_inside_nothing_that_has_a_name():
    found = sliced("if x:\n    class A:\n        def f(self): pass")
    assert found.missing["f"] == "The file never defines `f`."


def test_only_a_slow_function_may_be_a_loop():
    assert "loop" not in sliced("for i in x: pass", ["f"]).missing["f"]
    assert "loop" not in sliced("await x", ["train"]).missing["train"]


def test_a_required_function_is_not_taken_for_a_misspelling():
    found = sliced("def forward_pas(): pass", ["forward_pass", "forward_pas"])
    assert found.missing == {
        "forward_pass": "The file never defines `forward_pass`."
    }


def test_a_loop_that_cannot_be_judged_in_its_place():
    text = python("w = 1\nfor i in range(n):\n    w = 2")
    wanted = LoopWanted(("back", "fore"), ("w", "b"), ("n",))
    found = slice_functions(
        text, ["train"], ["train"], loops={"train": wanted}
    )
    assert found.missing["train"] == (
        "The file never defines `train`. The loop at the top level (line 2) cannot be judged in its place: "
        "it does not call `back` or `fore`. Call them in it, or define `train`."
    )
    assert "loop" not in sliced("for i in x: pass", ["train"]).missing["train"]


def test_error_line_is_the_files_own():
    found = sliced(
        "x = 1\n\ndef g():\n    return 1\n\ndef f():\n    y = 1\n    return y y\n"
    )
    assert "line 8" in found.missing["f"]


def test_half_a_function_is_not_graded():
    """What stands above a syntax error within a function is not the function."""
    found = sliced("def f():\n    a = 1\n        b = 2\n    return a\n")
    assert "f" in found.missing


def test_function_in_a_lost_cell_says_so():
    found = sliced(notebook("def f():\n    return 1\nx = = 2"))
    assert (
        "line 3 of the cell that begins `def f():` does" in found.missing["f"]
    )
