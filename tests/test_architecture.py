"""Imports run one way, the worker trusts nobody and is trusted by nobody, and the engine knows no exercise.

What is tested is the text of grader/: which module imports which, and which names it uses.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.sandbox.walls.bubblewrap import WORKER_PARTS

ROOT = Path(__file__).parent.parent
GRADER = ROOT / "grader"

# A module may import what stands above it here, and what its own package has on its own line.
LAYERS = [
    ["notices", "source_numbers"],
    ["results"],
    ["errors"],
    ["paths"],
    ["intake.limits"],
    ["intake.archives"],
    ["intake.entries"],
    ["intake.choice"],
    ["exercise", "intake.submission"],
    ["intake.roster"],
    ["sandbox.walls.system_calls"],
    ["sandbox.walls.landlock", "sandbox.walls.seccomp"],
    ["sandbox.walls.confinement", "sandbox.walls.grants", "sandbox.protocol"],
    ["sandbox.walls.trials"],
    ["sandbox.walls.bubblewrap", "sandbox.walls.levels"],
    ["sandbox.walls.doctor"],
    ["sandbox.host", "sandbox.replies", "sandbox.argument_order"],
    ["sandbox.loading"],
    ["sandbox.student"],
    ["sandbox.by_hand", "sandbox.apart"],
    ["sandbox.calls"],
    ["checking"],
    ["diagnosis"],
    ["grading.versions", "grading.ceiling"],
    ["grading.orders"],
    ["grading.session"],
    ["reports"],
    ["grading.output"],
    ["grading.overview"],
    ["evaluation"],
    ["grading.process"],
    ["grading.resume"],
    ["grading.pools"],
    ["grading.batch"],
    ["grading.progress"],
    ["cli"],
    ["__main__"],
]

# What is loaded beside a student's code. The first run it or read its source; the others confine and carry.
READING = {
    f"reading.{path.stem}" for path in (GRADER / "reading").glob("[!_]*.py")
}
BESIDE_STUDENTS = READING | {
    "sandbox.inside.zygote",
    "sandbox.inside.worker",
    "sandbox.inside.calling",
    "sandbox.inside.derivative",
    "sandbox.inside.hiding",
    "sandbox.inside.watch",
    "sandbox.inside.unaided",
    "sandbox.inside.modules",
    "sandbox.inside.handed_in",
    "sandbox.inside.alone",
    "sandbox.inside.entropy",
    "sandbox.inside.scratch",
    "sandbox.inside.lifted",
    "sandbox.inside.turns",
    "sandbox.inside.outputs",
    "sandbox.inside.literals",
}
WORKER_SIDE = BESIDE_STUDENTS | {
    "notices",
    "source_numbers",
    "sandbox.protocol",
    "sandbox.walls.confinement",
    "sandbox.walls.landlock",
    "sandbox.walls.seccomp",
    "sandbox.walls.system_calls",
}
# These hold a docstring and no code.
PACKAGES = {
    "sandbox",
    "sandbox.inside",
    "sandbox.walls",
    "reading",
    "intake",
    "grading",
}
WORKER_LIBRARIES = {"torch", "numpy", "nbformat", "IPython", "tqdm"}


def source_of(module: str) -> Path:
    path = GRADER.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def modules() -> list[str]:
    """Every module of grader by its name without `grader.`; a package by its own."""
    names = (
        path.relative_to(GRADER).with_suffix("").parts
        for path in GRADER.rglob("*.py")
    )
    return sorted(
        ".".join(parts).removesuffix(".__init__")
        for parts in names
        if parts != ("__init__",)
    )


def imports(module: str) -> Iterator[str]:
    """The modules that `module` imports, wherever in its text; those for types alone left out."""
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If)
        and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if is_module(whole) else str(node.module)


def is_module(name: str) -> bool:
    return (
        name.startswith("grader.")
        and source_of(name.removeprefix("grader.")).exists()
    )


def own_imports(module: str) -> set[str]:
    return {
        name.removeprefix("grader.")
        for name in imports(module)
        if name.startswith("grader.")
    }


def layer(module: str) -> int | None:
    """The number of the line of LAYERS that `module`, or the package it is in, stands on."""
    for number, names in enumerate(LAYERS):
        if any(
            module == name or module.startswith(name + ".") for name in names
        ):
            return number
    return None


def test_every_module_has_its_place() -> None:
    placed = {
        module for module in modules() if layer(module) is not None
    } | WORKER_SIDE
    assert placed | PACKAGES == set(modules())
    assert {name for names in LAYERS for name in names} <= set(modules()), (
        "LAYERS is out of date"
    )


@pytest.mark.parametrize(
    "module", [m for m in modules() if layer(m) is not None]
)
def test_imports_run_one_way(module: str) -> None:
    own = layer(module)
    assert own is not None
    for imported in own_imports(module):
        other = layer(imported)
        assert other is not None, (
            f"{module} imports {imported}, which belongs to the worker"
        )
        together = (
            other == own and module.split(".")[0] == imported.split(".")[0]
        )
        assert other < own or together, (
            f"{module} imports {imported}, which does not stand above it"
        )


def test_no_two_modules_import_each_other() -> None:
    graph = {module: own_imports(module) - {module} for module in modules()}
    while free := [
        module for module, needs in graph.items() if not needs & graph.keys()
    ]:
        for module in free:
            del graph[module]
    assert not graph, f"these import each other in a circle: {sorted(graph)}"


@pytest.mark.parametrize(
    "module", [m for m in modules() if m.startswith("reports")]
)
def test_reports_are_views_of_results(module: str) -> None:
    others = {
        name for name in own_imports(module) if not name.startswith("reports")
    }
    assert {name.split(".")[0] for name in others} <= {
        "results",
        "notices",
        "source_numbers",
        "errors",
        "paths",
        "exercise",
    }
    assert "torch" not in {name.split(".")[0] for name in imports(module)}


@pytest.mark.parametrize("module", sorted(WORKER_SIDE))
def test_the_worker_holds_nothing_trusted(module: str) -> None:
    assert own_imports(module) <= WORKER_SIDE | PACKAGES
    libraries = {name.split(".")[0] for name in imports(module)} - {"grader"}
    assert libraries <= WORKER_LIBRARIES | set(sys.stdlib_module_names)
    # under bubblewrap, nothing else is there
    package, *below = module.split(".")
    assert (package if below else f"{package}.py") in WORKER_PARTS


def test_student_code_runs_in_the_worker_alone() -> None:
    """Nothing trusted imports what runs or reads a submission's source."""
    for module in set(modules()) - WORKER_SIDE:
        assert not own_imports(module) & BESIDE_STUDENTS, module


