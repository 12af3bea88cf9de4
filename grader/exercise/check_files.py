"""Which checks an exercise has, by function, read from the files of checks without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.exercise.tables import Problems

PREFIX = "test_"


@dataclass(frozen=True)
class CheckText:
    """One check as its file has it: the test's name without "test_", and its docstring's first line."""

    name: str
    title: str
    requires: tuple[str, ...] = ()


def read_check_files(
    folder: Path, functions: Iterable[str], problems: Problems
) -> dict[str, list[CheckText]]:
    """Function -> its checks, from `checks/test_<function>.py`."""
    functions = list(functions)
    found: dict[str, list[CheckText]] = {}
    for path in sorted(folder.glob(f"{PREFIX}*.py")):
        function = path.stem.removeprefix(PREFIX)
        if function not in functions:
            problems.add_unknown(
                path, "", "graded function", function, functions
            )
            continue
        tree = _parsed(path, problems)
        if tree is None:
            continue
        checks = list(_checks(tree))
        _check_requirements(path, checks, problems)
        if not checks:
            what = f"{function} is graded and has no check; write one here"
            problems.add(path, "", what)
        found[function] = checks
    for function in functions:
        path = folder / f"{PREFIX}{function}.py"
        if not path.is_file():
            what = f"{function} is graded and has no check; write one in this file"
            problems.add(path, "", what)
    return found


def _parsed(path: Path, problems: Problems) -> ast.Module | None:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        what = f"this is not Python: {error.msg}"
        problems.add(path, f"line {error.lineno}", what)
    except (UnicodeDecodeError, OSError, ValueError) as error:
        problems.add(path, "", f"the file cannot be read: {error}")
    return None


def _checks(tree: ast.Module) -> Iterator[CheckText]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        if node.name.startswith(PREFIX):
            name = node.name.removeprefix(PREFIX)
            docstring = ast.get_docstring(node) or name
            title = docstring.splitlines()[0]
            requires = tuple(_required(node))
            yield CheckText(name, title, requires)


def _required(function: ast.FunctionDef) -> Iterator[str]:
    """The names in `@requires(...)`."""
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not _is_requires(
            decorator.func
        ):
            continue
        for argument in decorator.args:
            # the file is not run, so that a name that is computed cannot be known
            if isinstance(argument, ast.Constant) and isinstance(
                argument.value, str
            ):
                yield argument.value


def _is_requires(called: ast.expr) -> bool:
    return isinstance(called, ast.Name) and called.id == "requires"


def _check_requirements(
    path: Path, checks: list[CheckText], problems: Problems
) -> None:
    """Note each requirement that is not met by a check further up: checks run in the file's order."""
    names = [check.name for check in checks]
    for number, check in enumerate(checks):
        above = names[:number]
        place = f"{PREFIX}{check.name}"
        for required in check.requires:
            if required not in names:
                problems.add_unknown(path, place, "check", required, names)
            elif required not in above:
                what = f"it requires {required}, which stands below it"
                problems.add(path, place, what)
