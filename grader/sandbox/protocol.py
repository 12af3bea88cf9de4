"""The messages between the trusted process and a worker, and how tensors become bytes. No pickle.

A frame is a big-endian 32-bit length, that many bytes of JSON (the head), then the raw bytes of the
tensors that the head lists, one after the other. The head is `{"tensors": [[dtype, shape], ...],
"message": tree}`. In a tree, None, bool, int, str and finite float stand for themselves, a scalar of numpy's
for the same number of Python's; everything else is an object with one key:

    {"float": "nan"|"inf"|"-inf"}   {"list": [...]}   {"tuple": [...]}   {"dict": [[key, tree], ...]}
    {"tensor": index}               {"opaque": "type name"}         {"array": index of a tensor}

Requests (trusted -> worker), each answered by exactly one reply that repeats its number:

    {"number": n, "do": "read", "data": uint8 tensor, "filename": str, "folder": path,
     "modules": {path: uint8 tensor}, "names": [...], "slow": [...],
     "loops": {name: {"around": [...], "state": {function: [places]}, "names": [...],
                      "parameters": [...], "steps": str}},
     "expected": {name: {"least", "most", "also", "derivative_of"}}}
    {"number": n, "do": "forbid_autograd"}
    {"number": n, "do": "load", "seed": int}
    {"number": n, "do": "measure"}
    {"number": n, "do": "call", "function": str, "rows": [[...], ...], "seed": int, "supply": {...},
     "edits": {function: source}, "standins": {"texts": {function: source}, "derivatives":
                                               {function: the one it is the derivative of}}}
     with "search": {"sources": [...], "name": str, "texts": [...], "helpers": {name: text}, "task": {...}},
     each text a uint8 tensor, the call is one of a search among edits of the function (see
     `diagnosis.placing`), without arguments

Replies (worker -> trusted), each with the request's number as well:

    read  {"isolation": {layer: state}, "unreadable": str | null, "notices": [...], "missing": {name: why},
           "definitions": {name: {"text", "first_line", "cell", "label", "file", "is_lifted", "places"}},
           "lifted": [names], "findings": {name: {...}},
           "parameters": {name: [names]}, "own_names": {name: the student's}, "labels": [[cell, label], ...],
           "may_hide": bool}
    forbid_autograd  nothing else
    load  {"failed": [{"line": n, "cell": n | null, "file": str | null, "binds": [names], "error": error},
            ...]}
    measure  the same, of the statements that lifted loops need
    call  {"rows": [{"value": any, "error": error | null}, ...], "arguments": [tensor, ...] | null,
           "seconds": float}
    error {"kind": str, "text": str, "frames": [[function, line, cell | null], ...]}

A call of a lifted loop (see `inside/lifted.py`) gives (final parameters, initial ones, number of turns,
columns) for its value.

A call is made with each row of arguments, in order. A tensor that stands in several rows is sent once, and is
one and the same for all of them. All come back as the calls left them, null where they cannot be sent. The
trusted side says whether they have changed.

Before a reply, the worker may send notes, each as soon as there is cause for it, so that no code of the
student's that runs later can take it back. A note has the request's number too:

    {"number": n, "note": [graded function, what torch was called for]}

`loads` trusts nothing: sizes, dtypes, depth and counts are bounded, and values are built anew.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy
import torch
from torch import Tensor

# as they are before any student code can replace them in its process
detached, copied = Tensor.detach, Tensor.clone
_cpu, _numpy = Tensor.cpu, Tensor.numpy

PREFIX = struct.Struct(">I")

# other types, such as quantised ones, do not cross
_SENT = (
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.int32,
    torch.int16,
    torch.int8,
    torch.uint8,
    torch.bool,
    torch.complex64,
    torch.complex128,
)
_DTYPES = {str(dtype).removeprefix("torch."): dtype for dtype in _SENT}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}

_SMALLEST_BODY = (
    8 << 20
)  # bytes that a reply to a call may hold, however little was sent
# what a reply may hold for each call and each tensor that was sent, and for so many calls more
_ITEMS, _TENSORS, _CALLS = 100, 10, 50
_LARGEST_INT = 2**63 - 1
_LONGEST_TEXT = 20_000
_ARRAY = "numpy.ndarray"
_MOST_DIMENSIONS = 8


class ProtocolError(ValueError):
    """A frame that no honest peer sends."""


@dataclass(frozen=True)
class Opaque:
    """A value that does not cross the boundary; only its type's name does."""

    type_name: str


