"""Whatever seeds itself takes the call's seed."""

from __future__ import annotations

import subprocess
import sys

import pytest

DRAWS = [
    "os.urandom(8)",
    "random.random() if random.seed() is None else 0",
    "secrets.randbits(40)",
    "uuid.uuid4()",
    "numpy.random.default_rng().integers(2**40)",
    "torch.rand(1).item() if torch.seed() else 0",
    "time.time_ns()",
    "random.Random().random()",
    "torch.Generator().seed()",
]
PROGRAM = """
import os, random, secrets, sys, time, uuid
import numpy, torch
from grader.sandbox.inside import calling, entropy
entropy.install()
for seed in (1, 1, 2):
    calling.seed(seed)
    print({draw})
"""


@pytest.mark.parametrize("draw", DRAWS)
def test_the_same_is_drawn_with_the_same_seed(draw: str) -> None:
    program = PROGRAM.replace("{draw}", draw)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    first, again, other = done.stdout.split()
    assert first == again
    assert (first == other) == ("time" in draw)


def test_time_passes_within_a_call() -> None:
    program = PROGRAM.replace(
        "print({draw})",
        "began = time.time(), time.time_ns(); time.sleep(0.01); "
        "print(time.time() > began[0] and time.time_ns() > began[1])",
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True"] * 3
