"""IPython's syntax becomes Python, line for line."""

import pytest

from grader.notices import Notice
from grader.reading.magics import plain_python, written_module

# a cell, and the line on which its last statement `last = 1` must still stand (None: the cell is skipped)
MAGICS = [
    pytest.param("%matplotlib inline\nlast = 1", 2, id="a line magic"),
    pytest.param("!pip install x\nlast = 1", 2, id="a shell line"),
    pytest.param(
        "!pip install \\\n  torch\nlast = 1",
        3,
        id="a shell line over two lines",
    ),
    pytest.param("\n \n%time 1\nlast = 1", 4, id="empty lines on top"),
    pytest.param(
        "x = !ls \\\n -l\nfiles = %sx ls\nlast = 1",
        4,
        id="assigned from the shell and a magic",
    ),
    pytest.param("torch.tanh?\nlast = 1", 2, id="help"),
    pytest.param("if x:\n    !ls\n    %cd ..\nlast = 1", 4, id="indented"),
    pytest.param("%%time\n\nlast = 1", 3, id="a timed cell is Python"),
    pytest.param(
        "\n\n%%capture out\n%%time\n!ls\nlast = 1",
        6,
        id="magics within magics",
    ),
    pytest.param("%%prun -l 5\nlast = 1", 2, id="a profiled cell is Python"),
    pytest.param(
        "# timing\n%%time\nlast = 1",
        3,
        id="a cell magic below a comment is a line that fails",
    ),
    pytest.param(">>> x = 1\n>>> last = 1", 2, id="pasted prompts"),
    pytest.param("    x = 1\n    last = 1", 2, id="an indented cell"),
    pytest.param(
        's = """\n%time\n!ls\n"""\nlast = 1', 5, id="not inside strings"
    ),
    pytest.param(
        "y = 7 \\\n% 3\nlast = 1", 3, id="a modulo at the start of a line"
    ),
    pytest.param("%%bash\nlast = 1", None, id="another language"),
    pytest.param(
        "%%writefile a.py\nlast = 1", None, id="a cell written to a file"
    ),
    pytest.param("%%timeit\nlast = 1", None, id="timeit defines nothing"),
]


@pytest.mark.parametrize(("source", "line"), MAGICS)
def test_magics_keep_the_lines(source, line):
    python, notices = plain_python(source, 7)
    found = [
        n
        for n, content in enumerate(python.split("\n"), start=1)
        if content.strip() == "last = 1"
    ]
    assert found == ([] if line is None else [line])
    assert [(notice.kind, notice.cell) for notice in notices] == [
        ("cell-magic", 7)
    ] * (line is None)
    compile(python, "cell", "exec")


def test_time_magic_defines_what_it_times():
    names = {}
    python, _ = plain_python("%time w = 3\nv = w", 1)
    exec(python, names)
    assert names["v"] == 3


def test_run_is_noticed_with_its_line():
    _, (notice,) = plain_python("x = 1\n%run helpers.py", 4)
    assert notice == Notice("line-magic", {"magic": "run"}, line=2, cell=4)
    assert "`%run` was not run (line 2 of a cell)" in str(notice)


def test_magics_within_magics_are_bounded():
    source = "%%time\n" * 8 + "x = 1"
    assert plain_python(source, 1) == ("\n" * 5 + "%%time\n" * 3 + "x = 1", [])


def test_a_long_cell_is_not_given_to_ipython():
    source = "%matplotlib inline\n" + "x = 1\n" * 10_000
    assert plain_python(source, 1) == (source, [])


@pytest.mark.parametrize(
    ("cell", "file", "appends"),
    [
        ("%%writefile a.py\nx = 1", "a.py", False),
        ("\n%%writefile -a 'net/a.py'  \nx = 1", "net/a.py", True),
        ("%%file ./a.py\nx = 1", "a.py", False),
        ("%%writefile a.txt\nx = 1", None, False),
        ("%%bash\nx = 1", None, False),
    ],
)
def test_a_module_that_a_cell_writes(cell, file, appends):
    module = written_module(cell)
    if file is None:
        assert module is None
        return
    assert (module.file, module.appends) == (file, appends)
    # each line keeps its number in the cell
    assert module.source.split("\n").index("x = 1") == cell.split("\n").index(
        "x = 1"
    )
