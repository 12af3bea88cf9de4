"""The wrong variants of a function: every mistake known of it, alone and combined, run on the probes.

A variant is the reference with a few forms applied to its syntax tree. The variants of a function are run
once and kept on disk, as plain arrays, under a name that changes with anything they depend on.
"""

from __future__ import annotations

import ast
import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import tempfile
import types
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from grader.diagnosis.catalogue import Catalogue, Forest, Form
from grader.diagnosis.observation import RAISED, Outcome, Plugged, Trace, call, close, flatten, trace
from grader.exercise import patterns

MOST = 3  # mistakes combined in the table that is kept

Indices = tuple[int, ...]  # which forms make a variant
Group = tuple[tuple[str, int], ...]


class Bench:
    """Runs the reference's function, and variants of it, on its probes."""

    def __init__(self, catalogue: Catalogue, function: str, plugged: Plugged | None = None) -> None:
        self.catalogue = catalogue
        self.function = function
        self.forms = catalogue.forms_of(function)
        self.probes = catalogue.probes_of(function)
        self.namespace = catalogue.namespace({n: remembered(f) for n, f in (plugged or {}).items()})
        self.outcomes = self.run(self.namespace[function])
        self.observed = _changed(self.probes, self.outcomes)
        self.reference = trace(self.outcomes, self.observed)
        tree = catalogue.trees[function]
        self.parameters = patterns.parameters(tree)
        self.returned = patterns.returned(tree)
        self.quantities = patterns.assigned(tree)
        self.changed_names = tuple(self.parameters[i] for i in self.observed)
        self.changed_in_order = patterns.mentioned(tree, self.changed_names)

    def run(self, function: Callable[..., Any]) -> list[Outcome]:
        """A trusted function on every probe."""
        return [call(function, arguments) for arguments in self.probes]

    def edited(self, indices: Indices) -> Forest | None:
        """The reference's functions with these forms applied, None where they exclude one another."""
        forest: Forest | None = dict(self.catalogue.trees)
        for index in indices:
            forest = self.forms[index].apply(forest) if forest is not None else None
        return forest

    def variant(self, indices: Indices) -> Callable[..., Any] | None:
        """The edited function, None where the forms exclude one another."""
        forest = self.edited(indices)
        return self.compiled(forest) if forest is not None else None

    def compiled(self, forest: Forest) -> Callable[..., Any]:
        """The function of an edited reference."""
        return compiled(forest, self.catalogue.trees, self.namespace, self.function)

    def trace(self, indices: Indices, like: Trace | None = None) -> Trace | None:
        """What the variant of these forms gives, None where they exclude one another.

        With `like`, None also as soon as a probe's outcome differs from that trace's.
        """
        function = self.variant(indices)
        if function is None:
            return None
        if like is None:
            return trace(self.run(function), self.observed)
        outcomes = []
        for probe in sorted(range(len(self.probes)), key=lambda i: like.forms[i] == RAISED):
            outcome = call(function, self.probes[probe])
            alone = trace([outcome], self.observed)
            if alone.group[0] != like.group[probe]:
                return None
            if alone.forms[0] != RAISED and not close(alone.numbers[0], like.numbers[probe], 1e-3, 1e-3):
                return None
            outcomes.append((probe, outcome))
        return trace([outcome for _, outcome in sorted(outcomes, key=lambda pair: pair[0])], self.observed)


def compiled(
    forest: Forest, trees: Forest, namespace: Mapping[str, Any], function: str
) -> Callable[..., Any]:
    """`function` in a copy of `namespace` with the functions that `forest` has otherwise than `trees`."""
    return bound(code_of(forest, trees, function), namespace, function)


def code_of(forest: Forest, trees: Forest, function: str) -> types.CodeType:
    """The definitions of `function` and of what `forest` has otherwise than `trees`, compiled."""
    # The function itself is defined anew in any case: it must see the edited ones, not the reference's.
    edited: list[ast.stmt] = [t for name, t in forest.items() if t is not trees[name] or name == function]
    return compile(ast.Module(edited, type_ignores=[]), "variant.py", "exec")


