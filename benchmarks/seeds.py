"""What depends on the seed and should not: one command that grades the same submissions with several seeds.

    python benchmarks/seeds.py [FILE_OR_FOLDER ...] [--seeds 50] [--jobs 1] [--every 1]

A seed draws the checks' inputs. It must not decide a mark, what is said of a function or what is named. Each
line that is printed is a submission and a function for which it does, with the values that occur and how
often. Without paths it takes the samples and the labelled corpus.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch

from grader.exercise import Exercise
from grader.grading.session import Session
from grader.intake import submission
from grader.results import Result

ROOT = Path(__file__).parents[1]
PATHS = [ROOT / "submissions" / "practical3", ROOT / "tests" / "corpus"]

Seen = dict[tuple[str, str, str], Any]  # by submission, function and quantity


def seen(result: Result) -> Seen:
    """What must not depend on the seed."""
    name = result.submission.id
    found: Seen = {(name, "", "score"): result.score}
    for function, one in result.functions.items():
        found[name, function, "score"] = one.score
        found[name, function, "status"] = one.status
        found[name, function, "named"] = (
            *one.misconceptions,
            *one.alternatives,
        )
        found[name, function, "line"] = one.line
        failed = [
            check.id for check in one.checks if check.outcome == "failed"
        ]
        found[name, function, "failed"] = tuple(failed)
    return found


class Grader:
    """Grades in one process, with one warm session; a callable for a pool."""

    session: Session | None = None

    def __call__(self, one: submission.Submission, seeds: range) -> list[Seen]:
        if Grader.session is None:
            torch.set_num_threads(1)
            Grader.session = Session(Exercise.load("practical3"))
        found = []
        for seed in seeds:
            Grader.session.seed = seed
            found.append(seen(Grader.session.grade(one)))
        return found


def depending(found: list[Seen]) -> Iterator[str]:
    """A line for each quantity that takes several values."""
    values: defaultdict[tuple[str, str, str], Counter[Any]] = defaultdict(
        Counter
    )
    for one in found:
        for quantity, value in one.items():
            values[quantity][value] += 1
    for quantity, counted in sorted(values.items()):
        if len(counted) > 1:
            told = ", ".join(
                f"{value} x{n}" for value, n in counted.most_common()
            )
            yield f"{' '.join(filter(None, quantity))}: {told}"


def main() -> int:
    """Grade, and print what differs; 1 where something does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--every", type=int, default=1, help="take every n-th file"
    )
    options = parser.parse_args()
    exercise = Exercise.load("practical3")
    submissions = submission.find(options.paths or PATHS, exercise.functions)
    chosen = submissions[:: options.every]
    seeds = range(options.seeds)
    count = 0
    with ProcessPoolExecutor(options.jobs) as pool:
        graded = pool.map(Grader(), chosen, [seeds] * len(chosen))
        for number, found in enumerate(graded, 1):
            if number % 10 == 0:
                print(f"{number} of {len(chosen)}", file=sys.stderr)
            for line in depending(found):
                print(line, flush=True)
                count += 1
    print(
        f"{len(chosen)} submissions, {len(seeds)} seeds: {count} differences"
    )
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
