"""The graded file is the one that has most of the functions, with the modules that it imports."""

import itertools
import json
import os
import re

import pytest
from handed_in import BOTH, NAMES, ONE, written

from grader.intake import choice, entries, roster, submission
from grader.intake.entries import listed
from grader.intake.limits import Budget, Refused

SIGMA = b"def sigma(x): pass\n"
TRAIN = b"def train(x): pass\n"


def chosen(folder, names=NAMES, support=()):
    files = listed(folder)
    gradable = [entry for entry in files if entry.suffix in (".py", ".ipynb")]
    return choice.candidates(files, gradable, names, support)


def paths(found):
    return [candidate.entry.path for candidate in found]


@pytest.mark.parametrize(
    "statement",
    [
        "from utils import *",
        "from utils import sigma, other",
        "import os, utils as u",
        "from .utils import (\n    sigma)",
        "try:\n    from utils import sigma\nexcept ImportError: pass",
        "%run utils.py",
    ],
)
def test_a_file_has_what_it_imports(tmp_path, statement):
    written(
        tmp_path,
        {"a.py": statement.encode() + b"\n" + TRAIN, "utils.py": SIGMA * 2},
    )
    (main,) = chosen(tmp_path)
    assert main.entry.path == "a.py"
    assert [module.path for module in main.modules] == ["utils.py"]
    assert main.provides == {"sigma", "train"}


STUBS = [
    "pass",
    "...  # to do",
    "raise NotImplementedError",
    "raise NotImplementedError('later')",
    "return None",
    '"""What it does: this.\n\n    And more."""\n    pass',
    "# to do\n    pass",
]


@pytest.mark.parametrize("body", STUBS)
def test_a_skeleton_is_no_better_than_a_file_with_fewer(tmp_path, body):
    skeleton = ""
    for name in NAMES:
        skeleton += f"def {name}(x, y=(1, 2)) -> int:\n    {body}\n\n\n"
    mine = f"def {NAMES[0]}(x):\n    pass\n    return x\n"
    written(
        tmp_path,
        {"z_skeleton.py": skeleton.encode(), "a_mine.py": mine.encode()},
    )
    assert paths(chosen(tmp_path))[0] == "a_mine.py"


@pytest.mark.parametrize("as_lines", [True, False])
def test_a_notebooks_cell_may_be_one_string(tmp_path, as_lines):
    source = "import torch\nfrom utils import *\ndef train(x):\n    pass\n"
    lines = source.splitlines(keepends=True)
    cell = {"cell_type": "code", "source": lines if as_lines else source}
    notebook = json.dumps({"cells": [cell], "nbformat": 4}).encode()
    written(tmp_path, {"a.ipynb": notebook, "utils.py": SIGMA})
    (main,) = chosen(tmp_path)
    assert main.entry.path == "a.ipynb"
    assert main.provides == {"sigma", "train"}


def test_modules_of_modules_and_packages(tmp_path):
    files = {
        "main.py": b"from net.model import *\n",
        "net/__init__.py": b"",
        "net/model.py": b"from .acts import sigma\n" + TRAIN,
        "net/acts.py": SIGMA,
        "net/unused.py": ONE,
    }
    written(tmp_path, files)
    (main,) = chosen(tmp_path)
    assert main.entry.path == "main.py"
    assert {module.name for module in main.modules} == {
        "__init__.py",
        "model.py",
        "acts.py",
    }


@pytest.mark.parametrize(
    "aside",
    ["prologue.py", "setup.py", "test_tp.py", "tp_test.py", "conftest.py"],
)
def test_a_prologue_a_setup_and_a_test_are_not_graded(tmp_path, aside):
    written(tmp_path, {"tp.py": ONE, aside: BOTH})
    assert paths(chosen(tmp_path, support=["prologue"])) == ["tp.py"]


def test_but_they_are_where_nothing_else_has_a_function(tmp_path):
    written(tmp_path, {"notes.py": b"", "test_tp.py": BOTH})
    assert paths(chosen(tmp_path))[0] == "test_tp.py"


def test_two_files_with_as_many_functions_are_two_versions_the_newest_first(
    tmp_path,
):
    written(tmp_path, {"a.py": BOTH, "b.py": BOTH, "c.py": b""})
    os.utime(tmp_path / "a.py", (2e9, 2e9))
    assert paths(chosen(tmp_path)) == ["a.py", "b.py"]


def test_one_function_less_is_a_version_too_and_more_are_not(tmp_path):
    names = [f"f{i}" for i in range(7)]
    definitions = [f"def {name}(): pass\n".encode() for name in names]
    for count in range(8):
        files = {f"tp{count}.py": b"".join(definitions[:count])}
        written(tmp_path, files)
    assert paths(chosen(tmp_path, names)) == ["tp7.py", "tp6.py"]