def bound(code: types.CodeType, namespace: Mapping[str, Any], function: str) -> Callable[..., Any]:
    """`function` as `code` defines it, in a copy of `namespace`."""
    names = dict(namespace)
    exec(code, names)
    return names[function]  # type: ignore[no-any-return]


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, called once for the same numbers: a student's is far away. Replays what it changed."""
    known: dict[bytes, Outcome] = {}

    def recall(*arguments: Any) -> Any:
        key = b"|".join(
            str(leaf.shape).encode() + leaf.detach().contiguous().numpy().tobytes()
            for leaf in flatten(arguments)
        )
        if key not in known:
            known[key] = call(function, arguments)
        outcome = known[key]
        if outcome.error is not None:
            raise RuntimeError(f"{outcome.error[0]}: {outcome.error[1]}")
        for argument, after in zip(arguments, outcome.arguments, strict=True):
            if isinstance(argument, Tensor) and argument.shape == after.shape:
                argument.copy_(after)
        return outcome.value

    return recall


def _changed(probes: Sequence[tuple[Any, ...]], outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    """The positions of the arguments that the reference changes; its value counts where there are none."""
    changed = set()
    for arguments, outcome in zip(probes, outcomes, strict=True):
        for i, (before, after) in enumerate(zip(arguments, outcome.arguments, strict=True)):
            if isinstance(before, Tensor) and not torch.equal(before, after):
                changed.add(i)
    return tuple(sorted(changed))


@dataclass(frozen=True)
class Block:
    """Variants that can be compared number by number.

    numbers: (variants, entries of all probes); errors: (variants, probes), indices into the table's
    messages; sets: (variants, MOST), indices of forms, padded by -1.
    """

    numbers: Tensor
    errors: Tensor
    sets: Tensor


@dataclass(frozen=True)
class Table:
    """All variants of a function by the structure of what they give; `messages`: their exceptions."""

    messages: tuple[str, ...]
    blocks: Mapping[Group, Block]

    def __len__(self) -> int:
        return sum(len(block.sets) for block in self.blocks.values())


Row = tuple[Indices, Trace]


def combinations(
    catalogue: Catalogue, forms: Sequence[Form], most: int, first: Sequence[int]
) -> Iterator[tuple[Indices, Forest]]:
    """Every compatible set of at most `most` forms that begins with one of `first`, and its reference."""

    def extend(indices: Indices, forest: Forest) -> Iterator[tuple[Indices, Forest]]:
        yield indices, forest
        if len(indices) == most:
            return
        used = {forms[i].id for i in indices}
        for i in range(indices[-1] + 1, len(forms)):
            if forms[i].id not in used and (edited := forms[i].apply(forest)) is not None:
                yield from extend((*indices, i), edited)

    trees = dict(catalogue.trees)
    for i in first:
        if (edited := forms[i].apply(trees)) is not None:
            yield from extend((i,), edited)


def rows(bench: Bench, most: int, first: Sequence[int]) -> list[Row]:
    """The variants whose first form is one of `first`, run. Those equal to the reference are left out."""
    found = []
    for indices, forest in combinations(bench.catalogue, bench.forms, most, first):
        made = trace(bench.run(bench.compiled(forest)), bench.observed)
        if not equal(made, bench.reference):
            found.append((indices, made))
    return found


def equal(a: Trace, b: Trace) -> bool:
    """Whether two traces cannot be told apart by their numbers."""
    return a.group == b.group and all(close(x, y) for x, y in zip(a.numbers, b.numbers, strict=True))


def tabulated(found: Sequence[Row]) -> Table:
    """Rows as tensors."""
    messages: dict[str, int] = {"": 0}
    grouped: dict[Group, list[Row]] = {}
    for row in found:
        grouped.setdefault(row[1].group, []).append(row)
        for message in row[1].errors:
            messages.setdefault(message, len(messages))
    blocks = {
        group: Block(
            torch.stack([torch.cat(made.numbers) for _, made in members]),
            torch.tensor([[messages[m] for m in made.errors] for _, made in members], dtype=torch.int32),
            torch.tensor([[*s, *[-1] * (MOST - len(s))] for s, _ in members], dtype=torch.int16),
        )
        for group, members in grouped.items()
    }
    return Table(tuple(messages), blocks)


_loaded: dict[str, Table] = {}


def table(catalogue: Catalogue, function: str, folder: Path | None = None, jobs: int = 1) -> Table:
    """The variants of a function, from memory, from the cache in `folder`, or run now by `jobs` processes.

    `folder` is the user's cache by default. A cache that cannot be read or written costs time, no more.
    """
    name = f"{catalogue.name}-{function}-{_key(catalogue)}"
    if name not in _loaded:
        path = (folder or cache_folder()) / f"{name}.npz"
        found = _read(path)
        if found is None:
            found = tabulated(_run(catalogue, function, jobs))
            _write(path, found)
        _loaded[name] = found
    return _loaded[name]


def prepare(catalogue: Catalogue, folder: Path | None = None, jobs: int = 1) -> None:
    """Fill the cache for every function, so that no submission waits for it."""
    for function in catalogue.misconceptions:
        if catalogue.probes_of(function):
            table(catalogue, function, folder, jobs)


def cache_folder() -> Path:
    """Where the variants are kept: under XDG_CACHE_HOME, or in the home's `.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "grader" / "variants"
    except RuntimeError:  # an account without a home
        return Path(tempfile.gettempdir()) / f"grader-variants-{os.getuid()}"


def _key(catalogue: Catalogue) -> str:
    """A digest of everything that the variants depend on."""
    digest = hashlib.sha256(f"{catalogue.sha256} {torch.__version__} {MOST}".encode())
    here = Path(__file__).parent
    own = [here / f"{module}.py" for module in ("observation", "catalogue", "variants")]
    for path in (Path(patterns.__file__), *own):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def _run(catalogue: Catalogue, function: str, jobs: int) -> list[Row]:
    """Every variant, run; the work is split by a set's first form, the large shares first."""
    bench = Bench(catalogue, function)
    count = len(bench.forms)
    if jobs == 1 or count < 20:
        return rows(bench, MOST, range(count))
    shares = [range(i, i + 1) for i in range(count)]
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context) as pool:
        parts = pool.map(_share, [(str(catalogue.folder), function, list(share)) for share in shares])
        return [
            (indices, Trace(forms, errors, tuple(torch.from_numpy(n) for n in numbers)))
            for part in parts
            for indices, forms, errors, numbers in part
        ]


