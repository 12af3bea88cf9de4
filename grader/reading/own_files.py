"""The modules that were handed in beside a file, and which of them a name in an import means."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import ModuleType

from grader.reading.cells import Text

Path = tuple[str, ...]  # folders, and the file's name without its suffix

MAIN: Path = ("submission",)
HANDED_IN = "__handed_in__"  # the attribute that marks a loaded module as the submission's own
_PACKAGE = "__init__"


@dataclass
class OwnFiles:
    """A graded file, by its path, and the modules beside it.

    standins: the exercise's modules that take the place of a course's. Where a student has a file of the same
    name, only what the stand-in lacks is taken from it.
    """

    main: Path = MAIN
    texts: Mapping[Path, Text] = field(default_factory=dict)
    standins: Mapping[str, ModuleType] = field(default_factory=dict)

    def resolve(self, dotted: str) -> Path | None:
        """The file of the module of this name; None where it is not one of the submission's.

        It is looked for beside the graded file, then from the root, then anywhere: `sys.path` may have been
        told of it.
        """
        first = dotted.partition(".")[0]
        if first not in self.standins and _is_loaded_library(first):
            return None
        parts = tuple(dotted.split("."))
        for folder in (self.main[:-1], ()):
            for path in ((*folder, *parts), (*folder, *parts, _PACKAGE)):
                if path in self.texts:
                    return path
        if dotted == self.main[-1]:
            return self.main
        if first in sys.stdlib_module_names:
            return None
        ending = [path for path in self.texts if _ends_with(path, parts)]
        return min(ending, key=len, default=None)

    def is_folder(self, dotted: str) -> bool:
        """Whether a folder of this name holds modules; it can be imported, as a package."""
        sought = f".{dotted}."
        for path in self.texts:
            folder = ".".join(path[:-1])
            if sought in f".{folder}.":
                return True
        return False

    def source_of(self, tree: ast.ImportFrom, importer: Path) -> str:
        """The dotted name of the module that `from … import …` in the file `importer` takes names from."""
        if not tree.level:
            return tree.module or ""
        # one dot is the importer's own folder
        folder = importer[: max(0, len(importer) - tree.level)]
        named = tree.module.split(".") if tree.module else []
        return ".".join([*folder, *named])

    def submodule(self, dotted: str, name: str) -> Path | None:
        """The file of the module `name` in a package."""
        return self.resolve(f"{dotted}.{name}".strip("."))

    def has_standin(self, dotted: str, name: str) -> bool:
        """Whether the name, or everything, comes from the exercise's own module."""
        standin = self.standins.get(dotted)
        return standin is not None and (name == "*" or hasattr(standin, name))


def module_path(file: str) -> Path:
    """The path of a Python file: "src/utils.py" is ("src", "utils")."""
    parts = file.removesuffix(".py").split("/")
    # a dot would begin a submodule
    return tuple(part.replace(".", "_") for part in parts)


def file_of(path: Path) -> str:
    """A module's file as it is shown."""
    return "/".join(path) + ".py"


def _ends_with(path: Path, parts: Path) -> bool:
    if path[-1] == _PACKAGE:
        path = path[:-1]
    return path[-len(parts) :] == parts


def _is_loaded_library(name: str) -> bool:
    """Whether `import` finds a module of this name that is no part of the submission."""
    module = sys.modules.get(name)
    return module is not None and not hasattr(module, HANDED_IN)
