"""The modules that submissions find: the course's own, and mute ones for plots, widgets and IPython.

A submission that draws its loss at the end of `train` may still be right, so drawing does nothing here.
"""

from __future__ import annotations

import dis
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Iterable, Sequence
from typing import Any

import tqdm.std

# they only show things, and never compute
_FOR_SHOW = (
    "matplotlib",
    "seaborn",
    "plotly",
    "google",
    "ipywidgets",
    "tensorboard",
    "tensorboardX",
    "torchinfo",
    "torchsummary",
    "torchviz",
    "visdom",
    "wandb",
)
# they show how far a loop has come, and hand on what it goes through
_BARS = (
    "progressbar",
    "alive_progress",
    "fastprogress",
    "enlighten",
    "tqdm_joblib",
    "pyprind",
)
_TENSORBOARD = "torch.utils.tensorboard"

# the course's own modules, once they are installed
course: dict[str, types.ModuleType] = {}


class Mute:
    """Takes any call, attribute or item, and returns a Mute."""

    def __getattr__(self, name: str) -> Mute:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[()]:
        return ()  # `class Plot(figure.Base)` has no base then

    def __call__(self, *_args: Any, **_kwargs: Any) -> Mute:
        return self

    def __getitem__(self, key: Any) -> Mute:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def __iter__(self) -> Any:
        return iter([self] * _unpacked_into(sys._getframe(1)))

    def __enter__(self) -> Mute:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


def _unpacked_into(frame: types.FrameType) -> int:
    """How many names an assignment such as `fig, axes = plt.subplots()` has on its left; else 2."""
    code = frame.f_code.co_code
    operation, count = code[frame.f_lasti], code[frame.f_lasti + 1]
    if dis.opname[operation] == "UNPACK_SEQUENCE":
        return count
    return 2


class Bar(Mute):
    """Hands on what it is called with, if that can be gone through: `for step in bar(range(1000))`."""

    def __call__(self, *args: Any, **_kwargs: Any) -> Any:
        first = args[0] if args else None
        if isinstance(first, Iterable) and not isinstance(first, str | Mute):
            return first
        return self


class _MuteModule(types.ModuleType):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._gives = Bar() if _package(name) in _BARS else Mute()
        self.__path__ = []  # a package, so that its submodules are looked for too

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._gives


def _package(name: str) -> str:
    return name.partition(".")[0]


class MuteFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a mute module for a package that only shows things, whether it is installed or not."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """A spec for a mute module, or None for every other name."""
        del path, target
        is_for_show = _package(fullname) in (*_FOR_SHOW, *_BARS)
        if is_for_show or fullname.startswith(_TENSORBOARD):
            return importlib.util.spec_from_loader(
                fullname, self, is_package=True
            )
        return None

    def create_module(
        self, spec: importlib.machinery.ModuleSpec
    ) -> types.ModuleType:
        """A module in which every name is mute."""
        return _MuteModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def install(prologues: dict[str, str], data: Sequence[Any]) -> None:
    """In the zygote: put the mute finder and the course's modules (name -> source) in place.

    Each of the course's modules is given the `data` that it serves, by its function `install`.
    """
    # before the real ones: an installed matplotlib wants a folder to write to, and there is none
    sys.meta_path.insert(0, MuteFinder())
    # in a notebook its bar is a widget, and here no browser shows it
    sys.modules["tqdm.notebook"] = tqdm.std
    for name, text in prologues.items():
        module = types.ModuleType(name)
        exec(compile(text, f"<{name}>", "exec"), module.__dict__)
        module.install(*data)
        sys.modules[name] = course[name] = module


def notebook_names() -> dict[str, Any]:
    """The names that IPython puts into a notebook's namespace."""
    return {
        "get_ipython": Mute(),
        "display": Mute(),
        "__file__": "submission.py",
    }