def _share(work: tuple[str, str, list[int]]) -> list[tuple[Any, ...]]:
    """One share of `_run`, in a process of its own; tensors travel as arrays."""
    torch.set_num_threads(1)
    folder, function, first = work
    bench = Bench(Catalogue.load(Path(folder)), function)
    return [
        (indices, made.forms, made.errors, tuple(vector.numpy() for vector in made.numbers))
        for indices, made in rows(bench, MOST, first)
    ]


def _write(path: Path, found: Table) -> None:
    """Write a table in one step, so that a reader never sees half of it."""
    described = {"messages": found.messages, "groups": [list(group) for group in found.blocks]}
    arrays = {"described": np.frombuffer(json.dumps(described).encode(), dtype=np.uint8)}
    for i, block in enumerate(found.blocks.values()):
        arrays[f"numbers{i}"] = block.numbers.numpy()
        arrays[f"errors{i}"] = block.errors.numpy()
        arrays[f"sets{i}"] = block.sets.numpy()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as part:
            np.savez(part, **arrays)  # type: ignore[arg-type]
        Path(part.name).replace(path)
    except OSError:
        return


def _read(path: Path) -> Table | None:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            described = json.loads(arrays["described"].tobytes())
            blocks = {
                tuple((form, length) for form, length in group): Block(
                    *(torch.from_numpy(arrays[f"{part}{i}"]) for part in ("numbers", "errors", "sets"))
                )
                for i, group in enumerate(described["groups"])
            }
            return Table(tuple(described["messages"]), blocks)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
