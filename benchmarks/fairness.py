"""One mistake, one price: searches for submissions in which a mistake costs more than its own function.

    python benchmarks/fairness.py [--singles N] [--pairs N] [--mended N] [--seed 0] [--jobs 1] [FILE ...]

Singles and pairs: a right submission with one or two functions broken, in the ways that `tests/broken.py`
knows. No other function may lose marks. Mended: a submission of the samples or the corpus with one of its
wrong functions put right. No other function may lose marks by that, but those that only made up for it.

N of each are drawn at random; without N, all of them are tried, which takes hours for pairs. FILE: right
submissions to break, in place of the tests' own. What was lost is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import bisect
import concurrent.futures
import functools
import itertools
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import broken  # noqa: E402 (the tests' own ways to break a submission)

from grader.exercise import Exercise  # noqa: E402
from grader.grading.session import Session  # noqa: E402

ALL = -1
Case = tuple[
    str, Callable[[Session], list[str]]
]  # its name, and what it finds


@functools.cache
def session(seed: int) -> Session:
    """This process's session."""
    return broken.WithoutDiagnosis(
        broken.quick(Exercise.load("practical3")), seed=seed
    )


def tried(case: Case, seed: int) -> list[str]:
    """What a case finds."""
    _, find = case
    return find(session(seed))


def drawn(
    rng: random.Random, cases: Sequence[Case], number: int
) -> list[Case]:
    """So many of the cases."""
    if number == ALL or number >= len(cases):
        return list(cases)
    return rng.sample(cases, number)


def cases_of(options: argparse.Namespace) -> list[Case]:
    """What is to be tried."""
    exercise = Exercise.load("practical3")
    ways = broken.breakages(exercise)
    paths = options.files or broken.right_submissions()
    rng = random.Random(options.seed)
    singles: list[Case] = []
    mended: list[Case] = []
    for path in paths:
        for of_function in ways.values():
            singles += [_broken(path, one) for one in of_function]
    for path in broken.labelled_submissions():
        name = f"{path.name} mended"
        find = functools.partial(broken.lost_by_mending, path=path)
        mended.append((name, find))
    return [
        *drawn(rng, singles, options.singles),
        *pairs_of(rng, paths, ways, options.pairs),
        *drawn(rng, mended, options.mended),
    ]


def pairs_of(
    rng: random.Random,
    paths: Sequence[Path],
    ways: Mapping[str, Sequence[broken.Breakage]],
    number: int,
) -> list[Case]:
    """So many pairs of breakages in different functions. There are two million: only those drawn are made."""
    groups = []
    ends = []
    for path in paths:
        for first, second in itertools.combinations(ways, 2):
            groups.append((path, ways[first], ways[second]))
            count = len(ways[first]) * len(ways[second])
            ends.append(count + (ends[-1] if ends else 0))
    everything = range(ends[-1])
    chosen = everything
    if number != ALL and number < len(everything):
        chosen = rng.sample(everything, number)
    cases = []
    for index in chosen:
        group = bisect.bisect_right(ends, index)
        path, firsts, seconds = groups[group]
        first, second = divmod(ends[group] - 1 - index, len(seconds))
        cases.append(_broken(path, firsts[first], seconds[second]))
    return cases


def _broken(path: Path, *breakages: broken.Breakage) -> Case:
    name = f"{path.name}: {' and '.join(map(str, breakages))}"
    find = functools.partial(
        broken.lost_by_breaking, path=path, breakages=breakages
    )
    return name, find


def main() -> int:
    """Search, and print what is found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--singles", type=int, default=ALL)
    parser.add_argument("--pairs", type=int, default=ALL)
    parser.add_argument("--mended", type=int, default=ALL)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    cases = cases_of(options)
    print(f"{len(cases)} cases", flush=True)
    nb_found = 0
    started = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        found = pool.map(tried, cases, itertools.repeat(options.seed))
        for number, ((name, _), lost) in enumerate(
            zip(cases, found, strict=True), 1
        ):
            if lost:
                nb_found += 1
                print(name, *lost, sep="\n    ", flush=True)
            if number % 100 == 0:
                print(f"{number} tried, {nb_found} found", flush=True)
    seconds = time.perf_counter() - started
    print(f"{nb_found} of {len(cases)} cases, in {seconds:.0f} s")
    return 1 if nb_found else 0


if __name__ == "__main__":
    sys.exit(main())