@dataclass(frozen=True)
class Array(Opaque):
    """An array of numpy's. It is no tensor, but its entries can be read."""

    entries: Tensor


@dataclass(frozen=True)
class Bounds:
    """The most that a frame may hold: bytes of the head and the body, nesting, items, tensors."""

    head: int = 4 << 20
    body: int = 256 << 20
    depth: int = 12
    items: int = 100_000
    tensors: int = 10_000


BOUNDS = Bounds()

Described = tuple[
    torch.dtype, list[int], int
]  # a tensor's dtype, shape and bytes


def bounds_for(rows: Sequence[Sequence[Any]], iterates: bool) -> Bounds:
    """What the reply to calls with these arguments may hold: they and their like, not 256 MB each time.

    iterates: whether the function returns something for each of many steps.
    """
    sent = distinct_tensors(rows)
    sizes = [tensor.numel() * tensor.element_size() for tensor in sent]
    body = min(BOUNDS.body, _SMALLEST_BODY + 4 * sum(sizes))
    if iterates:
        return replace(BOUNDS, body=body)
    counted = len(sent) + len(rows) + _CALLS
    items = min(BOUNDS.items, _ITEMS * counted)
    tensors = min(BOUNDS.tensors, _TENSORS * counted)
    return replace(BOUNDS, body=body, items=items, tensors=tensors)


def distinct_tensors(rows: Iterable[Iterable[Any]]) -> list[Tensor]:
    """The tensors among the arguments of several calls, each once, in the order of their first place."""
    found = {}
    for row in rows:
        for argument in row:
            if isinstance(argument, Tensor):
                found[id(argument)] = argument
    return list(found.values())


def dumps(message: Any) -> list[bytes]:
    """`message` as the chunks of one frame: prefix and head, then each tensor's bytes.

    Raises ProtocolError where it holds too much.
    """
    encoder = _Encoder()
    tree = encoder.encode(message, BOUNDS.depth)
    described = [[_NAMES[t.dtype], list(t.shape)] for t in encoder.tensors]
    head = _JSON.encode({"tensors": described, "message": tree}).encode()
    return [PREFIX.pack(len(head)) + head, *map(_raw, encoder.tensors)]


def _raw(tensor: Tensor) -> bytes:
    if tensor.dtype is torch.bfloat16:
        # numpy has no such type; the bytes are the same
        tensor = tensor.view(torch.int16)
    return _numpy(tensor).tobytes()


def _resolve(tensor: Tensor) -> Tensor:
    if tensor.is_conj() or tensor.is_neg():
        return tensor.resolve_conj().resolve_neg()
    return tensor


