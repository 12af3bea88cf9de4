"""Frames: what goes in comes out, and what no honest peer sends is refused."""

import json
import math
from typing import Any

import numpy
import pytest
import torch

from grader.sandbox import protocol
from grader.sandbox.protocol import (
    BOUNDS,
    Array,
    Bounds,
    Opaque,
    ProtocolError,
)


def there_and_back(message: Any) -> Any:
    first, *rest = protocol.dumps(message)
    body = b"".join(rest)
    head = protocol.read_head(first[protocol.PREFIX.size :])
    assert head.body_length == len(body)
    return protocol.loads(head, body)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -5,
        2**62,
        1.5,
        "é\n",
        [1, [2.5, None]],
        (1, "a"),
        {"k": [1]},
        [],
        (),
    ],
    ids=repr,
)
def test_plain_values(value: Any) -> None:
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        numpy.float32(0.5),
        numpy.float64(0.5),
        numpy.int64(3),
        numpy.uint8(3),
        numpy.bool_(True),
    ],
    ids=repr,
)
def test_a_scalar_of_numpys_is_a_number(value: Any) -> None:
    back = there_and_back([value])[0]
    assert back == value
    assert type(back) is type(value.item())


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_floats_that_json_lacks(value: float) -> None:
    assert repr(there_and_back(value)) == repr(value)


@pytest.mark.parametrize(
    "tensor",
    [
        torch.randn(3, 4),
        torch.tensor(2.0, dtype=torch.float64),
        torch.empty(0, 3),
        torch.tensor([True, False]),
        torch.arange(6).view(2, 3).t(),
        torch.randn(4, dtype=torch.complex64).conj(),
        torch.ones(2, dtype=torch.bfloat16),
        torch.randn(3, requires_grad=True),
    ],
    ids=lambda t: f"{t.dtype}{tuple(t.shape)}",
)
def test_tensors(tensor: torch.Tensor) -> None:
    back = there_and_back({"t": tensor})["t"]
    assert back.dtype == tensor.dtype
    assert torch.equal(back, tensor.detach())
    assert not back.requires_grad


@pytest.mark.parametrize(
    "value", [object(), 2**70, torch.ones(2).to_sparse(), lambda: 0, {1, 2}]
)
def test_what_does_not_cross(value: Any) -> None:
    assert isinstance(there_and_back(value), Opaque)


def test_what_does_not_cross_is_told_by_its_type() -> None:
    short = torch.ones(2).to(torch.float8_e5m2)
    values = [{1, 2}, numpy.zeros(2), 2**70, short]
    told = [value.type_name for value in there_and_back(values)]
    assert told[:3] == ["set", "numpy.ndarray", "int"]
    assert told[3] == "torch.float8_e5m2 tensor of layout torch.strided"


@pytest.mark.parametrize("dtype", ["float32", "int8", "bool", "uint16"])
def test_the_entries_of_an_array_cross(dtype: str) -> None:
    array = numpy.arange(6).reshape(2, 3).astype(dtype)
    back = there_and_back((array,))[0]
    assert isinstance(back, Array)
    assert back.entries.tolist() == array.astype("float64").tolist()


@pytest.mark.parametrize(
    "array", [numpy.array(["a"]), numpy.array([1j]), numpy.zeros([1] * 9)]
)
def test_of_other_arrays_only_the_type_crosses(array: Any) -> None:
    assert there_and_back(array) == Opaque("numpy.ndarray")


@pytest.mark.parametrize("index", [1, -1, "0", True, None])
def test_an_array_has_a_tensor(index: Any) -> None:
    with pytest.raises(ProtocolError):
        received(head({"array": index}))


@pytest.mark.parametrize("largest", [2**63 - 1, 1 - 2**63])
def test_the_largest_integers(largest: int) -> None:
    beyond = largest + (1 if largest > 0 else -1)
    assert there_and_back(largest) == largest
    assert there_and_back(beyond) == Opaque("int")
    assert received(head(largest)) == largest
    with pytest.raises(ProtocolError):
        received(head(beyond))


def test_a_long_text_is_cut() -> None:
    text = "ab" * 20_000
    cut = text[:20_000]
    assert there_and_back(text) == cut
    assert received(head(text)) == cut
    assert received(head({"dict": [[text, 1]]})) == {cut: 1}
    assert received(head({"opaque": text})) == Opaque(text[:200])


def test_half_of_a_character_is_written_out() -> None:
    assert there_and_back("a\udcff") == "a\\udcff"


def test_a_key_is_a_text() -> None:
    assert there_and_back({1: 2, None: 3}) == {"1": 2, "None": 3}


def nested(depth: int) -> list[Any]:
    """A list in a list in a list, so many of them."""
    value: list[Any] = []
    for _ in range(depth - 1):
        value = [value]
    return value


