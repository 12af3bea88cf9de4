"""All variants of a function as tensors, so that a student's numbers are compared with all at once.

The variants of a function are run once and kept on disk, as plain arrays, under a name that changes with
anything they depend on.
"""

from __future__ import annotations

import concurrent.futures
import functools
import hashlib
import json
import multiprocessing
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.diagnosis import closeness, observation, reference_runner, variants
from grader.diagnosis.observation import Group, Trace
from grader.diagnosis.reference_runner import Combination, ReferenceRunner
from grader.diagnosis.variants import MOST, Variant, run_variants
from grader.exercise import Exercise, misconceptions, patterns
from grader.exercise.probes import probes_of

_FEW = 20  # forms whose combinations are run sooner than another process has started
_loaded: dict[str, Table] = {}


@dataclass(frozen=True)
class Block:
    """Variants that can be compared number by number.

    numbers: (variants, entries of all probes); errors: (variants, probes), indices into the table's
    messages; combinations: (variants, MOST), indices of forms, padded by -1.
    """

    numbers: Tensor
    errors: Tensor
    combinations: Tensor

    def combination(self, row: int) -> Combination:
        """The mistakes in the variant of one row."""
        mistakes = []
        for index in self.combinations[row].tolist():
            if index >= 0:
                mistakes.append(index)
        return tuple(mistakes)


@dataclass(frozen=True)
class Table:
    """All variants of a function by the structure of what they give; `messages`: their exceptions."""

    messages: tuple[str, ...]
    blocks: Mapping[Group, Block]

    def __len__(self) -> int:
        count = 0
        for block in self.blocks.values():
            count += len(block.combinations)
        return count


def tabulated(found: Sequence[Variant]) -> Table:
    """Variants as tensors."""
    messages: dict[str, int] = {"": 0}
    grouped: dict[Group, list[Variant]] = {}
    for variant in found:
        _, made = variant
        grouped.setdefault(made.group, []).append(variant)
        for message in made.errors:
            messages.setdefault(message, len(messages))
    blocks = {}
    for group, members in grouped.items():
        blocks[group] = _block(members, messages)
    return Table(tuple(messages), blocks)


def _block(members: Sequence[Variant], messages: Mapping[str, int]) -> Block:
    numbers, errors, padded = [], [], []
    for combination, made in members:
        numbers.append(torch.cat(made.numbers))
        indices = [messages[message] for message in made.errors]
        errors.append(indices)
        padding = [-1] * (MOST - len(combination))
        padded.append([*combination, *padding])
    return Block(
        torch.stack(numbers),
        torch.tensor(errors, dtype=torch.int32),
        torch.tensor(padded, dtype=torch.int16),
    )


# made once, and kept


def variant_table(
    exercise: Exercise,
    function: str,
    folder: Path | None = None,
    jobs: int = 1,
) -> Table:
    """The variants of a function, from memory, from the cache in `folder`, or run now by `jobs` processes.

    `folder` is the user's cache by default. A cache that cannot be read or written costs time, no more.
    """
    name = f"{exercise.name}-{function}-{_key(exercise)}"
    if name not in _loaded:
        path = (folder or cache_folder()) / f"{name}.npz"
        found = _read(path)
        if found is None:
            found = tabulated(_run_all(exercise, function, jobs))
            _write(path, found)
        _loaded[name] = found
    return _loaded[name]


def prepare(
    exercise: Exercise, folder: Path | None = None, jobs: int = 1
) -> None:
    """Fill the cache for every function, so that no submission waits for it."""
    for function in exercise.misconceptions.functions:
        if probes_of(exercise, function):
            variant_table(exercise, function, folder, jobs)


