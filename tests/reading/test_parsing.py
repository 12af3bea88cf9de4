"""What can be read of a file that does not compile, function by function."""

import pytest
from texts import notebook, run, sliced, value_of_f

from grader.notices import Notice
from grader.reading import parsing
from grader.reading.cells import Cell
from grader.reading.parsing import Broken, parse

# a .py file that does not compile, and what each of f and g then returns (None: missing)
RECOVERED = [
    pytest.param(
        "print 'a'\ndef f():\n    return 1\ndef g():\n    return 2",
        1,
        2,
        id="a Python 2 print",
    ),
    pytest.param(
        "def f():\n    return 1\ndef g():\n    print 1",
        1,
        None,
        id="one broken function",
    ),
    pytest.param(
        "def f(:\n    return 1\ndef g():\n    return 2",
        None,
        2,
        id="a broken header",
    ),
    pytest.param(
        "x = (1,\ndef f():\n    return 1\ndef g():\n    return 2",
        1,
        2,
        id="an open bracket above",
    ),
    pytest.param(
        "def f():\n    return [1\n\ndef g():\n    return 2",
        None,
        2,
        id="an open bracket within",
    ),
    pytest.param(
        'def f():\n    """doc\nat column 0\n"""\n    return 1\nx = = 1\ndef g():\n    return 2',
        1,
        2,
        id="a string at column 0",
    ),
    pytest.param(
        "a = [\n1,\n2]\nx = = 1\ndef f():\n    return a[0]\ndef g():\n    return a[1]",
        1,
        2,
        id="brackets at column 0",
    ),
    pytest.param(
        "def d(h):\n    return h\n@d\n\n# why\n@d\ndef f():\n    return 1\nx = = 1\ndef g():\n    return 2",
        1,
        2,
        id="decorators stay on",
    ),
    pytest.param(
        "if 1 > 2:\n    a = 1\nelif 2 > 3:\n    a = 2\nelse:\n    a = 3\nx = = 1\n"
        "def f():\n    return a\ndef g():\n    return a",
        3,
        3,
        id="else stays on",
    ),
    pytest.param(
        "try:\n    a = b\nexcept NameError:\n    a = 3\nfinally:\n    c = 4\nx = = 1\n"
        "def f():\n    return a\ndef g():\n    return c",
        3,
        4,
        id="except and finally stay on",
    ),
    pytest.param(
        "def f():\n    return 1\n\n def g():\n    return 2\n",
        1,
        2,
        id="a def indented by mistake",
    ),
    pytest.param(
        "  a = 1\n  def f():\n    return a\n  def g():\n    return 2",
        1,
        2,
        id="a file indented as a whole",
    ),
    pytest.param(
        "    # why\n    a = 1\ndef f():\n    return a\ndef g():\n    return 2",
        1,
        2,
        id="an indented first line",
    ),
    pytest.param(
        "%matplotlib inline\n!ls\ndef f():\n    return 1\ndef g():\n    return 2",
        1,
        2,
        id="a notebook's lines",
    ),
    pytest.param(
        "def f():\n    return 1\ndef g():\n    return 2\nreturn 3",
        1,
        2,
        id="return outside a function",
    ),
    pytest.param(
        "<<<<<<< HEAD\ndef f():\n    return 1\n=======\ndef g():\n    return 2\n>>>>>>> b",
        1,
        2,
        id="a merge",
    ),
    pytest.param(
        "def f():\n    return 1\nx = '''open\ndef g():\n    return 2",
        1,
        2,
        id="a string never closed",
    ),
    pytest.param(
        "def f():\n    return 1\ndef f():\n    print 1\ndef g():\n    return 2",
        1,
        2,
        id="an earlier one that compiles",
    ),
]


@pytest.mark.parametrize(("source", "f", "g"), RECOVERED)
def test_recovers_function_by_function(source, f, g):
    with pytest.raises(SyntaxError):
        compile(source, "a", "exec")
    found = sliced(source, ["f", "g"])
    names = run(found)
    for name, value in {"f": f, "g": g}.items():
        assert (name in found.missing) is (value is None)
        if value is not None:
            assert names[name]() == value
            definition = found.definitions[name]
            lines = source.split("\n")
            assert (
                definition.text.split("\n")[0]
                == lines[definition.first_line - 1].strip()
            )
    assert any("does not compile" in str(notice) for notice in found.notices)
    assert Notice("broken-file") in found.notices


