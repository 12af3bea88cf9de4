"""The images that `train` is graded on: an embedded set of handwritten digits, or real MNIST from a folder.

Images are (N, 784) float32 on MNIST's scale, 0 to 255; labels are (N,) int64, 0 to 9.
"""

import functools
import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

DIGITS = Path(__file__).parent / "data" / "digits.npz"
DIGITS_LEVELS = 16  # the brightest pixel of the embedded 8 x 8 images

STEEPNESS, MIDDLE = (
    12.0,
    0.6,
)  # of the logistic curve that sharpens the enlarged digits
WHITE = 255.0

IDX_UBYTE = 0x08
MNIST_PREFIXES = ("train", "t10k")
MNIST_FOLDERS = ("", "raw", "MNIST/raw")  # the last two are torchvision's


@functools.cache
def digits() -> tuple[Tensor, Tensor]:
    """The 1,797 embedded digits, as MNIST shows them: 20 x 20 in a black frame of 28 x 28.

    Returns images (1797, 784) and labels (1797,). Kept after the first call: do not change them in place.
    """
    with np.load(DIGITS) as stored:
        small = (
            torch.from_numpy(stored["images"]).float().view(-1, 1, 8, 8)
            / DIGITS_LEVELS
        )
        labels = torch.from_numpy(stored["labels"]).long()
    large = functional.interpolate(
        small, size=(20, 20), mode="bicubic", align_corners=False
    )
    # Enlarging blurs, and on blurred digits the hand-out's step size overshoots: the loss jumps above its
    # first value. MNIST is nearly black and white; so are these from here on, and the loss falls as on MNIST.
    sharp = torch.sigmoid(STEEPNESS * (large - MIDDLE))
    return WHITE * functional.pad(sharp, (4, 4, 4, 4)).flatten(1), labels


def mnist(folder: str | Path, limit: int = 10_000) -> tuple[Tensor, Tensor]:
    """The first `limit` images (N, 784) and labels (N,) of MNIST's IDX files in `folder`.

    The training set is read where it is there, else the test set (`t10k`); files may be gzipped, and lie in
    `folder` itself or where torchvision puts them, in `MNIST/raw`. Raises ValueError, with a sentence that
    names the folder or the file, where there is no such pair of files or one cannot be read.
    """
    for subfolder in MNIST_FOLDERS:
        for prefix in MNIST_PREFIXES:
            images_file = _idx_file(
                Path(folder) / subfolder, f"{prefix}-images", "idx3-ubyte"
            )
            labels_file = _idx_file(
                Path(folder) / subfolder, f"{prefix}-labels", "idx1-ubyte"
            )
            if images_file and labels_file:
                return _read_pair(images_file, labels_file, limit)
    raise ValueError(
        f"{folder} holds no MNIST: expected train-images-idx3-ubyte and train-labels-idx1-ubyte, or the same"
        " with t10k, plain or .gz, in the folder itself or in MNIST/raw under it."
    )


def load(
    images: Tensor,
    labels: Tensor,
    nb_train: int = 1000,
    nb_test: int = 1000,
    *,
    one_hot_labels: bool = True,
    normalize: bool = True,
    flatten: bool = True,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(train_input, train_target, test_input, test_target), as the course's `load_data` returns them.

    The first `nb_train` images, then the next `nb_test`, or as many as there are (797 of the embedded
    digits). Inputs are (N, 784), or (N, 1, 28, 28) unless `flatten`; normalised, they have mean 0 and
    standard deviation 1 over all pixels of the training samples. Targets are (N, 10) float32 in {0, 1}, or
    (N,) int64 unless `one_hot_labels`. Raises ValueError where no image is left to train or test on.
    """
    if not 0 < nb_train < len(images) or nb_test < 1:
        raise ValueError(
            f"{len(images)} images give no {nb_train} to train on and {nb_test} to test on."
        )
    inputs = images[: nb_train + nb_test].float()
    targets = labels[: nb_train + nb_test]
    if normalize:
        inputs = (inputs - inputs[:nb_train].mean()) / inputs[:nb_train].std()
    if not flatten:
        inputs = inputs.view(-1, 1, 28, 28)
    if one_hot_labels:
        targets = functional.one_hot(targets, num_classes=10).float()
    return (
        inputs[:nb_train].clone(),
        targets[:nb_train].clone(),
        inputs[nb_train:].clone(),
        targets[nb_train:].clone(),
    )


def _idx_file(folder: Path, stem: str, kind: str) -> Path | None:
    """The file of that name in `folder`, plain or gzipped, with either separator in use; None without one."""
    names = (
        f"{stem}{separator}{kind}{end}"
        for separator in "-."
        for end in ("", ".gz")
    )
    return next(
        (folder / name for name in names if (folder / name).is_file()), None
    )


def _read_pair(
    images_file: Path, labels_file: Path, limit: int
) -> tuple[Tensor, Tensor]:
    images, labels = (
        _read_idx(images_file, limit),
        _read_idx(labels_file, limit),
    )
    if images.ndim != 3 or images.shape[1:] != (28, 28) or labels.ndim != 1:
        raise ValueError(
            f"{images_file} and {labels_file.name} do not hold 28 x 28 images and their labels."
        )
    if len(images) != len(labels) or labels.max(initial=0) > 9:
        raise ValueError(
            f"{labels_file} holds no label from 0 to 9 for each image of {images_file.name}."
        )
    return torch.from_numpy(images).flatten(1).float(), torch.from_numpy(
        labels
    ).long()


def _read_idx(file: Path, limit: int) -> np.ndarray:
    """The first `limit` items of an IDX file of unsigned bytes: two zero bytes, type, rank, sizes, data."""
    try:
        with (
            gzip.open(file)
            if file.suffix == ".gz"
            else file.open("rb") as stream
        ):
            zeros, kind, rank = struct.unpack(">HBB", stream.read(4))
            count, *sizes = struct.unpack(f">{rank}I", stream.read(4 * rank))
            if zeros or kind != IDX_UBYTE:
                raise ValueError("not unsigned bytes in IDX format")
            shape = min(count, limit), *sizes
            data = stream.read(math.prod(shape))
            return np.frombuffer(data, dtype=np.uint8).reshape(shape).copy()
    except (OSError, EOFError, ValueError, struct.error, zlib.error) as error:
        raise ValueError(
            f"{file} cannot be read as an IDX file: {error}."
        ) from error
