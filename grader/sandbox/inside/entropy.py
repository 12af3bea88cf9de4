"""Where a submission's generators take their seeds from: the seed of the call, whatever they ask.

A program that seeds itself from the machine or the clock gives the same again with the same seed, like one
that does not. So its steps can be followed.
"""

from __future__ import annotations

import functools
import os
import random
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator

_EPOCH = 1_700_000_000  # seconds; some time of day, the same for each call


class _Source:
    """Bytes and a clock that begin anew with each call."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, seed: int) -> None:
        """Start a call with this seed."""
        self._bytes = _Random(seed)
        self._started: float | None = None

    def urandom(self, size: int) -> bytes:
        """So many bytes, as `os.urandom` gives them."""
        return self._bytes.randbytes(size)

    def time(self) -> float:
        """The seconds since the epoch, as `time.time` gives them; they pass once they were asked for."""
        now = time.monotonic()
        if self._started is None:
            self._started = now
        return _EPOCH + now - self._started

    def time_ns(self) -> int:
        """The same in nanoseconds."""
        return int(self.time() * 1e9)

    def number(self) -> int:
        """A seed below 2^63."""
        return self._bytes.getrandbits(63)


_Random = random.Random
_source = _Source()
begin = _source.begin


class _SeededRandom(random.Random):
    """One of Python's generators; without a seed it takes the call's own."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        super().seed(_source.number() if a is None else a, version)


class _SeededGenerator(Generator):
    """One of torch's generators; it takes the call's seed where it is to find one."""

    def seed(self) -> int:
        number = _source.number()
        self.manual_seed(number)
        return number


def install() -> None:
    """In the zygote: put this in the place of what the machine knows."""
    os.urandom = _source.urandom
    # what `secrets` draws from, and numpy with it
    random._urandom = _source.urandom  # type: ignore[attr-defined]
    random.seed = _with_seed(random.seed)
    random.Random = _SeededRandom  # type: ignore[misc]
    torch.Generator = _SeededGenerator  # type: ignore[misc]
    time.time = _source.time
    time.time_ns = _source.time_ns
    torch.seed = torch.random.seed = _seed_torch


def _with_seed(seed: Callable[..., None]) -> Callable[..., None]:
    """`random.seed`, which takes the call's own where it is given none."""

    @functools.wraps(seed)
    def seeded(a: Any = None, *args: Any, **options: Any) -> None:
        seed(_source.number() if a is None else a, *args, **options)

    return seeded


def _seed_torch() -> int:
    """`torch.seed`."""
    number = _source.number()
    torch.default_generator.manual_seed(number)
    return number