def cache_folder() -> Path:
    """Where the variants are kept: under XDG_CACHE_HOME, or in the home's `.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        cache = Path(base) if base else Path.home() / ".cache"
    except RuntimeError:  # an account without a home
        return Path(tempfile.gettempdir()) / f"grader-variants-{os.getuid()}"
    return cache / "grader" / "variants"


_MAKERS = (
    patterns,
    misconceptions,
    observation,
    closeness,
    reference_runner,
    variants,
)


def _key(exercise: Exercise) -> str:
    """A digest of everything that the variants depend on."""
    parts = f"{exercise.mistakes_sha256} {_makers_digest()} {torch.__version__} {MOST}"
    digest = hashlib.sha256(parts.encode())
    return digest.hexdigest()[:20]


@functools.cache
def _makers_digest() -> str:
    """A digest of the code that makes variants."""
    # Its text, not a version that somebody has to remember to raise.
    digest = hashlib.sha256()
    for module in _MAKERS:
        digest.update(Path(str(module.__file__)).read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def _run_all(exercise: Exercise, function: str, jobs: int) -> list[Variant]:
    """Every variant, run; the work is split by a combination's first form, the large shares first."""
    runner = ReferenceRunner(exercise, function)
    count = len(runner.forms)
    if jobs == 1 or count < _FEW:
        return run_variants(runner, range(count))
    folder = str(exercise.folder)
    shares = []
    for index in range(count):
        shares.append((folder, function, index))
    context = multiprocessing.get_context("spawn")
    found: list[Variant] = []
    with concurrent.futures.ProcessPoolExecutor(
        jobs, mp_context=context
    ) as pool:
        for rows in pool.map(_run_share, shares):
            found.extend(map(_as_variant, rows))
    return found


def _run_share(share: tuple[str, str, int]) -> list[tuple[Any, ...]]:
    """One share of `_run_all`, in a process of its own; tensors travel as arrays."""
    torch.set_num_threads(1)
    folder, function, first = share
    runner = ReferenceRunner(Exercise.read(Path(folder)), function)
    rows = []
    for combination, made in run_variants(runner, [first]):
        arrays = [vector.numpy() for vector in made.numbers]
        rows.append((combination, made.structures, made.errors, arrays))
    return rows


def _as_variant(row: tuple[Any, ...]) -> Variant:
    """A variant from the row that `_run_share` made of it."""
    combination, structures, errors, arrays = row
    numbers = []
    for array in arrays:
        numbers.append(torch.from_numpy(array))
    return combination, Trace(structures, errors, tuple(numbers))


_PARTS = ("numbers", "errors", "combinations")


def _write(path: Path, found: Table) -> None:
    """Write a table in one step, so that a reader never sees half of it."""
    described = {"messages": found.messages, "groups": list(found.blocks)}
    text = json.dumps(described).encode()
    arrays = {"described": np.frombuffer(text, dtype=np.uint8)}
    for i, block in enumerate(found.blocks.values()):
        for part in _PARTS:
            arrays[f"{part}{i}"] = getattr(block, part).numpy()
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=folder, suffix=".part", delete=False
        ) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        Path(file.name).replace(path)
    except OSError:
        return


def _as_group(listed: Sequence[tuple[str, int]]) -> Group:
    """A group as JSON has it, with tuples in place of its lists."""
    group = []
    for structure, size in listed:
        group.append((structure, size))
    return tuple(group)


def _read_block(arrays: Mapping[str, np.ndarray[Any, Any]], i: int) -> Block:
    parts = []
    for part in _PARTS:
        array = arrays[f"{part}{i}"]
        parts.append(torch.from_numpy(array))
    return Block(*parts)


def _read(path: Path) -> Table | None:
    """The table in a file, None where there is none that can be read."""
    try:
        # Without pickle: whoever can write to the cache must not be able to run code here.
        with (
            path.open("rb") as file,
            np.load(file, allow_pickle=False) as arrays,
        ):
            described = json.loads(arrays["described"].tobytes())
            blocks = {}
            for i, listed in enumerate(described["groups"]):
                blocks[_as_group(listed)] = _read_block(arrays, i)
            return Table(tuple(described["messages"]), blocks)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
