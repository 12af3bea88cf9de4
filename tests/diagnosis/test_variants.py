"""Combinations of mistakes, and the variants that they make."""

import torch
from handwritten import EXERCISE

from grader.diagnosis.reference_runner import ReferenceRunner
from grader.diagnosis.variant_table import variant_table
from grader.diagnosis.variants import combinations


def test_a_variant_that_equals_the_reference_is_not_kept():
    """Two mistakes of `dsigma` that undo one another would accuse whoever is right."""
    runner = ReferenceRunner(EXERCISE, "dsigma")
    kept = variant_table(EXERCISE, "dsigma")
    whole = torch.cat(runner.reference.numbers)
    for block in kept.blocks.values():
        assert not any(
            torch.allclose(row, whole, rtol=1e-4, atol=1e-5)
            for row in block.numbers
        )


def test_no_combination_has_two_forms_of_one_mistake_or_more_than_it_may():
    runner = ReferenceRunner(EXERCISE, "forward_pass")
    made = list(
        combinations(
            EXERCISE.solution.trees, runner.forms, range(len(runner.forms)), 2
        )
    )
    assert len(made) > len(runner.forms)
    assert len({combination for combination, _ in made}) == len(made)
    for combination, _ in made:
        ids = {runner.forms[index].id for index in combination}
        assert len(ids) == len(combination) <= 2
