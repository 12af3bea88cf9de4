"""Which file an import means, from where the graded file lies."""

import ast
import types

import pytest
import torch  # noqa: F401 - a worker has loaded it

from grader.reading.cells import Text
from grader.reading.own_files import OwnFiles, file_of, module_path

NOTHING = Text((), ())


def files(main, *others, **standins):
    texts = {module_path(other): NOTHING for other in others}
    return OwnFiles(module_path(main), texts, standins)


@pytest.mark.parametrize(
    ("main", "other", "dotted"),
    [
        ("main.py", "utils.py", "utils"),
        ("main.py", "src/utils.py", "src.utils"),
        ("src/main.py", "src/utils.py", "utils"),
        ("src/main.py", "src/utils.py", "src.utils"),
        ("nb/main.py", "lib/utils.py", "lib.utils"),
        ("nb/main.py", "lib/deep/utils.py", "utils"),
        ("main.py", "src/__init__.py", "src"),
        ("tp 3/main.py", "tp 3/utils.py", "utils"),
    ],
)
def test_a_module_is_found(main, other, dotted):
    assert files(main, other).resolve(dotted) == module_path(other)


@pytest.mark.parametrize(
    "dotted", ["torch", "ast", "torch.utils", "no_such", ""]
)
def test_a_library_is_not_the_submissions(dotted):
    own = files("main.py", "torch.py", "ast.py", "src/utils.py")
    assert own.resolve(dotted) is None


def test_the_graded_file_has_its_own_name():
    assert files("src/main.py", "src/utils.py").resolve("main") == (
        "src",
        "main",
    )


def test_a_folder_of_modules_is_a_package():
    own = files("main.py", "src/net/utils.py")
    assert [own.is_folder(name) for name in ("src", "src.net", "net")] == [
        True
    ] * 3
    assert not own.is_folder("utils")
    assert not own.is_folder("sr")


@pytest.mark.parametrize(
    ("statement", "importer", "dotted"),
    [
        ("from utils import a", "src/main.py", "utils"),
        ("from .utils import a", "src/main.py", "src.utils"),
        ("from . import utils", "src/main.py", "src"),
        ("from .. import utils", "src/net/main.py", "src"),
        ("from ..lib.utils import a", "src/net/main.py", "src.lib.utils"),
        ("from .utils import a", "main.py", "utils"),
        ("from ....utils import a", "main.py", "utils"),
    ],
)
def test_relative_imports(statement, importer, dotted):
    (tree,) = ast.parse(statement).body
    assert files("main.py").source_of(tree, module_path(importer)) == dotted


def test_a_stand_in_gives_what_it_has():
    standin = types.ModuleType("prologue")
    standin.load_data = print
    own = files("main.py", "prologue.py", prologue=standin)
    assert own.resolve("prologue") == ("prologue",)
    assert own.has_standin("prologue", "load_data")
    assert own.has_standin("prologue", "*")
    assert not own.has_standin("prologue", "sigma")
    assert not own.has_standin("utils", "load_data")


def test_a_path_is_shown_as_it_was():
    assert file_of(module_path("src/utils.py")) == "src/utils.py"
