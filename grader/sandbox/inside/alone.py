"""What torch would do with other processes or with a compiler, done without them: results are the same.

A worker is one process that starts nothing and writes nothing.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import torch
import torch.utils.data

_COMPILER = "torch._dynamo"


def install() -> None:
    """In the zygote: put these in the place of torch's own."""
    sys.modules[_COMPILER] = torch._dynamo = _NoCompiler(_COMPILER)
    torch.compile = _uncompiled
    loader = torch.utils.data.DataLoader
    loader.__init__ = _without_workers(loader.__init__)  # type: ignore[method-assign]


class _NoCompiler(types.ModuleType):
    """In the place of torch's compiler, which takes a second to load: every function of it is one that does
    nothing, or gives back the function that it is given. `torch.optim` asks for it at its first use.
    """

    # what `torch.func` asks for, as a context, whenever it differentiates
    compiled_autograd = types.SimpleNamespace(_disable=contextlib.nullcontext)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _unchanged


def _unchanged(function: Any = None, *_args: Any, **_options: Any) -> Any:
    """The function itself; without one, a decorator that gives it back."""
    if function is None:
        return _unchanged
    return function


def _uncompiled(model: Any = None, **_options: Any) -> Any:
    """`torch.compile`, which changes how fast a function runs and not what it returns."""
    return _unchanged(model)


def _without_workers(init: Callable[..., None]) -> Callable[..., None]:
    """A DataLoader's `__init__` that loads in this process."""

    @functools.wraps(init)
    def alone(
        self: Any,
        dataset: Any,
        batch_size: Any = 1,
        *args: Any,
        **options: Any,
    ) -> None:
        if options.get("num_workers"):
            options["num_workers"] = 0
            # these make no sense without workers, and are refused then
            for option in (
                "prefetch_factor",
                "persistent_workers",
                "multiprocessing_context",
                "timeout",
            ):
                options.pop(option, None)
        init(self, dataset, batch_size, *args, **options)

    return alone
