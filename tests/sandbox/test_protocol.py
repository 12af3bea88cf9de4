"""Frames: what goes in comes out, and what no honest peer sends is refused."""

import json
import math
from typing import Any

import numpy
import pytest
import torch

from grader.sandbox import protocol
from grader.sandbox.protocol import BOUNDS, Bounds, Opaque, ProtocolError


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
}


@pytest.mark.parametrize(("frame", "body"), REFUSED.values(), ids=REFUSED)
def test_refused(frame: bytes, body: bytes) -> None:
    with pytest.raises(ProtocolError):
        protocol.loads(protocol.read_head(frame), body)


def test_bounds() -> None:
    with pytest.raises(ProtocolError):
        protocol.read_head(head(None, [["float64", [1000]]]), Bounds(body=100))
    with pytest.raises(ProtocolError):
        protocol.loads(
            protocol.read_head(head({"list": [0] * 50}), Bounds(items=20)), b""
        )


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