def graded_functions() -> set[str]:
    described = tomllib.loads(
        (ROOT / "reference/practical3/exercise.toml").read_text(
            encoding="utf-8"
        )
    )
    return set(described["functions"])


def named(module: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each identifier and each string, docstrings aside, that `module` holds."""
    tree = ast.parse(source_of(module).read_text(encoding="utf-8"))
    docstrings = {
        id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)
    }
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield line, node.value
        for field in ("id", "attr", "arg", "name", "asname"):
            if isinstance(name := getattr(node, field, None), str):
                yield line, name


@pytest.mark.parametrize("module", modules())
def test_the_engine_names_no_function_of_an_exercise(module: str) -> None:
    functions = graded_functions()
    assert {"backward_pass", "train"} <= functions
    found = [
        f"line {line}: {text!r}"
        for line, text in named(module)
        if functions & set(re.findall(r"\w+", text))
    ]
    assert not found


# Drawn or tried where they are used: the first by test_wheel, the second by every recogniser's test.
WITHOUT_A_TEST_OF_THEIR_OWN = {
    "paths",
    "diagnosis.recognisers.base",
    "diagnosis.iterating.case",
}


@pytest.mark.parametrize(
    "module", [m for m in modules() if not source_of(m).name.startswith("__")]
)
def test_every_module_has_a_test_file_of_its_name(module: str) -> None:
    *folders, name = module.split(".")
    path = ROOT.joinpath("tests", *folders, f"test_{name}.py")
    assert path.is_file() != (module in WITHOUT_A_TEST_OF_THEIR_OWN), path
