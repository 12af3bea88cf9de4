"""What a function should give on its probes."""

import torch
from handwritten import EXERCISE

from grader.diagnosis.placing.tasks import task_of_calls
from grader.diagnosis.reference_runner import ReferenceRunner, shared_runner


def test_the_least_particular_probe_comes_first():
    task = task_of_calls(shared_runner(EXERCISE, "backward_pass"))
    sizes = [{size for one in row for size in one.shape} for row in task.rows]
    assert [len(one) for one in sizes] == sorted(len(one) for one in sizes)


def test_what_is_added_leads_from_the_arguments_to_what_is_expected():
    task = task_of_calls(shared_runner(EXERCISE, "backward_pass"))
    for row, parts, added in zip(
        task.rows, task.expected, task.added, strict=True
    ):
        for position, part, change in zip(
            task.accumulators, parts, added, strict=True
        ):
            assert torch.allclose(row[position] + change, part[0][0])


def test_the_derivative_of_a_students_own_function_is_known_by_its_values():
    runner = ReferenceRunner(EXERCISE, "dsigma", {"sigma": torch.sin})
    task = task_of_calls(runner)
    (value,) = task.values
    for row, (given,) in zip(task.rows, value.sequences, strict=True):
        assert torch.allclose(given, torch.cos(row[0]))
