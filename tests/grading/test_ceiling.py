"""The memory that a grading process may take for one submission."""

from __future__ import annotations

import resource
import sys

import pytest
import torch

from grader.errors import GraderFault, UsageError
from grader.grading.ceiling import memory_ceiling

LINUX = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the limit is Linux's"
)
LARGE = 1 << 30


@LINUX
@pytest.mark.parametrize(
    "taken",
    [
        lambda: bytearray(LARGE),
        lambda: torch.zeros(LARGE, dtype=torch.uint8),
        lambda: torch.ones(1 << 15, 1) * torch.ones(1, 1 << 15),
        lambda: [0] * LARGE,
    ],
    ids=["bytes", "tensor", "outer product", "list"],
)
def test_more_than_is_allowed(taken: object) -> None:
    assert callable(taken)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with (
        pytest.raises(GraderFault, match="more memory than the 64 MB"),
        memory_ceiling(64),
    ):
        taken()
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    # and then there is room again
    assert len(bytearray(128 << 20)) == 128 << 20


def test_a_check_that_failed_for_want_of_memory() -> None:
    with pytest.raises(GraderFault, match="64 MB"), memory_ceiling(64):
        raise GraderFault("a check failed by itself: MemoryError")


@pytest.mark.parametrize(
    "error", [GraderFault("no"), RuntimeError("shapes"), UsageError("no")]
)
def test_other_errors_are_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, memory_ceiling(64):
        raise error
    assert raised.value is error


def test_what_it_holds_already_does_not_count() -> None:
    held = torch.zeros(256 << 20, dtype=torch.uint8)
    with memory_ceiling(64):
        assert bytearray(16 << 20)
    assert held.numel() == 256 << 20
