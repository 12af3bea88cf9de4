"""One mistake, one price: breaks right submissions in every known way, and looks for what others pay.

    python benchmarks/fairness.py [--pairs 2000] [--seed 0] [--jobs 1] [FILE ...]

Every right submission (of the corpus, the samples, or the files that are named) has each of its functions
broken in each way that `tests/broken.py` knows; then come pairs, drawn at random over all submissions. Each
other function that lost marks is printed. `--mend` does the reverse: each function of the samples and the
corpus that is not right becomes the reference's, and no other one may lose marks by that.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import dataclasses
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import broken  # noqa: E402 (the tests' own ways to break a submission)
from broken import Breakage, WithoutDiagnosis  # noqa: E402

from grader.exercise import Exercise  # noqa: E402

Case = tuple[Path, tuple[Breakage, ...]]
_session: WithoutDiagnosis | None = None


def session(seed: int) -> WithoutDiagnosis:
    """This process's session."""
    global _session
    if _session is None:
        _session = WithoutDiagnosis(broken.quick(Exercise.load("practical3")), seed=seed)
    return _session


def graded(case: Case, seed: int) -> tuple[list[str], float]:
    """What the case's other functions lost, a line each; and the seconds it took."""
    path, breakages = case
    started = time.perf_counter()
    result = session(seed).grade(broken.with_broken(path, breakages))
    lost = broken.lost_by_others(result, breakages)
    return lost, time.perf_counter() - started


def singles(paths: Sequence[Path], ways: dict[str, list[Breakage]]) -> Iterator[Case]:
    """Every way to break one function of each submission."""
    for path in paths:
        yield path, ()
        for of_function in ways.values():
            for one in of_function:
                yield path, (one,)


def pairs(ways: dict[str, list[Breakage]]) -> Iterator[tuple[Breakage, Breakage]]:
    """Every way to break two functions."""
    for first, second in itertools.combinations(ways, 2):
        yield from itertools.product(ways[first], ways[second])


def main() -> int:
    """Search, and print what was found; the exit code is 1 where there is anything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--singles", type=int, default=-1)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    ways = broken.breakages(Exercise.load("practical3"))
    paths = options.files or broken.right_submissions()
    rng = random.Random(options.seed)
    cases = list(singles(paths, ways))
    if options.singles >= 0:
        cases = rng.sample(cases, options.singles)
    all_pairs = list(pairs(ways))
    for pair in rng.sample(all_pairs, min(options.pairs, len(all_pairs))):
        cases.append((rng.choice(paths), pair))
    print(f"{len(paths)} submissions, {len(cases)} cases", flush=True)
    found = 0
    kinds: Counter[str] = Counter()
    seconds = 0.0
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        seeds = itertools.repeat(options.seed)
        for (path, breakages), (lost, took) in zip(
            cases, pool.map(graded, cases, seeds), strict=True
        ):
            seconds += took
            if lost:
                found += 1
                what = " and ".join(map(str, breakages))
                print(f"{path.name}: {what}", flush=True)
                for line in lost:
                    print(f"    {line}", flush=True)
                kinds[path.name] += 1
    print(f"{found} of {len(cases)} cases; {seconds:.0f} s")
    for name, count in kinds.most_common():
        print(f"{count:6d}  {name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
