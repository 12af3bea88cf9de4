"""A student's numbers beside the variants': what agrees, and what it costs."""

import torch
from handwritten import EXERCISE

from grader.diagnosis.matching import (
    Match,
    cheapest,
    explained_state,
    explanations,
    extended,
    fits,
    misfit,
    promising,
)
from grader.diagnosis.observation import RAISED, Trace
from grader.diagnosis.reference_runner import ReferenceRunner, shared_runner
from grader.diagnosis.variant_table import variant_table


def test_the_tolerance_holds_for_float32_and_not_for_a_percent():
    bench = ReferenceRunner(EXERCISE, "backward_pass")
    kept = variant_table(EXERCISE, "backward_pass")
    made = bench.run_variant((0,))
    rounded = type(made)(
        made.structures,
        made.errors,
        tuple(v * (1 + 1e-5) for v in made.numbers),
    )
    off = type(made)(
        made.structures, made.errors, tuple(v * 1.01 for v in made.numbers)
    )
    assert (0,) in [e.combination for e in explanations(rounded, kept)]
    assert explanations(off, kept) == []


def raised(error, *numbers):
    return Trace((RAISED,), (error,), (torch.tensor(numbers),))


def test_another_message_costs_more_than_another_state():
    student = raised("E: size 3", 1.0)
    assert misfit(student, raised("E: size 3", 1.0)) == 0
    two = Trace(
        (RAISED, "()"),
        ("E: size 3", ""),
        (torch.tensor([1.0]), torch.tensor([2.0])),
    )
    other_message = Trace(two.structures, ("F", ""), two.numbers)
    other_state = Trace(
        two.structures, two.errors, (torch.tensor([9.0]), torch.tensor([2.0]))
    )
    other_value = Trace(
        two.structures, two.errors, (torch.tensor([1.0]), torch.tensor([9.0]))
    )
    assert 1 < misfit(two, other_message) < 2
    assert 0 < misfit(two, other_state) < 1
    assert misfit(two, other_value) is None


def test_where_all_calls_raised_message_and_state_must_fit():
    student = raised("E: size 3", 1.0)
    assert misfit(student, raised("E: size 4", 1.0)) is None
    assert misfit(student, raised("E: size 3", 2.0)) is None


def test_entries_that_are_ignored_do_not_count():
    student, variant = (
        Trace(("(2,)",), ("",), (torch.tensor([1.0, n]),)) for n in (2.0, 3.0)
    )
    assert misfit(student, variant) is None
    assert fits(student, variant, torch.tensor([False, True]))
    assert not fits(raised("E", 1.0), raised("E", 1.0))


def test_the_cheapest_are_those_of_the_least_cost():
    one, other, worse = (
        Match((1,), 1.0),
        Match((2,), 1.0),
        Match((3, 4), 2.0),
    )
    assert cheapest([worse, one, other]) == [one, other]
    assert cheapest([]) == []


def test_what_gives_a_part_of_the_numbers_is_extended_by_the_mistake_that_gives_the_rest():
    runner, table = (
        shared_runner(EXERCISE, "backward_pass"),
        variant_table(EXERCISE, "backward_pass"),
    )
    ids = {}
    for index, form in enumerate(runner.forms):
        ids.setdefault(form.id, index)
    wanted = (
        "backward-dsigma-of-x2",
        "backward-dsigma-of-x1",
        "backward-dw1-from-s1",
        "backward-bias-missing",
    )
    four = tuple(sorted(ids[id_] for id_ in wanted))
    student = runner.run_variant(four)
    assert explanations(student, table) == []
    starts = promising(student, runner.reference, table, runner.sizes, 2)
    assert len(starts) == 2
    assert four in [
        explanation.combination
        for explanation in extended(student, runner, starts)
    ]


def test_what_calls_had_changed_until_they_raised_is_explained():
    runner, table = (
        shared_runner(EXERCISE, "backward_pass"),
        variant_table(EXERCISE, "backward_pass"),
    )
    index = next(
        i
        for i, form in enumerate(runner.forms)
        if form.id == "backward-dsigma-of-x2"
    )
    made = runner.run_variant((index,))
    student = Trace(
        (RAISED,) * len(made.numbers), ("E",) * len(made.numbers), made.numbers
    )
    everything = [[True] * len(parts) for parts in runner.sizes]
    one = [[False] * len(parts) for parts in runner.sizes]
    one[0][2] = True
    assert explained_state(
        student, runner.reference, table, runner.sizes, everything
    ) == (index,)
    assert (
        explained_state(student, runner.reference, table, runner.sizes, one)
        == ()
    ), "one may be by chance"