def test_cell_with_a_syntax_error_is_lost_alone():
    found = sliced(
        notebook("a = 1", "a = 2\nprint 'x'", "def f():\n    return a")
    )
    assert value_of_f(found) == 1
    (notice,) = found.notices
    assert (
        "Line 2 of the cell that begins `a = 2` does not compile (print without parentheses is Python 2)"
        in str(notice)
    )


def test_cell_that_parses_but_does_not_compile_is_lost_whole():
    found = sliced(
        notebook("a = 1", "a = 2\nreturn 3", "def f():\n    return a")
    )
    assert value_of_f(found) == 1
    assert found.notices[0].kind == "broken-cell"
    assert "Line 2 of the cell that begins `a = 2`" in str(found.notices[0])


def test_parse_keeps_line_numbers_of_pieces():
    trees, broken = parse(Cell(None, "x = 1\ny = = 2\nz = 3\n", None))
    assert [tree.lineno for tree in trees] == [1, 3]
    assert [piece.line for piece in broken] == [2]


NOTICES = [
    pytest.param(
        Broken(None, 3, "why", "x"),
        Notice("broken-part", {"reason": "why"}, 3),
        id="a file",
    ),
    pytest.param(
        Broken(2, 3, "why", "x"),
        Notice("broken-cell", {"reason": "why"}, 3, 2),
        id="a cell",
    ),
    pytest.param(
        Broken(None, 3, "why", "", recovered=True),
        Notice("broken-indentation", {"reason": "why"}, 3),
        id="recovered",
    ),
]


@pytest.mark.parametrize(("broken", "notice"), NOTICES)
def test_notices(broken, notice):
    assert broken.notice == notice


def test_recovers_a_def_indented_by_mistake():
    trees, (broken,) = parse(
        Cell(None, "def f():\n    return 1\n\n def g():\n    return 2\n", None)
    )
    assert [tree.name for tree in trees] == ["f", "g"]
    assert (broken.recovered, broken.line, broken.text) == (True, 4, "")


@pytest.mark.parametrize("limit", ["_MAX_GROWTH", "_MAX_TRIES"])
def test_open_strings_are_given_up(monkeypatch, limit):
    source = "x = = 1\ny = '''\n" + "a\n" * 5 + "'''\n"
    assert len(parse(Cell(None, source, None))[0]) == 1
    monkeypatch.setattr(parsing, limit, 3)
    assert len(parse(Cell(None, source, None))[1]) > 1


WITHIN = """def f():
    a = 1
<<<<<<< HEAD
    return a
=======
    return -a
>>>>>>> main

def g():
    return 2
"""


def test_the_marks_of_a_merge_are_told_and_not_their_consequence():
    found = sliced(WITHIN, ["f", "g"])
    assert run(found)["g"]() == 2
    marks, whole = found.notices
    assert marks == Notice("merge-marks", {"others": "5, 7"}, line=3)
    assert whole == Notice("broken-file")
    assert "line 3 does not compile (it holds the marks" in found.missing["f"]


def test_the_marks_of_a_merge_in_a_cell():
    found = sliced(
        notebook(f"x = 1\n{WITHIN}", "def g():\n    return 2"), ["f", "g"]
    )
    (marks,) = found.notices
    assert (marks.line, marks.values["others"]) == (4, "6, 8")
    assert "of the cell that begins `x = 1`" in str(marks)


def test_a_row_of_equals_signs_is_no_mark():
    found = sliced("======= data\nx = = 1\ndef f():\n    return 1")
    assert [notice.kind for notice in found.notices] == [
        "broken-part",
        "broken-part",
        "broken-file",
    ]


def test_a_pasted_session_is_one_notice():
    lines = [
        "import torch",
        "",
        "def f():",
        "    return 1",
        "f()",
        "1",
        "x = 1",
    ]
    source = "\n".join(f">>> {line}" for line in lines)
    found = sliced(source)
    (notice,) = found.notices
    assert (notice.line, notice.more) == (1, len(lines) - 1)
    assert "`>>>` is the prompt of an interactive session" in str(notice)
    assert found.missing["f"].startswith("`f` cannot be read: line 3 does not")
