"""A graded file and its modules are read together: of each, only what is needed."""

import pytest
from texts import python

from grader.reading.cells import read
from grader.reading.own_files import OwnFiles, module_path
from grader.reading.own_modules import OwnModules
from grader.reading.slicing import slice_functions

HANG = "while True: pass\nexit()\nresult = train()\n"


def sliced(main, names=("f",), file="main.py", **modules):
    texts = {}
    for name, source in modules.items():
        texts[module_path(name.replace("__", "/") + ".py")] = python(source)
    own = OwnModules(OwnFiles(module_path(file), texts), names, ("train",))
    text = (
        read(main, "main.ipynb") if isinstance(main, bytes) else python(main)
    )
    return slice_functions(text, names, ("train",), own)


def lines(found):
    return [statement.line for statement in found.statements]


IMPORTS = [
    "from m import *",
    "from m import f",
    "from m import f as g\nf = g",
    "from .m import f",
    "import m\ndef g(): return m.f()",
    "import m as n\ndef g(): return n.f()",
    "from m import *\nfrom m import *",
    "from n import *",
    "from n import f",
    "import n",
]


@pytest.mark.parametrize("main", IMPORTS)
def test_a_function_is_found_in_the_module_that_defines_it(main):
    module = HANG + "import torch\ndef f(): return torch\nunused = 1\n"
    found = sliced(main, m=module, n="from m import *")
    assert found.homes == {"f": ("m",)}
    assert not found.missing
    definition = found.definitions["f"]
    assert (definition.text, definition.first_line) == (
        "def f(): return torch",
        5,
    )
    # neither what hangs nor what is not needed
    assert lines(found.modules["m",]) == [4, 5]


def test_a_star_within_a_try_takes_all_of_it():
    main = "try:\n    from m import *\nexcept ImportError:\n    pass"
    found = sliced(main, m=HANG + "def f(): pass\nx = 1\n")
    assert found.homes == {"f": ("m",)}
    assert lines(found.modules["m",]) == [4, 5]


def test_a_definition_of_the_files_own_comes_first_where_it_is_the_last():
    found = sliced("from m import *\ndef f(): return 1", m="def f(): pass")
    assert found.homes == {}
    assert ("m",) not in found.modules


def test_a_library_that_a_star_passes_on_is_imported_directly():
    found = sliced(
        "from m import *\ndef f(): return torch", m="import torch\n" + HANG
    )
    assert found.modules == {}
    assert found.missing == {}
    assert lines(found) == [1, 2]


@pytest.mark.parametrize(
    ("exports", "missing"), [("__all__ = ['g']\n", True), ("", False)]
)
def test_a_star_takes_what_a_module_lists(exports, missing):
    main = "from m import *\nf = f_\n"
    found = sliced(main, ["f"], m=exports + "def f_(): pass\ndef g(): pass\n")
    assert ("f_" in found.top_level) is not missing


def test_modules_that_import_each_other():
    found = sliced(
        "from a import *",
        ["f", "g"],
        a="from b import *\ndef f(): return g()\n",
        b="from a import *\ndef g(): return f()\n",
    )
    assert found.homes == {"f": ("a",), "g": ("b",)}


def test_a_package_and_a_relative_import():
    found = sliced(
        "from net.model import f",
        net__model="from .acts import g\nfrom . import acts\ndef f(): return g() + acts.h()",
        net__acts="def g(): pass\ndef h(): pass\ndef i(): pass",
    )
    assert lines(found.modules["net", "acts"]) == [1, 2]
    assert lines(found.modules["net", "model"]) == [1, 2, 3]


def test_an_import_within_a_function():
    found = sliced(
        "def f():\n    from m import g\n    return g()", m="def g(): pass"
    )
    assert lines(found.modules["m",]) == [1]


def test_what_a_cell_writes_is_a_module_with_the_cells_lines():
    cells = ["%%writefile m.py\nimport torch\ndef f(): return torch", "1 + 1"]
    for last in (["from m import *"], []):
        nodes = [
            {"cell_type": "code", "source": cell} for cell in [*cells, *last]
        ]
        notebook = (
            repr({"cells": nodes, "nbformat": 4}).replace("'", '"').encode()
        )
        found = sliced(notebook)
        definition = found.definitions["f"]
        assert (definition.cell, definition.first_line) == (1, 3)
        assert found.notices == ()


def test_a_file_that_is_run_leaves_its_names():
    cells = [{"cell_type": "code", "source": "%run m.py\ndef g(): return f()"}]
    notebook = repr({"cells": cells, "nbformat": 4}).replace("'", '"').encode()
    found = sliced(notebook, m="def f(): pass")
    assert found.homes == {"f": ("m",)}
    assert found.notices == ()


def test_a_notice_on_a_module_names_its_file():
    found = sliced("from m import *", m="def f(): pass\ndef g(:\n    pass\n")
    assert str(found.notices[0]).startswith("Line 2 of m.py does not compile")


def test_a_module_that_was_not_handed_in_is_named():
    found = sliced("from no_such import *")
    assert "`no_such` (line 1), which was not handed in" in found.missing["f"]
