"""Tells at once when a submission has torch differentiate or optimise for it.

It is set up once, in the zygote, before any student code runs, and looks in two places:

- Torch's entry points are wrapped, so that the name of what was called can be told.
- Whatever asks for it, autograd computes a derivative from what the forward computation saved. Torch's C++
  code calls a hook when it reads that: in `backward`, in a node of the graph that is called by hand, in
  TorchScript, in `torch.func`. The functions by which a hook could be taken away are taken from torch.

Keeping `requires_grad` on, or leaving a graph unused, is not differentiating, and is not told.

What is told goes out with the name of the graded function on whose behalf torch was called: the innermost one
on the stack.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

Tell = Callable[[str, str], None]  # a graded function, and torch's name

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
# modules of torch.optim, each with a function of its name that makes the steps
_OPTIMISERS = (
    *("adadelta", "adagrad", "adam", "adamax", "adamw", "asgd"),
    *("nadam", "radam", "rmsprop", "rprop", "sgd"),
)
# what an optimiser's whole step is
_FUSED = ("_fused_sgd_", "_fused_adam_", "_fused_adamw_", "_fused_adagrad_")
_ANY = "torch.autograd"  # where only that it was at work is known
# What begins to differentiate forwards, for which nothing is saved, or in `torch.func`.
_BEGINNINGS: tuple[tuple[Any, str], ...] = (
    (torch._C, "_enter_dual_level"),
    (torch._C._functorch, "_grad_increment_nesting"),
    (torch._C._functorch, "_jvp_increment_nesting"),
)
# What would set, take away or switch off a hook.
_HOOKS = (
    "_push_saved_tensors_default_hooks",
    "_pop_saved_tensors_default_hooks",
    "_saved_tensors_hooks_disable",
    "_saved_tensors_hooks_enable",
    "_saved_tensors_hooks_set_tracing",
)


class Watch:
    """What torch is called for during a call of the submission.

    tell: takes each finding, once a call.
    """

    def __init__(self) -> None:
        self.tell: Tell = _nothing
        self._functions: dict[types.CodeType, str] = {}
        self._called = ""
        self._told: set[tuple[str, str]] = set()

    def install(self) -> None:
        """Wrap torch's entry points and set the hook. Once, before any fork."""
        for owner, attribute, name in _FUNCTIONS:
            wrapped = self._wrap(getattr(owner, attribute), name)
            setattr(owner, attribute, wrapped)
        for name in _OPTIMISERS:
            module = sys.modules.get(f"torch.optim.{name}")
            for function in _functions_of(module):
                wrapped = self._wrap(function, f"torch.optim.{name}")
                replace_everywhere(function, wrapped)
        for attribute in _FUSED:
            fused: Any = getattr(torch, attribute, None)
            if fused is not None:
                setattr(torch, attribute, self._wrap(fused, "torch.optim"))
        for owner, attribute in _BEGINNINGS:
            function = getattr(owner, attribute)
            replace_everywhere(function, self._wrap(function, _ANY))
        self._watch_layers()
        self._hook()

    def _watch_layers(self) -> None:
        """Have layers tell when they are called, or compiled, or their `forward` is called by itself."""
        plain: dict[tuple[type, str], Callable[..., Any]] = {}
        for kind in _kinds_of_layers():
            for method in ("__call__", "forward"):
                if method in vars(kind):
                    plain[kind, method] = vars(kind)[method]
        noting = {key: self._noting_layer(one) for key, one in plain.items()}
        _set(noting)
        compiled = torch.jit.script

        def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(obj, torch.nn.Module):
                for module in obj.modules():
                    self._note_layer(module)
            # the compiler reads the source
            _set(plain)
            try:
                return compiled(obj, *args, **kwargs)
            finally:
                _set(noting)

        replace_everywhere(compiled, script)

    def _noting_layer(
        self, function: Callable[..., Any]
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            self._note_layer(module)
            return function(module, *args, **kwargs)

        del call.__wrapped__
        return call

    def _note_layer(self, module: Any) -> None:
        """Note the use of one of torch's layers. An activation or a loss has no parameters, and is none."""
        if not any(map(_is_torchs, type(module).__mro__)):
            return
        if next(module.parameters(), None) is not None:
            self._note(f"torch.nn.{type(module).__name__}")

    def _hook(self) -> None:
        """Have torch tell when it reads what it saved for a derivative."""

        def keep(saved: Tensor) -> Tensor:
            return saved

        def read(saved: Tensor) -> Tensor:
            self._note(_ANY)
            return saved

        hooks: Any = torch._C._autograd
        hooks._push_saved_tensors_default_hooks(keep, read)
        for name in _HOOKS:
            setattr(hooks, name, _nothing)

    def _wrap(
        self, function: Callable[..., Any], name: str
    ) -> Callable[..., Any]:
        @functools.wraps(function)
        def noted(*args: Any, **kwargs: Any) -> Any:
            self._note(name)
            return function(*args, **kwargs)

        # it would lead around the note
        del noted.__wrapped__
        return noted

    def _note(
        self,
        name: str,
        current_frame: Callable[[], types.FrameType] = sys._getframe,
    ) -> None:
        owner = self._owner(current_frame())
        # where it is known what was called, that says more
        known = any(one == owner for one, _ in self._told)
        if (owner, name) in self._told or (name == _ANY and known):
            return
        # if telling fails, for want of stack, say, it was not told
        self.tell(owner, name)
        self._told.add((owner, name))

    def _owner(self, frame: types.FrameType | None) -> str:
        """The innermost graded function on the stack; where there is none, the one that was called."""
        while frame is not None:
            owner = self._functions.get(frame.f_code)
            if owner is not None:
                return owner
            frame = frame.f_back
        return self._called

    def know(self, name: str, function: Any) -> None:
        """Recognise a graded function on the stack by its code."""
        code = getattr(function, "__code__", None)
        if isinstance(code, types.CodeType):
            self._functions[code] = name

    def start(self, function: str) -> None:
        """Begin a call of `function`."""
        self._called = function
        self._told = set()


def _functions_of(module: types.ModuleType | None) -> list[Callable[..., Any]]:
    """The functions that one of torch's modules defines, private ones included."""
    found: list[Callable[..., Any]] = []
    if module is None:
        return found
    for value in list(vars(module).values()):
        is_function = isinstance(value, types.FunctionType)
        if is_function and value.__module__ == module.__name__:
            found.append(value)
    return found


def _set(methods: Mapping[tuple[type, str], Callable[..., Any]]) -> None:
    for (kind, name), function in methods.items():
        setattr(kind, name, function)


def _kinds_of_layers() -> list[type]:
    """All classes that derive from `Module`, itself included."""
    kinds: list[type] = [torch.nn.Module]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return list(dict.fromkeys(kinds))


def _is_torchs(kind: type) -> bool:
    """Whether a class is one of torch's layers; all of a student's derive from `Module` itself."""
    is_layer = kind.__module__.startswith("torch.nn.modules")
    return is_layer and kind is not torch.nn.Module


def replace_everywhere(function: Any, by: Any) -> None:
    """Replace a function of torch's in all of its modules that have imported it."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("torch"):
            continue
        for attribute, value in list(vars(module).items()):
            if value is function:
                setattr(module, attribute, by)


def _nothing(*_: Any, **__: Any) -> None:
    """In the place of what is taken from torch; whoever calls it goes on."""
