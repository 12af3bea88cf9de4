"""The only file that runs student code: a forked process that reads, loads and calls one submission.

It answers the requests of `protocol`, in order. "read" looks at the submission before any of it runs, so
its reply can be trusted; from "load" on, the process belongs to the student, and a reply is a claim.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import os
import random
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numpy
import torch
from torch import Tensor

from grader.notices import to_plain
from grader.reading import cells, findings, slicing
from grader.sandbox import protocol
from grader.sandbox.inside import modules
from grader.sandbox.inside.watch import Watch

MODULE = "submission"
_MESSAGE_LENGTH = 2_000
_FRAMES = 20
_WARNINGS = 20


def serve(requests: BinaryIO, replies: BinaryIO, isolation: dict[str, str], watch: Watch) -> None:
    """Answer requests until the trusted side closes the pipe. `isolation` goes out with the first reply."""
    worker = Worker(watch)
    while True:
        request = _receive(requests)
        if request is None:
            return
        reply = worker.answer(request) | {"number": request["number"]}
        if request["do"] == "read":
            reply["isolation"] = isolation
        _flush()
        for chunk in _frame(reply):
            replies.write(chunk)
        replies.flush()


def _frame(reply: dict[str, Any]) -> list[bytes]:
    """The reply's bytes. A value that cannot be sent is an error of the call that gave it."""
    try:
        return protocol.dumps(reply)
    except BaseException as error:
        nothing = {"value": None, "changed": {}, "error": _unreadable(error)}
        return protocol.dumps(reply | {"rows": [nothing] * len(reply.get("rows", [nothing]))})


def _receive(requests: BinaryIO) -> Any:
    prefix = requests.read(protocol.PREFIX.size)
    if len(prefix) < protocol.PREFIX.size:
        return None
    head = protocol.read_head(requests.read(protocol.PREFIX.unpack(prefix)[0]))
    return protocol.loads(head, requests.read(head.body_length))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