def test_depth() -> None:
    """The deepest that is sent arrives, and what lies deeper is told by its type."""
    deepest = protocol.BOUNDS.depth
    assert there_and_back(nested(deepest)) == nested(deepest)
    told = there_and_back(nested(deepest + 1))
    for _ in range(deepest):
        (told,) = told
    assert told == Opaque("list")


@pytest.mark.parametrize("kind", ["list", "tuple"])
def test_what_is_nested_too_deeply_is_refused(kind: str) -> None:
    tree: Any = 1
    for _ in range(3):
        tree = {kind: [tree]}
    assert received(head(tree), Bounds(depth=3)) is not None
    with pytest.raises(ProtocolError):
        received(head(tree), Bounds(depth=2))
    tree = {"dict": [["a", {"dict": [["b", 1]]}]]}
    assert received(head(tree), Bounds(depth=2)) == {"a": {"b": 1}}
    with pytest.raises(ProtocolError):
        received(head(tree), Bounds(depth=1))


def test_as_many_values_are_sent_as_are_received() -> None:
    most = [0] * (protocol.BOUNDS.items - 1)  # the list is one as well
    assert there_and_back(most) == most
    with pytest.raises(ProtocolError):
        protocol.dumps([*most, 0])


def test_a_tensor_that_stands_twice_is_sent_once() -> None:
    tensor = torch.randn(3)
    frame = protocol.dumps([tensor, (tensor,), torch.zeros(2)])
    assert len(frame) == 3
    first, (second,), other = there_and_back([tensor, (tensor,), -tensor])
    assert first is second
    assert other.equal(-tensor)


def test_a_tensor_that_arrives_owns_its_bytes() -> None:
    first, second = there_and_back([torch.ones(3), torch.zeros(3)])
    first += 1
    assert second.tolist() == [0, 0, 0]


def test_what_a_reply_may_hold_grows_with_what_was_sent() -> None:
    def body(*rows: Any) -> int:
        return protocol.bounds_for(rows, iterates=False).body

    nothing = body([1, "a"])
    numbers, others = torch.zeros(1000).double(), torch.ones(1000).double()
    assert body([numbers]) == nothing + 4 * 8000
    assert body([numbers, 1, others]) == nothing + 8 * 8000
    # the same tensor crosses once
    assert body([numbers, 1, numbers]) == nothing + 4 * 8000
    large = torch.zeros(1).expand(2**27)
    assert body([large]) == protocol.BOUNDS.body


def received(
    frame: bytes, bounds: Bounds = protocol.BOUNDS, body: bytes = b""
) -> Any:
    """What is made of a head, and of a body."""
    return protocol.loads(protocol.read_head(frame, bounds), body)


def head(message: Any, tensors: list[Any] | None = None) -> bytes:
    return json.dumps({"tensors": tensors or [], "message": message}).encode()


REFUSED: dict[str, tuple[bytes, bytes]] = {
    "no JSON": (b"{", b""),
    "not a message": (b"[]", b""),
    "nan as a literal": (b'{"tensors": [], "message": NaN}', b""),
    "an unknown tag": (head({"pickle": "x"}), b""),
    "two tags": (head({"list": [], "tuple": []}), b""),
    "a tensor that is not there": (head({"tensor": 0}), b""),
    "a tensor by a bool": (
        head({"tensor": False}, [["float32", [1]]]),
        b"\0" * 4,
    ),
    "an unknown dtype": (head(None, [["object", [1]]]), b"\0" * 8),
    "a negative extent": (head(None, [["float32", [-1]]]), b""),
    "an extent that is a bool": (head(None, [["float32", [True]]]), b"\0" * 4),
    "too short a body": (head(None, [["float32", [2]]]), b"\0" * 4),
    "too long a body": (head(None), b"\0"),
    "too deep": (head(json.loads('{"list": [' * 20 + "1" + "]}" * 20)), b""),
    "a huge integer": (head(2**80), b""),
    "an unknown float": (head({"float": "1e5"}), b""),
    "a number beyond all": (b'{"tensors": [], "message": 1e999}', b""),
    "no message": (b'{"tensors": []}', b""),
    "more than a message": (
        b'{"tensors": [], "message": 1, "more": 1}',
        b"",
    ),
    "tensors that are no list": (b'{"tensors": {}, "message": 1}', b""),
    "bytes that are no text": (b"\xff", b""),
    "no tag": (head({}), b""),
    "a list by itself": (head([1]), b""),
    "a list that is none": (head({"list": 1}), b""),
    "a tensor counted from the end": (
        head({"tensor": -1}, [["float32", [1]]]),
        b"\0" * 4,
    ),
    "a tensor by a text": (
        head({"tensor": "0"}, [["float32", [1]]]),
        b"\0" * 4,
    ),
    "a type without a name": (head({"opaque": 1}), b""),
    "an entry without a value": (head({"dict": [["a"]]}), b""),
    "an entry of three": (head({"dict": [["a", 1, 2]]}), b""),
    "an entry that is no pair": (head({"dict": ["ab"]}), b""),
    "a key that is no text": (head({"dict": [[1, 2]]}), b""),
    "a tensor without a shape": (head(None, [["float32"]]), b"\0" * 4),
    "a tensor of three": (head(None, [["float32", [1], 1]]), b"\0" * 4),
    "a tensor that is no list": (head(None, ["float32"]), b"\0" * 4),
    "a dtype that is no text": (head(None, [[["float32"], [1]]]), b"\0" * 4),
    "a shape that is none": (head(None, [["float32", 1]]), b"\0" * 4),
    "nine dimensions": (head(None, [["float32", [1] * 9]]), b"\0" * 4),
    "an extent with a fraction": (head(None, [["float32", [1.0]]]), b"\0" * 4),
    "nothing, of a shape beyond all": (
        head(None, [["float32", [0, 2**20, 2**20]]]),
        b"",
    ),
}


