"""Torch without autograd, for a worker that shows whether a function gives its results without it.

Every operation is dispatched below autograd, so that no graph is recorded whatever `requires_grad` says. What
could switch that off is taken from torch before any student code runs. Code that does not differentiate finds
nothing changed.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch

from grader.sandbox.inside.watch import replace_everywhere

# what sets which kernels torch dispatches to, or leaves inference mode
_SWITCHES = (
    "_AutoDispatchBelowAutograd",
    "_ExcludeDispatchKeyGuard",
    "_ForceDispatchKeyGuard",
    "_IncludeDispatchKeyGuard",
    "_InferenceMode",
    "_PreserveDispatchKeyGuard",
    "_SetExcludeDispatchKeyGuard",
    "_dispatch_tls_set_dispatch_key_excluded",
    "_dispatch_tls_set_dispatch_key_included",
)
# what differentiates by other means: forwards, or in `torch.func`
_OTHER_WAYS = (
    (torch._C, "_enter_dual_level"),
    (torch._C._functorch, "_grad_increment_nesting"),
    (torch._C._functorch, "_jvp_increment_nesting"),
    (torch._C._functorch, "push_dynamic_layer_stack"),
)


class _Nothing:
    """In the place of a switch: a context, or a call, that changes nothing."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        pass


def forbid_autograd() -> None:
    """From now on torch records nothing that could be differentiated. For good, in this thread."""
    guard: Any = torch._C._AutoDispatchBelowAutograd()
    guard.__enter__()
    # its end would allow autograd again: nothing holds it, and it never ends
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(guard))
    for name in _SWITCHES:
        if hasattr(torch._C, name):
            replace_everywhere(getattr(torch._C, name), _Nothing)
    for owner, name in _OTHER_WAYS:
        if hasattr(owner, name):
            replace_everywhere(getattr(owner, name), _refused)


def _refused(*_: Any, **__: Any) -> None:
    raise RuntimeError("torch does not differentiate here")
