"""One mistake, one price: what is right stays right beside a wrong function.

`benchmarks/fairness.py` tries everything of which this tries some.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from broken import (
    CORPUS,
    Breakage,
    WithoutDiagnosis,
    breakages,
    labelled_submissions,
    lost_by_breaking,
    lost_by_mending,
    quick,
    right_submissions,
    with_broken,
)

from grader.exercise import Exercise
from grader.grading.session import Session

EXERCISE = Exercise.load("practical3")
WAYS = breakages(EXERCISE)
RIGHT = {path.name: path for path in right_submissions()}
NB_PAIRS = 8
EVERY = (
    19  # of the labelled submissions, one in so many has its functions mended
)

# What once cost more than the broken functions.
ONCE_LOST = [
    ("005-batched.py", "backward_pass", "backward-subtracts 0"),
    ("005-batched.py", "dloss", "missing"),
    ("009-francais.py", "sigma", "sigma-relu 1"),
    ("010-type-hints.py", "sigma", "tuple"),
    ("012-columns-inside.py", "sigma", "float"),
    ("015-from-logistic.py", "forward_pass", "forward-bias-column 7"),
    ("027-dead-code.py", "sigma", "hangs"),
    ("029-namedtuple.py", "forward_pass", "forward-bias-column 4"),
    ("035-compensating.py", "sigma", "text"),
    (
        "038-broken-helper-unused.py",
        "backward_pass",
        "backward-outer-transposed 1",
    ),
    ("partly_written_out.py", "sigma", "array"),
    ("right-batched.py", "sigma", "column"),
    ("slopes_from_activations.py", "forward_pass", "scalar tensor"),
    ("whole_batches.py", "sigma", "missing"),
]


def pairs() -> Iterator[tuple[str, Breakage, Breakage]]:
    """Right submissions, and two ways to break two of their functions; always the same."""
    rng = random.Random(12)
    for _ in range(NB_PAIRS):
        submission = rng.choice(sorted(RIGHT))
        first, second = rng.sample(sorted(WAYS), 2)
        yield submission, rng.choice(WAYS[first]), rng.choice(WAYS[second])


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with WithoutDiagnosis(quick(EXERCISE), seed=2) as session:
        yield session


@pytest.mark.parametrize(("submission", "function", "how"), ONCE_LOST)
def test_a_broken_function_costs_its_own_marks(
    session: Session, submission: str, function: str, how: str
) -> None:
    (broken,) = (one for one in WAYS[function] if one.how == how)
    assert lost_by_breaking(session, RIGHT[submission], [broken]) == []


@pytest.mark.parametrize(
    ("submission", "first", "second"), list(pairs()), ids=str
)
def test_two_broken_functions_cost_their_own_marks(
    session: Session, submission: str, first: Breakage, second: Breakage
) -> None:
    assert lost_by_breaking(session, RIGHT[submission], [first, second]) == []


@pytest.mark.parametrize(
    "path", labelled_submissions()[::EVERY], ids=lambda path: path.name
)
def test_mending_a_function_costs_no_other_its_marks(
    session: Session, path: Path
) -> None:
    assert lost_by_mending(session, path) == []


def test_right_submissions_are_right_and_of_many_styles(
    session: Session,
) -> None:
    assert len(RIGHT) > 40
    for path in RIGHT.values():
        if path.parent != CORPUS:  # which has a test of its own
            assert lost_by_breaking(session, path, []) == []


@pytest.mark.parametrize("function", WAYS)
def test_a_way_to_break_a_function_breaks_it(
    session: Session, function: str
) -> None:
    first, *_, last = WAYS[
        function
    ]  # the first takes it away, the last is the catalogue's
    for one in (first, last):
        submission = with_broken(RIGHT["right-per-sample.py"], [one])
        assert session.grade(submission).functions[function].status != "right"