@pytest.mark.parametrize(("frame", "body"), REFUSED.values(), ids=REFUSED)
def test_refused(frame: bytes, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        protocol.loads(protocol.read_head(frame), body)


ENDS = {
    # exactly as much as may be, and what is more by one: (head, bounds, body) each
    "bytes of tensors": (
        (head(None, [["float64", [10]]]), Bounds(body=80), b"\0" * 80),
        (head(None, [["float64", [10]]]), Bounds(body=79), b"\0" * 80),
    ),
    "bytes of several tensors": (
        (head(None, [["int8", [8]]] * 2), Bounds(body=16), b"\0" * 16),
        (head(None, [["int8", [8]]] * 2), Bounds(body=15), b"\0" * 16),
    ),
    "tensors": (
        (head(None, [["int8", [1]]] * 2), Bounds(tensors=2), b"\0" * 2),
        (head(None, [["int8", [1]]] * 2), Bounds(tensors=1), b"\0" * 2),
    ),
    "values": (
        (head({"list": [0] * 9}), Bounds(items=10), b""),
        (head({"list": [0] * 9}), Bounds(items=9), b""),
    ),
    "bytes of the head": (
        (head(1), Bounds(head=len(head(1))), b""),
        (head(1), Bounds(head=len(head(1)) - 1), b""),
    ),
    "an extent": (
        (head(None, [["int8", [0, 16]]]), Bounds(body=16), b""),
        (head(None, [["int8", [0, 17]]]), Bounds(body=16), b""),
    ),
    "the extents of nothing": (
        (head(None, [["int8", [0, 4, 4]]]), Bounds(body=16), b""),
        (head(None, [["int8", [0, 5, 4]]]), Bounds(body=16), b""),
    ),
    "dimensions": (
        (head(None, [["int8", [1] * 8]]), Bounds(), b"\0"),
        (head(None, [["int8", [1] * 9]]), Bounds(), b"\0"),
    ),
}


@pytest.mark.parametrize(("most", "more"), ENDS.values(), ids=ENDS)
def test_bounds(
    most: tuple[bytes, Bounds, bytes], more: tuple[bytes, Bounds, bytes]
) -> None:
    received(*most)
    with pytest.raises(ProtocolError):
        received(*more)


def test_the_bounds_themselves() -> None:
    """A reply costs the trusted process no more than this."""
    bounds = protocol.BOUNDS
    assert (bounds.head, bounds.body) == (4 * 2**20, 256 * 2**20)
    assert (bounds.depth, bounds.items, bounds.tensors) == (
        12,
        100_000,
        10_000,
    )


def test_a_frame_as_it_is_written_down() -> None:
    """As the top of `protocol.py` has it."""
    first, body = protocol.dumps({"a": torch.ones(1)})
    said = b'{"tensors": [["float32", [1]]], "message": {"dict": [["a", {"tensor": 0}]]}}'
    assert first == len(said).to_bytes(4, "big") + said
    assert body == b"\x00\x00\x80\x3f"


def test_a_bool_that_is_neither_0_nor_1_becomes_one() -> None:
    value = protocol.loads(
        protocol.read_head(head({"tensor": 0}, [["bool", [2]]])), b"\x07\x00"
    )
    assert torch.equal(value, torch.tensor([True, False]))
    assert value.view(torch.uint8).tolist() == [1, 0]


def test_a_reply_is_bounded_by_what_was_sent() -> None:
    x = torch.zeros(1 << 20)
    few = protocol.bounds_for([(torch.zeros(3), 2)], iterates=False)
    many = protocol.bounds_for([(x, x)] * 300, iterates=False)
    steps = protocol.bounds_for([(torch.zeros(3), 2)], iterates=True)
    assert few.body < many.body < BOUNDS.body
    # a tensor that stands in several places is sent once
    assert many.body - few.body == pytest.approx(4 * 4 * x.numel(), rel=1e-3)
    assert few.items < many.items < BOUNDS.items
    assert few.tensors < many.tensors < BOUNDS.tensors
    # a history holds a number, or a tensor, for each of a thousand steps
    assert (steps.items, steps.tensors) == (BOUNDS.items, BOUNDS.tensors)
    assert steps.body == few.body
