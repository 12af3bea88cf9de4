"""The data set from its own files."""

import gzip
import struct
from pathlib import Path

import torch

from grader.exercise import Exercise

EXERCISE = Exercise.load("practical3")
INPUTS = EXERCISE.inputs
QUICK = EXERCISE.profiles["quick"].settings


def test_real_mnist_is_read_from_its_own_files(tmp_path: Path) -> None:
    images, labels = EXERCISE.module("dataset").digits()
    pixels = images[:60].round().to(torch.uint8)
    with gzip.open(tmp_path / "t10k-images-idx3-ubyte.gz", "wb") as stream:
        stream.write(
            struct.pack(">IIII", 0x803, 60, 28, 28) + pixels.numpy().tobytes()
        )
    with (tmp_path / "t10k-labels-idx1-ubyte").open("wb") as stream:
        stream.write(
            struct.pack(">II", 0x801, 60)
            + labels[:60].to(torch.uint8).numpy().tobytes()
        )
    data = INPUTS.Inputs(1, {**QUICK, "data": str(tmp_path)}).data(30, 30)
    assert data.train_input.shape == (30, 784)
    assert data.test_target.shape == (30, 10)
