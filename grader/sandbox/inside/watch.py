"""Notes when a submission has torch differentiate or optimise for it.

The wrappers are put in place once, in the zygote, before any student code runs. They name the graded
function on whose behalf torch was called: the innermost one on the stack.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import torch

_FUNCTIONS: tuple[tuple[Any, str, str], ...] = (
    (torch.autograd, "backward", "torch.autograd.backward"),
    (torch.autograd, "grad", "torch.autograd.grad"),
    (torch.Tensor, "backward", "Tensor.backward"),
    (torch.func, "grad", "torch.func.grad"),
    (torch.func, "grad_and_value", "torch.func.grad_and_value"),
    (torch.func, "vjp", "torch.func.vjp"),
    (torch.func, "jvp", "torch.func.jvp"),
    (torch.func, "jacrev", "torch.func.jacrev"),
    (torch.func, "jacfwd", "torch.func.jacfwd"),
    (torch.optim.Optimizer, "__init__", "torch.optim"),
)


class Watch:
    """What torch was called for during the present call, by graded function."""

    def __init__(self) -> None:
        self._functions: dict[types.CodeType, str] = {}
        self._called = ""
        self._seen: dict[str, set[str]] = {}

    def install(self) -> None:
        """Wrap torch's entry points. Once, before any fork."""
        for owner, attribute, name in _FUNCTIONS:
            wrapped = self._wrap(getattr(owner, attribute), name)
            setattr(owner, attribute, wrapped)
        module_call = torch.nn.Module.__call__

        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            if type(module).__module__.startswith("torch.nn.modules"):
                # a layer has parameters; an activation or a loss from torch.nn has none
                is_layer = next(module.parameters(), None) is not None
                if is_layer:
                    self._note(f"torch.nn.{type(module).__name__}")
            return module_call(module, *args, **kwargs)

        torch.nn.Module.__call__ = call  # type: ignore[method-assign]

    def _wrap(
        self, function: Callable[..., Any], name: str
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def noted(*args: Any, **kwargs: Any) -> Any:
            self._note(name)
            return function(*args, **kwargs)

        return noted

    def _note(self, name: str) -> None:
        frame = sys._getframe(2)
        while frame is not None:
            owner = self._functions.get(frame.f_code)
            if owner is not None:
                self._seen.setdefault(owner, set()).add(name)
                return
            frame = frame.f_back  # type: ignore[assignment]
        self._seen.setdefault(self._called, set()).add(name)

    def know(self, name: str, function: Any) -> None:
        """Recognise a graded function on the stack by its code."""
        code = getattr(function, "__code__", None)
        if isinstance(code, types.CodeType):
            self._functions[code] = name

    def start(self, function: str) -> None:
        """Begin the notes of a call of `function`."""
        self._called = function
        self._seen = {}

    def seen(self) -> dict[str, list[str]]:
        """What was noted since `start`: graded function -> the names of torch's functions, sorted."""
        found = {}
        for function, names in self._seen.items():
            found[function] = sorted(names)
        return found