def test_no_more_versions_than_are_worth_the_time(tmp_path):
    written(tmp_path, {f"{i}.py": BOTH for i in range(9)})
    assert len(chosen(tmp_path)) == choice.MOST_VERSIONS


def test_files_that_import_each_other_are_found_in_any_order(tmp_path):
    for i, (sigma, train) in enumerate(itertools.permutations(["a", "b"])):
        folder = tmp_path / str(i)
        files = {
            f"{sigma}.py": f"import {train}\n".encode() + SIGMA,
            f"{train}.py": f"import {sigma}\n".encode() + TRAIN,
        }
        written(folder, files)
        assert all(c.provides == {"sigma", "train"} for c in chosen(folder))


def test_modules_are_bounded_in_number_and_size(tmp_path):
    count = choice.MOST_MODULES + 5
    imports = "".join(f"import m{i}\n" for i in range(count)).encode()
    files = {f"m{i}.py": b"x = 1\n" for i in range(count)}
    written(tmp_path, {"a.py": imports + BOTH, **files})
    assert len(chosen(tmp_path)[0].modules) == choice.MOST_MODULES
    (tmp_path / "m0.py").write_bytes(b"#" * (choice.LARGEST_SOURCE + 1))
    assert "m0.py" not in [
        module.name for module in chosen(tmp_path)[0].modules
    ]


LOOP = b"from utils import *\ndef run():\n    for x in (1, 2): sigma(x)\n"


@pytest.mark.parametrize(
    ("source", "versions"),
    [
        pytest.param(LOOP, ["main.py", "loop.py"], id="a loop of its own"),
        pytest.param(
            LOOP.replace(b"for x in (1, 2): ", b""), ["main.py"], id="no loop"
        ),
        pytest.param(
            LOOP.replace(b"sigma(", b"other("), ["main.py"], id="another call"
        ),
        pytest.param(LOOP + TRAIN, ["main.py"], id="the function itself"),
    ],
)
def test_a_module_may_hold_the_loop_that_the_main_file_starts(
    tmp_path, source, versions
):
    main = b"from loop import run\nrun()\n"
    utils = SIGMA + b"def other(x): pass\ndef another(x): pass\n"
    written(tmp_path, {"main.py": main, "loop.py": source, "utils.py": utils})
    names = "sigma", "another", "train"
    assert paths(chosen(tmp_path, names)) == versions


PATTERNS = []
for module in (choice, entries, roster, submission):
    for value in vars(module).values():
        if isinstance(value, re.Pattern):
            PATTERNS.append(value)
MUCH = 200_000
WORST = [
    "\n" * MUCH,
    " " * MUCH,
    "a" * MUCH,
    "1" * MUCH,
    "." * MUCH,
    "_1" * (MUCH // 2),
    "\u0301" * MUCH,
    "from a" + "a" * MUCH,
    "def " + "a" * MUCH,
    "import " + "a, " * (MUCH // 3),
    "import " * (MUCH // 7),
]


@pytest.mark.parametrize("text", WORST, ids=lambda text: ascii(text[:9]))
def test_no_pattern_takes_the_square_of_what_a_student_writes(text):
    """A pattern that did would not end here. Names are cut before a pattern sees them, contents are not."""
    for pattern in PATTERNS:
        searched = entries.shown(text)
        if isinstance(pattern.pattern, bytes):
            searched = text.encode()
        for _ in pattern.finditer(searched):
            pass
        pattern.fullmatch(searched)


def test_a_module_of_blank_lines_ends(tmp_path):
    written(
        tmp_path,
        {
            "main.py": b"from mod import sigma\n",
            "mod.py": SIGMA + b"\n" * 1_000_000,
        },
    )
    assert paths(chosen(tmp_path)) == ["main.py"]


def test_lines_full_of_imports_are_looked_at_once(tmp_path):
    line = b"import " * 70 + b"a " * 200 + b"b\n"
    written(tmp_path, {"main.py": BOTH + line * 2_000, "b.py": ONE})
    (main,) = chosen(tmp_path)
    assert [module.name for module in main.modules] == ["b.py"]


def test_of_very_many_files_those_that_define_most_are_compared(tmp_path):
    """All import one another: comparing each with each would not end."""
    count = 3_000
    files = {}
    for i in range(count):
        others = ",".join(f"f{(i + j) % count}" for j in range(1, 52))
        files[f"f{i}.py"] = SIGMA + f"import {others}\n".encode()
    files["z/z.py"] = BOTH
    written(tmp_path, files)
    assert paths(chosen(tmp_path)) == ["z/z.py"]


def test_the_time_of_the_listing_is_that_of_the_choice_too(tmp_path):
    written(tmp_path, {"a.py": BOTH, "b.py": ONE})
    files = listed(tmp_path)
    with pytest.raises(Refused):
        choice.candidates(files, files, NAMES, (), Budget(seconds=-1))
