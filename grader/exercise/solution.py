"""The reference solution of an exercise: its text, its syntax trees, and its functions to call."""

from __future__ import annotations

import ast
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from grader.exercise import patterns
from grader.exercise.tables import Problems

Forest = dict[str, ast.FunctionDef]  # the functions of a solution, by name


@dataclass(frozen=True)
class Solution:
    """`solution.py`. `trees`: its functions' syntax trees, without their docstrings."""

    path: Path
    source: str
    trees: Forest

    @cached_property
    def code(self) -> types.CodeType:
        """The whole file, compiled."""
        return compile(self.source, str(self.path), "exec")

    @cached_property
    def reference(self) -> Mapping[str, Any]:
        """The namespace of the solution as it is."""
        return self.namespace()

    def namespace(
        self, plugged: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A fresh namespace of the solution, with `plugged` in the place of its own functions."""
        # the edits of mistakes may use math, whether the solution imports it or not
        names: dict[str, Any] = {"__name__": "solution", "math": math}
        exec(self.code, names)
        names.update(plugged or {})
        return names


def read_solution(path: Path, problems: Problems) -> Solution:
    """The solution in a file; empty where it cannot be read or is not Python."""
    try:
        source = path.read_text(encoding="utf-8")
        trees = patterns.functions(source)
        return Solution(path, source, trees)
    except FileNotFoundError:
        problems.add(
            path, "", "the file is missing; it holds the reference solution"
        )
    except (OSError, UnicodeDecodeError) as error:
        problems.add(path, "", f"the file cannot be read: {error}")
    except SyntaxError as error:
        what = f"this is not Python: {error.msg}"
        problems.add(path, f"line {error.lineno}", what)
    return Solution(path, "", {})
