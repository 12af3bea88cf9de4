"""What a grade depends on, besides the submission, the profile and the seed.

`versions` alone says what that is. The command compares it with the grades of an earlier run, each grading
process compares it with the command's, and each result carries it.
"""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path

import grader
from grader.exercise import Exercise

EMBEDDED = "embedded"  # in the place of a digest: the data that the exercise's own folder holds
_DIGITS = 16  # hexadecimal digits of a digest
# bytes of a data file whose content is read; of larger ones the size has to do
_LARGEST = 64 << 20


def versions(exercise: Exercise, data: Path | None = None) -> dict[str, str]:
    """The versions of grader, torch and Python, and digests of the exercise and of the folder `data`.

    torch's version is the module's own, such as "2.13.0+cu130": the installed distribution may leave out
    what stands after the plus sign.
    """
    # imported late: a grading process has to ignore Ctrl-C before it spends a second on this
    import torch

    data_digest = EMBEDDED
    if data is not None:
        data_digest = _digest(data)
    return {
        "grader": grader.__version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "exercise": exercise.sha256[:_DIGITS],
        "data": data_digest,
    }


def _digest(data: Path) -> str:
    """A digest of the names, sizes and contents of the files in a folder, or of one file."""
    digest = hashlib.sha256()
    for path in _files(data):
        size = path.stat().st_size
        name = path.relative_to(data)
        digest.update(f"{name}\0{size}\0".encode("utf-8", "surrogateescape"))
        if size < _LARGEST:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:_DIGITS]


def _files(data: Path) -> list[Path]:
    """The files below a folder, in an order that is the same on every machine; or the one file."""
    if data.is_file():
        return [data]
    files = []
    for path in data.rglob("*"):
        if path.is_file():
            files.append(path)
    return sorted(files)