class Worker:
    """One submission: its slice, its module, and the calls into it."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.slice: slicing.Slice | None = None
        self.module = types.ModuleType(MODULE)
        self.names: list[str] = []

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply to one request, without its number."""
        actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "read": self.read,
            "load": self.load,
            "call": self.call,
        }
        return actions[request["do"]](request)

    def read(self, request: dict[str, Any]) -> dict[str, Any]:
        """Slice the submission's bytes; nothing of it runs."""
        self.names = request["names"]
        try:
            text = cells.read(bytes(request["data"].numpy().tobytes()), request["filename"])
        except cells.Unreadable as error:
            return {"unreadable": str(error)}
        self.slice = slicing.slice_functions(text, self.names, slow=request["slow"])
        return {
            "unreadable": None,
            "notices": [to_plain(notice) for notice in self.slice.notices],
            "missing": dict(self.slice.missing),
            "definitions": {
                name: {"text": found.text, "first_line": found.first_line, "cell": found.cell}
                for name, found in self.slice.definitions.items()
            },
            "findings": findings.find(self.slice, self.names),
        }

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Run the statements that the graded functions need; one that raises costs only what it binds."""
        assert self.slice is not None
        module = self.module
        module.__file__ = "submission.py"
        sys.modules[MODULE] = module
        sys.modules.pop("grader", None)
        module.__dict__.update(modules.notebook_names())
        seed(request["seed"])
        failed = []
        for statement in self.slice.statements:
            try:
                tree = ast.Module(body=[statement.tree], type_ignores=[])
                filename = f"<submission {statement.cell or ''}>"
                exec(
                    compile(tree, filename, "exec", flags=self.slice.flags, dont_inherit=True),
                    module.__dict__,
                )
            except BaseException as error:
                failed.append(
                    {
                        "line": statement.line,
                        "cell": statement.cell,
                        "binds": sorted(statement.binds),
                        "error": describe_error(error),
                    }
                )
        for name in self.names:
            self.watch.know(name, module.__dict__.get(name))
        present = [name for name in self.names if callable(module.__dict__.get(name))]
        return {"present": present, "failed": failed}

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Call one function on each row of arguments; what came out of it, whichever way it ended.

        A tensor that was changed is told with the last row in which it stands.
        """
        rows = request["rows"]
        given: dict[int, tuple[Tensor, Tensor]] = {}
        last: dict[int, int] = {}
        for row, arguments in enumerate(rows):
            for a in arguments:
                if isinstance(a, Tensor):
                    given.setdefault(id(a), (a, a.clone()))
                    last[id(a)] = row
        reply: dict[str, Any] = {"rows": []}
        names, edits = self.module.__dict__, request["edits"]
        kept = {name: names[name] for name in edits if name in names}
        supply = {**kept, **request["supply"], **self._standins(request["standins"])}
        with self._supplied(supply), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.watch.start(request["function"])
            started = time.perf_counter()
            failed = self._redefine(edits)
            function: Any = failed or names.get(request["function"])
            for arguments in rows:
                seed(request["seed"])
                reply["rows"].append(_called(function, arguments, keep=len(rows) > 1))
            reply["seconds"] = time.perf_counter() - started
        reply["autograd"] = self.watch.seen()
        reply["warnings"] = [str(w.message)[:_MESSAGE_LENGTH] for w in caught[:_WARNINGS]]
        for key, (now, was) in given.items():
            if not same(was, now):
                places = {str(i): now for i, a in enumerate(rows[last[key]]) if a is now}
                reply["rows"][last[key]]["changed"].update(places)
        return reply

    def _redefine(self, edits: dict[str, str]) -> Callable[..., Any] | None:
        """Define functions by another text; where that raises, a function that raises the same."""
        assert self.slice is not None
        try:
            for text in edits.values():
                code = compile(text, "<submission >", "exec", flags=self.slice.flags, dont_inherit=True)
                exec(code, self.module.__dict__)
        except BaseException as error:
            return functools.partial(_raise, error)
        return None

    def _standins(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Functions that take the place of the student's for one call."""
        if not wanted["names"]:
            return {}
        names: dict[str, Any] = {}
        exec(compile(wanted["source"], "<standins>", "exec"), names)
        return {name: names[name] for name in wanted["names"]}

    @contextlib.contextmanager
    def _supplied(self, values: dict[str, Any]) -> Iterator[None]:
        """The module with these globals set, for one call."""
        names = self.module.__dict__
        missing = object()
        kept = {name: names.get(name, missing) for name in values}
        names.update(values)
        try:
            yield
        finally:
            for name, value in kept.items():
                if value is missing:
                    names.pop(name, None)
                else:
                    names[name] = value


def _raise(error: BaseException, *_: Any) -> None:
    raise error


def _called(function: Any, arguments: list[Any], keep: bool) -> dict[str, Any]:
    """What one call gave; where it is to be kept, a later one must not change it."""
    value, error = None, None
    try:
        value = function(*arguments)
    except BaseException as raised:
        error = describe_error(raised)
    if keep:
        try:
            value = _Snapshot().of(value)
        except BaseException as raised:
            value, error = None, _unreadable(raised)
    return {"value": value, "error": error, "changed": {}}


class _Snapshot:
    """A value as it is now, its tensors copied; within the bounds of a reply."""

    def __init__(self) -> None:
        self.left = protocol.BOUNDS.items

    def of(self, value: Any, depth: int = protocol.BOUNDS.depth) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueError("there are too many values")
        if isinstance(value, Tensor):
            return value.detach().clone()
        if isinstance(value, list | tuple) and depth:
            items = [self.of(item, depth - 1) for item in value]
            return items if isinstance(value, list) else tuple(items)
        if isinstance(value, dict) and depth:
            return {key: self.of(item, depth - 1) for key, item in value.items()}
        return value


def _unreadable(error: BaseException) -> dict[str, Any]:
    """The error of a call whose value cannot be sent."""
    what = describe_error(error) | {"frames": []}
    what["text"] = f"what it returned or left in its arguments cannot be read: {what['text']}"
    return what


def seed(value: int) -> None:
    """Seed the three generators that a submission may draw from."""
    torch.default_generator.manual_seed(value)  # torch.manual_seed asks after other devices for 0.2 ms
    random.seed(value)
    numpy.random.seed(value % 2**32)


def same(was: Tensor, now: Tensor) -> bool:
    """Whether a tensor kept its shape, dtype and entries; nan equals nan."""
    if was.shape != now.shape or was.dtype != now.dtype:
        return False
    return torch.equal(was, now) or torch.allclose(was, now, rtol=0, atol=0, equal_nan=True)


def describe_error(error: BaseException) -> dict[str, Any]:
    """An exception as plain data: kind, text, and its frames in the student's own file."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith("<submission "):
            cell = code.co_filename.removeprefix("<submission ").removesuffix(">")
            frames.append([code.co_name, trace.tb_lineno, int(cell) if cell else None])
        trace = trace.tb_next
    try:
        text = str(error)[:_MESSAGE_LENGTH]
    except BaseException:
        text = ""
    return {"kind": type(error).__name__, "text": text, "frames": frames[-_FRAMES:]}


def become(requests_fd: int, replies_fd: int, output_fd: int) -> tuple[BinaryIO, BinaryIO]:
    """Make the forked child a worker: its pipes in place, everything else of the zygote let go."""
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    # out of the way of 0 to 4 first, as any of the four may be one of those
    high = [
        os.dup2(fd, 200 + i) for i, fd in enumerate((nothing, output_fd, output_fd, requests_fd, replies_fd))
    ]
    for target, fd in enumerate(high):
        os.dup2(fd, target)
    os.closerange(5, 1024)
    os.environ.clear()
    os.environ.update({"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LANG": "C.UTF-8"})
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    return os.fdopen(3, "rb", closefd=False), os.fdopen(4, "wb", closefd=False)