class _Encoder:
    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        # the tensor with its place: an id is free again once its owner is gone
        self.known: dict[int, tuple[int, Tensor]] = {}
        self.left = BOUNDS.items

    def encode(self, value: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ProtocolError("there are too many values")
        if isinstance(value, numpy.bool_ | numpy.number):
            # a scalar of numpy's is the number that it holds
            value = value.item()
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            # a lone surrogate is no UTF-8
            text = str(value[:_LONGEST_TEXT])
            return text.encode("utf-8", "backslashreplace").decode()
        if isinstance(value, int):
            if -_LARGEST_INT <= value <= _LARGEST_INT:
                return int(value)
            return {"opaque": "int"}
        if isinstance(value, float):
            # JSON has no word for nan and inf
            if math.isfinite(value):
                return float(value)
            return {"float": str(float(value))}
        if isinstance(value, Tensor):
            return self._tensor(value)
        if type(value) is numpy.ndarray and value.dtype.kind in "biuf":
            return self._array(value)
        if depth == 0:
            return {"opaque": _type_name(value)}
        return self._collection(value, depth - 1)

    def _collection(self, value: Any, depth: int) -> Any:
        """A list, tuple or dict, its items encoded to this depth; of anything else, the type's name."""
        if isinstance(value, list):
            return {"list": [self.encode(item, depth) for item in value]}
        if isinstance(value, tuple):
            return {"tuple": [self.encode(item, depth) for item in value]}
        if isinstance(value, dict):
            pairs = []
            for key, item in value.items():
                pairs.append([str(key), self.encode(item, depth)])
            return {"dict": pairs}
        return {"opaque": _type_name(value)}

    def _tensor(self, value: Tensor) -> Any:
        if id(value) not in self.known:
            plain = detached(value)
            if not _crosses(plain):
                return {
                    "opaque": f"{plain.dtype} tensor of layout {plain.layout}"
                }
            self.known[id(value)] = len(self.tensors), value
            self.tensors.append(_resolve(_cpu(plain)))
        return {"tensor": self.known[id(value)][0]}

    def _array(self, value: Any) -> Any:
        """An array of real numbers, as 64-bit floats."""
        if value.ndim > _MOST_DIMENSIONS:
            return {"opaque": _type_name(value)}
        sent = self._tensor(torch.from_numpy(value.astype("float64")))
        return {"array": sent["tensor"]}


def _crosses(tensor: Tensor) -> bool:
    """Whether a tensor is of a kind that crosses the boundary."""
    if tensor.layout != torch.strided or tensor.dtype not in _NAMES:
        return False
    return tensor.dim() <= _MOST_DIMENSIONS


def _type_name(value: object) -> str:
    kind = type(value)
    module = str(kind.__module__)
    name = str(kind.__qualname__)
    if module == "builtins":
        return name
    return f"{module}.{name}"


@dataclass(frozen=True)
class Head:
    """A frame's head, checked: how its tensors lie in the body, and the tree that refers to them."""

    tensors: list[Described]
    tree: Any
    bounds: Bounds

    @property
    def body_length(self) -> int:
        """How many bytes of tensors follow."""
        return sum(length for _, _, length in self.tensors)


def read_head(head: bytes, bounds: Bounds = BOUNDS) -> Head:
    """The first part of a frame. Raises ProtocolError for anything odd or out of bounds."""
    if len(head) > bounds.head:
        raise ProtocolError("the head is too long")
    parsed = _parse(head)
    return Head(_described(parsed, bounds), parsed["message"], bounds)


def loads(head: Head, body: bytes | bytearray) -> Any:
    """The message of one frame, built anew. Raises ProtocolError for anything odd."""
    if head.body_length != len(body):
        raise ProtocolError("the body is not as long as the head says")
    tensors = []
    view = memoryview(body)
    offset = 0
    for dtype, shape, length in head.tensors:
        # copied, so that each tensor owns its bytes and starts where its type may
        raw = bytearray(view[offset : offset + length])
        tensors.append(_tensor(dtype, shape, raw))
        offset += length
    decoder = _Decoder(tensors, head.bounds)
    return decoder.decode(head.tree, head.bounds.depth)


def _parse(head: bytes) -> dict[str, Any]:
    try:
        parsed = _STRICT.decode(head.decode())
    except (ValueError, RecursionError) as error:
        raise ProtocolError("the head is not JSON") from error
    if not isinstance(parsed, dict) or parsed.keys() != {"tensors", "message"}:
        raise ProtocolError("the head is not a message")
    return parsed


def _refuse(constant: str) -> Any:
    # NaN and Infinity, which Python's JSON would take
    raise ValueError(constant)


_JSON = json.JSONEncoder(allow_nan=False)
_STRICT = json.JSONDecoder(parse_constant=_refuse)


def _described(parsed: dict[str, Any], bounds: Bounds) -> list[Described]:
    tensors = parsed["tensors"]
    if not isinstance(tensors, list) or len(tensors) > bounds.tensors:
        raise ProtocolError("too many tensors")
    found = []
    total = 0
    for entry in tensors:
        dtype, shape = _dtype_and_shape(entry)
        length = _count(shape, bounds) * dtype.itemsize
        total += length
        if total > bounds.body:
            raise ProtocolError("the tensors are too large")
        found.append((dtype, shape, length))
    return found


def _dtype_and_shape(entry: Any) -> tuple[torch.dtype, list[Any]]:
    """One entry of the head's list of tensors; the shape's extents are not checked yet."""
    if not isinstance(entry, list) or len(entry) != 2:
        raise ProtocolError("a tensor is not described")
    name, shape = entry
    if not isinstance(name, str):
        raise ProtocolError("a tensor is not described")
    if name not in _DTYPES:
        raise ProtocolError("a tensor's dtype or shape is unknown")
    if not isinstance(shape, list) or len(shape) > _MOST_DIMENSIONS:
        raise ProtocolError("a tensor's dtype or shape is unknown")
    return _DTYPES[name], shape


def _count(shape: list[Any], bounds: Bounds) -> int:
    """How many entries a tensor of this shape has."""
    # extents of nothing, too, must be such that torch can compute with them
    count = least = 1
    for extent in shape:
        # `type is int`: True is an int too
        if type(extent) is not int or not 0 <= extent <= bounds.body:
            raise ProtocolError("a tensor's extent is out of bounds")
        count *= extent
        least *= extent or 1
    if least > bounds.body:
        raise ProtocolError("a tensor's shape is out of bounds")
    return count


def _tensor(dtype: torch.dtype, shape: list[int], raw: bytearray) -> Tensor:
    if not raw:
        # frombuffer takes no empty buffer
        return torch.empty(shape, dtype=dtype)
    if dtype is torch.bool:
        # a byte other than 0 and 1 is no bool, and comparing it as one is undefined
        return torch.frombuffer(raw, dtype=torch.uint8).ne(0).view(shape)
    return torch.frombuffer(raw, dtype=dtype).view(shape)


class _Decoder:
    def __init__(self, tensors: list[Tensor], bounds: Bounds) -> None:
        self.tensors = tensors
        self.left = bounds.items

    def decode(self, tree: Any, depth: int) -> Any:
        self.left -= 1
        if self.left < 0 or depth < 0:
            raise ProtocolError("too many values, or nested too deeply")
        if tree is None or isinstance(tree, bool):
            return tree
        if isinstance(tree, str):
            return tree[:_LONGEST_TEXT]
        if isinstance(tree, int | float):
            if isinstance(tree, int) and abs(tree) > _LARGEST_INT:
                raise ProtocolError("an integer is too large")
            if not math.isfinite(tree):
                # 1e999 is JSON, and is read as infinity
                raise ProtocolError("a number is too large")
            return tree
        if not isinstance(tree, dict) or len(tree) != 1:
            raise ProtocolError("a value has no known form")
        ((kind, content),) = tree.items()
        return self._tagged(kind, content, depth)

    def _tagged(self, kind: str, content: Any, depth: int) -> Any:
        if kind == "float" and content in ("nan", "inf", "-inf"):
            return float(content)
        if kind in ("tensor", "array") and type(content) is int:
            # a negative index would be one of Python's
            if 0 <= content < len(self.tensors):
                tensor = self.tensors[content]
                is_array = kind == "array"
                return Array(_ARRAY, tensor) if is_array else tensor
        elif kind == "opaque" and isinstance(content, str):
            return Opaque(content[:200])
        elif isinstance(content, list):
            return self._collection(kind, content, depth)
        raise ProtocolError("a value has no known form")

    def _collection(self, kind: str, content: list[Any], depth: int) -> Any:
        if kind == "list":
            return [self.decode(item, depth - 1) for item in content]
        if kind == "tuple":
            items = [self.decode(item, depth - 1) for item in content]
            return tuple(items)
        if kind == "dict":
            return dict(self._pair(pair, depth) for pair in content)
        raise ProtocolError("a value has no known form")

    def _pair(self, pair: Any, depth: int) -> tuple[str, Any]:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ProtocolError("an entry has no key")
        key, value = pair
        if not isinstance(key, str):
            raise ProtocolError("an entry has no key")
        return key[:_LONGEST_TEXT], self.decode(value, depth - 1)
