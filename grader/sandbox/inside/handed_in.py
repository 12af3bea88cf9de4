"""Imports of a submission's own modules: of each module, only the statements that are needed run.

An import finds here what was handed in, and nothing on the disk. A statement that raises costs only what it
binds, as in the graded file.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from grader.reading.own_files import HANDED_IN, OwnFiles, Path, file_of
from grader.reading.slicing import Slice

Namespace = dict[str, Any]
Run = Callable[
    [Slice, types.ModuleType, str], None
]  # runs a slice in a module


class HandedIn(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules that were handed in beside the graded file."""

    def __init__(self, files: OwnFiles, found: Slice, run: Run) -> None:
        """found: the graded file's slice. run: runs a module's slice in it; its file's name is the third."""
        self._files = files
        self._slice = found
        self._run = run
        self._modules: dict[Path, types.ModuleType] = {}

    def install(self, main: types.ModuleType) -> None:
        """Have `import` ask here first. A module named like one of the course's is completed by that one."""
        sys.meta_path.insert(0, self)
        # a module may import the graded file by its own name
        self._modules[self._files.main] = main
        for name, standin in self._files.standins.items():
            path = self._files.resolve(name)
            if path is not None and path in self._slice.modules:
                module = self._loaded(name, path)
                module.__dict__.update(_public(standin))
                sys.modules[name] = module

    def spaces(self) -> Iterable[Namespace]:
        """The namespaces of the modules that are loaded."""
        spaces = []
        for path, module in self._modules.items():
            if path != self._files.main:
                spaces.append(module.__dict__)
        return spaces

    def home(self, function: str) -> Namespace | None:
        """The namespace that a function is defined in; None where that is the graded file's."""
        path = self._slice.homes.get(function)
        if path is None or path not in self._modules:
            return None
        return self._modules[path].__dict__

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a module or a folder of the submission's, None for every other name."""
        del path, target
        is_module = self._files.resolve(fullname) is not None
        if not is_module and not self._files.is_folder(fullname):
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=True)

    def create_module(
        self, spec: importlib.machinery.ModuleSpec
    ) -> types.ModuleType:
        """The module, not run yet; the same one where it is imported by another name."""
        path = self._files.resolve(spec.name)
        if path is not None and path in self._modules:
            return self._modules[path]
        module = types.ModuleType(spec.name)
        setattr(module, HANDED_IN, True)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        """Run what is needed of it."""
        spec = module.__spec__
        if spec is None:
            return
        path = self._files.resolve(spec.name)
        if path is not None:
            self._run_once(module, path)

    def _loaded(self, name: str, path: Path) -> types.ModuleType:
        module = types.ModuleType(name)
        setattr(module, HANDED_IN, True)
        self._run_once(module, path)
        return module

    def _run_once(self, module: types.ModuleType, path: Path) -> None:
        if path in self._modules:
            return
        # known from here on: two modules may import each other
        self._modules[path] = module
        if path in self._slice.modules:
            file = file_of(path)
            module.__file__ = file
            self._run(self._slice.modules[path], module, file)


def _public(module: types.ModuleType) -> Namespace:
    names = {}
    for name, value in vars(module).items():
        if not name.startswith("__"):
            names[name] = value
    return names
